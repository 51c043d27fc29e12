//! Which entries of a store the results folders beside it name.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{StoreError, at};
use crate::files::INDEX_FILE;
use crate::index::INDEX_FORMAT;

/// How deep results folders may lie below the folder of the store: `--name a/b` is one of depth 2.
pub const RESULTS_DEPTH: usize = 4;
/// Letters that every id has at least, so that no other text of an index passes for one.
const ID: usize = 16;

/// The results of an experiment, and what they are made of.
#[derive(Clone, Debug)]
pub struct Named {
    /// The folder, seen from the one of the store.
    pub name: PathBuf,
    /// The folder of the index.
    pub folder: PathBuf,
    /// Every text of the index that can name an entry.
    texts: BTreeSet<String>,
}

impl Named {
    /// Whether the results are made of the entry of this id. Ids are hashes, so that any text that holds one names it;
    /// that of a dataset is the start of its fingerprint.
    #[must_use]
    pub fn names(&self, id: &str) -> bool {
        let mut from = self.texts.range(id.to_owned()..);
        id.len() < ID || from.next().is_some_and(|text| text.starts_with(id))
    }
}

/// The results folders beside the store of `results`, by name.
///
/// # Errors
/// When an index cannot be read, or is of a newer version: what it names is not known then.
pub fn named(results: &Path) -> Result<Vec<Named>, StoreError> {
    let mut found = Vec::new();
    look(results, results, RESULTS_DEPTH, &mut found)?;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn look(
    results: &Path,
    folder: &Path,
    depth: usize,
    found: &mut Vec<Named>,
) -> Result<(), StoreError> {
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        // A results folder may be a link.
        if !path.is_dir() || path == results.join("store") {
            continue;
        }
        let index = path.join(INDEX_FILE);
        if index.is_file() {
            let name = path.strip_prefix(results).unwrap_or(&path).to_owned();
            found.push(Named { name, texts: texts(&index)?, folder: path.clone() });
        }
        // One may lie below another.
        if depth > 1 {
            look(results, &path, depth - 1, found)?;
        }
    }
    Ok(())
}

/// Every text of an index, and the last part of those that are paths.
fn texts(path: &Path) -> Result<BTreeSet<String>, StoreError> {
    let bytes = fs::read(path).map_err(at(path))?;
    let refuse = |kind, text: String| at(path)(Error::new(kind, text));
    let index: Value = serde_json::from_slice(&bytes).map_err(|_| {
        let text = "the index is damaged, so that nobody knows what it names; `prefsweep run` of the experiment \
                    writes it again";
        refuse(ErrorKind::InvalidData, text.into())
    })?;
    let format = &index["format"];
    if format.as_u64().is_none_or(|format| format > INDEX_FORMAT.into()) {
        let text = format!(
            "the index is of a newer version of prefsweep: found format {format}, allowed up to {INDEX_FORMAT}; \
             use that version"
        );
        return Err(refuse(ErrorKind::Unsupported, text));
    }
    let mut texts = BTreeSet::new();
    collect(&index, &mut texts);
    Ok(texts)
}

fn collect(value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
            if name.len() >= ID {
                texts.insert(name.to_owned());
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, texts)),
        _ => {}
    }
}
