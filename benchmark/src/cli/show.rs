//! Commands that only read and print.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use prefsweep::experiment::{ConfigError, json_schema};
use prefsweep::sweep::{IndexContext, estimate, write_index};
use prefsweep_report::drift::compare_results;
use prefsweep_report::{
    Columns, ReportFiles, column_table, headline_table, paper_figures, write_claims,
    write_leaderboard, write_report,
};
use prefsweep_store::{INDEX_FILE, Kind, at};

use super::args::{
    ClaimsArgs, CompareArgs, CompareFormat, ExportArgs, Format, LeaderboardArgs, PlotArgs,
    ReportArgs, SweepArgs, TableArgs, VerifyArgs,
};
use super::closed::was_closed;
use super::experiment::{Ready, default_name};
use super::notices::Notices;
use super::outcome::Outcome;
use super::owner;
use super::units::duration;

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

/// `prefsweep plan`.
pub(crate) fn plan(args: &SweepArgs) -> Result<Outcome> {
    let ready = Ready::new(args, &mut Notices::new(false))?;
    let (plan, store) = (&ready.plan, &ready.store);
    let distinct = plan.distinct_cells();
    let done = distinct.iter().filter(|cell| store.is_complete(Kind::Cell, &cell.id)).count();
    let references =
        plan.references.iter().filter(|r| store.is_complete(Kind::Reference, &r.id)).count();
    let mut text = format!(
        "{}: {} on {} ({} users, {} items), device {}\n\n",
        ready.name,
        ready.experiment.title,
        ready.data.dataset.name,
        ready.data.dataset.n_users(),
        ready.data.dataset.n_items,
        ready.place,
    );
    let seeds = &ready.experiment.sweep.seeds;
    let mut rows: BTreeMap<String, BTreeMap<usize, Vec<bool>>> = BTreeMap::new();
    for cell in &plan.cells {
        let row = rows.entry(cell.key.series().to_string()).or_default();
        row.entry(cell.key.negatives).or_default().push(store.is_complete(Kind::Cell, &cell.id));
    }
    text.push_str(&format!("done of {} seeds, by loss and number of negatives K:\n", seeds.len()));
    for (loss, row) in rows {
        let counts: Vec<String> = row
            .iter()
            .map(|(k, done)| {
                format!("K={k} {}/{}", done.iter().filter(|done| **done).count(), done.len())
            })
            .collect();
        text.push_str(&format!("  {loss:<24} {}\n", counts.join("  ")));
    }
    text.push_str(&format!(
        "\n{} cells ({} distinct training runs, the rest are the same by definition), {done} runs done\n",
        plan.cells.len(),
        distinct.len(),
    ));
    text.push_str(&format!("{} reference models, {references} done\n", plan.references.len()));
    let computed = plan.computed_baselines();
    let baselines = computed.filter(|baseline| store.is_complete(Kind::Baseline, &baseline.id));
    let (done, planned) = (baselines.count(), plan.computed_baselines().count());
    text.push_str(&format!("{planned} baselines, {done} done\n"));
    for baseline in &plan.baselines {
        if let Some(reason) = &baseline.skipped {
            text.push_str(&format!("  without {}: {reason}\n", baseline.title));
        }
    }
    let workers = ready.workers(args);
    ready.place.enter()?;
    match estimate(plan, &ready.data, store, workers)? {
        None => text.push_str("nothing left to do\n"),
        Some(estimate) => text.push_str(&format!(
            "about {} left on {workers} worker{} (a reference {}, a cell {}; from a few timed steps)\n",
            duration(estimate.total),
            if workers == 1 { "" } else { "s" },
            duration(estimate.reference),
            duration(estimate.cell),
        )),
    }
    print(&text)?;
    Ok(Outcome::Done)
}

/// `prefsweep table`.
pub(crate) fn table(args: &TableArgs) -> Result<Outcome> {
    let folder = results_folder(&args.experiment, &args.results)?;
    let chosen = [&args.metrics, &args.k, &args.losses].iter().any(|list| !list.is_empty());
    let text = if chosen || (args.format == Format::Latex && !args.all) {
        let columns = Columns {
            metrics: args.metrics.clone(),
            negatives: args.k.clone(),
            losses: args.losses.clone(),
        };
        column_table(&folder, &columns, args.format.into())?
    } else {
        headline_table(&folder, args.format.into())?
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
    let folder = results_folder(&args.experiment, &args.results)?;
    let out = args.out.clone().unwrap_or_else(|| folder.join("report/plots"));
    let files = paper_figures(&folder, args.width.into(), &out)?;
    print(&listed(&files))?;
    Ok(Outcome::Done)
}

/// `prefsweep report`.
pub(crate) fn report(args: &ReportArgs) -> Result<Outcome> {
    let folder = results_folder(&args.experiment, &args.results)?;
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
    let folder = results_folder(&args.experiment, &args.results)?;
    let found = prefsweep_report::verify::verify(&folder)?;
    print(&found.text())?;
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
        eprintln!("drift: {reason}");
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
    let folder = results_folder(&args.experiment, &args.results)?;
    let files = prefsweep_report::export(&folder, &args.to, args.tensorboard)?;
    print(&format!("{} files in {}\n", files.len(), args.to.display()))?;
    Ok(Outcome::Done)
}

/// `prefsweep schema`.
pub(crate) fn schema() -> Result<Outcome> {
    print(&json_schema())?;
    Ok(Outcome::Done)
}

/// The folder with an experiment's results, from itself or from the experiment's file.
fn results_folder(experiment: &Path, results: &Path) -> Result<PathBuf> {
    let is_file = experiment.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let folder =
        if is_file { results.join(default_name(experiment, &[])) } else { experiment.to_owned() };
    if folder.join(INDEX_FILE).is_file() {
        if is_file {
            owner::check_reading(&folder, experiment)?;
        }
        return Ok(folder);
    }
    let message =
        format!("no results in {}: run the experiment first (prefsweep run)", folder.display());
    let source = experiment.display().to_string();
    Err(ConfigError { source, place: None, key: None, message, suggestion: None }.into())
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
    let files = write_report(&ready.folder, &ready.folder.join("report"))?;
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
