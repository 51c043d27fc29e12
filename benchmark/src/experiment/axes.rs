//! The experiments that `sweep.axes` spans.

use std::collections::BTreeMap;

use prefsweep_losses::LossConfig;
use prefsweep_store::{is_within, setting, value_name};
use serde_json::Value;

use super::check::check;
use super::error::ConfigError;
use super::experiment::Experiment;
use super::overrides::{from_value, set};

/// Settings that may be swept by `sweep.axes`.
const SWEEPABLE: [&str; 4] = ["model.", "training.", "reference.", "preference."];

/// One experiment of those that the axes span.
#[derive(Clone, Debug)]
pub struct Variant {
    /// By dotted key the resolved value on every axis.
    pub axes: BTreeMap<String, Value>,
    /// The experiment with these values.
    pub experiment: Experiment,
}

/// The experiments that `sweep.axes` spans.
///
/// # Errors
/// When an axis is not a setting or contains another, a value does not fit it, or two values of an
/// axis are the same setting.
pub fn variants(experiment: &Experiment) -> Result<Vec<Variant>, ConfigError> {
    check_apart(experiment)?;
    check_used(experiment)?;
    let mut variants = vec![Variant { axes: BTreeMap::new(), experiment: experiment.clone() }];
    for (key, values) in &experiment.sweep.axes {
        let axis = format!("sweep.axes.{key}");
        if !SWEEPABLE.iter().any(|prefix| key.starts_with(prefix)) {
            let message = format!(
                "found an axis `{key}`, allowed a setting of model, training, reference or preference, as in preference.beta"
            );
            return Err(ConfigError::about(&axis, message));
        }
        let mut next = Vec::new();
        for variant in &variants {
            let mut on_axis: Vec<Value> = Vec::new();
            for value in values {
                let varied = vary(&variant.experiment, key, value).map_err(|error| {
                    let message = match &error.key {
                        Some(inner) if *inner != axis => format!("{inner}: {}", error.message),
                        _ => error.message.clone(),
                    };
                    ConfigError { key: Some(axis.clone()), message, ..error }
                })?;
                let resolved = resolved(&varied, key);
                if on_axis.contains(&resolved) {
                    let message =
                        format!("found {} twice, allowed each value once", value_name(&resolved));
                    return Err(ConfigError::about(&axis, message));
                }
                let mut axes = variant.axes.clone();
                axes.insert(key.clone(), resolved.clone());
                on_axis.push(resolved);
                next.push(Variant { axes, experiment: varied });
            }
        }
        variants = next;
    }
    Ok(variants)
}

/// No axis may hold the setting of another: its value would be overwritten.
fn check_apart(experiment: &Experiment) -> Result<(), ConfigError> {
    for outer in experiment.sweep.axes.keys() {
        let within = |key: &&String| *key != outer && is_within(key, outer);
        if let Some(inner) = experiment.sweep.axes.keys().find(within) {
            let message = format!(
                "found an axis beside `{outer}`, which holds this setting, allowed axes that do not \
                 contain one another"
            );
            return Err(ConfigError::about(&format!("sweep.axes.{inner}"), message));
        }
    }
    Ok(())
}

/// A strength that a loss does not take would train the same run under several names.
fn check_used(experiment: &Experiment) -> Result<(), ConfigError> {
    const AXIS: &str = "preference.beta";
    let own = |loss: &&LossConfig| loss.as_loss().has_strength() && loss.as_loss().beta().is_some();
    match experiment.sweep.losses.iter().find(own) {
        Some(loss) if experiment.sweep.axes.contains_key(AXIS) => {
            let message = format!(
                "found an axis that {} does not use, allowed losses without a beta of their own; give \
                 the loss several times instead, as in `- {}: {{beta: 0.5}}`",
                loss.name(),
                loss.key().innermost().name
            );
            Err(ConfigError::about(&format!("sweep.axes.{AXIS}"), message))
        }
        _ => Ok(()),
    }
}

/// The experiment with one setting changed.
fn vary(experiment: &Experiment, key: &str, value: &Value) -> Result<Experiment, ConfigError> {
    let mut json = serde_json::to_value(experiment).expect("an experiment is plain data");
    set(&mut json, key, value.clone())?;
    let varied = from_value(json)?;
    check(&varied)?;
    Ok(varied)
}

