//! Which negatives get the gradient.

mod table;

use crate::page::{Block, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};

/// The mechanism: gradient weights in closed form.
pub(crate) struct GradientAllocation;

impl Section for GradientAllocation {
    fn name(&self) -> &'static str {
        "Gradient allocation"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let mut blocks = vec![
            prose!(
                "A *boundary* negative is one that the policy scores at or above the positive: \
                 correcting it is what improves the ranking. The first plot shows the mean gradient \
                 weight of one of them; the table, how the gradient of all negatives is split between \
                 boundary and easy ones."
            )
            .into(),
        ];
        blocks
            .extend(["boundary_weight", "mechanism"].iter().filter_map(|name| found.figure(name)));
        blocks.push(Block::folded_table(
            "Gradient of the negatives: details",
            table::table(found.findings),
        ));
        blocks
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        vec![TableFile::latex(table::table(found.findings))]
    }
}
