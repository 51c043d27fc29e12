//! From an experiment to a list of trainings, each fully resolved and named by its content.

use std::collections::BTreeMap;

use prefsweep_datasets::DatasetConfig;
use serde::{Deserialize, Serialize};

use crate::config::{
    ConfigError, EvaluationConfig, Experiment, ModelConfig, PreferenceConfig, ReferenceConfig,
    axis_label, check_derived, from_value, set,
};
use crate::data::Prepared;
use crate::device::Backend;
use crate::losses::LossConfig;

/// Raised whenever the meaning of a specification changes, so that old results are not reused.
const FORMAT: u32 = 2;

/// Everything that can change a reference model's numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceSpec {
    format: u32,
    /// Where the numbers are computed.
    pub backend: Backend,
    /// The dataset's settings.
    pub dataset: DatasetConfig,
    /// The dataset's content.
    pub data_fingerprint: String,
    /// The candidate lists' content.
    pub candidates_fingerprint: String,
    /// The architecture.
    pub model: ModelConfig,
    /// The stage's settings.
    pub reference: ReferenceConfig,
    /// The cut-offs of its metrics.
    pub cutoffs: Vec<usize>,
    /// Seed of weights, batches, negatives and dropout.
    pub seed: u64,
}

/// Everything that can change a cell's numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellSpec {
    /// What it starts from.
    pub reference: ReferenceSpec,
    /// The stage's settings.
    pub preference: PreferenceConfig,
    /// When and what to evaluate.
    pub evaluation: EvaluationConfig,
    /// The loss.
    pub loss: LossConfig,
    /// Number of negatives, K.
    pub negatives: usize,
}

impl ReferenceSpec {
    /// The content hash that names it.
    #[must_use]
    pub fn id(&self) -> String {
        hash(self)
    }
}

impl CellSpec {
    /// The content hash that names it.
    #[must_use]
    pub fn id(&self) -> String {
        hash(self)
    }
}

fn hash(spec: &impl Serialize) -> String {
    let text = serde_json::to_string(spec).expect("a specification is plain data");
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

/// One point of the sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedCell {
    /// The content hash of `spec`; cells that are the same by definition share it.
    pub id: String,
    /// What is trained.
    pub spec: CellSpec,
    /// The loss as the experiment names it.
    pub loss: String,
    /// The other swept settings.
    pub axes: BTreeMap<String, String>,
}

/// One reference model that cells need.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedReference {
    /// The content hash of `spec`.
    pub id: String,
    /// What is trained.
    pub spec: ReferenceSpec,
    /// The swept settings that it depends on.
    pub axes: BTreeMap<String, String>,
}

/// All trainings of an experiment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// References, each once.
    pub references: Vec<PlannedReference>,
    /// Cells in the order of the report: loss, then K, then seed; same ids may recur.
    pub cells: Vec<PlannedCell>,
}

/// Settings that may be swept by `sweep.axes`.
const SWEEPABLE: [&str; 3] = ["model.", "reference.", "preference."];

/// The values on the axes, and the experiment that they give.
pub type Variant = (BTreeMap<String, String>, Experiment);

/// The experiments that `sweep.axes` spans, each with the values that it has on the axes.
///
/// # Errors
/// When an axis is not a setting, or a value does not fit it.
pub fn variants(experiment: &Experiment) -> Result<Vec<Variant>, ConfigError> {
    let mut variants = vec![(BTreeMap::new(), experiment.clone())];
    for (key, values) in &experiment.sweep.axes {
        let axis = format!("sweep.axes.{key}");
        let error = |message: String| ConfigError {
            source: experiment.title.clone(),
            place: None,
            key: Some(axis.clone()),
            message,
            suggestion: None,
        };
        if !SWEEPABLE.iter().any(|prefix| key.starts_with(prefix)) {
            return Err(error(format!(
                "found an axis `{key}`, allowed a setting of model, reference or preference, as in preference.beta"
            )));
        }
        let mut next = Vec::new();
        for (values_so_far, experiment) in &variants {
            for value in values {
                let mut json =
                    serde_json::to_value(experiment).expect("an experiment is plain data");
                let name = |inner: ConfigError| ConfigError {
                    key: Some(axis.clone()),
                    message: match inner.key {
                        Some(key) if key != *axis => format!("{key}: {}", inner.message),
                        _ => inner.message,
                    },
                    ..inner
                };
                set(&mut json, key, value.clone()).map_err(name)?;
                let varied = from_value(json).map_err(name)?;
                check_derived(&varied, &axis).map_err(name)?;
                let mut values_so_far = values_so_far.clone();
                values_so_far.insert(short(key), axis_label(value));
                next.push((values_so_far, varied));
            }
        }
        variants = next;
    }
    Ok(variants)
}

