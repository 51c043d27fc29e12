//! Models with sparse experts: their size, what they cost, and how their experts are used.

use std::collections::BTreeMap;

use prefsweep_store::Provenance;

use crate::findings::Findings;
use crate::grid::Grid;
use crate::numbers::{NOTHING, count, duration, metric, plus_minus};
use crate::page::{Block, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};

/// Size, time and use; nothing where no model has experts.
pub(crate) struct Experts;

impl Section for Experts {
    fn name(&self) -> &'static str {
        "Sparse experts"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        if found.findings.experts.is_empty() {
            return Vec::new();
        }
        let mut blocks = vec![
            prose!(
                "*Active* parameters are those that one position uses. *Rerouted* is the share of \
                 positions whose experts are not the reference's at the end of training; the *busiest* \
                 expert, the largest share of a block's positions that one expert has. Times are means \
                 over runs; evaluation includes metrics and KL."
            )
            .into(),
        ];
        blocks.extend(found.figure("expert_use"));
        blocks.push(Block::Table(table(found.findings)));
        blocks
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        if found.findings.experts.is_empty() {
            return Vec::new();
        }
        vec![TableFile::latex(table(found.findings))]
    }
}

/// One row per series and K.
fn table(findings: &Findings) -> Grid {
    let sweep = &findings.sweep;
    let header = sweep.axes.header([
        "loss",
        "K",
        "parameters",
        "active",
        "training per run",
        "evaluation per run",
        "rerouted",
        "busiest expert",
    ]);
    let mut runs: BTreeMap<(usize, usize), Vec<&Provenance>> = BTreeMap::new();
    for cost in &sweep.costs {
        runs.entry((cost.series, cost.negatives)).or_default().push(&cost.provenance);
    }
    let rows = runs.into_iter().map(|((series, negatives), runs)| {
        let size = |of: fn(&Provenance) -> Option<u64>| {
            runs.iter().find_map(|run| of(run)).map_or_else(|| NOTHING.to_owned(), count)
        };
        let seconds: Vec<_> = runs.iter().filter_map(|run| run.seconds).collect();
        let time = |of: fn(&prefsweep_store::Seconds) -> f64| {
            let sum: f64 = seconds.iter().map(of).sum();
            if seconds.is_empty() { NOTHING.into() } else { duration(sum / seconds.len() as f64) }
        };
        let group = findings.groups.get(&(series, negatives));
        let share =
            |column: &str| plus_minus(group.and_then(|group| group.training(column)), metric);
        let mut row = sweep.named_row(series);
        row.extend([
            negatives.to_string().into(),
            size(|run| run.parameters).into(),
            size(|run| run.active_parameters).into(),
            time(|seconds| seconds.training).into(),
            time(|seconds| seconds.evaluation).into(),
            share("rerouted").into(),
            share("busiest_expert").into(),
        ]);
        row
    });
    Grid {
        name: "experts",
        caption: "Size, time and use of experts at the end of training.".into(),
        header,
        words: sweep.axes.words(),
        rows: rows.collect(),
    }
}
