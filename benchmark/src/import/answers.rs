//! Files of JSON: rows with candidates, and the texts that a language model generated for them.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use prefsweep_datasets::json_words;
use serde::Deserialize;
use serde_json::{Deserializer, Value};

use super::error::{ImportError, Place};

/// A row of a release with lists of candidates.
#[derive(Debug, Deserialize)]
pub(super) struct CandidateRow {
    #[serde(rename = "itemList")]
    pub(super) candidates: Vec<String>,
    #[serde(rename = "trueSelection")]
    pub(super) truth: String,
}

/// The keys that a generated text may have in an object.
const KEYS: [&str; 4] = ["generated", "output", "predict", "prediction"];

/// The rows of a file, of which each has its truth among several candidates, and every candidate once.
///
/// # Errors
/// When it is no such file.
pub(super) fn candidate_rows(path: &Path) -> Result<Vec<CandidateRow>, ImportError> {
    let row = |(at, value): (usize, Value)| {
        let refuse = |message: String| ImportError::at(path, Place::Row(at as u64 + 1), message);
        let row: CandidateRow =
            serde_json::from_value(value).map_err(|error| refuse(json_words(&error)))?;
        let mut distinct = HashSet::new();
        if row.candidates.iter().any(|title| title.trim().is_empty()) {
            return Err(refuse("found an empty title, allowed candidates with titles".into()));
        }
        // A text that names it would name two candidates, and none would be valid.
        if let Some(title) = row.candidates.iter().find(|title| !distinct.insert(*title)) {
            let message = format!("found a duplicate candidate, `{title}`, allowed every one once");
            return Err(refuse(message));
        }
        if row.candidates.len() < 2 {
            let message =
                format!("found a list of {}, allowed 2 candidates or more", row.candidates.len());
            return Err(refuse(message));
        }
        if !row.candidates.contains(&row.truth) {
            return Err(refuse(format!(
                "found the truth `{}`, allowed one of the {} candidates of the row",
                row.truth,
                row.candidates.len()
            )));
        }
        Ok(row)
    };
    values(path)?.into_iter().enumerate().map(row).collect()
}

/// The generated texts of a file, one for each of `rows` rows: texts, or objects with one.
///
/// # Errors
/// When it is no such file, or of another number of rows.
pub(super) fn answers(path: &Path, rows: usize) -> Result<Vec<String>, ImportError> {
    let values = values(path)?;
    if values.len() != rows {
        let message = format!(
            "found {} generated texts, allowed {rows}, one for each row with candidates, in their order",
            values.len()
        );
        return Err(ImportError::of(path, message));
    }
    let text = |(at, value): (usize, Value)| {
        let found = match value {
            Value::Object(mut fields) => KEYS.iter().find_map(|key| fields.remove(*key)),
            value => Some(value),
        };
        match found {
            Some(Value::String(text)) => Ok(text),
            _ => {
                let message = format!(
                    "found no text, allowed a text, or an object with one as {}",
                    KEYS.map(|key| format!("`{key}`")).join(" or ")
                );
                Err(ImportError::at(path, Place::Row(at as u64 + 1), message))
            }
        }
    };
    values.into_iter().enumerate().map(text).collect()
}

/// What a file holds, whether as one list or as a value a line.
fn values(path: &Path) -> Result<Vec<Value>, ImportError> {
    let text = fs::read_to_string(path).map_err(ImportError::read(path))?;
    let mut values = Vec::new();
    for value in Deserializer::from_str(&text).into_iter::<Value>() {
        match value {
            Ok(Value::Array(many)) => values.extend(many),
            Ok(one) => values.push(one),
            Err(error) => {
                let place = Place::Line(error.line() as u64);
                return Err(ImportError::at(path, place, json_words(&error)));
            }
        }
    }
    if values.is_empty() {
        return Err(ImportError::of(path, "is empty: at least one row is needed"));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truth_alone_is_no_list() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let said = |rows: &str| {
            fs::write(file.path(), rows).unwrap();
            candidate_rows(file.path()).map(|rows| rows.len()).map_err(|error| error.to_string())
        };
        assert_eq!(said("[{\"itemList\": [\"A\", \"B\"], \"trueSelection\": \"A\"}]"), Ok(1));
        for (list, count) in [("[\"A\"]", 1), ("[]", 0)] {
            let error = said(&format!("[{{\"itemList\": {list}, \"trueSelection\": \"A\"}}]"));
            let expected = format!("row 1: found a list of {count}, allowed 2 candidates or more");
            assert!(error.clone().unwrap_err().ends_with(&expected), "{error:?}");
        }
    }
}
