//! Histories with 20 candidates each, as S-DPO and DynamicPO release their data.
//!
//! A file is a JSON array of `{"historyList": …, "itemList": […], "trueSelection": …}`, all of them
//! titles; the history is a text with `::` between titles, or a list of them. A row is a user of its
//! own, since the files do not say which rows are the same person's. A row for validation or the
//! test has one case: the true title, after the history, ranked against the others of its list.
//!
//! Trained on are the rows of the file for training, each a history and what followed. Without that
//! file it is the histories of the rows for validation, without what followed. In both cases a
//! sequence is trained on only up to where a held-out row begins to show: it ends before an item
//! that follows the whole history of a row of the test, or with a file for training of any held-out
//! row, if it is the true one there.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::{InvalidSetting, require};
use crate::dataset::{Dataset, Item};
use crate::error::{BadRow, DataError, start_of};
use crate::loaders::{MAX_BAD_ROWS_SHARE, SHOWN_BAD_ROWS};
use crate::split::Cut;

/// What is between two titles of a history.
const SEPARATOR: &str = "::";

/// The other files of a release with candidate lists; `path` is the file for validation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidateLists {
    /// The file for the test, seen from the data folder.
    pub test: String,
    /// The file for training. Without it the histories for validation are trained on, and since
    /// these overlap, most of what validation asks for is then in training: early stopping and the
    /// choice of K see too good numbers. The test is held out in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<String>,
}

impl CandidateLists {
    pub(crate) fn validate(&self) -> Result<(), InvalidSetting> {
        for (key, path) in [("test", Some(&self.test)), ("train", self.train.as_ref())] {
            let key = format!("file.format.candidate_lists.{key}");
            let named = path.is_none_or(|path| !path.is_empty());
            require(named, &key, "an empty text", "the path of a file")?;
        }
        Ok(())
    }

    /// The further files, in a fixed order.
    pub(crate) fn files(&self, data_dir: &Path) -> Vec<PathBuf> {
        [Some(&self.test), self.train.as_ref()]
            .into_iter()
            .flatten()
            .map(|path| data_dir.join(path))
            .collect()
    }
}

