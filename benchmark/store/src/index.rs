//! The table of contents of an experiment's results.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::key::{CellKey, LossKey};
use crate::label::with_axes;
use crate::provenance::ImportedFile;

/// The format version that is written and read.
///
/// Version 1 knew cells by their labels; such an index is refused, since the runs that it lists have
/// other identities now.
pub const INDEX_FORMAT: u32 = 2;

/// The table of contents of one experiment's results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// Version of this layout, [`INDEX_FORMAT`].
    pub format: u32,
    /// Name of the experiment, as in `experiments/<experiment>.yaml`.
    pub experiment: String,
    /// Heading of the report.
    pub title: String,
    /// The question the experiment answers, in one or two sentences.
    pub question: String,
    /// What was expected, written before the first run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predictions: Vec<String>,
    /// The command that gives these results, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The experiment that these results are of, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<IndexSource>,
    /// Of runs that were trained elsewhere: from where, and what is not known of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// What the cells were trained and evaluated on.
    pub dataset: DatasetFacts,
    /// Name of the model that is trained, for example `sasrec`, where it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Cut-offs k at which HR@k and NDCG@k were recorded, for example `[1, 5, 10, 20]`.
    pub cutoffs: Vec<usize>,
    /// The metrics that were recorded.
    pub metrics: Vec<MetricFacts>,
    /// How the results are judged; no run depends on it.
    #[serde(default)]
    pub report: ReportSettings,
    /// Seeds on whose validation the values of axes are chosen; no result is of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tuning_seeds: Vec<u64>,
    /// Every planned training run, complete or not.
    ///
    /// Cells that are the same by definition (dpo, s_dpo and dmpo with one negative) appear once
    /// per loss, with the same `id` and `dir`.
    pub cells: Vec<CellEntry>,
    /// The frozen reference policies.
    pub references: Vec<ReferenceEntry>,
    /// The baselines: rankings that need no training.
    #[serde(default)]
    pub baselines: Vec<BaselineEntry>,
    /// Where indexes that were written before there were other baselines have the metrics of popularity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub popularity: Option<PopularityEntry>,
}

impl Index {
    /// The baselines, in an index of any age.
    #[must_use]
    pub fn all_baselines(&self) -> Vec<BaselineEntry> {
        let popularity = |entry: &PopularityEntry| BaselineEntry {
            id: None,
            name: "popularity".into(),
            title: "popularity".into(),
            dir: entry.dir.clone(),
            status: BaselineStatus::Complete,
        };
        match &self.popularity {
            Some(entry) if self.baselines.is_empty() => vec![popularity(entry)],
            _ => self.baselines.clone(),
        }
    }
}

/// Which experiment the results of a folder are of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexSource {
    /// Its file, seen from the folder.
    pub file: PathBuf,
    /// What `--set` changed, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<String>,
    /// BLAKE3 of its resolved settings.
    pub settings: String,
}

/// What imported results are made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The files that were read.
    pub files: Vec<ImportedFile>,
    /// What they do not say, and what follows for the report, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// How an experiment asks its results to be judged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReportSettings {
    /// Differences below this share of the reference's value do not matter (margin of indifference).
    pub margin: f64,
}

impl Default for ReportSettings {
    /// 2 %, which `docs/statistics.md` gives reasons for.
    fn default() -> Self {
        Self { margin: 0.02 }
    }
}

/// Size, origin and fingerprints of a dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetFacts {
    /// Name as used in the experiment.
    pub name: String,
    /// What was trained on, where that is another domain than what is tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained_on: Option<String>,
    /// Users after preprocessing.
    pub users: usize,
    /// Items after preprocessing.
    pub items: usize,
    /// Interactions after preprocessing.
    pub interactions: usize,
    /// Hash of the prepared data.
    pub fingerprint: String,
    /// Hashes of the same data with titles or features, where some model reads these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with_more: Vec<String>,
    /// Hash of the stored candidate lists.
    pub candidates_fingerprint: String,
    /// Where the data come from, with their licence, in a phrase.
    pub source: String,
    /// Malformed rows of the source, which were left out, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
    /// What preprocessing dropped, where it dropped anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<Dropped>,
    /// Held-out items that the data give away, a sentence for each way, with counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaks: Vec<String>,
    /// How many users are evaluated, where not all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<Evaluated>,
    /// Where several users are one person at several times: the first user of each person of whom a test is ranked,
    /// ascending. Those up to the next are the same person. Empty where every user is a person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<u32>,
    /// What was published on exactly these prepared data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub published: Vec<PublishedFigure>,
    /// Whose test items are cold, where models read features of items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cold: Option<Cold>,
}

