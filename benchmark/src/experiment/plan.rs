//! From an experiment to a list of runs, each fully resolved and named once.

use std::collections::{BTreeMap, BTreeSet};

use prefsweep_datasets::FeatureKind;
use prefsweep_losses::{LossConfig, Sampling};
use prefsweep_policy::device::Backend;
use prefsweep_store::{CellKey, LossKey, is_within, with_axes};
use serde_json::Value;

use super::axes::{Variant, variants};
use super::error::ConfigError;
use super::experiment::Experiment;
use super::spec::{BaselineSpec, CellSpec, ReferenceSpec};
use crate::baselines::BASELINES;
use crate::data::{Prepared, Split, evaluated, held_out, n_windows, trainable};
use crate::negatives::SamplerConfig;
use crate::training::PreferenceConfig;

/// One cell of the sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedCell {
    /// The id of `spec`; cells that are the same by definition share it.
    pub id: String,
    /// What is trained.
    pub spec: CellSpec,
    /// What it is, as the experiment names it.
    pub key: CellKey,
    /// The loss that is trained, where it is the same function under another name.
    pub trained_as: Option<LossKey>,
    /// What `spec` holds otherwise than `key`: `negatives`, or dotted keys of axes.
    pub resolved: Vec<String>,
}

/// One reference model that cells need.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedReference {
    /// The id of `spec`.
    pub id: String,
    /// What is trained.
    pub spec: ReferenceSpec,
    /// The swept settings that it depends on.
    pub axes: BTreeMap<String, Value>,
    /// Windows that it is trained on in an epoch.
    pub windows: usize,
}

impl PlannedReference {
    /// A name for people: `reference, model.dim=32, seed 1`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}, seed {}", with_axes("reference", &self.axes), self.spec.seed)
    }
}

/// One baseline that stands beside the references.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedBaseline {
    /// The id of `spec`.
    pub id: String,
    /// The name in text.
    pub title: String,
    /// What is computed.
    pub spec: BaselineSpec,
    /// Why it is left out for these data, if it is.
    pub skipped: Option<String>,
}

