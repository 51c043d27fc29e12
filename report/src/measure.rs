//! Which number of `metrics.csv` is meant.

use polars::prelude::{Expr, col, lit};
use prefsweep_store::MetricFacts;

/// A metric of one split under one protocol.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Measure {
    pub(crate) split: String,
    pub(crate) protocol: String,
    pub(crate) metric: String,
    /// 0 for a metric without one.
    pub(crate) cutoff: usize,
}

impl Measure {
    pub(crate) fn new(split: &str, protocol: &str, metric: &str, cutoff: usize) -> Self {
        Self {
            split: split.to_owned(),
            protocol: protocol.to_owned(),
            metric: metric.to_owned(),
            cutoff,
        }
    }

    /// Its rows of `metrics.csv`.
    pub(crate) fn rows(&self) -> Expr {
        col("split")
            .eq(lit(self.split.as_str()))
            .and(col("protocol").eq(lit(self.protocol.as_str())))
            .and(col("metric").eq(lit(self.metric.as_str())))
            .and(col("cutoff").eq(lit(self.cutoff as u32)))
    }

    /// The metric's usual name, for example `NDCG@10`.
    pub(crate) fn name(&self, metrics: &[MetricFacts]) -> String {
        let facts = metrics.iter().find(|facts| facts.name == self.metric);
        let title = facts.map_or(&self.metric, |facts| &facts.title);
        if self.cutoff == 0 { title.clone() } else { format!("{title}@{}", self.cutoff) }
    }
}

/// What people call a protocol.
pub(crate) fn protocol_name(protocol: &str) -> &'static str {
    if protocol == "full" { "full-sort" } else { "sampled" }
}

/// The cut-off of the main measure: 10, or else the largest.
pub(crate) fn main_cutoff(cutoffs: &[usize]) -> usize {
    let largest = cutoffs.iter().copied().max().unwrap_or(10);
    if cutoffs.contains(&10) { 10 } else { largest }
}
