//! A small results folder, one file of which is damaged at a time.

use std::fs;
use std::path::{Path, PathBuf};

use prefsweep_store::{
    Direction, INDEX_FILE, LISTS_FILE, ListTable, METRICS_FILE, MetricFacts, PROVENANCE_FILE,
    RANKS_FILE, TRAJECTORY_FILE,
};

use crate::engine::Place;
use crate::support::{World, write_index};

/// Words that an index or a table of results holds.
pub(crate) const WORDS: [&[u8]; 12] = [
    b"complete",
    b"{\"failed\": {\"reason\": \"x\"}}",
    b"validation",
    b"test",
    b"full",
    b"ndcg",
    b"dmpo",
    b"cells",
    b"axes",
    b"base",
    b"reference-11",
    b"step",
];

pub(crate) struct Folder {
    pub(crate) place: Place,
    /// The files that are damaged: the index, and all files of one cell.
    files: Vec<PathBuf>,
    pub(crate) seeds: Vec<Vec<u8>>,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let place = Place::new();
        let folder = place.inside().join("results");
        let world = World { evaluations: 1, ..World::small() };
        let mut index = world.write(&folder);
        let metric = |name: &str| MetricFacts {
            name: name.into(),
            title: name.into(),
            meaning: String::new(),
            per_cutoff: false,
            direction: Direction::Neither,
        };
        index.metrics.extend(["coverage", "gini"].map(metric));
        write_index(&folder, &index);
        let cell = index.cells.iter().rfind(|cell| cell.key.negatives == 10).unwrap();
        let cell = folder.join(&cell.dir);
        for reference in &index.references {
            fs::copy(cell.join(RANKS_FILE), folder.join(&reference.dir).join(RANKS_FILE)).unwrap();
        }
        let mut lists = ListTable::default();
        (0..10).for_each(|user| lists.add(user, &[user, user + 1]));
        lists.write(&cell.join(LISTS_FILE), 50).unwrap();
        let of_cell = [METRICS_FILE, TRAJECTORY_FILE, RANKS_FILE, LISTS_FILE, PROVENANCE_FILE]
            .map(|name| cell.join(name));
        let index = folder.join(INDEX_FILE);
        // The index says most, and is damaged as often as two of the others.
        let files: Vec<PathBuf> = [index.clone(), index].into_iter().chain(of_cell).collect();
        let seeds = files.iter().map(|path| fs::read(path).unwrap()).collect();
        Self { place, files, seeds }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.place.inside().join("results")
    }

    /// Puts an input in the place of one file, while the others are whole.
    pub(crate) fn damage(&self, of: usize, input: &[u8]) {
        for (path, seed) in self.files.iter().zip(&self.seeds) {
            fs::write(path, seed).unwrap();
        }
        fs::write(&self.files[of], input).unwrap();
    }

    /// A folder for what is written, empty.
    pub(crate) fn out(&self) -> PathBuf {
        let out = self.place.inside().join("out");
        if out.exists() {
            fs::remove_dir_all(&out).unwrap();
        }
        out
    }
}

/// Whether it worked; an error has a message.
pub(crate) fn worked<T, E: std::fmt::Display>(outcome: Result<T, E>) -> bool {
    outcome.map_err(|error| assert!(!error.to_string().trim().is_empty())).is_ok()
}

/// What lies in a folder, and below it.
pub(crate) fn all(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(all(&entry.path()));
        }
        found.push(entry.path());
    }
    found.sort();
    found
}