/// All runs of an experiment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// References, each once.
    pub references: Vec<PlannedReference>,
    /// Baselines, in the order of the tables.
    pub baselines: Vec<PlannedBaseline>,
    /// Cells in the order of the report: loss, then K, then seed; same ids may recur.
    pub cells: Vec<PlannedCell>,
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
        check_negatives("sweep.negatives", most_negatives(experiment), fewest_left(data))?;
        check_evaluated(experiment, data)?;
        let mut plan = Self { baselines: baselines(experiment, data), ..Self::default() };
        for variant in variants(experiment)? {
            check_titles(&variant.experiment, data, backend)?;
            check_features(&variant.experiment, data, backend)?;
            check_users(&variant.experiment, data)?;
            let objective = &variant.experiment.reference.objective;
            let left = data.seen.fewest_unseen();
            check_negatives("reference.objective", objective.negatives(), left)?;
            let sweep = &variant.experiment.sweep;
            let seeds = sweep.seeds.iter().chain(&sweep.tuning_seeds);
            let starts: Vec<_> =
                seeds.map(|&seed| plan.reference(&variant, seed, data, backend)).collect();
            let training = &variant.experiment.training;
            let length = variant.experiment.model.max_len();
            let windows = starts.iter().map(|(_, start)| start.seed);
            let windows: Vec<usize> =
                windows.map(|seed| n_windows(training, data, length, seed)).collect();
            for &windows in &windows {
                let checked = variant.experiment.preference.check_epochs(windows);
                checked.map_err(|setting| setting.within("preference"))?;
            }
            for loss in &sweep.losses {
                for &negatives in &sweep.negatives {
                    for (start, &windows) in starts.iter().zip(&windows) {
                        plan.add(&variant, loss, negatives, start.clone(), windows);
                    }
                }
            }
        }
        Ok(plan)
    }

    /// The reference of a variant and seed, which is added where it is new.
    fn reference(
        &mut self,
        variant: &Variant,
        seed: u64,
        data: &Prepared,
        backend: Backend,
    ) -> (String, ReferenceSpec) {
        let experiment = &variant.experiment;
        let spec = ReferenceSpec {
            backend,
            dataset: experiment.dataset.resolved(),
            data_fingerprint: data.dataset.fingerprint.clone(),
            candidates_fingerprint: data.candidates.fingerprint.clone(),
            titles_fingerprint: if experiment.model.needs_titles() {
                data.titles_fingerprint()
            } else {
                None
            },
            features_fingerprint: data.features_fingerprint(&experiment.model.features()),
            model: experiment.model.clone(),
            training: experiment.training.resolved().of_reference(),
            reference: experiment.reference.clone(),
            cutoffs: experiment.evaluation.cutoffs.clone(),
            evaluated: experiment.evaluation.users,
            seed,
        };
        let id = spec.identity().id();
        if self.references.iter().all(|known| known.id != id) {
            let concerns = |key: &str| key.starts_with("model.") || key.starts_with("reference.");
            let axes = variant.axes.iter().filter(|(key, _)| concerns(key));
            let mut axes: BTreeMap<String, Value> =
                axes.map(|(key, value)| (key.clone(), value.clone())).collect();
            // Of an axis of stages, too: with one of them the reference is trained on all users.
            if variant.axes.keys().any(|key| key.starts_with("training.")) {
                let users = serde_json::to_value(spec.training.users);
                axes.insert(USERS.into(), users.expect("a word or a number"));
            }
            let windows = n_windows(&spec.training, data, spec.model.max_len(), seed);
            let (id, spec) = (id.clone(), spec.clone());
            self.references.push(PlannedReference { id, spec, axes, windows });
        }
        (id, spec)
    }

    fn add(
        &mut self,
        variant: &Variant,
        loss: &LossConfig,
        negatives: usize,
        (start_id, start): (String, ReferenceSpec),
        windows: usize,
    ) {
        let key =
            CellKey { loss: loss.key(), negatives, seed: start.seed, axes: variant.axes.clone() };
        let same = loss.trained_as(negatives);
        let trained_as = same.as_ref().map(LossConfig::key);
        let mut preference = variant.experiment.preference.in_steps(windows);
        let mut trained = negatives;
        let mut resolved = vec!["preference.epochs"];
        let training = variant.experiment.training.resolved();
        if training != variant.experiment.training {
            resolved.push("training.stages");
        }
        if !loss.as_loss().has_strength() {
            preference.beta = PreferenceConfig::default().beta;
            resolved.push("preference.beta");
        }
        if !loss.as_loss().uses_negatives() {
            // One is drawn, for the diagnostics.
            trained = 1;
        }
        let own_pool = loss.as_loss().sampling() != Sampling::Configured;
        if own_pool || !loss.as_loss().uses_negatives() {
            preference.sampler = SamplerConfig::default();
            resolved.push("preference.sampler");
        }
        let on_axes = key.axes.keys();
        let on_axes =
            on_axes.filter(|axis| resolved.iter().any(|setting| is_within(axis, setting)));
        let resolved = (trained != negatives).then(|| "negatives".to_owned());
        let resolved = resolved.into_iter().chain(on_axes.cloned()).collect();
        let spec = CellSpec {
            start_id,
            start,
            training,
            preference,
            evaluation: variant.experiment.evaluation.clone(),
            loss: same.unwrap_or_else(|| loss.clone()),
            negatives: trained,
        };
        let id = spec.identity().id();
        self.cells.push(PlannedCell { id, spec, key, trained_as, resolved });
    }

    /// The fingerprints of data with titles or features, where some policy reads these, each once.
    #[must_use]
    pub fn more_data(&self) -> BTreeSet<&str> {
        let specs = self.references.iter().map(|reference| &reference.spec);
        let more = specs.filter(|spec| spec.data_entry() != spec.data_fingerprint);
        more.map(ReferenceSpec::data_entry).collect()
    }

    /// Whether some policy reads features of items.
    #[must_use]
    pub fn reads_features(&self) -> bool {
        self.references.iter().any(|reference| !reference.spec.model.features().is_empty())
    }

    /// The baselines that are computed.
    pub fn computed_baselines(&self) -> impl Iterator<Item = &PlannedBaseline> {
        self.baselines.iter().filter(|baseline| baseline.skipped.is_none())
    }

    /// How many entries of the store it has.
    #[must_use]
    pub fn n_runs(&self) -> usize {
        self.references.len() + self.computed_baselines().count() + self.distinct_cells().len()
    }

    /// The cells that are trained: each id once, in order of seed so that the first complete
    /// curve appears early.
    #[must_use]
    pub fn distinct_cells(&self) -> Vec<&PlannedCell> {
        let mut known = BTreeSet::new();
        let mut distinct: Vec<&PlannedCell> =
            self.cells.iter().filter(|cell| known.insert(&cell.id)).collect();
        let seeds: Vec<u64> = self.references.iter().map(|reference| reference.spec.seed).collect();
        distinct.sort_by_key(|cell| seeds.iter().position(|&seed| seed == cell.key.seed));
        distinct
    }
}

