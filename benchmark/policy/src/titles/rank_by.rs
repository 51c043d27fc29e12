//! What a policy over titles ranks by.

use prefsweep_store::Canonical;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What titles are ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RankBy {
    /// The log-probability, a sum over tokens: of titles that are as likely token by token, the shorter first.
    #[default]
    Sum,
    /// The mean over tokens, the end included.
    Mean,
}

impl Canonical for RankBy {
    fn canonical(&self) -> String {
        match self {
            Self::Sum => "sum".to_owned(),
            Self::Mean => "mean".to_owned(),
        }
    }
}
