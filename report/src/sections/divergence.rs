//! Ranking at matched KL to the reference, and at the validation-selected checkpoint.

mod matched;
mod paths;
mod selected;

use crate::page::{Block, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};

/// How far runs move from the reference, and what ranking is at the same distance.
pub(crate) struct KlToReference;

impl Section for KlToReference {
    fn name(&self) -> &'static str {
        "KL to the reference"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let mut blocks = vec![
            prose!(
                "A loss that stays close to the reference cannot lose much ranking. Ranking is \
                 therefore also compared at matched KL(policy || reference), interpolated along \
                 training linearly in √KL, and at the validation-selected checkpoint of each run. The \
                 tests stand under *Tests*; the tables here hold means."
            )
            .into(),
        ];
        blocks.extend(found.figure("frontier"));
        blocks.extend([
            Block::folded_table(
                "At matched KL to the reference",
                matched::table(found.findings, found.frontier),
            ),
            Block::folded_table(
                "At the validation-selected checkpoint",
                selected::table(found.findings, found.frontier),
            ),
            prose!("Every path in plain numbers: [frontier.csv](tables/frontier.csv).").into(),
        ]);
        blocks
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        vec![
            TableFile::csv(paths::table(found.findings, found.frontier)),
            TableFile::latex(matched::table(found.findings, found.frontier)),
            TableFile::latex(selected::table(found.findings, found.frontier)),
        ]
    }
}
