//! Histories with 20 candidates each, as released with S-DPO and DynamicPO.
//!
//! A file is a JSON array of `{"historyList": …, "itemList": […], "trueSelection": …}`, all of them
//! titles; the history is a string with `::` between titles, or a list. Each row is a user of its
//! own, since the files do not say which rows belong to the same user (what follows from histories that continue
//! one another is found later, for the tests of differences). A row of the validation or
//! test file is one instance: the true title is ranked among the other candidates of the row, given
//! the history.
//!
//! The training data are the rows of the training file, history and true title. Without that file
//! they are the histories of the validation rows, without the true titles. Either way a training
//! sequence is cut where it would reveal a held-out row: before an item that completes a whole test
//! row (history and true title), or, with a training file, any held-out row.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::dataset::Dataset;
use crate::error::{BadRow, DataError, MAX_BAD_ROWS_SHARE, SHOWN_BAD_ROWS, start_of};
use crate::indices::Item;
use crate::json_words::json_words;
use crate::loaders::open;
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
    /// What the training file is of where that is another domain than the rows that are tested, for example `films`: a
    /// word or two for reports, in which what is asked then is whether what is learned there carries over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained_on: Option<String>,
    /// More training files, such as one of another domain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<MoreTraining>,
}

/// A further training file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoreTraining {
    /// The file, relative to the data folder.
    pub path: String,
    /// How many of its rows are trained on, the first ones; all by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub users: Option<usize>,
}

impl CandidateLists {
    pub(crate) fn validate(&self) -> Result<(), InvalidSetting> {
        for (key, path) in [("test", Some(&self.test)), ("train", self.train.as_ref())] {
            let key = format!("file.format.candidate_lists.{key}");
            let named = path.is_none_or(|path| !path.is_empty());
            require(named, &key, "an empty string", "the path of a file")?;
        }
        for (place, MoreTraining { path, users }) in self.also.iter().enumerate() {
            let key = format!("file.format.candidate_lists.also[{place}]");
            let named = !path.is_empty();
            require(named, &format!("{key}.path"), "an empty string", "the path of a file")?;
            let some = *users != Some(0);
            require(some, &format!("{key}.users"), "0", "1 or above")?;
        }
        let training: Vec<&String> =
            self.train.iter().chain(self.also.iter().map(|more| &more.path)).collect();
        for (place, path) in training.iter().enumerate().skip(1) {
            let key = format!("file.format.candidate_lists.also[{}].path", place - 1);
            require(!training[..place].contains(path), &key, path, "every training file once")?;
        }
        let trains = self.train.is_some();
        let key = "file.format.candidate_lists.also";
        let allowed = "such files beside the one of `train` only";
        require(trains || self.also.is_empty(), key, "more training files", allowed)?;
        let Some(domain) = &self.trained_on else { return Ok(()) };
        let key = "file.format.candidate_lists.trained_on";
        require(trains, key, domain, "what the file of `train` is of, and there is none")?;
        require(!domain.trim().is_empty(), key, "an empty string", "a word for the domain")
    }

    /// What is trained on, where that is another domain: `films`, or `films + 100 users` with so many rows of other files.
    #[must_use]
    pub fn other_domain(&self) -> Option<String> {
        let domain = self.trained_on.as_ref()?;
        let all = self.also.iter().map(|more| more.users).sum::<Option<usize>>();
        Some(match all {
            _ if self.also.is_empty() => domain.clone(),
            Some(users) => format!("{domain} + {users} users"),
            None => format!("{domain} + more"),
        })
    }

