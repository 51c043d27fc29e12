//! What the reference stage minimises.

use prefsweep_datasets::InvalidSetting;
use prefsweep_losses::{Gbce, LossConfig, SoftmaxCe};
use prefsweep_store::Identity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The objective of the reference stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Softmax over all items.
    CrossEntropy,
    /// Binary cross-entropy with one sampled negative per position (SASRec's original).
    Bce,
    /// Softmax over the positive and sampled negatives, for catalogues that are too large to score at every position.
    SampledSoftmax(SampledSoftmax),
    /// gBCE: binary cross-entropy that is calibrated for the share of the catalogue that is sampled (gSASRec).
    Gbce(SampledGbce),
}

/// Sampled softmax: the loss `softmax_ce` over negatives of each position.
///
/// It is least where scores are `log(p / q)` up to a constant, with `q` the probability of being drawn. Negatives are
/// uniform over what the user has not had, so that `q` is the same for all and scores are those of the whole softmax:
/// no correction by `log q` is needed (Bengio and Senecal 2008 have one for other samplers).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampledSoftmax {
    /// Sampled negatives of each position.
    #[schemars(range(min = 1))]
    pub negatives: usize,
}

/// gBCE: the loss `gbce` over negatives of each position, uniform over what the user has not had.
///
/// Petrov and Macdonald, "gSASRec: Reducing Overconfidence in Sequential Recommendation Trained with Negative Sampling"
/// (RecSys 2023).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampledGbce {
    /// Sampled negatives of each position.
    #[schemars(range(min = 1))]
    pub negatives: usize,
    /// How far scores are calibrated, from 0 (BCE) to 1.
    #[serde(default = "usual_t")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub t: f64,
}

fn usual_t() -> f64 {
    Gbce::default().t
}

impl Objective {
    /// The name in YAML.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::CrossEntropy => "cross_entropy",
            Self::Bce => "bce",
            Self::SampledSoftmax(_) => "sampled_softmax",
            Self::Gbce(_) => "gbce",
        }
    }

    /// How many negatives are sampled at each position; 0 where all items are scored.
    #[must_use]
    pub fn negatives(&self) -> usize {
        match self {
            Self::CrossEntropy => 0,
            Self::Bce => 1,
            Self::SampledSoftmax(SampledSoftmax { negatives })
            | Self::Gbce(SampledGbce { negatives, .. }) => *negatives,
        }
    }

    /// The loss over a positive and sampled negatives that it is; None where the engine has a form of its own.
    pub(super) fn loss(&self) -> Option<LossConfig> {
        match self {
            Self::CrossEntropy | Self::Bce => None,
            Self::SampledSoftmax(_) => Some(LossConfig::SoftmaxCe(SoftmaxCe::default())),
            Self::Gbce(SampledGbce { t, .. }) => Some(LossConfig::Gbce(Gbce { t: *t })),
        }
    }

    /// Writes what can change a number into the reference's identity.
    pub(super) fn identify_in(&self, identity: &mut Identity) {
        identity.field("objective", self.name());
        // Since 2 the reference draws negatives of its own: before, they were those of the preference stage.
        identity.version("objective", if self.negatives() > 0 { 2 } else { 1 });
        match self {
            Self::CrossEntropy | Self::Bce => {}
            Self::SampledSoftmax(SampledSoftmax { negatives }) => {
                identity.field("objective.negatives", negatives);
            }
            Self::Gbce(SampledGbce { negatives, t }) => {
                identity.field("objective.negatives", negatives);
                identity.field("objective.t", t);
            }
        }
    }

    /// Whether every setting is in its range; keys are relative to `reference.objective`.
    pub(super) fn check(&self) -> Result<(), InvalidSetting> {
        let Some(loss) = self.loss() else { return Ok(()) };
        InvalidSetting::at_least(&format!("{}.negatives", self.name()), self.negatives(), 1)?;
        loss.check(self.negatives())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::ReferenceConfig;

    fn text(objective: Objective) -> String {
        let mut identity = Identity::new("test", 1);
        identity.part("reference", &ReferenceConfig { objective, ..ReferenceConfig::default() });
        identity.text().to_owned()
    }

    #[test]
    fn sampled_objectives_are_named_by_their_settings() {
        let softmax = |negatives| Objective::SampledSoftmax(SampledSoftmax { negatives });
        let gbce = |negatives, t| Objective::Gbce(SampledGbce { negatives, t });
        let found = text(gbce(8, 0.5));
        let written = "reference.objective=\"gbce\"\nreference.objective.version=2\nreference.objective.negatives=8\n\
                       reference.objective.t=3fe0000000000000\nreference.epochs=24\n";
        assert!(found.contains(written), "{found}");
        let all = [softmax(8), softmax(9), gbce(8, 0.5), gbce(9, 0.5), gbce(8, 0.75)].map(text);
        for (index, one) in all.iter().enumerate() {
            assert!(all[..index].iter().all(|other| other != one), "{one}");
        }
    }

    #[test]
    fn objectives_are_read_and_checked() {
        let read = |yaml: &str| -> Objective { serde_saphyr::from_str(yaml).unwrap() };
        assert_eq!(read("bce"), Objective::Bce);
        assert_eq!(read("{sampled_softmax: {negatives: 7}}").negatives(), 7);
        let usual = Objective::Gbce(SampledGbce { negatives: 5, t: 0.75 });
        assert_eq!(read("{gbce: {negatives: 5}}"), usual);
        let key = |yaml| read(yaml).check().unwrap_err().key;
        assert_eq!(key("{sampled_softmax: {negatives: 0}}"), "sampled_softmax.negatives");
        assert_eq!(key("{gbce: {negatives: 5, t: 1.5}}"), "gbce.t");
        usual.check().unwrap();
    }
}