/// The axis of how many users are trained on.
const USERS: &str = "training.users";

/// Every baseline on these data.
fn baselines(experiment: &Experiment, data: &Prepared) -> Vec<PlannedBaseline> {
    let planned = BASELINES.iter().map(|&method| {
        let (dataset, evaluation) = (experiment.dataset.resolved(), &experiment.evaluation);
        let spec = BaselineSpec::new(method, dataset, data, evaluation);
        PlannedBaseline {
            id: spec.identity().id(),
            title: method.title().into(),
            spec,
            skipped: method.skipped(data.dataset.n_items),
        }
    });
    planned.collect()
}

/// A policy that reads titles needs some, and the CPU.
fn check_titles(
    experiment: &Experiment,
    data: &Prepared,
    backend: Backend,
) -> Result<(), ConfigError> {
    if !experiment.model.needs_titles() {
        return Ok(());
    }
    let key = format!("model.{}", experiment.model.name());
    if data.names().is_none() {
        let message = format!(
            "found a policy that reads titles, allowed others: {} has none; a file of one's own names its titles with \
             dataset.file.titles",
            data.dataset.name
        );
        return Err(ConfigError::about(&key, message));
    }
    if backend != Backend::Flex {
        let message = format!(
            "found the device {}, allowed flex: a policy that reads titles is trained on the CPU",
            backend.name()
        );
        return Err(ConfigError::about(&key, message));
    }
    Ok(())
}

/// Features of items must be there; they are composed on the CPU.
fn check_features(
    experiment: &Experiment,
    data: &Prepared,
    backend: Backend,
) -> Result<(), ConfigError> {
    let kinds = experiment.model.features();
    let has = |kind: &&FeatureKind| data.features().iter().any(|feature| feature.kind == **kind);
    if let Some(kind) = kinds.iter().find(|kind| !has(kind)) {
        let message = format!(
            "found true, allowed false: the items of {} have none; {}",
            data.dataset.name,
            kind.source()
        );
        return Err(ConfigError::about(&format!("model.features.{}", kind.name()), message));
    }
    if !kinds.is_empty() && backend != Backend::Flex {
        let message = format!(
            "found the device {}, allowed flex: a policy that reads features of items is trained on the CPU",
            backend.name()
        );
        return Err(ConfigError::about("model.features", message));
    }
    Ok(())
}

/// There must be as many users as are asked for.
fn check_users(experiment: &Experiment, data: &Prepared) -> Result<(), ConfigError> {
    let Some(count) = experiment.training.few() else { return Ok(()) };
    let all = trainable(data).len();
    if count <= all {
        return Ok(());
    }
    let on_axis = experiment.sweep.axes.contains_key(USERS);
    let key = if on_axis { format!("sweep.axes.{USERS}") } else { USERS.to_owned() };
    let message = format!(
        "found {count}, allowed all, or at most {all}: so many users of {} have two items to train on",
        data.dataset.name
    );
    Err(ConfigError::about(&key, message))
}

/// All users by number would be the same evaluation under another name.
fn check_evaluated(experiment: &Experiment, data: &Prepared) -> Result<(), ConfigError> {
    let Some(users) = experiment.evaluation.users else { return Ok(()) };
    let all = evaluated(&data.dataset, Split::Test, None).len();
    if users < all {
        return Ok(());
    }
    let message = format!(
        "found {users}, allowed less than {all}, or nothing to evaluate all: so many users of {} have a test item",
        data.dataset.name
    );
    Err(ConfigError::about("evaluation.users", message))
}