    /// These files, in a fixed order.
    pub(crate) fn files(&self, data_dir: &Path) -> Vec<PathBuf> {
        let also = self.also.iter().map(|more| &more.path);
        let named = [Some(&self.test), self.train.as_ref()].into_iter().flatten().chain(also);
        named.map(|path| data_dir.join(path)).collect()
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
#[serde(untagged, expecting = "a history: a text or a list of texts")]
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
    /// The first few malformed ones.
    first_bad: Vec<BadRow>,
}

/// Loads a release; `path` is the validation file. Items are sorted by the bytes of their titles,
/// users in the order of the rows: training, validation, test.
pub(crate) fn load(
    name: &str,
    path: &Path,
    lists: &CandidateLists,
    data_dir: &Path,
) -> Result<Dataset, DataError> {
    let also = lists.also.iter().map(|more| (&more.path, more.users));
    let training = lists.train.iter().map(|train| (train, None)).chain(also);
    let training: Vec<(PathBuf, Option<usize>)> =
        training.map(|(path, users)| (data_dir.join(path), users)).collect();
    let test_path = data_dir.join(&lists.test);
    let read = training.iter().map(|(path, users)| parse(path, *users));
    let training = read.collect::<Result<Vec<_>, _>>()?;
    let [validation, test] = [parse(path, None)?, parse(&test_path, None)?];
    let known = known_titles(&training.iter().chain([&validation, &test]).collect::<Vec<_>>());
    let training = training.into_iter().map(|source| checked(source, &known));
    let training = training.collect::<Result<Vec<_>, _>>()?;
    let [validation, test] = [checked(validation, &known)?, checked(test, &known)?];
    let rows = || training.iter().chain([&validation, &test]).flat_map(|part: &Rows| &part.valid);
    let titles = rows().flat_map(|row| row.sequence.iter().chain(&row.negatives));
    let mut item_ids: Vec<String> = titles.collect::<HashSet<_>>().into_iter().cloned().collect();
    item_ids.sort_unstable();
    let indices: HashMap<&String, Item> = item_ids.iter().zip(0..).collect();
    let items = |titles: &Vec<String>| titles.iter().map(|title| indices[title]).collect();
    let sequences: Vec<Vec<Item>> = rows().map(|row| items(&row.sequence)).collect();
    let given_negatives = rows().map(|row| items(&row.negatives)).collect();

    let first_validation = training.iter().map(|part| part.valid.len()).sum();
    let first_test = first_validation + validation.valid.len();
    let first_held_out = if lists.train.is_some() { first_validation } else { first_test };
    let held_out = HeldOut::new(sequences[first_held_out..].iter().map(Vec::as_slice));
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
    let cuts: Vec<Cut> = sequences.iter().enumerate().map(cut).collect();
    let withheld = |(user, cut): (usize, &Cut)| match user {
        user if user < first_validation => cut.test - cut.trained,
        user if user < first_test && lists.train.is_none() => cut.validation - cut.trained,
        _ => 0,
    };
    let rows_dropped = cuts.iter().enumerate().map(withheld).sum();
    let name_of = |place| match place {
        0 => "train".to_owned(),
        more => format!("train {}:", more + 1),
    };
    let training = training.iter().enumerate().map(|(place, part)| (name_of(place), part));
    let others = [("validation", &validation), ("test", &test)];
    let others = others.map(|(name, part)| (name.to_owned(), part));
    let parts: Vec<(String, &Rows)> = training.chain(others).collect();
    let user_ids = parts
        .iter()
        .flat_map(|(part, rows)| rows.numbers.iter().map(move |row| format!("{part} {row}")))
        .collect();
    let rows_bad = parts.iter().map(|(_, rows)| rows.bad).sum();
    let first =
        parts.iter().flat_map(|(part, rows)| rows.first_bad.iter().map(move |row| (part, row)));
    let rows_bad_first =
        first.take(SHOWN_BAD_ROWS).map(|(part, row)| format!("{part}, {row}")).collect();
    let mut dataset = Dataset {
        name: name.to_owned(),
        n_items: item_ids.len(),
        rows_read: sequences.iter().map(Vec::len).sum::<usize>() + rows_bad,
        rows_bad,
        rows_bad_first,
        rows_dropped,
        cuts: Some(cuts),
        given_negatives: Some(given_negatives),
        sequences,
        user_ids,
        item_titles: Some(item_ids.iter().cloned().map(Some).collect()),
        item_ids,
        ..Dataset::default()
    };
    dataset.fingerprint = dataset.content_fingerprint();
    Ok(dataset)
}

/// Whole held-out rows.
struct HeldOut<'a> {
    rows: HashSet<&'a [Item]>,
    /// Their lengths, so that nothing of another length is looked up.
    lengths: BTreeSet<usize>,
}

impl<'a> HeldOut<'a> {
    fn new(rows: impl IntoIterator<Item = &'a [Item]>) -> Self {
        let rows: HashSet<&[Item]> = rows.into_iter().collect();
        Self { lengths: rows.iter().map(|row| row.len()).collect(), rows }
    }

