//! Every test behind the first page, and the rules of their conclusions.

mod claims;
mod numbers;
mod rules;

use crate::page::Block;
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};
use crate::sections::{levels, main_table};

/// The tests.
pub(crate) struct Tests;

impl Section for Tests {
    fn name(&self) -> &'static str {
        "Tests"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let verdicts = found.verdicts;
        if verdicts.losses.iter().all(|loss| loss.best_k.is_none()) {
            return Vec::new();
        }
        let mut blocks = Vec::new();
        if !found.effects.is_empty() {
            blocks.push(Block::Captioned(claims::table(found)));
        }
        blocks.push(Block::Captioned(levels::table(found)));
        blocks.extend(rules::blocks(verdicts));
        blocks
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        vec![
            TableFile::csv(numbers::table(found)),
            TableFile::latex(main_table::table(found)),
            TableFile::latex(levels::table(found)),
            TableFile::latex(claims::table(found)),
        ]
    }
}
