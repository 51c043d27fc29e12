//! Reading a mapping, and what it may not say: a slip of the pen would change numbers in silence, or nothing.

use std::collections::BTreeSet;
use std::path::Path;

use prefsweep_store::training_name;

use super::candidates::run_key;
use super::error::{ImportError, ImportFailure};
use super::limits::MOST;
use super::mapping::{Mapping, RunFile};
use super::roles::{Role, TRAINING};
use super::runs::Runs;
use crate::experiment::{ConfigError, placed, read_settings};

/// A key, and what is wrong with its value.
type Wrong = (String, String);

fn in_file((key, message): Wrong, path: &Path) -> ConfigError {
    placed(ConfigError { key: Some(key), ..ConfigError::of("", message) }, path, &[])
}

/// Reads a mapping file; without one everything is as usual.
///
/// # Errors
/// The first thing that is wrong, with line and key.
pub(super) fn read_mapping(path: Option<&Path>) -> Result<Mapping, ConfigError> {
    let Some(path) = path else { return Ok(Mapping::default()) };
    let mapping: Mapping = read_settings(path)?;
    let checks = [names, columns, cutoffs, candidates, entries, numbers];
    let checked = checks.into_iter().try_for_each(|check| check(&mapping));
    checked.map_err(|wrong| in_file(wrong, path))?;
    Ok(mapping)
}

/// Refuses what is said of columns, losses or seeds that the files do not have.
///
/// # Errors
/// The first such thing, with line and key.
pub(super) fn check_used(
    mapping: &Mapping,
    path: Option<&Path>,
    runs: &Runs,
) -> Result<(), ConfigError> {
    let Some(path) = path else { return Ok(()) };
    let refuse = |key: String, message: String| Err(in_file((key, message), path));
    let listed = |known: &BTreeSet<String>| {
        known
            .iter()
            .map(String::as_str)
            .filter(|name| !name.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    };
    if let Some((usual, name)) =
        mapping.columns.iter().find(|(_, name)| !runs.columns.contains(*name))
    {
        let message =
            format!("found `{name}`, allowed a column of the files: {}", listed(&runs.columns));
        return refuse(format!("columns.{usual}"), message);
    }
    if let Some(name) = mapping.losses.keys().find(|name| !runs.losses.contains(*name)) {
        let message =
            format!("found `{name}`, allowed a loss of the files: {}", listed(&runs.losses));
        return refuse(format!("losses.{name}"), message);
    }
    let seeds: BTreeSet<u64> = runs.runs.iter().map(|run| run.key.seed()).collect();
    let tuned = &mapping.tuning_seeds;
    let all = || seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    if let Some(seed) = tuned.iter().find(|seed| !seeds.contains(seed)) {
        let message = format!("found {seed}, allowed a seed of the files: {}", all());
        return refuse("tuning_seeds".into(), message);
    }
    if !tuned.is_empty() && seeds.iter().all(|seed| tuned.contains(seed)) {
        let message = format!(
            "found all seeds of the files ({}), allowed some: the results are of the others",
            all()
        );
        return refuse("tuning_seeds".into(), message);
    }
    Ok(())
}

/// What is wrong with a file, or with the mapping where that says it.
pub(super) fn blamed(error: ImportError, path: Option<&Path>) -> ImportFailure {
    match error.in_mapping().zip(path) {
        Some((wrong, path)) => in_file(wrong, path).into(),
        None => error.into(),
    }
}

fn names(mapping: &Mapping) -> Result<(), Wrong> {
    let losses = mapping.losses.iter().flat_map(|(loss, meant)| {
        let over = meant.over.iter().map(move |over| (format!("losses.{loss}.over"), over));
        over.chain([(format!("losses.{loss}.name"), &meant.name)])
    });
    let own = [("name", &mapping.name), ("dataset.trained_on", &mapping.dataset.trained_on)];
    let own = own.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text.as_ref()?)));
    match own.chain(losses).find(|(_, text)| text.trim().is_empty()) {
        Some((key, _)) => Err((key, "found an empty text, allowed a name".into())),
        None => Ok(()),
    }
}

fn columns(mapping: &Mapping) -> Result<(), Wrong> {
    let roles = Role::ALL.map(Role::name);
    let training = TRAINING.map(training_name);
    let columns: Vec<&str> = roles.into_iter().chain(training).collect();
    for (map, keys, allowed) in [
        ("columns", mapping.columns.keys().collect::<Vec<_>>(), &columns[..]),
        ("values", mapping.values.keys().collect(), &roles[..]),
    ] {
        if let Some(key) = keys.into_iter().find(|key| !allowed.contains(&key.as_str())) {
            let message = format!("found `{key}`, allowed {}", allowed.join(", "));
            return Err((format!("{map}.{key}"), message));
        }
    }
    Ok(())
}

