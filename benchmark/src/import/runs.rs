//! What was read, run by run.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use prefsweep_store::RunKey;

use super::error::Place;
use crate::data::Split;
use crate::evaluation::Protocol;

/// The step of an evaluation that says none: a run is evaluated once, at its end.
pub(super) const END: u32 = 1;

/// All runs, in the order in which they appear.
#[derive(Debug, Default)]
pub(super) struct Runs {
    pub(super) runs: Vec<Run>,
    /// The users as the files name them; ranks have their positions.
    pub(super) users: Vec<String>,
    /// The losses as the files name them.
    pub(super) losses: BTreeSet<String>,
    /// The columns of all tables.
    pub(super) columns: BTreeSet<String>,
    places: HashMap<RunKey, usize>,
    known_users: HashMap<String, u32>,
}

/// A run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) key: RunKey,
    /// The position of its file; of several, of the first.
    pub(super) file: usize,
    /// By step.
    pub(super) evaluations: BTreeMap<u32, Evaluation>,
}

/// What was measured after some step.
#[derive(Debug, Default)]
pub(super) struct Evaluation {
    pub(super) parts: BTreeMap<(Split, Protocol), Part>,
    /// Quantities of a trajectory that have a value.
    pub(super) training: BTreeMap<&'static str, f64>,
}

/// The ranks of one split and protocol.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    pub(super) rows: Vec<UserRow>,
    /// The share of generated texts that name one candidate.
    pub(super) valid: Option<f64>,
}

/// The rank of one user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct UserRow {
    /// Position among the users.
    pub(super) user: u32,
    /// Expected rank, from 1.
    pub(super) rank: f32,
    /// None where the file does not say.
    pub(super) ties: Option<u32>,
    /// None where the file does not say.
    pub(super) competitors: Option<u32>,
    /// The position of the row's file, which need not be the first of its run.
    pub(super) file: u32,
    pub(super) place: Place,
}

impl UserRow {
    /// The last of the places that the item and those that tie with it share.
    pub(super) fn last_place(&self) -> u32 {
        (f64::from(self.rank) + 0.5 * f64::from(self.ties.unwrap_or(0))) as u32
    }

    /// Where it stands, in words.
    pub(super) fn said(&self, files: &[PathBuf]) -> String {
        format!("{}, {}", files[self.file as usize].display(), self.place)
    }
}

impl Run {
    /// The row that stands first.
    pub(super) fn first_row(&self) -> Option<&UserRow> {
        let parts = self.evaluations.values().flat_map(|evaluation| evaluation.parts.values());
        parts.flat_map(|part| &part.rows).min_by_key(|row| (row.file, row.place))
    }
}

impl Runs {
    /// The position of a run, which is new if its key is.
    pub(super) fn place(&mut self, key: RunKey, file: usize) -> usize {
        let runs = &mut self.runs;
        *self.places.entry(key).or_insert_with_key(|key| {
            runs.push(Run { key: key.clone(), file, evaluations: BTreeMap::new() });
            runs.len() - 1
        })
    }

    /// The position of a user.
    pub(super) fn user(&mut self, name: &str) -> u32 {
        if let Some(known) = self.known_users.get(name) {
            return *known;
        }
        let position = self.users.len() as u32;
        self.known_users.insert(name.to_owned(), position);
        self.users.push(name.to_owned());
        position
    }
}