/// Cold test items: those with few interactions in the training part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cold {
    /// An item is cold with so many interactions at most.
    pub at_most: usize,
    /// How many items are cold.
    pub items: usize,
    /// Of how many users the test item is cold, ascending, by the numbers that users have in tables.
    pub users: Vec<u32>,
}

/// Malformed rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// How many.
    pub rows: usize,
    /// Of how many.
    pub of: usize,
    /// The first few: line, text and reason.
    pub first: Vec<String>,
}

impl std::fmt::Display for LeftOut {
    /// `1 of 360 rows left out: line 9 "…": no time`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} rows left out", self.rows, self.of)?;
        if self.first.is_empty() { Ok(()) } else { write!(f, ": {}", self.first.join("; ")) }
    }
}

/// Rows that preprocessing dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// How many.
    pub rows: usize,
    /// Of how many.
    pub of: usize,
    /// For what reasons, in words.
    pub reasons: Vec<String>,
}

impl std::fmt::Display for Dropped {
    /// `40 of 360 rows dropped: repeated items, users with fewer than 5 items`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} rows dropped: {}", self.rows, self.of, self.reasons.join(", "))
    }
}

/// A figure of a publication, on the test split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublishedFigure {
    /// The model, as its authors call it, for example `SASRec`.
    pub model: String,
    /// The metric and its cut-off, as in `ndcg@10`.
    pub metric: String,
    /// Among what the target is ranked: `full` or `candidates`.
    #[serde(default = "full")]
    pub protocol: String,
    /// The figure.
    pub value: f64,
    /// With what settings.
    pub settings: String,
    /// Where it is from.
    pub source: String,
}

/// Figures were of the full ranking before they said so.
fn full() -> String {
    "full".to_owned()
}

/// How many users are ranked: those that have a held-out item, or a sample of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluated {
    /// In the validation part.
    pub validation: usize,
    /// In the test part.
    pub test: usize,
    /// Of how many with a test item they are a random sample; None where all are ranked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled_of: Option<usize>,
}

impl DatasetFacts {
    /// Of how many test users those that are ranked are a random sample, where they are one.
    #[must_use]
    pub fn sampled_of(&self) -> Option<usize> {
        self.evaluated.and_then(|evaluated| evaluated.sampled_of)
    }

    /// How many users have a rank on `split`.
    #[must_use]
    pub fn ranked(&self, split: &str) -> usize {
        match &self.evaluated {
            None => self.users,
            Some(evaluated) if split == "validation" => evaluated.validation,
            Some(evaluated) => evaluated.test,
        }
    }
}

/// A metric of `metrics.csv`, as its own file describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricFacts {
    /// The name in the `metric` column, for example `ndcg`.
    pub name: String,
    /// The name in text, for example `NDCG`.
    pub title: String,
    /// What it measures, its unit and range, in a sentence.
    pub meaning: String,
    /// Whether it has a value for every cut-off; if not, its cut-off is 0, or the length of the
    /// lists it is computed from.
    pub per_cutoff: bool,
    /// Whether more is better, less is better, or neither.
    pub direction: Direction,
}

/// Which values of a metric are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Large ones.
    HigherIsBetter,
    /// Small ones.
    LowerIsBetter,
    /// It describes, and does not judge.
    Neither,
}