    /// Whether one of them ends with the item at `end`.
    fn ends_at(&self, end: usize, sequence: &[Item]) -> bool {
        let upto = &sequence[..=end];
        let mut fitting = self.lengths.range(2..).take_while(|length| **length <= upto.len());
        fitting.any(|length| self.rows.contains(&upto[upto.len() - length..]))
    }
}

/// How many items of a sequence come before the first that completes a held-out row.
fn without_leakage(sequence: &[Item], held_out: &HeldOut<'_>) -> usize {
    let completes = |end: &usize| held_out.ends_at(*end, sequence);
    (1..sequence.len()).find(completes).unwrap_or(sequence.len())
}

/// The rows of a file, before the titles of joined histories are told apart.
struct Source<'a> {
    path: &'a Path,
    rows: Vec<(Result<Row, String>, String)>,
}

/// The first `most` rows of a file, or all.
fn parse(path: &Path, most: Option<usize>) -> Result<Source<'_>, DataError> {
    let values: Vec<Value> =
        serde_json::from_reader(open(path)?).map_err(|cause| DataError::json(path, cause))?;
    if values.is_empty() {
        return Err(DataError::Empty { path: path.to_owned() });
    }
    let row = |value: Value| {
        let text = start_of(&value.to_string());
        (serde_json::from_value(value).map_err(|error| json_words(&error)), text)
    };
    let rows = values.len();
    if let Some(wanted) = most.filter(|&most| most > rows) {
        return Err(DataError::TooFewRows { path: path.to_owned(), rows, wanted });
    }
    let values = values.into_iter().take(most.unwrap_or(rows));
    Ok(Source { path, rows: values.map(row).collect() })
}

