//! Commands that only read and print.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use prefsweep::experiment::{ConfigError, json_schema};
use prefsweep::sweep::{IndexContext, write_index};
use prefsweep_report::drift::compare_results;
use prefsweep_report::{
    Columns, ReportFiles, TableFormat, VERDICT_FILE, column_table, headline_table,
    is_exported_mapping, paper_figures, write_claims, write_leaderboard, write_report,
};
use prefsweep_store::{INDEX_FILE, at};

use super::args::{
    ClaimsArgs, CompareArgs, CompareFormat, ExportArgs, Format, LeaderboardArgs, PlotArgs,
    ReportArgs, StoredArgs, TableArgs, VerifyArgs,
};
use super::closed::was_closed;
use super::experiment::Ready;
use super::notices::say;
use super::out_file::{TableFile, check_folder};
use super::outcome::Outcome;
use super::owner;
use super::results_name::default_name;

/// Writes to standard output.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout();
    let written = match was_closed() {
        true => Err(std::io::Error::other("it is closed")),
        false => out.write_all(text.as_bytes()).and_then(|()| out.flush()),
    };
    match written {
        // A reader that has had enough (`head`) is no error.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written.map_err(at(Path::new("standard output")))?),
    }
}

/// `prefsweep table`.
pub(crate) fn table(args: &TableArgs) -> Result<Outcome> {
    let folder = results_folder(&args.stored)?;
    let format = if args.json { TableFormat::Json } else { args.format.into() };
    let chosen = [&args.metrics, &args.k, &args.losses].iter().any(|list| !list.is_empty());
    let text = if chosen || (args.format == Format::Latex && !args.all) {
        let columns = Columns {
            metrics: args.metrics.clone(),
            negatives: args.k.clone(),
            losses: args.losses.clone(),
        };
        column_table(&folder, &columns, format)?
    } else {
        headline_table(&folder, format)?
    };
    print(&text)?;
    Ok(Outcome::Done)
}

/// Files that were written, a line each.
fn listed(files: &[PathBuf]) -> String {
    files.iter().map(|file| format!("{}\n", file.display())).collect()
}

/// `prefsweep plot`.
pub(crate) fn plot(args: &PlotArgs) -> Result<Outcome> {
    let folder = results_folder(&args.stored)?;
    let out = args.out.clone().unwrap_or_else(|| folder.join("report/plots"));
    let files = paper_figures(&folder, args.width.into(), &out)?;
    print(&listed(&files))?;
    Ok(Outcome::Done)
}

/// `prefsweep report`.
pub(crate) fn report(args: &ReportArgs) -> Result<Outcome> {
    let folder = results_folder(&args.stored)?;
    let out = args.out.clone().unwrap_or_else(|| folder.join("report"));
    let files = write_report(&folder, &out)?;
    print(&answer(&files))?;
    Ok(Outcome::Done)
}

/// So many letters of an answer to a line.
const LINE: usize = 100;

/// What a report says, for a terminal: the answer, one row per loss, and where the rest is.
fn answer(files: &ReportFiles) -> String {
    let mut text = String::from("ANSWER\n");
    for line in &files.answer {
        text.push_str(&wrapped(line));
    }
    if !files.table.is_empty() {
        text.push_str(&format!("\n{}", files.table));
    }
    if !files.warnings.is_empty() {
        text.push('\n');
        text.extend(files.warnings.iter().map(|warning| format!("warning: {warning}\n")));
    }
    text.push_str(&format!("\nreport: {}\n", files.html.display()));
    text
}

/// A line broken between words, the first with a dash.
fn wrapped(line: &str) -> String {
    let mut text = String::from("-");
    let mut length = 1;
    for word in line.split(' ') {
        let letters = word.chars().count();
        if length > 1 && length + 1 + letters > LINE {
            text.push_str("\n ");
            length = 1;
        }
        text.push(' ');
        text.push_str(word);
        length += 1 + letters;
    }
    text.push('\n');
    text
}

/// `prefsweep verify`.
pub(crate) fn verify(args: &VerifyArgs) -> Result<Outcome> {
    let folder = results_folder(&args.stored)?;
    let found = prefsweep_report::verify::verify(&folder)?;
    print(&if args.json { found.json()? } else { found.text() })?;
    Ok(if found.passed() { Outcome::Done } else { Outcome::Failed })
}

/// `prefsweep compare`.
pub(crate) fn compare(args: &CompareArgs) -> Result<Outcome> {
    let found = compare_results(&args.a, &args.b)?;
    print(&match args.format {
        CompareFormat::Markdown => found.markdown(),
        CompareFormat::Csv => found.csv(),
        CompareFormat::Json => found.json()?,
    })?;
    let reasons = if args.fail_on_drift { found.reasons(args.exact) } else { Vec::new() };
    for reason in &reasons {
        say(&format!("drift: {reason}"));
    }
    Ok(if reasons.is_empty() { Outcome::Done } else { Outcome::Failed })
}

