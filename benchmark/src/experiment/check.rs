//! Whether the settings of an experiment are possible, and fit each other.
//!
//! The range of a single setting is checked where the setting lives.

use std::cmp::Reverse;

use prefsweep_datasets::InvalidSetting;
use prefsweep_losses::{LossConfig, Sampling};
use prefsweep_store::{LossKey, is_within};

use super::experiment::{Experiment, SweepConfig};
use crate::negatives::SamplerConfig;
use crate::training::{PreferenceExperts, ReferenceExperts};

/// The first setting that is not allowed, if any.
pub(super) fn check(experiment: &Experiment) -> Result<(), InvalidSetting> {
    let within = |section: &'static str| move |setting: InvalidSetting| setting.within(section);
    experiment.model.check()?;
    experiment.training.check().map_err(within("training"))?;
    experiment.reference.check().map_err(within("reference"))?;
    experiment.preference.check().map_err(within("preference"))?;
    check_experts(experiment)?;
    check_sweep(experiment)?;
    experiment.evaluation.check().map_err(within("evaluation"))?;
    experiment.report.check().map_err(within("report"))?;
    experiment.dataset.validate().map_err(within("dataset"))
}

/// How experts are trained matters only where there are some.
fn check_experts(experiment: &Experiment) -> Result<(), InvalidSetting> {
    if experiment.model.has_experts() {
        return Ok(());
    }
    let (reference, preference) = (&experiment.reference.experts, &experiment.preference.experts);
    let usual = PreferenceExperts::default();
    let changed = if *reference != ReferenceExperts::default() {
        ("reference.experts.balance", reference.balance.to_string())
    } else if preference.router != usual.router {
        ("preference.experts.router", preference.router.name().to_owned())
    } else if preference.balance != usual.balance {
        ("preference.experts.balance", preference.balance.to_string())
    } else {
        return Ok(());
    };
    let allowed = "the default where model.experts is not given: the model has no experts to train";
    Err(InvalidSetting::new(changed.0, changed.1, allowed))
}

fn check_sweep(experiment: &Experiment) -> Result<(), InvalidSetting> {
    let sweep = &experiment.sweep;
    InvalidSetting::not_empty("sweep.losses", &sweep.losses)?;
    InvalidSetting::not_empty("sweep.negatives", &sweep.negatives)?;
    InvalidSetting::not_empty("sweep.seeds", &sweep.seeds)?;
    InvalidSetting::distinct("sweep.negatives", &sweep.negatives)?;
    InvalidSetting::distinct("sweep.seeds", &sweep.seeds)?;
    check_tuning_seeds(sweep)?;
    let keys: Vec<LossKey> = sweep.losses.iter().map(LossConfig::key).collect();
    InvalidSetting::distinct("sweep.losses", &keys)?;
    for negatives in most_first(sweep) {
        InvalidSetting::at_least("sweep.negatives", negatives, 1)?;
        for loss in &sweep.losses {
            loss.check(negatives).map_err(|setting| setting.within("sweep.losses"))?;
            check_known(loss, experiment.model.needs_titles())?;
        }
    }
    for (key, values) in &sweep.axes {
        InvalidSetting::not_empty(&format!("sweep.axes.{key}"), values)?;
    }
    check_sampler(experiment)
}

/// The numbers of negatives, the largest first: what is too small for one is to be told of the most demanding.
fn most_first(sweep: &SweepConfig) -> Vec<usize> {
    let mut all = sweep.negatives.clone();
    all.sort_unstable_by_key(|&negatives| Reverse(negatives));
    all
}

/// What a loss needs to know of items must be known.
fn check_known(loss: &LossConfig, titles: bool) -> Result<(), InvalidSetting> {
    let needs = loss.as_loss().needs();
    let why = if needs.lengths && !titles {
        "compares the lengths of titles, and an item that is known by its id has none"
    } else if needs.ratings {
        "takes its margins from what users think of items, and ratings are not kept with sequences"
    } else {
        return Ok(());
    };
    let allowed = format!("other losses: {} {why}", loss.key());
    Err(InvalidSetting::new("sweep.losses", loss.key(), allowed))
}

/// They choose among the values of axes, on seeds that no result uses.
fn check_tuning_seeds(sweep: &SweepConfig) -> Result<(), InvalidSetting> {
    let seeds = &sweep.tuning_seeds;
    InvalidSetting::distinct("sweep.tuning_seeds", seeds)?;
    if let Some(both) = seeds.iter().find(|seed| sweep.seeds.contains(seed)) {
        let allowed = "seeds that are not in sweep.seeds";
        return Err(InvalidSetting::new("sweep.tuning_seeds", both.to_string(), allowed));
    }
    if !seeds.is_empty() && sweep.axes.is_empty() {
        let allowed = "none: there are no sweep.axes among whose values they could choose";
        return Err(InvalidSetting::new("sweep.tuning_seeds", format!("{seeds:?}"), allowed));
    }
    Ok(())
}

fn check_sampler(experiment: &Experiment) -> Result<(), InvalidSetting> {
    let (sweep, sampler) = (&experiment.sweep, &experiment.preference.sampler);
    for negatives in most_first(sweep) {
        sampler
            .as_sampler()
            .check(negatives)
            .map_err(|setting| setting.within("preference.sampler"))?;
    }
    if let Some(loss) = sweep.losses.iter().find(|loss| loss.as_loss().needs().catalogue)
        && !sampler.is_default()
    {
        let allowed = format!(
            "uniform (the default): {} undoes what uniform sampling does to the scores",
            loss.key()
        );
        return Err(InvalidSetting::new("preference.sampler", sampler.name(), allowed));
    }
    let corrects = |loss: &&LossConfig| loss.as_loss().needs().log_counts;
    if let Some(loss) = sweep.losses.iter().find(corrects)
        && !sampler.as_sampler().knows_probabilities()
    {
        let allowed = format!(
            "uniform or popularity: {} corrects for the probability of each negative, which is not known \
             here",
            loss.key()
        );
        return Err(InvalidSetting::new("preference.sampler", sampler.name(), allowed));
    }
    if matches!(sampler, SamplerConfig::Hard(_)) && experiment.model.needs_titles() {
        let allowed = "another: it draws by hidden states and embeddings of items, and a policy that reads \
                       titles has none";
        return Err(InvalidSetting::new("preference.sampler", sampler.name(), allowed));
    }
    let own_pool = |loss: &&LossConfig| loss.as_loss().sampling() != Sampling::Configured;
    // Beside losses that are compared on several samplers it is one run whatever the sampler.
    let is_swept = sweep.axes.keys().any(|axis| is_within(axis, "preference.sampler"));
    match sweep.losses.iter().find(own_pool) {
        Some(loss) if !sampler.is_default() && !is_swept => Err(InvalidSetting::new(
            "preference.sampler",
            sampler.name(),
            format!("uniform (the default): {} draws from a pool of its own", loss.name()),
        )),
        _ => Ok(()),
    }
}
