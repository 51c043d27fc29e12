//! The top of the page: title, question, data, and whether anything is missing.

use crate::numbers::{count, plural};
use crate::page::{Block, prose};
use crate::sections::evidence::Evidence;

/// What stands above the first section.
pub(crate) fn opening(found: &Evidence<'_>) -> Vec<Block> {
    let index = &found.findings.sweep.index;
    let facts = &index.dataset;
    let mut blocks = vec![
        Block::heading(1, index.title.as_str()),
        prose!("*Question:* {}", index.question).into(),
        prose!(
            "*Data:* {}, {} users, {} items, {} interactions ({}).",
            facts.name,
            count(facts.users as u64),
            count(facts.items as u64),
            count(facts.interactions as u64),
            facts.source
        )
        .into(),
    ];
    if !found.gaps.is_empty() {
        blocks.push(Block::Note(prose!(
            "**Partial results.** {} missing; see [Missing runs](#missing-runs).",
            plural(found.gaps.len(), "planned result")
        )));
    }
    blocks
}
