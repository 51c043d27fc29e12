//! Which number of `metrics.csv` is meant.

use polars::prelude::*;
use prefsweep_store::MetricFacts;

use crate::rows::{CellRow, cell_rows, rows_with};

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

    /// Its rows of a table with the columns of `metrics.csv`.
    pub(crate) fn rows(&self, metrics: &DataFrame) -> PolarsResult<DataFrame> {
        let words = [
            ("split", self.split.as_str()),
            ("protocol", self.protocol.as_str()),
            ("metric", self.metric.as_str()),
        ];
        let rows = rows_with(metrics, &words)?;
        rows.filter(&rows.column("cutoff")?.u32()?.equal(self.cutoff as u32))
    }

    /// Its values in a sweep's metrics, with what each is of.
    pub(crate) fn values(&self, metrics: &DataFrame) -> PolarsResult<Vec<(CellRow, f64)>> {
        let rows = self.rows(metrics)?;
        let values = rows.column("value")?.f64()?;
        let all = cell_rows(&rows)?.into_iter().zip(values.iter());
        Ok(all.filter_map(|(at, value)| Some((at, value?))).collect())
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
