//! Why a policy over titles chooses what it chooses, as it lies in the entry of a run.

use serde::{Deserialize, Serialize};

/// A user's choice: the first in the ranking of the catalogue among what the user has not had, after the test history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The user.
    pub user: u32,
    /// The tokens of the title, its end last. The log-ratio of the title is the sum of theirs.
    pub tokens: Vec<TokenShare>,
    /// The titles of the history that are looked at, the oldest first.
    pub history: Vec<TitleShare>,
}

/// A token of the chosen title.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenShare {
    /// What it stands for; nothing for the end.
    pub text: String,
    /// The logarithm of the policy's probability of it over that of the reference, given the history and the tokens
    /// before it.
    pub log_ratio: f64,
}

/// A title of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TitleShare {
    /// Its text.
    pub text: String,
    /// How much the policy's log-probability of the choice falls when it is taken out of the history.
    pub fall: f64,
}