/// The value of a setting as its type holds it, with every default spelt out.
fn resolved(experiment: &Experiment, key: &str) -> Value {
    let json = serde_json::to_value(experiment).expect("an experiment is plain data");
    setting(&json, key).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::read_str;

    const BASE: &str = "
title: test
dataset: {name: synthetic, synthetic: {users: 30, items: 80}}
sweep: {losses: [dpo, dmpo], negatives: [1, 3], seeds: [1], axes: ";

    fn axes(text: &str) -> Result<Vec<String>, String> {
        let experiment = read_str(&format!("{BASE}{text}}}"), "test.yaml", &[]);
        let variants = experiment.and_then(|experiment| variants(&experiment));
        let name = |variant: &Variant| {
            let values = variant.axes.values().map(value_name);
            values.collect::<Vec<_>>().join(" ")
        };
        variants
            .map(|variants| variants.iter().map(name).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_resolved_and_axes_multiply() {
        assert_eq!(axes("{preference.beta: [1, 0.5]}").unwrap(), ["1", "0.5"]);
        let two = axes("{preference.beta: [1, 2], reference.epochs: [3, 4]}").unwrap();
        assert_eq!(two, ["1 3", "1 4", "2 3", "2 4"]);
        let samplers = "{preference.sampler: [uniform, popularity: {exponent: 0.5}, hard]}";
        assert_eq!(axes(samplers).unwrap(), ["uniform", "popularity(0.5)", "hard(50)"]);
        let stopping = "{reference.early_stopping: [null, {patience: 2}]}";
        assert_eq!(axes(stopping).unwrap(), ["none", "every=1, patience=2"]);
    }

    #[test]
    fn one_value_in_two_spellings_is_given_twice() {
        for (text, found) in [
            ("{preference.beta: [1, 1.0]}", "found 1 twice"),
            ("{preference.beta: [0.5, 5e-1]}", "found 0.5 twice"),
            (
                "{reference.early_stopping: [null, {patience: 2}, {patience: 2, every: 1}]}",
                "found every=1, patience=2 twice",
            ),
            ("{preference.sampler: [hard, hard: {pool: 50}]}", "found hard(50) twice"),
        ] {
            let error = axes(text).unwrap_err();
            assert!(error.contains(found) && error.contains("test.yaml:4"), "{error}");
        }
    }

    #[test]
    fn axes_that_contain_one_another_are_refused() {
        let error = axes(
            "{preference.sampler: [hard, popularity], preference.sampler.popularity.exponent: [0.1, 1]}",
        );
        let error = error.unwrap_err();
        assert!(error.contains("allowed axes that do not contain one another"), "{error}");
        assert!(error.contains("preference.sampler.popularity.exponent"), "{error}");
        // A name that begins alike contains nothing.
        assert!(axes("{reference.epochs: [1, 2], reference.dropout: [0.1]}").is_ok());
    }

    #[test]
    fn a_setting_of_a_sampler_is_an_axis_unless_another_sampler_was_chosen() {
        let text = "{preference.sampler.popularity.exponent: [0.5, 1]}";
        assert_eq!(axes(text).unwrap(), ["0.5", "1"]);
        let yaml =
            format!("{BASE}{text}}}").replace("sweep:", "preference: {sampler: hard}\nsweep:");
        let error = read_str(&yaml, "test.yaml", &[]).unwrap_err().to_string();
        assert!(error.contains("found `popularity`, allowed hard"), "{error}");
        let error = axes("{preference.sampler.popular.exponent: [1]}").unwrap_err();
        assert!(error.contains("did you mean `popularity`"), "{error}");
    }

    #[test]
    fn an_axis_that_a_loss_does_not_use_is_refused() {
        let yaml = format!("{BASE}{{preference.beta: [0.5, 1]}}}}").replace("dmpo]", "sim_po]");
        let error = read_str(&yaml, "test.yaml", &[]).unwrap_err().to_string();
        assert!(
            error.contains("sim_po does not use") && error.contains("sim_po: {beta"),
            "{error}"
        );
    }

    #[test]
    fn an_axis_that_is_no_setting_is_an_error() {
        let error = axes("{preference.betta: [1]}").unwrap_err();
        assert!(error.contains("did you mean `beta`"), "{error}");
        let error = axes("{sweep.seeds: [1]}").unwrap_err();
        assert!(
            error.contains("allowed a setting of model, training, reference or preference"),
            "{error}"
        );
    }
}