/// `prefsweep claims`.
pub(crate) fn claims(args: &ClaimsArgs) -> Result<Outcome> {
    let files = write_claims(&args.results, &args.out)?;
    print(&listed(&files))?;
    Ok(Outcome::Done)
}

/// `prefsweep leaderboard`.
pub(crate) fn leaderboard(args: &LeaderboardArgs) -> Result<Outcome> {
    let files = write_leaderboard(&args.results, &args.out)?;
    print(&listed(&files))?;
    Ok(Outcome::Done)
}

/// `prefsweep export`.
pub(crate) fn export(args: &ExportArgs) -> Result<Outcome> {
    let folder = results_folder(&args.stored)?;
    if let Some(runs) = &args.runs {
        check_runs(runs)?;
        // That of the tables is made with them.
        if runs.parent() != Some(&args.to) {
            check_folder(runs)?;
        }
    }
    let mut files = prefsweep_report::export(&folder, &args.to, args.tensorboard)?;
    if let Some(runs) = &args.runs {
        let same = |file: &PathBuf| matches!((file.canonicalize(), runs.canonicalize()), (Ok(a), Ok(b)) if a == b);
        if files.iter().any(same) {
            let message = "one of the tables in the folder of --to has this name; give another";
            return Err(ConfigError::of(format!("--runs {}", runs.display()), message).into());
        }
        files.extend(prefsweep_report::export_runs(&folder, runs)?);
    }
    print(&format!("{} files in {}\n", files.len(), args.to.display()))?;
    Ok(Outcome::Done)
}

/// Refuses a name for exported runs that ends otherwise than tables do, or whose mapping would replace a file that is
/// no mapping of an export.
fn check_runs(runs: &Path) -> Result<()> {
    TableFile::of("--runs", runs)?;
    let mapping = runs.with_extension("yaml");
    let replaceable = !mapping.exists() || is_exported_mapping(&mapping);
    if replaceable {
        return Ok(());
    }
    let message = format!(
        "its mapping would replace {}, which is not that of an export; give another name",
        mapping.display()
    );
    Err(ConfigError::of(format!("--runs {}", runs.display()), message).into())
}

/// `prefsweep schema`.
pub(crate) fn schema() -> Result<Outcome> {
    print(&json_schema())?;
    Ok(Outcome::Done)
}

/// The folder with an experiment's results, from itself or from the experiment's file.
pub(crate) fn results_folder(stored: &StoredArgs) -> Result<PathBuf> {
    let StoredArgs { experiment, results } = stored;
    let is_file = experiment.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let folder =
        if is_file { results.dir.join(default_name(experiment, &[])) } else { experiment.clone() };
    if folder.join(INDEX_FILE).is_file() {
        if is_file {
            owner::check_reading(&folder, experiment)?;
        }
        return Ok(folder);
    }
    let message = match folder.join(VERDICT_FILE).is_file() {
        true => "a report without its runs: of one that `run` wrote give the folder above it; of a published one \
                 report.md has tables and figures, and `prefsweep claims` and `leaderboard` read it (`compare` too, \
                 where export.json lies beside it)"
            .to_owned(),
        false => {
            format!("no results in {}: run the experiment first (prefsweep run)", folder.display())
        }
    };
    Err(ConfigError::of(experiment.display().to_string(), message).into())
}

/// Brings the index up to date: from then on the store keeps what the experiment names.
pub(crate) fn keep_index(ready: &Ready, failures: &BTreeMap<String, String>) -> Result<()> {
    ready.make_folder()?;
    let context = IndexContext {
        name: &ready.name,
        command: &ready.command,
        source: &ready.source,
        experiment: &ready.experiment,
        plan: &ready.plan,
        data: &ready.data,
        store: &ready.store,
    };
    write_index(&ready.folder, context, failures)?;
    Ok(())
}

/// Brings the index up to date and writes the report; prints what it says and where it is. Returns the number
/// of warnings in it.
pub(crate) fn conclude(ready: &Ready, failures: &BTreeMap<String, String>) -> Result<usize> {
    keep_index(ready, failures)?;
    write_and_answer(&ready.folder)
}

/// Writes the report of a results folder; prints what it says and where it is. Returns the number of warnings in it.
pub(crate) fn write_and_answer(folder: &Path) -> Result<usize> {
    let files = write_report(folder, &folder.join("report"))?;
    print(&answer(&files))?;
    Ok(files.warnings.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_between_words() {
        assert_eq!(wrapped("one two"), "- one two\n");
        let text = wrapped(&"five5 ".repeat(20));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.chars().count() <= LINE), "{text}");
        assert!(lines[1].starts_with("  five5"), "{text}");
    }
}
