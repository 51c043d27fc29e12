//! The warnings on the page.

use crate::page::{Block, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::Section;

/// Nothing where there is nothing to warn of.
pub(crate) struct Warnings;

impl Section for Warnings {
    fn name(&self) -> &'static str {
        "Warnings"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let items: Vec<_> =
            found.warnings.iter().map(|sentence| prose!("{}", sentence.as_str())).collect();
        if items.is_empty() { Vec::new() } else { vec![Block::List(items)] }
    }
}