/// `preference.beta` is `beta` in tables.
fn short(key: &str) -> String {
    key.strip_prefix("preference.").unwrap_or(key).to_owned()
}

impl Plan {
    /// Resolves an experiment on prepared data.
    ///
    /// # Errors
    /// When an axis does not fit, or the data leave fewer negatives than asked for.
    pub fn new(
        experiment: &Experiment,
        data: &Prepared,
        backend: Backend,
    ) -> Result<Self, ConfigError> {
        check_negatives(experiment, data)?;
        let mut plan = Self::default();
        for (axes, variant) in variants(experiment)? {
            for loss in &variant.sweep.losses {
                for &negatives in &variant.sweep.negatives {
                    for &seed in &variant.sweep.seeds {
                        plan.add(&variant, &axes, loss, negatives, seed, data, backend);
                    }
                }
            }
        }
        Ok(plan)
    }

    #[expect(clippy::too_many_arguments, reason = "one argument per axis of the sweep")]
    fn add(
        &mut self,
        experiment: &Experiment,
        axes: &BTreeMap<String, String>,
        loss: &LossConfig,
        negatives: usize,
        seed: u64,
        data: &Prepared,
        backend: Backend,
    ) {
        let reference = ReferenceSpec {
            format: FORMAT,
            backend,
            dataset: experiment.dataset.resolved(),
            data_fingerprint: data.dataset.fingerprint.clone(),
            candidates_fingerprint: data.candidates.fingerprint.clone(),
            model: experiment.model.clone(),
            reference: experiment.reference.clone(),
            cutoffs: experiment.evaluation.cutoffs.clone(),
            seed,
        };
        let id = reference.id();
        if self.references.iter().all(|known| known.id != id) {
            let axes = axes
                .iter()
                .filter(|(key, _)| key.starts_with("model.") || key.starts_with("reference."))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            self.references.push(PlannedReference { id, spec: reference.clone(), axes });
        }
        let spec = CellSpec {
            reference,
            preference: experiment.preference.clone(),
            evaluation: experiment.evaluation.clone(),
            loss: loss.as_loss().same_as(negatives).unwrap_or_else(|| loss.clone()),
            negatives,
        };
        self.cells.push(PlannedCell {
            id: spec.id(),
            spec,
            loss: loss.label(),
            axes: axes.clone(),
        });
    }

    /// The cells that are trained: each id once, in order of seed so that the first complete
    /// curve appears early.
    #[must_use]
    pub fn distinct_cells(&self) -> Vec<&PlannedCell> {
        let mut distinct: Vec<&PlannedCell> = Vec::new();
        for cell in &self.cells {
            if distinct.iter().all(|known| known.id != cell.id) {
                distinct.push(cell);
            }
        }
        let seeds: Vec<u64> = self.references.iter().map(|reference| reference.spec.seed).collect();
        let rank =
            |cell: &PlannedCell| seeds.iter().position(|&seed| seed == cell.spec.reference.seed);
        distinct.sort_by_key(|cell| rank(cell));
        distinct
    }
}

