//! Histories with 20 candidates each, as released with S-DPO and DynamicPO.
//!
//! A file is a JSON array of `{"historyList": …, "itemList": […], "trueSelection": …}`, all of them
//! titles; the history is a string with `::` between titles, or a list. Each row is a user of its
//! own, since the files do not say which rows belong to the same user. A row of the validation or
//! test file is one instance: the true title is ranked among the other candidates of the row, given
//! the history.
//!
//! The training data are the rows of the training file, history and true title. Without that file
//! they are the histories of the validation rows, without the true titles. Either way a training
//! sequence is cut where it would reveal a held-out row: before an item that completes a whole test
//! row (history and true title), or, with a training file, any held-out row.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::dataset::Dataset;
use crate::error::{BadRow, DataError, MAX_BAD_ROWS_SHARE, SHOWN_BAD_ROWS, start_of};
use crate::indices::Item;
use crate::setting::{InvalidSetting, require};
use crate::split::Cut;

/// Separator of the titles of a history.
const SEPARATOR: &str = "::";

/// The other files of a release with candidate lists; `path` is the validation file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidateLists {
    /// The test file, relative to the data folder.
    pub test: String,
    /// The training file. Without it the validation histories are the training data; since they
    /// overlap, most validation targets are then in the training data, and early stopping and the
    /// choice of K are optimistically biased (leakage). The test data are held out in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<String>,
}

impl CandidateLists {
    pub(crate) fn validate(&self) -> Result<(), InvalidSetting> {
        for (key, path) in [("test", Some(&self.test)), ("train", self.train.as_ref())] {
            let key = format!("file.format.candidate_lists.{key}");
            let named = path.is_none_or(|path| !path.is_empty());
            require(named, &key, "an empty string", "the path of a file")?;
        }
        Ok(())
    }

    /// These files, in a fixed order.
    pub(crate) fn files(&self, data_dir: &Path) -> Vec<PathBuf> {
        [Some(&self.test), self.train.as_ref()]
            .into_iter()
            .flatten()
            .map(|path| data_dir.join(path))
            .collect()
    }
}

/// A row of the JSON.
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
struct ValidRow {
    /// The history and the true title.
    sequence: Vec<String>,
    /// The candidates without the true one.
    negatives: Vec<String>,
}

/// The well-formed rows of a file.
#[derive(Default)]
struct Rows {
    valid: Vec<ValidRow>,
    /// Their row numbers in the file, from 1.
    numbers: Vec<usize>,
    bad: usize,
}

/// Loads a release; `path` is the validation file. Items are sorted by the bytes of their titles,
/// users in the order of the rows: training, validation, test.
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
    let rows = || [&train, &validation, &test].into_iter().flat_map(|part| &part.valid);
    let titles = rows().flat_map(|row| row.sequence.iter().chain(&row.negatives));
    let mut item_ids: Vec<String> = titles.collect::<HashSet<_>>().into_iter().cloned().collect();
    item_ids.sort_unstable();
    let indices: HashMap<&String, Item> = item_ids.iter().zip(0..).collect();
    let items = |titles: &Vec<String>| titles.iter().map(|title| indices[title]).collect();
    let sequences: Vec<Vec<Item>> = rows().map(|row| items(&row.sequence)).collect();
    let given_negatives = rows().map(|row| items(&row.negatives)).collect();

    let (first_validation, first_test) =
        (train.valid.len(), train.valid.len() + validation.valid.len());
    let first_held_out = if lists.train.is_some() { first_validation } else { first_test };
    let held_out: HashSet<&[Item]> =
        sequences[first_held_out..].iter().map(Vec::as_slice).collect();
    let cut = |(user, sequence): (usize, &Vec<Item>)| {
        let (length, history) = (sequence.len(), sequence.len() - 1);
        if user < first_validation {
            let trained = without_leakage(sequence, &held_out);
            Cut { trained, validation: length, test: length }
        } else if user < first_test {
            let trained = match lists.train {
                Some(_) => 0,
                None => without_leakage(&sequence[..history], &held_out),
            };
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

/// How many items of a sequence come before the first that completes a held-out row.
fn without_leakage(sequence: &[Item], held_out: &HashSet<&[Item]>) -> usize {
    let completes = |&end: &usize| (0..end).any(|start| held_out.contains(&sequence[start..=end]));
    (1..sequence.len()).find(completes).unwrap_or(sequence.len())
}

/// Reads a file and counts its malformed rows.
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
        let same_size = |row: &ValidRow| match rows.valid.first() {
            Some(first) if first.negatives.len() != row.negatives.len() => {
                let (found, needed) = (row.negatives.len() + 1, first.negatives.len() + 1);
                Err(format!("{found} candidates instead of {needed}"))
            }
            _ => Ok(()),
        };
        match valid_row(value).and_then(|row| same_size(&row).map(|()| row)) {
            Ok(valid) => {
                rows.valid.push(valid);
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

/// Checks a row, or says what is wrong with it.
fn valid_row(value: Value) -> Result<ValidRow, String> {
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
        return Err("a duplicate candidate".to_owned());
    }
    let candidates = row.candidates.len();
    let negatives: Vec<String> =
        row.candidates.into_iter().filter(|title| *title != row.truth).collect();
    if negatives.len() + 1 != candidates || negatives.is_empty() {
        return Err(format!("{:?} is not one of several candidates", start_of(&row.truth)));
    }
    sequence.push(row.truth);
    Ok(ValidRow { sequence, negatives })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_ends_before_a_held_out_row_is_complete() {
        let held_out = HashSet::from([&[1, 2, 3][..], &[7, 8]]);
        let kept = |sequence: &[Item]| without_leakage(sequence, &held_out);
        assert_eq!(kept(&[1, 2, 3]), 2);
        assert_eq!(kept(&[9, 1, 2, 3, 4]), 3);
        assert_eq!(kept(&[2, 3, 1]), 3);
        assert_eq!(kept(&[5, 7, 8, 1, 2, 3]), 2);
        assert_eq!(kept(&[7]), 1);
        assert_eq!(kept(&[]), 0);
    }
}
