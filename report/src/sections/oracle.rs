//! What synthetic data know of users' true preference.

use crate::numbers;
use crate::page::block::Block;
use crate::page::prose::prose;
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};

/// False negatives and the gap to the oracle; nothing for real data.
pub(crate) struct OraclePreference;

impl Section for OraclePreference {
    fn name(&self) -> &'static str {
        "Oracle preference (synthetic)"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let grid = table(found);
        if grid.rows.is_empty() {
            return Vec::new();
        }
        let mut blocks = vec![
            prose!(
                "The data are synthetic, so it is known which sampled negatives the user truly likes, \
                 and what training does to such items."
            )
            .into(),
        ];
        blocks.extend(oracle(found.findings).map(|oracle| {
            Block::from(prose!(
                "Ranking the test items by the true preference gives NDCG@10 = {}; *regret* is the gap \
                 to this oracle ranking. The true preference is the part that does not depend on the \
                 last items, so a model that uses the order could rank better.",
                numbers::metric(oracle)
            ))
        }));
        blocks.push(Block::folded_table("False negatives, liked items and regret", grid));
        blocks
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        let grid = table(found);
        if grid.rows.is_empty() { Vec::new() } else { vec![TableFile::latex(grid)] }
    }
}
