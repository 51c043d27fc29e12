//! What the types alone cannot say: ranges and settings that must fit each other.

use prefsweep_datasets::InvalidSetting;

use super::{Experiment, axis_label};
use crate::losses::{LossConfig, Sampling};

/// The first setting that is out of range, if any.
pub(super) fn check(experiment: &Experiment) -> Result<(), InvalidSetting> {
    check_model(experiment)?;
    check_reference(experiment)?;
    check_preference(experiment)?;
    check_sweep(experiment)?;
    check_evaluation(experiment)?;
    experiment
        .dataset
        .validate()
        .map_err(|setting| InvalidSetting { key: format!("dataset.{}", setting.key), ..setting })
}

fn invalid(key: &str, found: impl ToString, allowed: impl ToString) -> InvalidSetting {
    InvalidSetting { key: key.into(), found: found.to_string(), allowed: allowed.to_string() }
}

fn at_least(key: &str, found: usize, least: usize) -> Result<(), InvalidSetting> {
    if found >= least { Ok(()) } else { Err(invalid(key, found, format!("at least {least}"))) }
}

fn at_most(key: &str, found: usize, most: usize) -> Result<(), InvalidSetting> {
    if found <= most { Ok(()) } else { Err(invalid(key, found, format!("at most {most}"))) }
}

fn positive(key: &str, found: f64) -> Result<(), InvalidSetting> {
    if found.is_finite() && found > 0.0 {
        Ok(())
    } else {
        Err(invalid(key, found, "a finite number above 0"))
    }
}

fn not_negative(key: &str, found: f64) -> Result<(), InvalidSetting> {
    if found.is_finite() && found >= 0.0 {
        Ok(())
    } else {
        Err(invalid(key, found, "a finite number, 0 or above"))
    }
}

fn share(key: &str, found: f64) -> Result<(), InvalidSetting> {
    if (0.0..1.0).contains(&found) {
        Ok(())
    } else {
        Err(invalid(key, found, "0 or above and below 1"))
    }
}

fn not_empty<T>(key: &str, list: &[T]) -> Result<(), InvalidSetting> {
    if list.is_empty() { Err(invalid(key, "an empty list", "at least one value")) } else { Ok(()) }
}

fn distinct<T: PartialEq + std::fmt::Display>(key: &str, list: &[T]) -> Result<(), InvalidSetting> {
    for (index, value) in list.iter().enumerate() {
        if list[..index].contains(value) {
            return Err(invalid(key, format!("{value} twice"), "each value once"));
        }
    }
    Ok(())
}

fn check_model(experiment: &Experiment) -> Result<(), InvalidSetting> {
    let model = &experiment.model;
    for (key, found, most) in [
        ("model.dim", model.dim, 4096),
        ("model.blocks", model.blocks, 64),
        ("model.heads", model.heads, 64),
        ("model.feed_forward", model.feed_forward, 16_384),
        ("model.max_len", model.max_len, 2048),
    ] {
        at_least(key, found, 1)?;
        at_most(key, found, most)?;
    }
    if !model.dim.is_multiple_of(model.heads) {
        return Err(invalid(
            "model.heads",
            model.heads,
            format!("a divisor of model.dim = {}", model.dim),
        ));
    }
    Ok(())
}

fn check_reference(experiment: &Experiment) -> Result<(), InvalidSetting> {
    let reference = &experiment.reference;
    at_least("reference.batch_size", reference.batch_size, 1)?;
    positive("reference.learning_rate", reference.learning_rate)?;
    not_negative("reference.weight_decay", reference.weight_decay)?;
    share("reference.dropout", reference.dropout)?;
    if let Some(stopping) = &reference.early_stopping {
        at_least("reference.early_stopping.patience", stopping.patience, 1)?;
        at_least("reference.early_stopping.every", stopping.every, 1)?;
    }
    Ok(())
}

fn check_preference(experiment: &Experiment) -> Result<(), InvalidSetting> {
    let preference = &experiment.preference;
    at_least("preference.steps", preference.steps, 1)?;
    at_least("preference.batch_size", preference.batch_size, 1)?;
    positive("preference.learning_rate", preference.learning_rate)?;
    share("preference.warmup", preference.warmup)?;
    not_negative("preference.weight_decay", preference.weight_decay)?;
    positive("preference.beta", preference.beta)?;
    share("preference.dropout", preference.dropout)?;
    if let Some(clip) = preference.gradient_clip {
        positive("preference.gradient_clip", clip)?;
    }
    Ok(())
}

fn check_sweep(experiment: &Experiment) -> Result<(), InvalidSetting> {
    let sweep = &experiment.sweep;
    not_empty("sweep.losses", &sweep.losses)?;
    not_empty("sweep.negatives", &sweep.negatives)?;
    not_empty("sweep.seeds", &sweep.seeds)?;
    distinct("sweep.negatives", &sweep.negatives)?;
    distinct("sweep.seeds", &sweep.seeds)?;
    let labels: Vec<String> = sweep.losses.iter().map(|loss| loss.label()).collect();
    distinct("sweep.losses", &labels)?;
    for &negatives in &sweep.negatives {
        at_least("sweep.negatives", negatives, 1)?;
        for loss in &sweep.losses {
            loss.as_loss().check(negatives).map_err(|setting| InvalidSetting {
                key: format!("sweep.losses.{}", setting.key),
                ..setting
            })?;
        }
    }
    check_sampler(experiment)?;
    for (key, values) in &sweep.axes {
        let key = format!("sweep.axes.{key}");
        not_empty(&key, values)?;
        distinct(&key, &values.iter().map(axis_label).collect::<Vec<_>>())?;
    }
    Ok(())
}

fn check_sampler(experiment: &Experiment) -> Result<(), InvalidSetting> {
    let (sweep, sampler) = (&experiment.sweep, &experiment.preference.sampler);
    for &negatives in &sweep.negatives {
        sampler.as_sampler().check(negatives).map_err(|setting| InvalidSetting {
            key: format!("preference.sampler.{}", setting.key),
            ..setting
        })?;
    }
    let own_pool = |loss: &&LossConfig| loss.as_loss().sampling() != Sampling::Configured;
    match sweep.losses.iter().find(own_pool) {
        Some(loss) if !sampler.is_default() => Err(invalid(
            "preference.sampler",
            sampler.name(),
            format!("uniform (the default): {} draws from a pool of its own", loss.name()),
        )),
        _ => Ok(()),
    }
}

fn check_evaluation(experiment: &Experiment) -> Result<(), InvalidSetting> {
    let evaluation = &experiment.evaluation;
    at_least("evaluation.every", evaluation.every, 1)?;
    not_empty("evaluation.cutoffs", &evaluation.cutoffs)?;
    distinct("evaluation.cutoffs", &evaluation.cutoffs)?;
    for &cutoff in &evaluation.cutoffs {
        at_least("evaluation.cutoffs", cutoff, 1)?;
    }
    // The headline of every table and plot.
    if !evaluation.cutoffs.contains(&10) {
        return Err(invalid(
            "evaluation.cutoffs",
            format!("{:?}", evaluation.cutoffs),
            "a list that holds 10, the cut-off of the headline metric",
        ));
    }
    Ok(())
}