fn check_negatives(experiment: &Experiment, data: &Prepared) -> Result<(), ConfigError> {
    let most = experiment.sweep.negatives.iter().copied().max().unwrap_or(0);
    // RoDPO also excludes nothing more than the user's items: the positive is one of them.
    let left = data.seen.fewest_unseen();
    if most <= left {
        return Ok(());
    }
    Err(ConfigError {
        source: experiment.title.clone(),
        place: None,
        key: Some("sweep.negatives".into()),
        message: format!(
            "found {most}, allowed at most {left}: some user of {} leaves only so many items unseen",
            data.dataset.name
        ),
        suggestion: None,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::read_str;

    fn plan(yaml: &str) -> Result<Plan, ConfigError> {
        let experiment = read_str(yaml, "test.yaml", &[])?;
        let data =
            Prepared::load(&experiment.dataset, Path::new("."), experiment.model.max_len).unwrap();
        Plan::new(&experiment, &data, Backend::Flex)
    }

    const BASE: &str = "
title: test
dataset: {name: synthetic, synthetic: {users: 30, items: 80}}
sweep: {losses: [dpo, s_dpo, dmpo], negatives: [1, 3], seeds: [1, 2]";

    #[test]
    fn cells_that_are_the_same_by_definition_are_trained_once() {
        let plan = plan(&format!("{BASE}}}")).unwrap();
        assert_eq!(plan.cells.len(), 12);
        // K = 1: one per seed; K = 3: three per seed.
        assert_eq!(plan.distinct_cells().len(), 8);
        assert_eq!(plan.references.len(), 2);
    }

    #[test]
    fn axes_multiply_cells_and_change_their_ids() {
        let plan = plan(&format!("{BASE}, axes: {{preference.beta: [0.5, 1.0]}}}}")).unwrap();
        assert_eq!(plan.distinct_cells().len(), 16);
        assert_eq!(plan.references.len(), 2, "beta does not touch the reference");
        assert_eq!(plan.cells[0].axes["beta"], "0.5");
    }

    #[test]
    fn samplers_are_an_axis_on_which_the_default_keeps_its_ids() {
        let axis = "axes: {preference.sampler: [uniform, popularity: {exponent: 0.5}, hard]}";
        let swept = plan(&format!("{BASE}, {axis}}}")).unwrap();
        let labels: Vec<&str> =
            swept.cells.iter().step_by(12).map(|cell| cell.axes["sampler"].as_str()).collect();
        assert_eq!(labels, ["uniform", "popularity(0.5)", "hard"]);
        assert_eq!(swept.references.len(), 2, "samplers do not touch the reference");
        assert_eq!(swept.distinct_cells().len(), 24);
        let before = plan(&format!("{BASE}}}")).unwrap();
        let ids = |cells: &[PlannedCell]| cells.iter().map(|c| c.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&swept.cells[..12]), ids(&before.cells));
        let text = serde_json::to_string(&before.cells[0].spec).unwrap();
        assert!(!text.contains("sampler"), "{text}");
        // A job is sent to a worker as JSON.
        let spec = &swept.cells[12].spec;
        let sent: CellSpec = serde_json::from_str(&serde_json::to_string(spec).unwrap()).unwrap();
        assert_eq!(&sent, spec);
    }

    #[test]
    fn a_setting_of_a_sampler_is_an_axis() {
        let axis = "axes: {preference.sampler.popularity.exponent: [0.5, 1.0]}";
        let plan = plan(&format!("{BASE}, {axis}}}")).unwrap();
        assert_eq!(plan.distinct_cells().len(), 16);
    }

    #[test]
    fn an_axis_that_is_no_setting_is_an_error() {
        let error = plan(&format!("{BASE}, axes: {{preference.betta: [1]}}}}")).unwrap_err();
        assert!(error.to_string().contains("did you mean `beta`"), "{error}");
    }

    #[test]
    fn the_default_of_a_setting_and_its_value_spelt_out_are_the_same_cell() {
        let spelt = BASE.replace("sweep:", "preference: {beta: 1.0}\nsweep:");
        assert_eq!(plan(&format!("{BASE}}}")).unwrap(), plan(&format!("{spelt}}}")).unwrap());
    }
}
