//! Which files hold features of items.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::setting::{InvalidSetting, require};

/// Files with features of the items, relative to the data folder (`--data-dir`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FeatureFiles {
    /// Attributes as a JSON object, `{"item": [attribute, …]}`; without it those that the dataset is
    /// distributed with, if they are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<String>,
    /// A vector for every item: lines of an item's id and numbers, separated by tabs or commas; the first line
    /// may be a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dense: Option<String>,
}

impl FeatureFiles {
    /// Checks every value.
    pub(crate) fn validate(&self) -> Result<(), InvalidSetting> {
        for (key, file) in
            [("features.attributes", &self.attributes), ("features.dense", &self.dense)]
        {
            let empty = file.as_ref().is_some_and(String::is_empty);
            require(!empty, key, "an empty string", "the path of a file")?;
        }
        Ok(())
    }
}
