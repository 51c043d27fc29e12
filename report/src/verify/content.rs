//! The files of an entry against the hashes in its completion marker.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use prefsweep_store::{MARKER_FILE, file_hash};
use serde_json::Value;

use super::finding::{Check, Checked, Finding, differs, same};

/// Every file against its hash.
pub(super) fn content(dir: &Path) -> Vec<Checked> {
    let of = |file: PathBuf, finding| Checked { check: Check::Content, file, finding };
    let marker = dir.join(MARKER_FILE);
    let Ok(text) = fs::read(&marker) else {
        return vec![of(marker, Finding::Missing)];
    };
    let mut all = Vec::new();
    // A marker of another form has no hashes; one that is not even JSON is damaged.
    let hashes = match serde_json::from_slice::<Value>(&text) {
        Ok(value) => serde_json::from_value(value).unwrap_or_default(),
        Err(_) => {
            all.push(of(marker, differs("broken JSON", "hashes of files")));
            BTreeMap::<String, String>::new()
        }
    };
    for (name, expected) in &hashes {
        let file = dir.join(name);
        let finding = match file_hash(&file) {
            Err(_) => Finding::Missing,
            // The size may stand behind the hash.
            Ok((hash, _)) => same(&hash, expected.split(' ').next().unwrap_or_default()),
        };
        all.push(of(file, finding));
    }
    for file in files(dir) {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name != MARKER_FILE && !hashes.contains_key(&name) {
            all.push(of(file, Finding::NotHashed));
        }
    }
    all
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}
