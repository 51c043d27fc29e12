//! The runs on whose validation the values of axes are chosen. They are of seeds of their own, of which
//! no result is, so they are taken out of the index before anything else is read.

use std::collections::HashMap;
use std::path::Path;

use polars::prelude::*;
use prefsweep_store::{CellEntry, CellStatus, Index, MetricFacts, SeriesKey};

use crate::error::ReportError;
use crate::measure::Measure;
use crate::statistics::BySeed;
use crate::tables::read_metrics;

/// The measures at the last evaluation of the tuning runs, by series and number of negatives.
#[derive(Debug, Default)]
pub(crate) struct Tuning {
    /// Seeds, as the experiment names them; none where results are tuned on their own validation.
    pub(crate) seeds: Vec<u64>,
    cells: Vec<CellEntry>,
}

impl Tuning {
    /// Takes the tuning runs out of an index, and their references.
    pub(crate) fn take(index: &mut Index) -> Self {
        let seeds = index.tuning_seeds.clone();
        let tunes = |cell: &mut CellEntry| seeds.contains(&cell.key.seed);
        let cells = index.cells.extract_if(.., tunes).collect();
        index.references.retain(|entry| !seeds.contains(&entry.seed));
        Self { seeds, cells }
    }

    /// A measure at the last evaluation of every complete run.
    pub(crate) fn read(
        &self,
        dir: &Path,
        facts: &[MetricFacts],
        measure: &Measure,
    ) -> Result<Chosen, ReportError> {
        let mut read: HashMap<&Path, Option<f64>> = HashMap::new();
        let mut chosen = Chosen::new();
        for cell in self.cells.iter().filter(|cell| cell.status == CellStatus::Complete) {
            if !read.contains_key(cell.dir.as_path()) {
                let metrics = read_metrics(&dir.join(&cell.dir), facts)?;
                let value = last(&metrics, measure).map_err(|error| ReportError::Grouping {
                    path: dir.join(&cell.dir),
                    message: error.to_string(),
                })?;
                read.insert(&cell.dir, value);
            }
            if let Some(value) = read[cell.dir.as_path()] {
                let at = (cell.key.series(), cell.key.negatives);
                chosen.entry(at).or_default().insert(cell.key.seed, value);
            }
        }
        Ok(chosen)
    }
}

/// What is chosen by, by series and number of negatives.
pub(crate) type Chosen = HashMap<(SeriesKey, usize), BySeed>;

fn last(metrics: &DataFrame, measure: &Measure) -> PolarsResult<Option<f64>> {
    let rows = measure.rows(metrics)?;
    let (step, value) = (rows.column("step")?.u32()?, rows.column("value")?.f64()?);
    let last = step.iter().zip(value.iter()).max_by_key(|(step, _)| *step);
    Ok(last.and_then(|(_, value)| value))
}
