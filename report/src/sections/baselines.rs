//! The reference beside rankings that need no training, and beside what was published on the same
//! data.

mod below;
mod published;
mod table;

pub(crate) use below::below_baselines;

use prefsweep_store::BaselineStatus;

use crate::page::{Block, Prose, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};
use below::below;

/// Whether the reference is one worth starting from.
pub(crate) struct ReferenceAndBaselines;

impl Section for ReferenceAndBaselines {
    fn name(&self) -> &'static str {
        "Reference and baselines"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let findings = found.findings;
        let mut blocks = Vec::new();
        if !findings.baselines.is_empty() {
            blocks.push(Block::Captioned(table::readable(findings)));
            blocks.extend(sentences(found).into_iter().map(Block::from));
        }
        blocks.extend(published::blocks(findings));
        blocks
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        if found.findings.baselines.is_empty() {
            return Vec::new();
        }
        vec![
            TableFile::latex(table::readable(found.findings)),
            TableFile::csv(table::plain_numbers(found.findings)),
        ]
    }
}

/// Where the reference is below a baseline, and which were left out.
fn sentences(found: &Evidence<'_>) -> Vec<Prose> {
    let findings = found.findings;
    let mut sentences: Vec<Prose> = below(findings)
        .iter()
        .map(|below| {
            let what = format!("The {} is below {}", below.reference, below.baseline);
            prose!("**{}**: {}.", what, below.numbers())
        })
        .collect();
    if sentences.is_empty() && !findings.references.is_empty() {
        let measure = findings.main_name();
        sentences.push(prose!("The reference is at or above every baseline in test {}.", measure));
    }
    for entry in findings.sweep.index.all_baselines() {
        if let BaselineStatus::Skipped { reason } = &entry.status {
            sentences.push(prose!("{} was left out: {}.", entry.title, reason));
        }
    }
    sentences
}
