//! `prefsweep show`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use prefsweep::experiment::ConfigError;
use prefsweep_store::{
    Holding, METRICS_FILE, PROVENANCE_FILE, Provenance, SPEC_FILE, holdings, named,
};
use serde_json::Value;

use super::args::{ResultsDir, ShowArgs};
use super::columns::table;
use super::difference::flatten;
use super::outcome::Outcome;
use super::show::print;
use super::units::{bytes, duration};

/// The run in the results folder whose id begins so; `command` is what asked for it.
pub(super) fn find(results: &ResultsDir, run: &str, command: &str) -> Result<Holding> {
    let refused = |message: String| ConfigError::of(format!("{command} {run}"), message);
    let store = results.store();
    if !store.is_dir() {
        let message =
            format!("no store is in {}; give its folder with --results", results.dir.display());
        return Err(refused(message).into());
    }
    let mut found = holdings(&store)?.entries;
    found.retain(|one| one.id.starts_with(run));
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(refused("no run has this id".into()).into()),
        count => {
            let shown = found.iter().take(5).map(|one| format!("{} ({})", one.id, one.kind));
            let shown: Vec<String> = shown.collect();
            let more = if count > shown.len() { ", …" } else { "" };
            let shown = shown.join(", ");
            Err(refused(format!("several ids begin so: {shown}{more}; give more letters")).into())
        }
    }
}

/// Shows a run: its settings, its numbers at the last evaluation, how it was made, and where its files are.
pub(crate) fn show(args: &ShowArgs) -> Result<Outcome> {
    let one = find(&args.results, &args.run, "show")?;
    let mut text =
        format!("{} {}, {} in {}\n", one.kind, one.id, bytes(one.bytes), one.path.display());
    let names: Vec<String> = named(&args.results.dir)?
        .iter()
        .filter(|experiment| experiment.names(&one.id))
        .map(|experiment| experiment.name.display().to_string())
        .collect();
    let names = if names.is_empty() { "none".into() } else { names.join(", ") };
    text.push_str(&format!("part of the results: {names}\n"));
    text.push_str(&made(&one.path)?);
    text.push_str(&settings(&one.path)?);
    text.push_str(&numbers(&one.path)?);
    text.push_str(&files(&one.path)?);
    print(&text)?;
    Ok(Outcome::Done)
}

/// A JSON file of an entry, where it has one.
fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let Ok(text) = std::fs::read(path) else { return Ok(None) };
    let damaged =
        || format!("{} is damaged: `prefsweep verify` finds what else is", path.display());
    Ok(Some(serde_json::from_slice(&text).ok().with_context(damaged)?))
}

fn made(entry: &Path) -> Result<String> {
    let Some(made) = json::<Provenance>(&entry.join(PROVENANCE_FILE))? else {
        return Ok(String::new());
    };
    if let Some(from) = made.imported {
        let (file, hash, version) = (from.file, from.hash, made.prefsweep_version);
        return Ok(format!(
            "trained elsewhere; imported from {file} (BLAKE3 {hash}) by prefsweep {version}\n"
        ));
    }
    let time = std::time::Duration::from_secs_f64(made.wall_seconds.max(0.0));
    let revision = made.git_revision.unwrap_or_else(|| "of an unknown revision".into());
    let (version, device) = (made.prefsweep_version, made.device);
    Ok(format!("made by prefsweep {version} {revision}, on {device}, in {}\n", duration(time)))
}

fn settings(entry: &Path) -> Result<String> {
    let Some(spec) = json::<Value>(&entry.join(SPEC_FILE))? else { return Ok(String::new()) };
    let mut flat = BTreeMap::new();
    flatten("", &spec, &mut flat);
    let rows: Vec<[String; 2]> = flat.into_iter().map(|(key, value)| [key, value]).collect();
    Ok(format!("\nsettings:\n{}", table(&rows)))
}

/// The metrics of the last evaluation.
fn numbers(entry: &Path) -> Result<String> {
    let path = entry.join(METRICS_FILE);
    if !path.is_file() {
        return Ok(String::new());
    }
    let read = csv::Reader::from_path(&path).and_then(|mut reader| reader.records().collect());
    let rows: Vec<csv::StringRecord> = read.with_context(|| path.display().to_string())?;
    let Some(last) = rows.last().map(|row| row[0].to_owned()) else { return Ok(String::new()) };
    let mut shown = vec![["split", "protocol", "metric", "cutoff", "value"].map(str::to_owned)];
    shown.extend(
        rows.iter()
            .filter(|row| row[0] == last && row.len() == 6)
            .map(|row| [1, 2, 3, 4, 5].map(|column| row[column].to_owned())),
    );
    Ok(format!("\nat the last evaluation, step {last}:\n{}", table(&shown)))
}

fn files(entry: &Path) -> Result<String> {
    let place = || entry.display().to_string();
    let mut rows = Vec::new();
    for file in std::fs::read_dir(entry).with_context(place)? {
        let file = file.with_context(place)?;
        let size = file.metadata().map(|data| data.len()).with_context(place)?;
        rows.push([file.path().display().to_string(), bytes(size)]);
    }
    rows.sort();
    Ok(format!("\nfiles:\n{}", table(&rows)))
}
