//! A loss as a page shows it: what it needs, its settings, and how it weighs a pair.

use prefsweep_store::{Setting, settings_of};
use serde_json::{Value, json};

use crate::config::LossConfig;
use crate::inputs::{Needs, Sample};
use crate::settings::About;

/// A loss of the registry.
#[derive(Clone, Debug)]
pub struct Description {
    /// The name in YAML.
    pub name: &'static str,
    /// What it says of itself.
    pub about: About,
    /// What it needs.
    pub needs: Needs,
    /// Its settings.
    pub settings: Vec<Setting>,
    /// Whether it is a function of margins, so that modifiers apply to it.
    pub is_margin: bool,
    /// With its defaults; a modifier over `dpo`.
    pub loss: LossConfig,
}

/// The weights of one pair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairWeights {
    /// `beta (rho(w) - rho(i))` with a `beta` of 1.
    pub difference: f64,
    /// `-dL/dlogp(w)`.
    pub positive: f64,
    /// `dL/dlogp(i)`.
    pub negative: f64,
}

/// The probability of both items of [`Description::pair_weights`] under the reference.
pub const PAIR_PROBABILITY: f64 = 0.01;

impl LossConfig {
    /// All losses, in the order of the registry.
    #[must_use]
    pub fn descriptions() -> Vec<Description> {
        let schema = schemars::schema_for!(Self).to_value();
        Self::NAMES.iter().map(|name| Description::new(name, &schema)).collect()
    }
}

impl Description {
    fn new(name: &'static str, schema: &Value) -> Self {
        let plain = serde_json::from_value(json!(name));
        let is_modifier = plain.is_err();
        let over = || serde_json::from_value(json!({ name: {"over": "dpo"} }));
        let loss: LossConfig = plain.or_else(|_| over()).expect("a loss has defaults");
        let as_loss = loss.as_loss();
        let written = serde_json::to_value(&loss).expect("settings are plain data");
        let required: &[&str] = if is_modifier { &["over"] } else { &[] };
        Self {
            name,
            about: as_loss.about(),
            needs: as_loss.needs(),
            settings: settings_of(schema, name, &written, required),
            is_margin: as_loss.as_margin().is_some(),
            loss,
        }
    }

    /// The weights of one pair for some differences: both items have [`PAIR_PROBABILITY`] under the
    /// reference, and the policy moves them apart by as much each. The strength is the loss's own, or 1.
    #[must_use]
    pub fn pair_weights(&self, differences: &[f64]) -> Vec<PairWeights> {
        let weights = |&difference: &f64| {
            let sample = Sample {
                policy: &[difference / 2.0, -difference / 2.0],
                reference: &[0.0; 2],
                log_normaliser: Some(-PAIR_PROBABILITY.ln()),
                reference_log_normaliser: Some(-PAIR_PROBABILITY.ln()),
                log_counts: Some(&[0.0]),
                keys: Some(&[0.5]),
                lengths: Some(&[1.0; 2]),
                ratings: Some(&[1.0; 2]),
                catalogue: 100,
            };
            let form = self.loss.as_loss().closed_forms(&[sample], self.loss.beta(1.0)).remove(0);
            PairWeights {
                difference,
                positive: form.positive_weight,
                negative: form.negative_weights[0],
            }
        };
        differences.iter().map(weights).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_loss_says_what_it_is_and_what_its_settings_mean() {
        let all = LossConfig::descriptions();
        assert_eq!(all.len(), LossConfig::NAMES.len());
        for found in all {
            let About { title, formula, source } = found.about;
            assert!(!title.is_empty() && !formula.is_empty() && !source.is_empty());
            for setting in &found.settings {
                assert!(!setting.meaning.is_empty(), "{}: {}", found.name, setting.name);
            }
        }
    }

    #[test]
    fn weights_are_those_of_the_formula() {
        let all = LossConfig::descriptions();
        let of = |name: &str, difference: f64| {
            let found = all.iter().find(|found| found.name == name).expect("a loss");
            found.pair_weights(&[difference])[0]
        };
        let dpo = of("dpo", 1.0);
        let expected = 1.0 / (1.0 + 1.0_f64.exp());
        assert!((dpo.positive - expected).abs() < 1e-12 && dpo.positive == dpo.negative);
        // AdaDPO at the reference: equal probabilities, so that it is DPO.
        assert_eq!(of("ada_dpo", 0.0), of("dpo", 0.0));
        // A hinge lets go at 1.
        assert_eq!(of("hinge", 1.5).positive, 0.0);
        assert_eq!(of("sft", 3.0), PairWeights { difference: 3.0, positive: 1.0, negative: 0.0 });
    }
}