fn most_negatives(experiment: &Experiment) -> usize {
    experiment.sweep.negatives.iter().copied().max().unwrap_or(0)
}

/// The fewest items that a position leaves to draw from. In training the positive is one of the user's items; for the
/// validation loss it is not, and is left out as well.
fn fewest_left(data: &Prepared) -> usize {
    let validated = data.evaluated(Split::Validation).into_iter().map(|user| {
        let case = held_out(&data.dataset, user, Split::Validation);
        let is_new = case.is_some_and(|case| !data.seen.contains(user, case.target));
        data.seen.unseen(user) - usize::from(is_new)
    });
    validated.chain([data.seen.fewest_unseen()]).min().unwrap_or(0)
}

fn check_negatives(key: &str, most: usize, left: usize) -> Result<(), ConfigError> {
    if most <= left {
        return Ok(());
    }
    let message =
        format!("found {most}, allowed at most {left}: some user leaves only so many items unseen");
    Err(ConfigError::about(key, message))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use prefsweep_store::value_name;
    use proptest::prelude::*;

    use super::*;
    use crate::experiment::read_str;

    fn plan(yaml: &str) -> Plan {
        let experiment = read_str(yaml, "test.yaml", &[]).unwrap();
        let length = experiment.model.max_len();
        let data = Prepared::load(&experiment.dataset, Path::new("."), length).unwrap();
        Plan::new(&experiment, &data, Backend::Flex).unwrap()
    }

    const BASE: &str = "
title: test
dataset: {name: synthetic, synthetic: {users: 30, items: 80}}
sweep: {losses: [dpo, s_dpo, dmpo], negatives: [1, 3], seeds: [1, 2]";

    fn ids(cells: &[PlannedCell]) -> Vec<String> {
        cells.iter().map(|cell| cell.id.clone()).collect()
    }

    #[test]
    fn cells_that_are_the_same_by_definition_are_trained_once() {
        let plan = plan(&format!("{BASE}}}"));
        assert_eq!(plan.cells.len(), 12);
        // K = 1: one per seed; K = 3: three per seed.
        assert_eq!(plan.distinct_cells().len(), 8);
        assert_eq!(plan.references.len(), 2);
        let s_dpo = plan.cells.iter().find(|cell| cell.key.loss.name == "s_dpo").unwrap();
        assert_eq!(s_dpo.trained_as, Some(LossKey::new("dpo")));
        assert_eq!(s_dpo.spec.key().loss, LossKey::new("dpo"));
    }

    #[test]
    fn baselines_know_no_seed_and_no_model() {
        let one = plan(&format!("{BASE}}}"));
        assert_eq!(one.baselines.len(), BASELINES.len());
        assert_eq!(one.n_runs(), 2 + BASELINES.len() + 8);
        let ids = |plan: &Plan| -> Vec<String> {
            plan.baselines.iter().map(|baseline| baseline.id.clone()).collect()
        };
        let distinct: BTreeSet<String> = ids(&one).into_iter().collect();
        assert_eq!(distinct.len(), BASELINES.len());
        let seeds = BASE.replace("seeds: [1, 2]", "seeds: [3]");
        let model = "model: {dim: 8, heads: 2}";
        assert_eq!(ids(&one), ids(&plan(&format!("{seeds}}}\n{model}"))));
        let other = plan(&format!("{BASE}}}\nevaluation: {{cutoffs: [10]}}"));
        assert!(ids(&other).iter().all(|id| !distinct.contains(id)), "cut-offs are part of them");
    }

    #[test]
    fn features_name_data_of_their_own() {
        let axis = "{model.features: [null, {dense: true}, {ids: false, dense: true}]}";
        let with = plan(&format!("{BASE}, axes: {axis}}}"));
        assert_eq!((with.references.len(), with.distinct_cells().len()), (6, 24));
        assert_eq!(with.more_data().len(), 1, "both have the same features");
        let axis = &with.cells.last().unwrap().key.axes["model.features"];
        assert_eq!(value_name(axis), "dense=true, ids=false");
        let without = plan(&format!("{BASE}}}"));
        assert!(with.reads_features() && !without.reads_features());
        assert!(without.more_data().is_empty());
        assert_eq!(with.references[0].id, without.references[0].id);
        assert_eq!(with.references[0].spec.data_entry(), with.references[0].spec.data_fingerprint);
    }

    #[test]
    fn features_that_the_data_have_not_are_refused() {
        let yaml = format!("{BASE}}}\nmodel: {{features: {{title_words: true}}}}");
        let experiment = read_str(&yaml, "test.yaml", &[]).unwrap();
        let length = experiment.model.max_len();
        let data = Prepared::load(&experiment.dataset, Path::new("."), length).unwrap();
        let error = Plan::new(&experiment, &data, Backend::Flex).unwrap_err().to_string();
        assert!(
            error.contains("the items of synthetic have none; words come from titles"),
            "{error}"
        );
    }

    #[test]
    fn axes_multiply_cells_and_change_their_ids() {
        let plan = plan(&format!("{BASE}, axes: {{preference.beta: [0.5, 1.0]}}}}"));
        assert_eq!(plan.distinct_cells().len(), 16);
        assert_eq!(plan.references.len(), 2, "beta does not touch the reference");
        assert_eq!(plan.cells[0].key.axes["preference.beta"], 0.5);
        assert_eq!(plan.cells[0].key.series().to_string(), "dpo, beta=0.5");
    }

    #[test]
    fn tuning_seeds_are_trained_like_the_others() {
        let axes = "tuning_seeds: [7], axes: {preference.beta: [0.5, 1.0]}";
        let plan = plan(&format!("{BASE}, {axes}}}"));
        assert_eq!((plan.references.len(), plan.distinct_cells().len()), (3, 24));
        assert_eq!(plan.cells.iter().filter(|cell| cell.key.seed == 7).count(), 12);
    }

    /// The supervised control is one run, whatever K, strength or sampler; sampled softmax has no
    /// strength.
    #[test]
    fn controls_are_trained_once() {
        let yaml = BASE.replace("[dpo, s_dpo, dmpo]", "[sft, softmax_ce]");
        let axes = "axes: {preference.beta: [0.5, 1.0], preference.sampler: [uniform, popularity]}";
        let plan = plan(&format!("{yaml}, {axes}}}"));
        let of = |name: &str| -> BTreeSet<&str> {
            let named = plan.cells.iter().filter(|cell| cell.key.loss.name == name);
            named.map(|cell| cell.id.as_str()).collect()
        };
        assert_eq!(plan.cells.len(), 2 * 2 * 2 * 4);
        assert_eq!(of("sft").len(), 2, "one for each seed");
        let last = plan.cells.iter().rfind(|cell| cell.key.loss.name == "sft").unwrap();
        assert_eq!(last.resolved, ["negatives", "preference.beta", "preference.sampler"]);
        assert_eq!(of("softmax_ce").len(), 2 * 2 * 2, "seeds, K, samplers");
    }

    #[test]
    fn epochs_are_the_steps_that_they_take() {
        let with = |stage: &str| {
            plan(&format!("{BASE}}}").replace("sweep:", &format!("preference: {stage}\nsweep:")))
        };
        // 30 users, a window each, in batches of 8.
        assert_eq!(
            ids(&with("{epochs: 3, batch_size: 8}").cells),
            ids(&with("{steps: 12, batch_size: 8}").cells)
        );
        let of_length = |length: &str, sweep: &str| {
            let model = format!(
                "preference: {{epochs: 3, batch_size: 8}}\nmodel: {{max_len: {length}}}\nsweep:"
            );
            plan(&(BASE.replace("sweep:", &model) + sweep))
        };
        let on_an_axis = of_length("40", ", axes: {model.max_len: [5, 40]}}");
        let short: Vec<PlannedCell> = on_an_axis
            .cells
            .into_iter()
            .filter(|cell| cell.key.axes["model.max_len"] == 5)
            .collect();
        assert_eq!(ids(&short), ids(&of_length("5", "}").cells), "an axis is the setting itself");
        let both = BASE.replace("sweep:", "preference: {epochs: 3, steps: 5}\nsweep:") + "}";
        let error = read_str(&both, "test.yaml", &[]).unwrap_err();
        assert!(error.to_string().contains("either `steps` or `epochs`"), "{error}");
    }

    #[test]
    fn a_correction_needs_a_sampler_whose_probabilities_are_known() {
        let yaml = BASE.replace("[dpo, s_dpo, dmpo]", "[{softmax_ce: {log_q: true}}]");
        let yaml = yaml.replace("sweep:", "preference: {sampler: hard}\nsweep:") + "}";
        let error = read_str(&yaml, "test.yaml", &[]).unwrap_err().to_string();
        assert!(error.contains("preference.sampler") && error.contains("popularity"), "{error}");
    }

    #[test]
    fn samplers_are_an_axis_on_which_the_default_keeps_its_ids() {
        let axis = "axes: {preference.sampler: [uniform, popularity: {exponent: 0.5}, hard]}";
        let swept = plan(&format!("{BASE}, {axis}}}"));
        let names: Vec<String> = swept
            .cells
            .iter()
            .step_by(12)
            .map(|cell| value_name(&cell.key.axes["preference.sampler"]))
            .collect();
        assert_eq!(names, ["uniform", "popularity(0.5)", "hard(50)"]);
        assert_eq!(swept.references.len(), 2, "samplers do not touch the reference");
        assert_eq!(swept.distinct_cells().len(), 24);
        assert_eq!(ids(&swept.cells[..12]), ids(&plan(&format!("{BASE}}}")).cells));
    }

    #[test]
    fn a_setting_of_a_sampler_is_an_axis() {
        let axis = "axes: {preference.sampler.popularity.exponent: [0.5, 1.0]}";
        assert_eq!(plan(&format!("{BASE}, {axis}}}")).distinct_cells().len(), 16);
    }

    #[test]
    fn the_default_of_a_setting_and_its_value_spelt_out_are_the_same_cell() {
        let spelt = BASE.replace("sweep:", "preference: {beta: 1.0}\nsweep:");
        assert_eq!(plan(&format!("{BASE}}}")), plan(&format!("{spelt}}}")));
    }

    #[test]
    fn how_results_are_judged_changes_no_run() {
        let judged = BASE.replace("sweep:", "report: {margin: 0.1}\nsweep:");
        assert_eq!(plan(&format!("{BASE}}}")), plan(&format!("{judged}}}")));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        /// A job reaches its worker as JSON, and a run's specification lies in the store as JSON:
        /// neither may change its name, whatever digits a number has.
        #[test]
        fn names_survive_json_for_every_number(bits in proptest::collection::vec(any::<u64>(), 8)) {
            // Numbers in (0, 1), with all 52 bits in use.
            let number = |at: usize| f64::from_bits((bits[at] >> 12) | 0x3fe0_0000_0000_0000) - 0.4;
            let mut base = plan(&format!("{BASE}}}")).cells.swap_remove(0).spec;
            base.start.reference.learning_rate = number(0);
            base.start.reference.weight_decay = number(1);
            base.start.reference.dropout = number(2);
            base.start_id = base.start.identity().id();
            base.preference.learning_rate = number(3);
            base.preference.weight_decay = number(4);
            base.preference.beta = number(5);
            base.preference.gradient_clip = Some(number(6));
            base.preference.warmup = number(7);
            for loss in [
                serde_json::json!({"ro_dpo": {"temperature": number(0)}}),
                serde_json::json!({"sim_po": {"beta": number(1), "gamma": number(2)}}),
                serde_json::json!({"cpo": {"beta": number(3), "alpha": number(4)}}),
                serde_json::json!({"dynamic_po": {"over": "dmpo", "c": number(5)}}),
            ] {
                base.loss = serde_json::from_value(loss).unwrap();
                let sent: CellSpec =
                    serde_json::from_str(&serde_json::to_string(&base).unwrap()).unwrap();
                prop_assert_eq!(&sent, &base);
                prop_assert_eq!(sent.identity(), base.identity());
                prop_assert_eq!(sent.start.identity(), base.start.identity());
            }
            let sampler = serde_json::json!({"popularity": {"exponent": number(6)}});
            base.preference.sampler = serde_json::from_value(sampler).unwrap();
            let sent: CellSpec =
                serde_json::from_str(&serde_json::to_string_pretty(&base).unwrap()).unwrap();
            prop_assert_eq!(sent.identity(), base.identity());
        }
    }
}
