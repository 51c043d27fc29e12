//! Where the numbers come from.

use crate::grid::Grid;
use crate::numbers::utc;
use crate::page::{Block, prose};
use crate::provenance::ReportProvenance;
use crate::sections::evidence::Evidence;
use crate::sections::reproduce;
use crate::sections::section::Section;

/// Versions, devices and fingerprints.
pub(crate) struct Provenance;

impl Section for Provenance {
    fn name(&self) -> &'static str {
        "Provenance"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let files = found.provenance.imported.iter();
        let files =
            files.map(|one| prose!("`{}`: BLAKE3 `{}`", one.file.as_str(), one.hash.as_str()));
        let files: Vec<_> = files.collect();
        if !files.is_empty() {
            return vec![
                prose!(
                    "These runs were trained elsewhere. Nothing is known of their code, settings, machine or \
                     cost; what was read is:"
                )
                .into(),
                Block::List(files),
                Block::Table(facts(found.provenance)),
            ];
        }
        vec![
            Block::Table(facts(found.provenance)),
            reproduce::conditions(found).into(),
            prose!("In machine-readable form: `provenance.json` beside this page.").into(),
        ]
    }
}

fn facts(all: &ReportProvenance) -> Grid {
    let rows = [
        ("prefsweep", listed(&all.prefsweep_versions)),
        ("revision", listed(&all.git_revisions)),
        ("device", listed(&all.devices)),
        ("threads", listed(&all.threads)),
        ("processor", listed(&all.processors)),
        ("system", listed(&all.operating_systems)),
        ("runs started", when(all)),
        ("seeds", listed(&all.seeds)),
        (
            "runs",
            format!("{} complete, {} missing, {} failed", all.complete, all.missing, all.failed),
        ),
        ("data fingerprint", all.dataset.fingerprint.clone()),
        ("candidates fingerprint", all.dataset.candidates_fingerprint.clone()),
    ];
    Grid {
        name: "provenance",
        caption: format!("Provenance of {}.", all.experiment),
        header: vec![String::new(), String::new()],
        words: 2,
        rows: rows.map(|(name, value)| vec![name.into(), value.into()]).into(),
    }
}

fn listed<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    if values.is_empty() { NOT_RECORDED.to_owned() } else { values.join("; ") }
}

fn when(all: &ReportProvenance) -> String {
    match all.first_start_unix.map(utc).zip(all.last_start_unix.map(utc)) {
        Some((first, last)) if first == last => first,
        Some((first, last)) => format!("{first} to {last}"),
        None => NOT_RECORDED.to_owned(),
    }
}

const NOT_RECORDED: &str = "not recorded";
