//! The tables of the mechanism: who gets the gradient, and what it does to what users truly like.

use crate::findings::{Findings, Group};
use crate::grid::{Entry, Grid};
use crate::numbers::{self, NOTHING, plus_minus, quantity};
use crate::statistics::Estimate;

/// What stands for a quantity that the files of a cell do not have.
const NOT_RECORDED: &str = "not recorded";

/// Who gets the gradient, one row per series and K.
pub(crate) fn gradient(findings: &Findings) -> Grid {
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
        let mut row = findings.sweep.row(*series);
        row.extend(entries.map(Entry::from));
        rows.push(row);
    }
    let caption = format!(
        "{}: gradient of the negatives in closed form, mean over the steps before the last \
         evaluation, then over seeds (start: the first batch). Boundary: scored at or above the \
         positive by the policy; easy: the others.",
        findings.sweep.index.dataset.name
    );
    Grid { name: "mechanism", caption, header, words: 1, rows }
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

/// What is known of false negatives and of the items users truly like; no rows for real data.
pub(crate) fn truth(findings: &Findings) -> Grid {
    let header = findings.sweep.axes.header([
        "loss",
        "K",
        "false negatives",
        "expected",
        "their share of the gradient",
        "probability of liked items",
        "moved away from them (negative: towards)",
        "regret",
    ]);
    let columns = [
        "false_negatives",
        "false_negatives_expected",
        "false_share",
        "liked_mass",
        "liked_mass_lost",
        "regret",
    ];
    let mut rows = Vec::new();
    for ((series, negatives), group) in &findings.groups {
        if group.training("false_negatives").is_none() {
            continue;
        }
        let mut row = findings.sweep.row(*series);
        row.push(negatives.to_string().into());
        row.extend(
            columns.map(|column| Entry::from(plus_minus(group.training(column), numbers::metric))),
        );
        rows.push(row);
    }
    let caption = format!(
        "{}: false negatives are sampled negatives that the user truly likes (top 5 % of the \
         catalogue by the true preference), expected: their rate under uniform sampling. \
         Probability of all such items not yet seen, and how much of the reference's has moved \
         away. Regret: test NDCG@10 of ranking by the true preference minus the policy's.",
        findings.sweep.index.dataset.name
    );
    Grid { name: "truth", caption, header, words: 1, rows }
}

/// Test NDCG@10 of ranking by the true preference, where it is known and 10 is a cut-off.
pub(crate) fn ceiling(findings: &Findings) -> Option<f64> {
    let main = findings.main();
    let reached = |group: &Group| -> Option<f64> {
        let sum =
            |one: Estimate, other: Estimate| (one.n == other.n).then_some(one.mean + other.mean);
        sum(group.metric(&main)?, group.training("regret")?)
    };
    (findings.cutoff == 10).then(|| findings.groups.values().find_map(reached)).flatten()
}
