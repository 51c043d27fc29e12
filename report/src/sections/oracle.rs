//! What synthetic data know of users' true preference.

use crate::findings::{Findings, Group};
use crate::grid::{Entry, Grid};
use crate::numbers::{self, plus_minus};
use crate::page::{Block, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};
use crate::statistics::Estimate;

/// False negatives and the gap to the oracle; nothing for real data.
pub(crate) struct OraclePreference;

impl Section for OraclePreference {
    fn name(&self) -> &'static str {
        "Oracle preference (synthetic)"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let grid = table(found.findings);
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
        let grid = table(found.findings);
        if grid.rows.is_empty() { Vec::new() } else { vec![TableFile::latex(grid)] }
    }
}

/// What is known of false negatives and of the items users truly like; no rows for real data.
fn table(findings: &Findings) -> Grid {
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
        let mut row = findings.sweep.named_row(*series);
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
         away. Regret: gap to the oracle ranking, test NDCG@10 of ranking by the true preference \
         minus the policy's.",
        findings.sweep.index.dataset.name
    );
    Grid { name: "truth", caption, header, words: findings.sweep.axes.words(), rows }
}

/// Test NDCG@10 of ranking by the true preference, where it is known and 10 is a cut-off.
fn oracle(findings: &Findings) -> Option<f64> {
    let main = findings.main();
    let reached = |group: &Group| -> Option<f64> {
        let sum =
            |one: Estimate, other: Estimate| (one.n == other.n).then_some(one.mean + other.mean);
        sum(group.metric(&main)?, group.training("regret")?)
    };
    (findings.cutoff == 10).then(|| findings.groups.values().find_map(reached)).flatten()
}
