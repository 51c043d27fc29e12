//! The top of the page: the question, and in one line where the answer comes from.

use prefsweep_store::DatasetFacts;

use crate::names::dataset_name;
use crate::numbers::{count, metric, plural, utc};
use crate::page::{Block, Prose, prose};
use crate::provenance::ReportProvenance;
use crate::sections::evidence::Evidence;

/// Letters of a revision that tell it from others.
const REVISION: usize = 12;

/// The question that a sweep over K answers, for its dataset; of other experiments the title.
pub(crate) fn question(found: &Evidence<'_>) -> String {
    match over_k(found) {
        true => format!("Do more negatives hurt on {}?", dataset_name(found.dataset())),
        false => found.findings.sweep.index.title.clone(),
    }
}

/// Whether several numbers of negatives are planned.
fn over_k(found: &Evidence<'_>) -> bool {
    let cells = &found.findings.sweep.index.cells;
    cells.iter().any(|cell| cell.key.negatives != cells[0].key.negatives)
}

/// What stands above the answer.
pub(super) fn opening(found: &Evidence<'_>) -> Vec<Block> {
    let index = &found.findings.sweep.index;
    let mut blocks = vec![
        Block::heading(1, question(found)),
        facts(found).into(),
        match over_k(found) {
            true => prose!("**{}** {}", sentence(&index.title), index.question).into(),
            false => prose!("{}", index.question).into(),
        },
    ];
    if !index.predictions.is_empty() {
        blocks.push(prose!("*Predicted before the first run:*").into());
        blocks.push(Block::List(index.predictions.iter().map(|text| prose!("{}", text)).collect()));
    }
    if let Some(imported) = &index.imported {
        blocks.push(prose!("**Runs trained elsewhere.** What is not known of them:").into());
        blocks.push(Block::List(imported.missing.iter().map(|text| prose!("{}", text)).collect()));
    }
    if !found.gaps.is_empty() {
        blocks.push(Block::Note(prose!(
            "**Partial results.** {} missing; see [Missing runs](#missing-runs).",
            plural(found.gaps.len(), "planned result")
        )));
    }
    blocks
}

/// A title with the sign that ends a sentence.
fn sentence(title: &str) -> String {
    let ends = title.ends_with(['.', '?', '!']);
    format!("{title}{}", if ends { "" } else { "." })
}

/// Version, date, commit, machine, seeds, users, reference.
fn facts(found: &Evidence<'_>) -> Prose {
    let all = found.provenance;
    let index = &found.findings.sweep.index;
    let versions: Vec<&str> = all.prefsweep_versions.iter().map(String::as_str).collect();
    let versions = match versions.is_empty() {
        true => String::new(),
        false => format!("prefsweep {}", versions.join(", ")),
    };
    let date = all.last_start_unix.map_or(String::new(), |unix| utc(unix)[..10].to_owned());
    let parts = [
        versions,
        date,
        if all.imported.is_empty() { commit(all) } else { imported(all) },
        all.processors.iter().cloned().collect::<Vec<_>>().join(", "),
        plural(found.findings.sweep.seeds().len(), "seed"),
        test_users(&index.dataset),
        reference(found),
    ];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    Prose::join(parts.map(Prose::from), " · ")
}

/// How many users are ranked, and of how many they are a sample.
fn test_users(dataset: &DatasetFacts) -> String {
    let ranked = count(dataset.ranked("test") as u64);
    let people = dataset.people.len();
    let of = plural(people, "user");
    match dataset.sampled_of().map(|all| count(all as u64)) {
        Some(all) if people == 0 => format!("{ranked} of {all} test users, drawn at random"),
        Some(all) => format!("{ranked} of {all} tests, drawn at random, of {of}"),
        None if people == 0 => format!("{ranked} test users"),
        None => format!("{ranked} tests of {of}"),
    }
}

fn commit(all: &ReportProvenance) -> String {
    match all.git_revisions.len() {
        0 => "commit not recorded".to_owned(),
        1 => all.git_revisions.iter().map(|revision| short(revision)).collect(),
        count => format!("{count} commits"),
    }
}

/// The file that runs were imported from, with the start of its hash, or how many.
fn imported(all: &ReportProvenance) -> String {
    match &all.imported[..] {
        [one] => {
            let hash = one.hash.get(..REVISION).unwrap_or(&one.hash);
            format!("imported from {} (BLAKE3 {hash})", one.file)
        }
        many => format!("imported from {} files", many.len()),
    }
}

/// The start of a revision, with what it ends on where there were changes.
fn short(revision: &str) -> String {
    let (hash, changed) = match revision.strip_suffix("-dirty") {
        Some(hash) => (hash, "-dirty"),
        None => (revision, ""),
    };
    format!("commit {}{changed}", hash.get(..REVISION).unwrap_or(hash))
}

/// The reference's mean, where there is one kind.
fn reference(found: &Evidence<'_>) -> String {
    let [reference] = &found.findings.references[..] else { return String::new() };
    let value = reference.group.metric(&found.findings.main());
    value.map_or(String::new(), |value| {
        format!("reference {} {}", found.measure(), metric(value.mean))
    })
}
