//! The commands that give these numbers again, and check them.

use crate::page::{Block, Prose, prose};
use crate::sections::evidence::Evidence;

/// How a revision with uncommitted changes ends.
const CHANGED: &str = "-dirty";

/// One command each, and what they do not cover.
pub(super) fn commands(found: &Evidence<'_>) -> Vec<Block> {
    let revisions = &found.provenance.git_revisions;
    let revision = revisions.first().filter(|_| revisions.len() == 1);
    let name = &found.provenance.experiment;
    let checkout = revision.map_or(String::new(), |revision| {
        format!("git checkout {} && ", revision.trim_end_matches(CHANGED))
    });
    let run = format!("cargo prefsweep run experiments/{name}.yaml");
    let run = found.findings.sweep.index.command.as_ref().unwrap_or(&run);
    // An import says where to.
    let folder = run.rsplit_once(" --out ").map(|(_, folder)| folder.to_owned());
    let folder = folder.unwrap_or_else(|| format!("results/{name}"));
    let text = format!("# reproduce\n{checkout}{run}\n# verify\ncargo prefsweep verify {folder}\n");
    let mut blocks = vec![Block::Code { language: "sh", text }];
    if revision.is_some_and(|revision| revision.ends_with(CHANGED)) {
        blocks.push(Block::Note(prose!(
            "**The source had changes that were not committed**, so this revision alone does not give \
             these numbers."
        )));
    } else if revisions.len() > 1 {
        blocks.push(prose!("Runs come from several revisions, listed under Provenance.").into());
    }
    blocks
}

/// What else somebody needs to know who repeats the experiment.
pub(super) fn conditions(found: &Evidence<'_>) -> Prose {
    prose!(
        "Data that are not generated lie in `data/` or in the folder named with `--data-dir`; their \
         fingerprint must be the one above. The same run on the same device and number of threads gives \
         the same numbers; complete runs are kept and skipped. `{}` compares two results, or exports of \
         them, user by user.",
        format!("cargo prefsweep compare OTHER results/{}", found.provenance.experiment)
    )
}
