//! The measures of every loss and K at the end of training.

pub(crate) mod headline;
mod long;

use crate::numbers::quantity;
use crate::page::{Block, Prose, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};

/// The main results table, and how ranking and loss went along training.
pub(crate) struct Results;

impl Section for Results {
    fn name(&self) -> &'static str {
        "Results"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let findings = found.findings;
        let mut blocks = vec![
            prose!(
                "Test split, last evaluation of each run. Each entry is the mean over seeds ± half the \
                 width of the 95 % t interval of that mean; one seed has no interval. Differences \
                 are tested under *Tests* alone."
            )
            .into(),
            prose!("**Full-sort evaluation**").into(),
            Block::table(headline::readable(findings, "full")),
            Block::folded_table("Sampled evaluation", headline::readable(findings, "candidates")),
            prose!(
                "The same numbers as [CSV](tables/headline.csv) and LaTeX \
                 ([full-sort](tables/headline.tex), [sampled](tables/headline-candidates.tex)); every \
                 final measure, validation included, is in [metrics.csv](tables/metrics.csv)."
            )
            .into(),
        ];
        blocks.extend(ties(found).map(Block::from));
        let figures = ["ndcg_vs_loss", "trajectory", "candidates"];
        blocks.extend(figures.iter().filter_map(|name| found.figure(name)));
        blocks
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        let findings = found.findings;
        vec![
            TableFile::csv(headline::plain_numbers(findings)),
            TableFile::csv(long::measures(findings)),
            TableFile::csv(long::training(findings)),
            TableFile::csv(long::curves(findings)),
            TableFile::latex(headline::readable(findings, "full")),
            TableFile::latex(headline::readable(findings, "candidates")),
        ]
    }
}

/// The largest share of tied scores, where it was recorded.
fn ties(found: &Evidence<'_>) -> Option<Prose> {
    let groups = found.findings.groups.iter();
    let ties = groups.flat_map(|(key, group)| {
        let measures = group.metrics.iter().filter(|(measure, _)| measure.metric == "ties");
        measures.flat_map(move |(_, by_seed)| by_seed.values().map(move |value| (key, *value)))
    });
    let ((series, negatives), value) = ties.max_by(|one, other| one.1.total_cmp(&other.1))?;
    if value <= 0.0 {
        return Some(prose!("No evaluation had tied scores."));
    }
    Some(prose!(
        "Tied scores are worth the mean over their order; the largest `ties` value is {} ({}, K = {}).",
        quantity(value),
        found.findings.sweep.series[*series].name,
        negatives
    ))
}