/// One planned training run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellEntry {
    /// Hash of the run's identity.
    pub id: String,
    /// What it is, as the experiment names it.
    pub key: CellKey,
    /// The loss that was trained, where it is the same function under another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained_as: Option<LossKey>,
    /// What the entry's own specification holds otherwise, since its numbers do not depend on it or since
    /// it was resolved: `negatives`, or dotted keys of axes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolved: Vec<String>,
    /// `id` of the reference policy the cell started from.
    pub reference: String,
    /// Folder of the cell, relative to the folder of the index.
    pub dir: PathBuf,
    /// Whether the run finished.
    pub status: CellStatus,
}

impl CellEntry {
    /// The loss whose settings the entry's own specification holds.
    #[must_use]
    pub fn trained_loss(&self) -> &LossKey {
        self.trained_as.as_ref().unwrap_or(&self.key.loss)
    }
}

/// One frozen reference policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReferenceEntry {
    /// Hash of the reference's identity.
    pub id: String,
    /// Seed of the run.
    pub seed: u64,
    /// The swept settings that the reference depends on, by dotted key; often empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub axes: BTreeMap<String, Value>,
    /// Folder of the reference, relative to the folder of the index.
    pub dir: PathBuf,
    /// Whether the run finished.
    pub status: CellStatus,
}

impl ReferenceEntry {
    /// `reference` with the swept settings it depends on.
    #[must_use]
    pub fn label(&self) -> String {
        with_axes("reference", &self.axes)
    }
}

/// A baseline: a ranking that needs no training.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaselineEntry {
    /// Hash of its identity; None for one that is not in the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name in files, for example `item_knn`.
    pub name: String,
    /// The name in text, for example `ItemKNN`.
    pub title: String,
    /// Folder of its metrics and ranks, relative to the folder of the index.
    pub dir: PathBuf,
    /// Whether it was computed.
    #[serde(default)]
    pub status: BaselineStatus,
}

/// Whether a baseline has results.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineStatus {
    /// Its files are all there.
    #[default]
    Complete,
    /// Not computed yet.
    Missing,
    /// It could not be computed.
    Failed {
        /// What went wrong, in a sentence.
        reason: String,
    },
    /// Left out on purpose, for a dataset of this size.
    Skipped {
        /// Why, in a phrase.
        reason: String,
    },
}

/// Where the popularity baseline's metrics lie in indexes without other baselines; the folder holds
/// `metrics.csv` only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PopularityEntry {
    /// Folder relative to the folder of the index.
    pub dir: PathBuf,
}

/// Whether a planned run has results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellStatus {
    /// Finished; its files are all there.
    Complete,
    /// Not run yet, or stopped half-way.
    Missing,
    /// Ran and failed.
    Failed {
        /// What went wrong, in a sentence.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn index(more: &[(&str, Value)]) -> Index {
        let mut value = json!({
            "format": 2, "experiment": "e", "title": "", "question": "",
            "dataset": {
                "name": "d", "users": 1, "items": 1, "interactions": 1, "fingerprint": "f",
                "candidates_fingerprint": "c", "source": "",
            },
            "cutoffs": [10], "metrics": [], "cells": [], "references": [],
        });
        for (key, entry) in more {
            value[*key] = entry.clone();
        }
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn an_older_index_has_popularity_alone() {
        let old = index(&[("popularity", json!({"dir": "popularity"}))]);
        let baselines = old.all_baselines();
        let [popularity] = &baselines[..] else { panic!("{old:?}") };
        assert_eq!((popularity.name.as_str(), &popularity.id), ("popularity", &None));
        assert_eq!(popularity.dir, PathBuf::from("popularity"));
        assert_eq!(popularity.status, BaselineStatus::Complete);
        assert!(old.model.is_none() && old.dataset.published.is_empty());
        assert!(index(&[]).all_baselines().is_empty());
    }

    #[test]
    fn baselines_need_no_status() {
        let entry = json!([{"name": "ease", "title": "EASE^R", "dir": "x"}]);
        let new = index(&[("baselines", entry)]);
        assert_eq!(new.all_baselines(), new.baselines);
        assert_eq!(new.baselines[0].status, BaselineStatus::Complete);
        let written = serde_json::to_value(&new).unwrap();
        assert!(written.get("popularity").is_none(), "{written}");
    }
}