fn cutoffs(mapping: &Mapping) -> Result<(), Wrong> {
    let cutoffs = mapping.cutoffs();
    let refuse =
        |allowed: String| Err(("cutoffs".into(), format!("found {cutoffs:?}, allowed {allowed}")));
    if mapping.candidates.is_some() && cutoffs != [1] {
        return refuse("[1]: a generated text names one item".into());
    }
    let allowed = 1..=MOST as usize;
    let is_wrong =
        |(at, cutoff): (usize, &usize)| !allowed.contains(cutoff) || cutoffs[..at].contains(cutoff);
    if cutoffs.is_empty() || cutoffs.iter().enumerate().any(is_wrong) {
        return refuse(format!("different whole numbers from 1 to {MOST}"));
    }
    Ok(())
}

/// Generated texts and tables of ranks are two forms: what belongs to one says nothing in the other.
fn candidates(mapping: &Mapping) -> Result<(), Wrong> {
    let runs = || mapping.runs.iter().enumerate();
    let Some(files) = &mapping.candidates else {
        let texts = runs().find_map(|(at, run)| {
            let test = run.test.as_ref().map(|file| (at, "test", file));
            test.or_else(|| run.validation.as_ref().map(|file| (at, "validation", file)))
        });
        let Some((at, key, file)) = texts else { return Ok(()) };
        let message = format!(
            "found `{}`, allowed `file`, a table of ranks: generated texts need `candidates`, the rows that they are for",
            file.display()
        );
        return Err((format!("runs[{at}].{key}"), message));
    };
    if mapping.runs.is_empty() {
        let message = "found rows with candidates, allowed beside `runs`, which lists the texts that were generated for them";
        return Err(("candidates".into(), message.into()));
    }
    for (map, first) in [
        ("columns", mapping.columns.keys().next()),
        ("values", mapping.values.keys().next()),
        ("axes", mapping.axes.keys().next()),
    ] {
        if let Some(key) = first {
            let message = format!(
                "found `{key}`, allowed nothing beside `candidates`: generated texts have no columns; loss, K, seed and \
                 step stand in `runs`"
            );
            return Err((format!("{map}.{key}"), message));
        }
    }
    for (at, run) in runs() {
        if let Some(file) = &run.file {
            let message = format!(
                "found `{}`, allowed `test` and `validation`, the texts that were generated for the rows of `candidates`",
                file.display()
            );
            return Err((format!("runs[{at}].file"), message));
        }
        if let (Some(file), None) = (&run.validation, &files.validation) {
            let message = format!(
                "found `{}`, allowed beside `candidates.validation`, the rows that the texts are for",
                file.display()
            );
            return Err((format!("runs[{at}].validation"), message));
        }
    }
    Ok(())
}

/// What a run must say itself: its table, or its texts and, since these have no columns, which run they are of.
fn entries(mapping: &Mapping) -> Result<(), Wrong> {
    let runs = || mapping.runs.iter().enumerate();
    let refuse =
        |at: usize, key: &str, message: String| Err((format!("runs[{at}].{key}"), message));
    if mapping.candidates.is_none() {
        return match runs().find(|(_, run)| run.file.is_none()) {
            Some((at, _)) => refuse(at, "file", "found nothing, allowed a table of ranks".into()),
            None => Ok(()),
        };
    }
    for (at, run) in runs() {
        if run.test.is_none() {
            let message = "found nothing, allowed the texts that were generated for the test rows";
            return refuse(at, "test", message.into());
        }
        if let Err((key, message)) = run_key(mapping, run) {
            return refuse(at, key, message);
        }
    }
    // The best K of a run without them would be chosen on fewer seeds, or not at all.
    let lacks = |run: &RunFile| run.validation.is_none();
    let with = runs().find(|(_, run)| !lacks(run));
    match with.zip(runs().find(|(_, run)| lacks(run))) {
        Some(((with, _), (at, _))) => {
            let message = format!(
                "found nothing, allowed the texts that were generated for the validation rows, which `runs[{with}]` has"
            );
            refuse(at, "validation", message)
        }
        None => Ok(()),
    }
}

fn numbers(mapping: &Mapping) -> Result<(), Wrong> {
    if let Some(items) = mapping.dataset.items.filter(|items| !(2..=MOST as usize).contains(items))
    {
        let message = format!("found {items}, allowed a whole number from 2 to {MOST}");
        return Err(("dataset.items".into(), message));
    }
    let of_runs = mapping.runs.iter().enumerate();
    let of_runs = of_runs.flat_map(|(at, run)| [(at, "K", run.negatives), (at, "step", run.step)]);
    let found = of_runs.filter_map(|(at, key, number)| Some((at, key, number?)));
    for (at, key, number) in found {
        if number > u64::from(MOST) {
            let message = format!("found {number}, allowed a whole number up to {MOST}");
            return Err((format!("runs[{at}].{key}"), message));
        }
    }
    match mapping.margin {
        Some(margin) if !(margin > 0.0 && margin < 1.0) => {
            let message = format!("found {margin}, allowed a share above 0 and below 1");
            Err(("margin".into(), message))
        }
        _ => Ok(()),
    }
}
