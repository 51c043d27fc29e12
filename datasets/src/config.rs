//! The dataset section of an experiment.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::synthetic::SyntheticConfig;

/// Fewest interactions a user can have: one to train on, one for validation, one for the test.
pub const MIN_INTERACTIONS: usize = 3;

/// How a dataset is obtained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetConfig {
    /// Which dataset.
    pub name: DatasetName,
    /// Settings of the generator; only with `name: synthetic`.
    #[serde(default)]
    pub synthetic: Option<SyntheticConfig>,
    /// Users with fewer interactions (repeated items counted once) are dropped.
    #[serde(default = "default_min_interactions")]
    #[schemars(range(min = 3))]
    pub min_interactions: usize,
    /// The sampled candidate lists of the evaluation.
    #[serde(default)]
    pub candidates: CandidateConfig,
}

fn default_min_interactions() -> usize {
    5
}

/// The datasets that can be named in an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum DatasetName {
    /// Generated data whose true preference is known.
    #[serde(rename = "synthetic")]
    Synthetic,
    /// MovieLens 100K.
    #[serde(rename = "ml-100k")]
    Ml100k,
}

impl DatasetName {
    /// The name as written in an experiment.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Synthetic => "synthetic",
            Self::Ml100k => "ml-100k",
        }
    }
}

impl fmt::Display for DatasetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The candidate lists of the sampled evaluation protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CandidateConfig {
    /// Sampled negatives per user; with the positive they make `negatives + 1` candidates.
    #[schemars(range(min = 1))]
    pub negatives: usize,
    /// Seed of the draw.
    pub seed: u64,
}

impl Default for CandidateConfig {
    fn default() -> Self {
        Self { negatives: 19, seed: 0 }
    }
}

/// A setting whose value is not allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: found {found}; allowed: {allowed}")]
pub struct InvalidSetting {
    /// Path of the key below the dataset section, such as `synthetic.users`.
    pub key: String,
    /// The value found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
}

/// Fails with an [`InvalidSetting`] unless `holds`.
pub(crate) fn require(
    holds: bool,
    key: &str,
    found: impl fmt::Display,
    allowed: impl fmt::Display,
) -> Result<(), InvalidSetting> {
    if holds {
        return Ok(());
    }
    Err(InvalidSetting {
        key: key.to_owned(),
        found: found.to_string(),
        allowed: allowed.to_string(),
    })
}

impl DatasetConfig {
    /// The configuration of `name` with every default.
    #[must_use]
    pub fn new(name: DatasetName) -> Self {
        Self {
            name,
            synthetic: None,
            min_interactions: default_min_interactions(),
            candidates: CandidateConfig::default(),
        }
    }

    /// The same configuration with the generator's defaults written out, so that two spellings of
    /// the same data are equal.
    #[must_use]
    pub fn resolved(&self) -> Self {
        let mut resolved = self.clone();
        if resolved.name == DatasetName::Synthetic {
            resolved.synthetic.get_or_insert_default();
        }
        resolved
    }

    /// Checks every value.
    ///
    /// # Errors
    /// The first setting that is not allowed.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        require(
            self.min_interactions >= MIN_INTERACTIONS,
            "min_interactions",
            self.min_interactions,
            format_args!(
                "at least {MIN_INTERACTIONS} (one to train on, one for validation, one for the test)"
            ),
        )?;
        require(
            self.candidates.negatives >= 1,
            "candidates.negatives",
            self.candidates.negatives,
            "at least 1",
        )?;
        require(
            self.synthetic.is_none() || self.name == DatasetName::Synthetic,
            "synthetic",
            format_args!("settings of the generator with name: {}", self.name),
            "this key only with name: synthetic",
        )?;
        match self.resolved().synthetic {
            Some(synthetic) => synthetic.validate(self.min_interactions, self.candidates.negatives),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<DatasetConfig, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn defaults_are_filled_in() {
        let config = parse(r#"{"name": "ml-100k"}"#).unwrap();
        assert_eq!(config, DatasetConfig::new(DatasetName::Ml100k));
        assert_eq!(config.min_interactions, 5);
        assert_eq!(config.candidates, CandidateConfig { negatives: 19, seed: 0 });
        config.validate().unwrap();
    }

    #[test]
    fn unknown_keys_and_names_are_errors() {
        for json in [
            r#"{"name": "ml-100k", "min_interaction": 5}"#,
            r#"{"name": "ml100k"}"#,
            r#"{"name": "synthetic", "synthetic": {"user": 5}}"#,
            r#"{"name": "synthetic", "candidates": {"negative": 5}}"#,
        ] {
            assert!(parse(json).is_err(), "{json}");
        }
    }

    #[test]
    fn wrong_values_are_named_by_key() {
        for (json, key) in [
            (r#"{"name": "ml-100k", "min_interactions": 2}"#, "min_interactions"),
            (r#"{"name": "ml-100k", "candidates": {"negatives": 0}}"#, "candidates.negatives"),
            (r#"{"name": "ml-100k", "synthetic": {}}"#, "synthetic"),
            (r#"{"name": "synthetic", "synthetic": {"users": 0}}"#, "synthetic.users"),
            (r#"{"name": "synthetic", "synthetic": {"items": 58}}"#, "synthetic.items"),
            (r#"{"name": "synthetic", "synthetic": {"min_length": 4}}"#, "synthetic.min_length"),
            (r#"{"name": "synthetic", "synthetic": {"max_length": 14}}"#, "synthetic.max_length"),
            (r#"{"name": "synthetic", "synthetic": {"recent": 0}}"#, "synthetic.recent"),
            (
                r#"{"name": "synthetic", "synthetic": {"taste_weight": -1.0}}"#,
                "synthetic.taste_weight",
            ),
            (
                r#"{"name": "synthetic", "synthetic": {"users": 1000000, "items": 1000000}}"#,
                "synthetic.items",
            ),
        ] {
            assert_eq!(parse(json).unwrap().validate().unwrap_err().key, key, "{json}");
        }
    }

    #[test]
    fn schema_names_the_ranges() {
        let schema = serde_json::to_value(schemars::schema_for!(DatasetConfig)).unwrap();
        assert_eq!(schema["properties"]["min_interactions"]["minimum"], 3);
        assert_eq!(schema["$defs"]["SyntheticConfig"]["properties"]["users"]["minimum"], 1);
        assert_eq!(schema["additionalProperties"], false);
    }

    #[test]
    fn resolving_writes_out_the_generator_defaults() {
        let short = DatasetConfig::new(DatasetName::Synthetic);
        let long = parse(r#"{"name": "synthetic", "synthetic": {}}"#).unwrap();
        assert_eq!(short.resolved(), long.resolved());
        assert_eq!(DatasetConfig::new(DatasetName::Ml100k).resolved().synthetic, None);
    }
}