/// A row as it is written.
#[derive(Deserialize)]
struct Row {
    #[serde(rename = "historyList")]
    history: History,
    #[serde(rename = "itemList")]
    candidates: Vec<String>,
    #[serde(rename = "trueSelection")]
    truth: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum History {
    Joined(String),
    List(Vec<String>),
}

/// A well-formed row.
struct Sound {
    /// The history and the true title.
    sequence: Vec<String>,
    /// The candidates but for the true one.
    negatives: Vec<String>,
}

/// The well-formed rows of a file.
#[derive(Default)]
struct Rows {
    sound: Vec<Sound>,
    /// Their numbers in the file, from 1.
    numbers: Vec<usize>,
    bad: usize,
}

/// Loads a release; `path` is the file for validation. Items are numbered in the order of their
/// titles' bytes, users in that of the files: training, validation, test.
pub(crate) fn load(
    name: &str,
    path: &Path,
    lists: &CandidateLists,
    data_dir: &Path,
) -> Result<Dataset, DataError> {
    let train = match &lists.train {
        Some(train) => read(&data_dir.join(train))?,
        None => Rows::default(),
    };
    let [train, validation, test] = [train, read(path)?, read(&data_dir.join(&lists.test))?];
    let rows = || [&train, &validation, &test].into_iter().flat_map(|part| &part.sound);
    let titles = rows().flat_map(|row| row.sequence.iter().chain(&row.negatives));
    let mut item_ids: Vec<String> = titles.collect::<HashSet<_>>().into_iter().cloned().collect();
    item_ids.sort_unstable();
    let numbers: HashMap<&String, Item> = item_ids.iter().zip(0..).collect();
    let numbered = |titles: &Vec<String>| titles.iter().map(|title| numbers[title]).collect();
    let sequences: Vec<Vec<Item>> = rows().map(|row| numbered(&row.sequence)).collect();
    let given_negatives = rows().map(|row| numbered(&row.negatives)).collect();

    let (first_validation, first_test) =
        (train.sound.len(), train.sound.len() + validation.sound.len());
    let first_hidden = if lists.train.is_some() { first_validation } else { first_test };
    let hidden: HashSet<&[Item]> = sequences[first_hidden..].iter().map(Vec::as_slice).collect();
    let cut = |(user, sequence): (usize, &Vec<Item>)| {
        let (length, history) = (sequence.len(), sequence.len() - 1);
        if user < first_validation {
            Cut { trained: clean(sequence, &hidden), validation: length, test: length }
        } else if user < first_test {
            let trained =
                if lists.train.is_some() { 0 } else { clean(&sequence[..history], &hidden) };
            Cut { trained, validation: history, test: length }
        } else {
            Cut { trained: 0, validation: history, test: history }
        }
    };
    let cuts = sequences.iter().enumerate().map(cut).collect();
    let parts = [("train", &train), ("validation", &validation), ("test", &test)];
    let user_ids = parts
        .iter()
        .flat_map(|(part, rows)| rows.numbers.iter().map(move |row| format!("{part} {row}")))
        .collect();
    let rows_bad = parts.iter().map(|(_, rows)| rows.bad).sum();
    let mut dataset = Dataset {
        name: name.to_owned(),
        n_items: item_ids.len(),
        rows_read: sequences.iter().map(Vec::len).sum::<usize>() + rows_bad,
        rows_bad,
        cuts: Some(cuts),
        given_negatives: Some(given_negatives),
        sequences,
        user_ids,
        item_ids,
        ..Dataset::default()
    };
    dataset.fingerprint = dataset.content_fingerprint();
    Ok(dataset)
}

/// How many items of a sequence come before the first that completes a hidden row.
fn clean(sequence: &[Item], hidden: &HashSet<&[Item]>) -> usize {
    let completes = |&end: &usize| (0..end).any(|start| hidden.contains(&sequence[start..=end]));
    (1..sequence.len()).find(completes).unwrap_or(sequence.len())
}

/// Reads a file, with every malformed row accounted for.
fn read(path: &Path) -> Result<Rows, DataError> {
    let file = File::open(path).map_err(DataError::read(path))?;
    let values: Vec<Value> = serde_json::from_reader(BufReader::new(file))
        .map_err(|cause| DataError::read(path)(cause.into()))?;
    if values.is_empty() {
        return Err(DataError::Empty { path: path.to_owned() });
    }
    let (mut rows, mut first) = (Rows::default(), Vec::new());
    let count = values.len();
    for (row, value) in values.into_iter().enumerate() {
        let text = start_of(&value.to_string());
        let same_size = |row: &Sound| match rows.sound.first() {
            Some(first) if first.negatives.len() != row.negatives.len() => {
                let (found, needed) = (row.negatives.len() + 1, first.negatives.len() + 1);
                Err(format!("{found} candidates instead of {needed}"))
            }
            _ => Ok(()),
        };
        match sound(value).and_then(|row| same_size(&row).map(|()| row)) {
            Ok(sound) => {
                rows.sound.push(sound);
                rows.numbers.push(row + 1);
            }
            Err(reason) => {
                rows.bad += 1;
                if first.len() < SHOWN_BAD_ROWS {
                    first.push(BadRow { line: row + 1, reason, text });
                }
            }
        }
    }
    if rows.bad as f64 > MAX_BAD_ROWS_SHARE * count as f64 {
        return Err(DataError::BadRows {
            path: path.to_owned(),
            bad: rows.bad,
            rows: count,
            first,
        });
    }
    Ok(rows)
}

/// A row that can be ranked, or what is wrong with it.
fn sound(value: Value) -> Result<Sound, String> {
    let row: Row = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let mut sequence: Vec<String> = match row.history {
        History::Joined(text) => text.split(SEPARATOR).map(str::to_owned).collect(),
        History::List(titles) => titles,
    };
    if sequence.iter().chain(&row.candidates).any(|title| title.trim().is_empty()) {
        return Err("an empty title, or no history".to_owned());
    }
    if sequence.is_empty() {
        return Err("no history".to_owned());
    }
    let distinct: HashSet<&String> = row.candidates.iter().collect();
    if distinct.len() < row.candidates.len() {
        return Err("a candidate twice".to_owned());
    }
    let candidates = row.candidates.len();
    let negatives: Vec<String> =
        row.candidates.into_iter().filter(|title| *title != row.truth).collect();
    if negatives.len() + 1 != candidates || negatives.is_empty() {
        return Err(format!("{:?} is not one of several candidates", start_of(&row.truth)));
    }
    sequence.push(row.truth);
    Ok(Sound { sequence, negatives })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_ends_before_a_hidden_row_is_complete() {
        let hidden = HashSet::from([&[1, 2, 3][..], &[7, 8]]);
        let clean = |sequence: &[Item]| clean(sequence, &hidden);
        assert_eq!(clean(&[1, 2, 3]), 2);
        assert_eq!(clean(&[9, 1, 2, 3, 4]), 3);
        assert_eq!(clean(&[2, 3, 1]), 3);
        assert_eq!(clean(&[5, 7, 8, 1, 2, 3]), 2);
        assert_eq!(clean(&[7]), 1);
        assert_eq!(clean(&[]), 0);
    }
}
