//! What steps really do to probabilities, and how AdaDPO balances them.

use crate::findings::{Findings, Group};
use crate::grid::{Entry, Grid};
use crate::numbers::{plus_minus, quantity};
use crate::page::{Block, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};

/// Measured changes of probabilities by one step.
pub(crate) struct ChangeOfProbabilities;

impl Section for ChangeOfProbabilities {
    fn name(&self) -> &'static str {
        "Change of probabilities"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let Some(table) = table(found.findings) else { return Vec::new() };
        vec![
            prose!(
                "How far one step moves the probability of the positive, and of one negative, at positions of its \
                 own batch: measured before and after the step, so that all that items share is in it. *First \
                 step*: from the reference; *last*: the last step of training. Negatives that fall faster than the \
                 positive rises are what AdaDPO sets out to balance."
            )
            .into(),
            Block::folded_table("Change of probabilities: details", table),
        ]
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        table(found.findings).map(TableFile::csv).into_iter().collect()
    }
}

/// One row per series and K; none where nothing was measured.
fn table(findings: &Findings) -> Option<Grid> {
    let measured = |group: &&Group| group.training("positive_change").is_some();
    findings.groups.values().find(measured)?;
    let balanced = findings.groups.values().any(|group| group.training("coefficient").is_some());
    let mut header = findings.sweep.axes.header([
        "loss",
        "K",
        "positive, first step",
        "one negative, first step",
        "positive, last step",
        "one negative, last step",
    ]);
    if balanced {
        header.extend(["mean c", "share clipped", "share of c below 1"].map(str::to_owned));
    }
    let mut rows = Vec::new();
    for ((series, negatives), group) in &findings.groups {
        if !measured(&group) {
            continue;
        }
        let first = |column: &str| plus_minus(group.at_first(column), quantity);
        let last = |column: &str| plus_minus(group.training(column), quantity);
        let mut entries = vec![
            negatives.to_string(),
            first("positive_change"),
            first("negative_change"),
            last("positive_change"),
            last("negative_change"),
        ];
        if balanced {
            let columns = ["coefficient", "coefficient_clipped", "coefficient_below_one"];
            entries.extend(columns.map(last));
        }
        let mut row = findings.sweep.named_row(*series);
        row.extend(entries.into_iter().map(Entry::from));
        rows.push(row);
    }
    let caption = format!(
        "{}: change of probability by one step, mean over positions of its batch, then over seeds{}.",
        findings.sweep.index.dataset.name,
        if balanced {
            "; c: AdaDPO's coefficient, mean over pairs at the last evaluation"
        } else {
            ""
        }
    );
    Some(Grid {
        name: "change-of-probabilities",
        caption,
        header,
        words: findings.sweep.axes.words(),
        rows,
    })
}
