//! What was planned and is not there, and why.

use crate::page::{Block, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::Section;

/// Missing runs, files and plots.
pub(crate) struct MissingRuns;

impl Section for MissingRuns {
    fn name(&self) -> &'static str {
        "Missing runs"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let gaps = found.gaps.iter().map(|gap| prose!("{}: {}", gap.what, gap.reason));
        let not_drawn = found.figures.iter().filter_map(|drawn| drawn.as_ref().err());
        let plots = not_drawn.map(|(name, reason)| prose!("plot `{}`: {}", name, reason));
        let items: Vec<_> = gaps.chain(plots).collect();
        if items.is_empty() {
            return vec![prose!("None: every planned run is complete.").into()];
        }
        vec![Block::List(items)]
    }
}
