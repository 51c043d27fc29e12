//! The ranks of all evaluations as `prefsweep import` reads them, with a mapping beside them.

use std::path::{Path, PathBuf};

use polars::prelude::*;
use prefsweep_store::{INDEX_FILE, Index, RANKS_FILE, RunKey, TRAJECTORY_COLUMNS, training_name};
use serde_json::json;

use super::run::{Run, runs};
use crate::error::ReportError;
use crate::files::{write_csv, write_json, write_parquet};
use crate::index::read_index;
use crate::ranks::{UserRank, read_ranks};
use crate::tables::read_trajectory;

/// Writes `path` (Parquet, or CSV where it is called so) and a mapping of the same name that ends in `.yaml`: importing
/// them gives the same verdict. Quantities of training stand in the first row of an evaluation.
///
/// Gives back the files written.
///
/// # Errors
///
/// When a file of the results cannot be used, or one cannot be written.
pub fn export_runs(results_dir: &Path, path: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let index = read_index(&results_dir.join(INDEX_FILE))?;
    let runs = runs(&index, results_dir);
    let named: Vec<Named<'_>> = runs.iter().filter_map(Named::of).collect();
    let mut rows = Rows::default();
    for run in &named {
        rows.add(run)?;
    }
    let mut table = rows.table().map_err(|error| ReportError::Grouping {
        path: results_dir.to_owned(),
        message: error.to_string(),
    })?;
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) {
        write_csv(path, &mut table)?;
    } else {
        write_parquet(path, Ok(table))?;
    }
    let mapping = path.with_extension("yaml");
    write_json(&mapping, &described(&index))?;
    Ok(vec![path.to_owned(), mapping])
}

/// Whether a file is the mapping of an export, which another export may replace.
#[must_use]
pub fn is_exported_mapping(path: &Path) -> bool {
    let text = std::fs::read(path).unwrap_or_default();
    let found: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    found["dataset"].get("candidates_fingerprint").is_some()
}

/// What the rows do not say; JSON is YAML.
fn described(index: &Index) -> serde_json::Value {
    let data = &index.dataset;
    let mut described = json!({
        "name": index.experiment,
        "title": index.title,
        "question": index.question,
        "predictions": index.predictions,
        "dataset": {
            "name": data.name,
            "items": data.items,
            "source": data.source,
            "fingerprint": data.fingerprint,
            "candidates_fingerprint": data.candidates_fingerprint,
        },
        "cutoffs": index.cutoffs,
        "margin": index.report.margin,
        "tuning_seeds": index.tuning_seeds,
    });
    if let Some(domain) = &data.trained_on {
        described["dataset"]["trained_on"] = json!(domain);
    }
    described
}

/// A run as its rows name it.
struct Named<'a> {
    key: &'a RunKey,
    loss: String,
    json: String,
    dir: &'a Path,
}

impl<'a> Named<'a> {
    /// None of a baseline.
    fn of(run: &'a Run) -> Option<Self> {
        let key = run.key.as_ref()?;
        Some(Self { key, loss: key.loss(), json: key.json(), dir: &run.dir })
    }
}

/// The columns of the table.
#[derive(Default)]
struct Rows<'a> {
    loss: Vec<&'a str>,
    negatives: Vec<Option<u64>>,
    seed: Vec<u64>,
    step: Vec<u32>,
    split: Vec<&'static str>,
    protocol: Vec<&'static str>,
    user: Vec<u32>,
    rank: Vec<f32>,
    ties: Vec<Option<u32>>,
    competitors: Vec<u32>,
    key: Vec<&'a str>,
    /// The rows that have quantities of training, with every quantity of a trajectory but the step.
    training: Vec<(usize, Vec<Option<f64>>)>,
}

impl<'a> Rows<'a> {
    fn add(&mut self, run: &'a Named<'_>) -> Result<(), ReportError> {
        let trajectory = match run.key {
            RunKey::Cell(_) => Some(read_trajectory(run.dir)?),
            RunKey::Reference(_) => None,
        };
        let mut before = None;
        for ((step, split, protocol), ranks) in read_ranks(&run.dir.join(RANKS_FILE))? {
            let first = before.replace(step) != Some(step);
            let table = trajectory.as_ref().filter(|_| first && !ranks.is_empty());
            if let Some(values) = table.and_then(|table| values(table, step)) {
                self.training.push((self.user.len(), values));
            }
            for UserRank { user, rank, competitors } in ranks {
                self.loss.push(&run.loss);
                self.negatives.push(run.key.negatives().map(|k| k as u64));
                self.seed.push(run.key.seed());
                self.step.push(step);
                self.split.push(split);
                self.protocol.push(protocol);
                self.user.push(user);
                self.rank.push(rank.rank);
                self.ties.push(rank.ties);
                self.competitors.push(competitors);
                self.key.push(&run.json);
            }
        }
        Ok(())
    }

    /// Quantities that are nowhere are no columns.
    fn table(self) -> PolarsResult<DataFrame> {
        let height = self.user.len();
        let mut columns = vec![
            Column::new("loss".into(), self.loss),
            Column::new("K".into(), self.negatives),
            Column::new("seed".into(), self.seed),
            Column::new("step".into(), self.step),
            Column::new("split".into(), self.split),
            Column::new("protocol".into(), self.protocol),
            Column::new("user".into(), self.user),
            Column::new("rank".into(), self.rank),
            Column::new("ties".into(), self.ties),
            Column::new("competitors".into(), self.competitors),
            Column::new("key".into(), self.key),
        ];
        for (at, quantity) in TRAJECTORY_COLUMNS[1..].iter().enumerate() {
            let known = || self.training.iter().filter_map(|(row, all)| Some((*row, all[at]?)));
            if known().next().is_some() {
                let mut values = vec![None; height];
                known().for_each(|(row, value)| values[row] = Some(value));
                columns.push(Column::new(training_name(quantity).into(), values));
            }
        }
        DataFrame::new(height, columns)
    }
}

/// The quantities of a trajectory at a step.
fn values(trajectory: &DataFrame, step: u32) -> Option<Vec<Option<f64>>> {
    let steps = trajectory.column("step").ok()?.u32().ok()?;
    let row = steps.iter().position(|known| known == Some(step))?;
    let value = |name: &&str| trajectory.column(name).ok()?.f64().ok()?.get(row);
    Some(TRAJECTORY_COLUMNS[1..].iter().map(value).collect())
}
