//! What the training runs cost.

mod runs;
mod time;

use crate::numbers::{count, duration, plural};
use crate::page::{Block, Prose, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};

/// Time, steps, scored negatives and memory.
pub(crate) struct Cost;

impl Section for Cost {
    fn name(&self) -> &'static str {
        "Cost"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let sweep = &found.findings.sweep;
        if sweep.index.imported.is_some() {
            return Vec::new();
        }
        let mut blocks = vec![total(found).into()];
        let breakdown = time::table(sweep);
        if !breakdown.rows.is_empty() {
            blocks.push(
                prose!(
                    "*Training* is the steps with loss, gradients, diagnostics and optimiser; \
                     *sampling*, batches and negatives; *evaluation*, ranks, metrics and KL; \
                     *storing*, reading data and reference and writing results."
                )
                .into(),
            );
            blocks.push(Block::Table(breakdown));
        }
        blocks.extend(time::remarks(sweep).map(Block::from));
        blocks.push(Block::folded_table("Cost of each loss and K", runs::table(found.findings)));
        blocks
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        if found.findings.sweep.index.imported.is_some() {
            return Vec::new();
        }
        vec![
            TableFile::csv(runs::numbers(found.findings)),
            TableFile::latex(runs::table(found.findings)),
        ]
    }
}

fn total(found: &Evidence<'_>) -> Prose {
    let all = found.provenance;
    let memory = match all.peak_memory_mib {
        Some(peak) => format!(", peak memory of one run {peak:.0} MiB"),
        None => String::new(),
    };
    prose!(
        "In all, {} took {}, {} optimiser steps and {} scored negatives{}; the references are not \
         included.",
        plural(found.findings.sweep.costs.len(), "training run"),
        duration(all.wall_seconds),
        count(all.steps),
        count(all.negatives_scored),
        memory
    )
}
