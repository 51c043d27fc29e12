//! How well cold items are ranked, and how well the others.

use crate::cold::{ColdRow, ColdRun};
use crate::grid::Grid;
use crate::numbers::{NOTHING, metric, plus_minus};
use crate::page::{Block, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};

/// Cold and warm test items apart; nothing where no model reads features of items.
pub(crate) struct ColdItems;

impl Section for ColdItems {
    fn name(&self) -> &'static str {
        "Cold items"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let Some(cold) = &found.findings.sweep.index.dataset.cold else { return Vec::new() };
        let introduction = prose!(
            "An item is *cold* with at most {} interactions in the training part: {} of {} items are. Features \
             are what a model knows of these beside their ids. {} users have a cold item to be found in the test.",
            cold.at_most,
            cold.items,
            found.findings.sweep.index.dataset.items,
            cold.users.len()
        );
        vec![introduction.into(), Block::Captioned(table(found))]
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        if found.findings.sweep.index.dataset.cold.is_none() {
            return Vec::new();
        }
        vec![TableFile::latex(table(found))]
    }
}

fn table(found: &Evidence<'_>) -> Grid {
    let sweep = &found.findings.sweep;
    let measure = found.measure();
    let header = ["loss", "K", "cold items", "other items"];
    let header = sweep.axes.header(header);
    let row = |row: &ColdRow| {
        let (mut entries, negatives) = match &row.run {
            ColdRun::References(axes) => {
                (sweep.axes.row("reference", axes, NOTHING), NOTHING.to_owned())
            }
            ColdRun::Cells(series, negatives) => (sweep.named_row(*series), negatives.to_string()),
        };
        entries.push(negatives.into());
        entries.extend([row.cold, row.warm].map(|mean| plus_minus(mean, metric).into()));
        entries
    };
    let caption = format!(
        "{}: {measure} of users whose test item is cold, and of the others ({}, end of training); mean over seeds ± \
         half-width of the 95 % t interval.",
        found.dataset(),
        found.findings.evaluation()
    );
    let rows = found.cold.iter().map(row).collect();
    Grid { name: "cold", caption, header, words: sweep.axes.len() + 1, rows }
}