/// Titles that stand alone somewhere: candidates, true selections, and histories that are lists.
fn known_titles(sources: &[&Source<'_>]) -> Known {
    let rows = sources.iter().flat_map(|source| &source.rows);
    let titles = rows.filter_map(|(row, _)| row.as_ref().ok()).flat_map(|row| {
        let history = match &row.history {
            History::List(titles) => titles.as_slice(),
            History::Joined(_) => &[],
        };
        row.candidates.iter().chain([&row.truth]).chain(history)
    });
    Known::new(titles.collect::<HashSet<_>>().into_iter().cloned())
}

/// Titles that are told apart from others.
struct Known {
    titles: HashSet<String>,
    /// Their lengths in bytes, so that nothing of another length is looked up.
    lengths: HashSet<usize>,
    /// Those that hold the separator.
    separated: Vec<String>,
}

impl Known {
    fn new(titles: impl IntoIterator<Item = String>) -> Self {
        let titles: HashSet<String> = titles.into_iter().collect();
        let separated = titles.iter().filter(|title| title.contains(SEPARATOR)).cloned();
        Self {
            lengths: titles.iter().map(String::len).collect(),
            separated: separated.collect(),
            titles,
        }
    }

    /// Whether this history can only be split by known titles: three colons in a row, or a title that holds the separator.
    fn is_needed_for(&self, history: &str) -> bool {
        history.contains(":::") || self.separated.iter().any(|title| history.contains(title))
    }

    fn contains(&self, title: &str) -> bool {
        self.lengths.contains(&title.len()) && self.titles.contains(title)
    }
}

/// Checks the rows of a file and counts the malformed ones.
fn checked(source: Source<'_>, known: &Known) -> Result<Rows, DataError> {
    let mut rows = Rows::default();
    let count = source.rows.len();
    for (number, (row, text)) in source.rows.into_iter().enumerate() {
        let same_size = |row: &ValidRow| match rows.valid.first() {
            Some(first) if first.negatives.len() != row.negatives.len() => {
                let (found, needed) = (row.negatives.len() + 1, first.negatives.len() + 1);
                Err(format!("{found} candidates instead of {needed}"))
            }
            _ => Ok(()),
        };
        let valid = row.and_then(|row| valid_row(row, known));
        match valid.and_then(|row| same_size(&row).map(|()| row)) {
            Ok(valid) => {
                rows.valid.push(valid);
                rows.numbers.push(number + 1);
            }
            Err(reason) => {
                rows.bad += 1;
                if rows.first_bad.len() < SHOWN_BAD_ROWS {
                    rows.first_bad.push(BadRow { place: "row", number: number + 1, reason, text });
                }
            }
        }
    }
    if rows.bad as f64 > MAX_BAD_ROWS_SHARE * count as f64 {
        let (path, bad, first) = (source.path.to_owned(), rows.bad, rows.first_bad);
        return Err(DataError::BadRows { path, bad, rows: count, first });
    }
    Ok(rows)
}

/// Checks a row, or says what is wrong with it.
fn valid_row(row: Row, known: &Known) -> Result<ValidRow, String> {
    let mut sequence: Vec<String> = match row.history {
        History::Joined(text) => split_history(&text, known)?,
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

/// So many ways to tell titles apart are tried.
const MOST_SPLITS: usize = 256;

/// The titles of a joined history. Where a title begins or ends with a colon, three or more stand in a row and the
/// separator may be any two of them, and a title may itself hold two. The one split into known titles is what was meant.
fn split_history(text: &str, known: &Known) -> Result<Vec<String>, String> {
    if !known.is_needed_for(text) {
        return Ok(text.split(SEPARATOR).map(str::to_owned).collect());
    }
    let ambiguous = || "titles with colons that cannot be told apart".to_owned();
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut open: Vec<(Vec<String>, &str)> = vec![(Vec::new(), text)];
    let mut tried = 0;
    while let Some((titles, rest)) = open.pop() {
        tried += 1;
        if tried > MOST_SPLITS {
            return Err(ambiguous());
        }
        if known.contains(rest) {
            found.push([titles.clone(), vec![rest.to_owned()]].concat());
        }
        for (at, _) in rest.match_indices(':').filter(|(at, _)| rest[*at..].starts_with(SEPARATOR))
        {
            let (title, after) = (&rest[..at], &rest[at + SEPARATOR.len()..]);
            if known.contains(title) {
                open.push(([titles.clone(), vec![title.to_owned()]].concat(), after));
            }
        }
    }
    if found.len() == 1 { Ok(found.remove(0)) } else { Err(ambiguous()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As in S-DPO's release of LastFM.
    #[test]
    fn titles_with_colons_are_told_apart_by_those_that_stand_alone() {
        let known = Known::new([":wumpscut:", "a", "b", "b:", "c"].map(str::to_owned));
        let split = |text: &str| split_history(text, &known);
        assert_eq!(
            split("a::x::b").unwrap(),
            ["a", "x", "b"],
            "no colons, so nothing is looked up"
        );
        assert_eq!(split("a:::wumpscut:").unwrap(), ["a", ":wumpscut:"]);
        assert_eq!(split(":wumpscut:::a::c").unwrap(), [":wumpscut:", "a", "c"]);
        assert_eq!(split("a:::wumpscut::::b").unwrap_err(), split("x:::y").unwrap_err());
        assert_eq!(split("b:::a").unwrap(), ["b:", "a"]);
        let known = Known::new(["a", "AC::DC", "AC"].map(str::to_owned));
        assert_eq!(split_history("a::AC::DC::a", &known).unwrap(), ["a", "AC::DC", "a"]);
        // Either title may own the colon.
        let known = Known::new(["b", "b:", "a", ":a"].map(str::to_owned));
        assert!(split_history("b:::a", &known).unwrap_err().contains("cannot be told apart"));
        // Colons alone, which every place could be the separator of.
        let started = std::time::Instant::now();
        let known = Known::new([":".repeat(30_000), "a".to_owned()]);
        assert!(split_history(&":".repeat(60_003), &known).is_err());
        assert!(started.elapsed().as_secs() < 30);
    }

    #[test]
    fn a_sequence_ends_before_a_held_out_row_is_complete() {
        let held_out = HeldOut::new([&[1, 2, 3][..], &[7, 8]]);
        let kept = |sequence: &[Item]| without_leakage(sequence, &held_out);
        assert_eq!(kept(&[1, 2, 3]), 2);
        assert_eq!(kept(&[9, 1, 2, 3, 4]), 3);
        assert_eq!(kept(&[2, 3, 1]), 3);
        assert_eq!(kept(&[5, 7, 8, 1, 2, 3]), 2);
        assert_eq!(kept(&[7]), 1);
        assert_eq!(kept(&[]), 0);
    }
}
