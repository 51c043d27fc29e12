//! The commands that give these numbers again.

use crate::page::{Block, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::Section;

/// Commands for somebody else.
pub(crate) struct HowToReproduce;

impl Section for HowToReproduce {
    fn name(&self) -> &'static str {
        "How to reproduce"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let revisions = &found.provenance.git_revisions;
        let revision = revisions.first().filter(|_| revisions.len() == 1);
        let mut blocks = vec![
            prose!("From a clone of prefsweep's repository:").into(),
            Block::Code { language: "sh", text: commands(found, revision) },
            prose!("`OTHER` is these results, or what `prefsweep export` made of them.").into(),
        ];
        if revision.is_some_and(|revision| revision.ends_with(CHANGED)) {
            blocks.push(Block::Note(prose!(
                "**The source had changes that were not committed**, so this revision alone does not \
                 give these numbers."
            )));
        } else if revisions.len() > 1 {
            blocks
                .push(prose!("Runs come from several revisions, listed under Provenance.").into());
        }
        blocks.push(
            prose!(
                "Data that are not generated lie in `data/` or in the folder named with `--data-dir`; \
                 their fingerprint must be the one below. Complete runs are kept and skipped, so the \
                 same command resumes a partial sweep. The same run on the same device and number of \
                 threads gives the same numbers."
            )
            .into(),
        );
        blocks
    }
}

/// How a revision with uncommitted changes ends.
const CHANGED: &str = "-dirty";

fn commands(found: &Evidence<'_>, revision: Option<&String>) -> String {
    let name = &found.provenance.experiment;
    let checkout = revision.map_or(String::new(), |revision| {
        format!("git checkout {}\n", revision.trim_end_matches(CHANGED))
    });
    let index = &found.findings.sweep.index;
    let run = format!("cargo prefsweep run experiments/{name}.yaml");
    let run = index.command.as_ref().unwrap_or(&run);
    format!(
        "{checkout}{run}\ncargo prefsweep verify results/{name}\n\
         cargo prefsweep compare OTHER results/{name}\n"
    )
}
