//! A folder to work in, and a look at all around it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::TempDir;

/// Where hostile inputs would like to write; see the tokens.
const ELSEWHERE: &str = "/tmp/prefsweep-evil";

/// Where files cost little: in memory, where the system has a place for it.
pub(crate) fn scratch() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

/// A folder deep in a temporary one, and in the crate's own, so that what climbs out of it is found.
pub(crate) struct Place {
    root: TempDir,
    inside: PathBuf,
    before: BTreeMap<PathBuf, (u64, Option<SystemTime>)>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir_in(scratch()).unwrap();
        let inside = root.path().join("a/b/c/inside");
        fs::create_dir_all(&inside).unwrap();
        fs::write(root.path().join("a/b/neighbour"), "precious").unwrap();
        let mut place = Self { root, inside, before: BTreeMap::new() };
        place.before = place.around();
        place
    }

    /// The folder to work in.
    pub(crate) fn inside(&self) -> &Path {
        &self.inside
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.inside.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Nothing was written, changed or removed but inside.
    pub(crate) fn check(&self) {
        assert_eq!(self.around(), self.before, "something outside the folder has changed");
        assert!(!Path::new(ELSEWHERE).exists(), "{ELSEWHERE} was written");
    }

    fn around(&self) -> BTreeMap<PathBuf, (u64, Option<SystemTime>)> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.root.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
                let data = fs::symlink_metadata(entry.path()).unwrap();
                if data.is_dir() && entry.path() != self.inside {
                    folders.push(entry.path());
                }
                let about = (data.is_file()).then(|| (data.len(), data.modified().ok()));
                found.insert(entry.path(), about.unwrap_or_default());
            }
        }
        let here = fs::read_dir(".").unwrap().map(|entry| entry.unwrap().path());
        found.extend(here.map(|path| (path, (0, None))));
        found
    }
}
