//! A sampler as a page shows it.

use prefsweep_store::{Setting, meaning_of, settings_of};
use serde_json::json;

use super::config::SamplerConfig;

/// A sampler of the registry.
#[derive(Clone, Debug)]
pub struct SamplerDescription {
    /// The name in YAML.
    pub name: &'static str,
    /// What it draws.
    pub meaning: String,
    /// Its settings.
    pub settings: Vec<Setting>,
    /// Whether the probability of drawing an item is known.
    pub knows_probabilities: bool,
}

impl SamplerConfig {
    /// All samplers, in the order of the registry.
    ///
    /// # Panics
    /// When a sampler has no defaults.
    #[must_use]
    pub fn descriptions() -> Vec<SamplerDescription> {
        let schema = schemars::schema_for!(Self).to_value();
        let describe = |name: &&'static str| {
            let sampler: Self =
                serde_json::from_value(json!(name)).expect("a sampler has defaults");
            let written = serde_json::to_value(&sampler).expect("settings are plain data");
            SamplerDescription {
                name,
                meaning: meaning_of(&schema, name),
                settings: settings_of(&schema, name, &written, &[]),
                knows_probabilities: sampler.as_sampler().knows_probabilities(),
            }
        };
        Self::NAMES.iter().map(describe).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sampler_says_what_it_draws_and_what_its_settings_mean() {
        let all = SamplerConfig::descriptions();
        assert_eq!(all.len(), SamplerConfig::NAMES.len());
        for found in &all {
            assert!(!found.meaning.is_empty(), "{}", found.name);
            assert!(found.settings.iter().all(|setting| !setting.meaning.is_empty()), "{found:?}");
        }
        let hard = all.iter().find(|found| found.name == "hard").unwrap();
        assert_eq!(hard.settings[0].default.as_deref(), Some("50"));
    }
}
