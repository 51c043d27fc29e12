//! The gradient of the negatives in numbers.

use crate::findings::{Findings, Group};
use crate::grid::{Entry, Grid};
use crate::numbers::{NOTHING, plus_minus, quantity};

/// What stands for a quantity that the files of a run do not have.
const NOT_RECORDED: &str = "not recorded";

/// One row per series and K.
pub(super) fn table(findings: &Findings) -> Grid {
    let header = findings.sweep.axes.header([
        "loss",
        "K",
        "one boundary negative, start",
        "one boundary negative, end",
        "boundary share",
        "easy share",
        "share on liked items",
        "boundary negatives",
        "effective negatives",
        "saturated",
        "beta_b 10 / 50 / 90 %",
        "gradient norm",
    ]);
    let mut rows = Vec::new();
    for ((series, negatives), group) in &findings.groups {
        if group.training("boundary_share").is_none() && group.training("loss").is_none() {
            continue;
        }
        // The quantities that earlier versions did not write; `saturated` always has a value.
        let recorded = group.training("saturated").is_some();
        let newer = |column: &str| match group.training(column) {
            None if !recorded => NOT_RECORDED.to_owned(),
            found => plus_minus(found, quantity),
        };
        let plain = |column: &str| plus_minus(group.training(column), quantity);
        let entries: [String; 11] = [
            negatives.to_string(),
            plus_minus(group.at_first("boundary_weight"), quantity),
            plain("boundary_weight"),
            plain("boundary_share"),
            plain("easy_share"),
            newer("false_share"),
            plain("boundary_negatives"),
            newer("effective_negatives"),
            newer("saturated"),
            strengths(group, recorded),
            plain("gradient_norm"),
        ];
        let mut row = findings.sweep.named_row(*series);
        row.extend(entries.map(Entry::from));
        rows.push(row);
    }
    let caption = format!(
        "{}: gradient of the negatives in closed form, mean over the steps before the last \
         evaluation, then over seeds (start: the first batch). Boundary: scored at or above the \
         positive by the policy; easy: the others.",
        findings.sweep.index.dataset.name
    );
    Grid { name: "mechanism", caption, header, words: findings.sweep.axes.words(), rows }
}

fn strengths(group: &Group, recorded: bool) -> String {
    let quantiles = ["beta_b_10", "beta_b_50", "beta_b_90"].map(|column| group.training(column));
    match quantiles {
        [Some(low), Some(median), Some(high)] => {
            format!("{:.3} / {:.3} / {:.3}", low.mean, median.mean, high.mean)
        }
        _ if recorded => NOTHING.to_owned(),
        _ => NOT_RECORDED.to_owned(),
    }
}
