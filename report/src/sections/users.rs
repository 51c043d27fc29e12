//! How many users' held-out items moved between two numbers of negatives.

use crate::grid::Grid;
use crate::numbers::NOTHING;
use crate::page::Block;
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};
use crate::statistics::Estimate;
use crate::users::UserChanges;

/// Shares of users who lose or gain.
pub(crate) struct PerUserChanges;

impl Section for PerUserChanges {
    fn name(&self) -> &'static str {
        "Per-user changes"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        if found.users.is_empty() {
            return Vec::new();
        }
        vec![Block::Captioned(table(found))]
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        vec![TableFile::latex(table(found))]
    }
}

fn table(found: &Evidence<'_>) -> Grid {
    let sweep = &found.findings.sweep;
    let header = sweep.axes.header([
        "loss",
        "K* → largest K",
        "users",
        "ranked lower",
        "ranked higher",
        "seeds",
    ]);
    let row = |changes: &UserChanges| {
        let mut row = sweep.named_row(changes.series);
        row.extend([
            format!("{} → {}", changes.best, changes.largest).into(),
            if changes.users == 0 { NOTHING.to_owned() } else { changes.users.to_string() }.into(),
            percent(changes.down).into(),
            percent(changes.up).into(),
            changes.down.n.to_string().into(),
        ]);
        row
    };
    let caption = format!(
        "{}: share of test users whose held-out item is ranked lower or higher at the largest K than \
         at K* ({}, end of training, same seed); mean ± half-width of the 95 % t \
         interval over seeds.",
        found.dataset(),
        found.findings.evaluation()
    );
    let words = sweep.axes.len() + 2;
    Grid { name: "users", caption, header, words, rows: found.users.iter().map(row).collect() }
}

fn percent(share: Estimate) -> String {
    match share.half_width {
        Some(half) => format!("{:.1} % ± {:.1}", 100.0 * share.mean, 100.0 * half),
        None => format!("{:.1} %", 100.0 * share.mean),
    }
}
