//! The answer: the claims, one verdict per loss, and the rules behind both.

mod claims;
mod levels;
mod losses;
mod numbers;
mod rules;
mod table;

use crate::page::{Block, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};

/// The first section.
pub(crate) struct Verdict;

impl Section for Verdict {
    fn name(&self) -> &'static str {
        "Verdict"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let verdicts = found.verdicts;
        if verdicts.losses.iter().all(|loss| loss.best_k.is_none()) {
            let nothing = "No run has results yet, so there is no verdict.";
            return std::iter::once(prose!("{}", nothing).into())
                .chain(found.figure("collapse"))
                .collect();
        }
        let mut blocks: Vec<Block> =
            claims::paragraphs(verdicts).into_iter().map(Block::from).collect();
        blocks.push(Block::Table(table::table(found)));
        blocks.extend(found.figure("collapse"));
        if !verdicts.claims.is_empty() {
            blocks.push(Block::folded_table("The claims: details", claims::table(verdicts)));
        }
        blocks.push(Block::folded_table(
            "Training loss at K* and at the largest K, onset, detectable effects",
            levels::table(found),
        ));
        blocks.push(Block::List(losses::sentences(found)));
        blocks.extend(rules::blocks(verdicts));
        blocks
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        vec![
            TableFile::csv(numbers::table(found)),
            TableFile::latex(table::table(found)),
            TableFile::latex(levels::table(found)),
            TableFile::latex(claims::table(found.verdicts)),
        ]
    }
}
