//! Writing imported runs as entries of the store.

use std::time::{SystemTime, UNIX_EPOCH};

use prefsweep_store::{
    CellFile, Draft, Identity, ImportedFile, Kind, METRICS_FILE, PROVENANCE_FILE, Provenance,
    RANKS_FILE, RankTable, RunKey, Store, StoreError, TRAJECTORY_COLUMNS, TRAJECTORY_FILE, Table,
    write_json,
};
use serde_json::{Map, Value, json};

use super::prepared::Prepared;
use super::runs::{Evaluation, Run};
use super::users::ranks;
use crate::data::Split;
use crate::evaluation::metrics::{METRICS, MetricValue, of_ranks};
use crate::evaluation::{Protocol, Rank, Ranks};
use crate::sweep::{add_metrics, add_ranks, metrics_table, write_spec};

/// Raised whenever the same file gives other numbers than before.
const VERSION: u32 = 2;

/// The metric that only generated texts have.
pub(super) const VALID: &str = "valid_ratio";

/// What all entries share.
pub(super) struct Entries<'a> {
    pub(super) store: &'a Store,
    pub(super) found: &'a Prepared,
    pub(super) files: &'a [ImportedFile],
    pub(super) cutoffs: &'a [usize],
    pub(super) fingerprint: &'a str,
    pub(super) candidates_fingerprint: &'a str,
}

impl Entries<'_> {
    /// Writes the entry of a run, unless it is there; gives back its id. `start` is the id of a cell's reference.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(super) fn write(&self, run: &Run, start: &str) -> Result<String, StoreError> {
        let file = &self.files[run.file];
        let kind = kind(run);
        let evaluations: Vec<Ranked<'_>> =
            run.evaluations.iter().map(|one| self.ranked(one)).collect();
        let mut identity = Identity::new("imported", VERSION);
        identity.field("key", &run.key.json());
        identity.field("start", start);
        identity.field("data_fingerprint", self.fingerprint);
        identity.field("candidates_fingerprint", self.candidates_fingerprint);
        identity.field("cutoffs", &self.cutoffs.to_vec());
        // Another file of the same import may say less than before of what they all must have.
        identity.field("metrics", &self.metrics());
        identity.field("file", &file.hash);
        identity.field("content", &content(&evaluations));
        let id = identity.id();
        if self.store.is_complete(kind, &id) {
            return Ok(id);
        }
        let draft = self.store.draft(kind, &id)?;
        self.write_settings(&draft, run, start, &identity)?;
        let mut metrics = metrics_table(&draft.file(METRICS_FILE))?;
        let mut table = RankTable::default();
        for Ranked { step, evaluation, parts } in &evaluations {
            let mut values = self.recorded(parts);
            values.extend(valid_ratios(evaluation));
            add_metrics(&mut metrics, *step, &values)?;
            add_ranks(&mut table, *step, parts);
        }
        drop(metrics);
        table.write(&draft.file(RANKS_FILE))?;
        if kind == Kind::Cell {
            write_trajectory(&draft, run)?;
        }
        write_json(&draft.file(PROVENANCE_FILE), &provenance(file))?;
        draft.publish()?;
        Ok(id)
    }

    fn ranked<'e>(&self, (step, evaluation): (&u32, &'e Evaluation)) -> Ranked<'e> {
        let parts = evaluation.parts.iter();
        let ranks = parts.map(|((split, protocol), part)| {
            let competitors = self.found.competitors.get(protocol).copied().unwrap_or(1);
            ranks(*split, *protocol, part, &self.found.numbers, competitors)
        });
        Ranked { step: *step as usize, evaluation, parts: ranks.collect() }
    }

    /// The metrics that the files allow.
    fn recorded(&self, ranks: &[Ranks]) -> Vec<MetricValue> {
        let mut values = of_ranks(ranks, self.cutoffs);
        values.retain(|value| self.is_recorded(value.name));
        values
    }

    /// The names of the metrics of ranks that follow from what the files say.
    pub(super) fn metrics(&self) -> Vec<String> {
        let one = [Rank { rank: 1.0, ties: 0, competitors: 1 }];
        let of_ranks = METRICS.iter().filter(|metric| metric.of_ranks(&one, 1).is_some());
        let names = of_ranks.map(|metric| metric.name().to_owned());
        names.filter(|name| self.is_recorded(name)).collect()
    }

    fn is_recorded(&self, metric: &str) -> bool {
        let knows = self.found.knows;
        // What comes after the first place is not known.
        if knows.first_alone {
            return matches!(metric, "hr" | "ndcg");
        }
        (metric != "auc" || knows.competitors) && (metric != "ties" || knows.ties)
    }

    fn write_settings(
        &self,
        draft: &Draft,
        run: &Run,
        start: &str,
        identity: &Identity,
    ) -> Result<(), StoreError> {
        let mut reference = json!({
            "seed": run.key.seed(),
            "data_fingerprint": self.fingerprint,
            "candidates_fingerprint": self.candidates_fingerprint,
        });
        match &run.key {
            RunKey::Reference(key) => {
                for (axis, value) in &key.axes {
                    nest(&mut reference, axis, value);
                }
                write_spec(draft, &reference, identity)
            }
            RunKey::Cell(key) => {
                let mut settings = json!({ "start_id": start, "start": reference });
                for (axis, value) in &key.axes {
                    let of_start =
                        matches!(axis.split('.').next(), Some("model" | "reference" | "dataset"));
                    let root = if of_start { &mut settings["start"] } else { &mut settings };
                    nest(root, axis, value);
                }
                write_spec(draft, &CellFile { key: key.clone(), settings }, identity)
            }
        }
    }
}

/// An evaluation with its ranks as the store has them.
struct Ranked<'a> {
    step: usize,
    evaluation: &'a Evaluation,
    parts: Vec<Ranks>,
}

/// A hash of everything that was measured.
fn content(evaluations: &[Ranked<'_>]) -> String {
    let mut hasher = blake3::Hasher::new();
    for Ranked { step, evaluation, parts } in evaluations {
        for part in parts {
            hasher.update(
                format!("{step} {} {}", part.split.name(), part.protocol.name()).as_bytes(),
            );
            for (user, rank) in part.users.iter().zip(&part.ranks) {
                for word in [*user, rank.rank.to_bits(), rank.ties, rank.competitors] {
                    hasher.update(&word.to_le_bytes());
                }
            }
        }
        for valid in evaluation.parts.values().filter_map(|part| part.valid) {
            hasher.update(VALID.as_bytes());
            hasher.update(&valid.to_le_bytes());
        }
        for (name, value) in &evaluation.training {
            hasher.update(name.as_bytes());
            hasher.update(&value.to_le_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// What kind of entry a run is.
pub(super) fn kind(run: &Run) -> Kind {
    match run.key {
        RunKey::Reference(_) => Kind::Reference,
        RunKey::Cell(_) => Kind::Cell,
    }
}

/// Puts a value where its dotted key says.
fn nest(settings: &mut Value, key: &str, value: &Value) {
    let mut at = settings;
    for part in key.split('.') {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        at = &mut at[part];
    }
    *at = value.clone();
}

fn valid_ratios(evaluation: &Evaluation) -> impl Iterator<Item = MetricValue> {
    let value = |(&(split, protocol), part): (&(Split, Protocol), &super::runs::Part)| {
        Some(MetricValue { split, protocol, name: VALID, cutoff: 0, value: part.valid? })
    };
    evaluation.parts.iter().filter_map(value)
}

/// One row per evaluation; what is not known is empty.
fn write_trajectory(draft: &Draft, run: &Run) -> Result<(), StoreError> {
    let mut table = Table::create(&draft.file(TRAJECTORY_FILE), &TRAJECTORY_COLUMNS)?;
    for (step, evaluation) in &run.evaluations {
        table.row(TRAJECTORY_COLUMNS.map(|column| match column {
            "step" => step.to_string(),
            column => evaluation.training.get(column).map(f64::to_string).unwrap_or_default(),
        }))?;
    }
    Ok(())
}

/// Of the run itself nothing is known.
fn provenance(file: &ImportedFile) -> Provenance {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Provenance {
        prefsweep_version: env!("CARGO_PKG_VERSION").into(),
        git_revision: None,
        device: String::new(),
        adapter: None,
        threads: 0,
        os: String::new(),
        cpu: String::new(),
        started_unix: now,
        wall_seconds: 0.0,
        peak_memory_mib: None,
        steps: 0,
        negatives_scored: 0,
        at_once: None,
        resumed: None,
        imported: Some(file.clone()),
        parameters: None,
        active_parameters: None,
        seconds: None,
    }
}
