//! Runs of a language model that is asked which of a row's candidates comes next, as S-DPO and DynamicPO evaluate theirs:
//! an answer is valid if it names exactly one candidate, and a hit if that is the true one.

use std::path::{Path, PathBuf};

use prefsweep_store::{CellKey, ReferenceKey, RunKey};

use super::answers::{CandidateRow, answers, candidate_rows};
use super::error::{ImportError, Place};
use super::limits::MOST;
use super::losses::{CONTROL, loss};
use super::mapping::{BySplit, Mapping, RunFile};
use super::runs::{END, Part, Runs, UserRow};
use crate::data::Split;
use crate::evaluation::Protocol;

/// A file of generated texts.
pub(super) struct Texts {
    pub(super) split: Split,
    /// The file's position.
    pub(super) file: usize,
    pub(super) path: PathBuf,
}

/// The rows with candidates, by split.
pub(super) struct Asked {
    parts: Vec<(Split, Vec<CandidateRow>)>,
}

impl Asked {
    /// Reads the files that the mapping names, in `folder`.
    pub(super) fn read(folder: &Path, files: &BySplit) -> Result<Self, ImportError> {
        let named =
            [(Split::Validation, files.validation.as_ref()), (Split::Test, Some(&files.test))];
        let mut parts = Vec::new();
        for (split, file) in named {
            if let Some(file) = file {
                parts.push((split, candidate_rows(&folder.join(file))?));
            }
        }
        Ok(Self { parts })
    }

    /// Reads the answers of a run into `runs`; the first of its files is that of the test rows. Users are rows: a release
    /// does not say which rows are of one user.
    ///
    /// # Panics
    /// When the run does not say which it is: the mapping was checked.
    pub(super) fn add(
        &self,
        mapping: &Mapping,
        run: &RunFile,
        files: &[Texts],
        runs: &mut Runs,
    ) -> Result<(), ImportError> {
        let key = run_key(mapping, run).expect("a checked mapping says which run texts are of");
        runs.losses.extend(run.loss.clone());
        for (split, rows) in &self.parts {
            let Some(Texts { file, path, .. }) = files.iter().find(|one| one.split == *split)
            else {
                continue;
            };
            let run_at = runs.place(key.clone(), files[0].file);
            let texts = answers(path, rows.len())?;
            let mut part = Part::default();
            let mut valid = 0;
            for (number, (row, text)) in rows.iter().zip(&texts).enumerate() {
                let answer = Answer::of(text, row);
                valid += usize::from(answer != Answer::Invalid);
                let user = runs.user(&number.to_string());
                let (file, place) = (*file as u32, Place::Row(number as u64 + 1));
                part.rows.push(answer.rank(user, row, file, place));
            }
            part.valid = Some(valid as f64 / rows.len() as f64);
            // The mapping was checked: no step is above `MOST`.
            let step = run.step.map_or(END, |step| step.min(MOST.into()) as u32);
            let evaluation = runs.runs[run_at].evaluations.entry(step).or_default();
            if evaluation.parts.insert((*split, Protocol::Candidates), part).is_some() {
                let message = "found a second run of this loss, K, seed and step, allowed one";
                return Err(ImportError::of(path, message));
            }
        }
        Ok(())
    }
}

/// Which run the mapping says it is.
///
/// # Errors
/// The key of the run that says nothing, or nothing that can be, and what is wrong with it.
pub(super) fn run_key(mapping: &Mapping, run: &RunFile) -> Result<RunKey, (&'static str, String)> {
    let lacks = |key, allowed: &str| (key, format!("found nothing, allowed {allowed}"));
    let name = run.loss.as_deref().filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| lacks("loss", "the name of a loss, or `reference`"))?;
    let seed = run.seed.ok_or_else(|| lacks("seed", "a whole number from 0"))?;
    let Some(loss) = loss(mapping, name, run.over.as_deref()) else {
        return Ok(RunKey::Reference(ReferenceKey { seed, axes: [].into() }));
    };
    let negatives = match run.negatives {
        // The control has no negatives.
        None if loss.name == CONTROL => 0,
        None => return Err(lacks("K", "a whole number from 1")),
        Some(0) if loss.name != CONTROL => {
            return Err(("K", "found 0, allowed a whole number from 1".into()));
        }
        Some(negatives) => negatives as usize,
    };
    Ok(RunKey::Cell(CellKey { loss, negatives, seed, axes: [].into() }))
}

/// What a generated text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// The true candidate, alone.
    Hit,
    /// Another candidate, alone.
    Miss,
    /// None, or several.
    Invalid,
}

impl Answer {
    /// A candidate is named where its title is somewhere in the text.
    fn of(text: &str, row: &CandidateRow) -> Self {
        let named = row.candidates.iter().filter(|title| text.contains(title.as_str())).count();
        match (named, text.contains(row.truth.as_str())) {
            (1, true) => Self::Hit,
            (1, false) => Self::Miss,
            _ => Self::Invalid,
        }
    }

    /// Of an answer that is no hit nothing is known but that the truth is not first: the places behind are equally
    /// likely.
    fn rank(self, user: u32, row: &CandidateRow, file: u32, place: Place) -> UserRow {
        let competitors = row.candidates.len() as u32 - 1;
        let (rank, ties) = match self {
            Self::Hit => (1.0, 0),
            Self::Miss | Self::Invalid => (0.5 * (competitors + 3) as f32, competitors - 1),
        };
        UserRow { user, rank, ties: Some(ties), competitors: Some(competitors), file, place }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> CandidateRow {
        let candidates = ["Heart", "Heartless Bastards", "Abba"].map(str::to_owned).to_vec();
        CandidateRow { candidates, truth: "Abba".to_owned() }
    }

    #[test]
    fn an_answer_names_exactly_one_candidate() {
        let of = |text| Answer::of(text, &row());
        assert_eq!(of("Abba"), Answer::Hit);
        assert_eq!(of(" \"Abba\"\n### end"), Answer::Hit);
        assert_eq!(of("Heart"), Answer::Miss);
        // As in the releases, a title within another counts.
        assert_eq!(of("Heartless Bastards"), Answer::Invalid);
        assert_eq!(of("Abba or Heart"), Answer::Invalid);
        assert_eq!(of("abba"), Answer::Invalid);
        assert_eq!(of(""), Answer::Invalid);
    }

    #[test]
    fn no_hit_is_worth_nothing_at_one_and_is_in_the_middle_of_the_rest() {
        let place = Place::Row(1);
        let miss = Answer::Miss.rank(0, &row(), 0, place);
        // Places 2 and 3.
        assert_eq!((miss.rank, miss.ties, miss.competitors), (2.5, Some(1), Some(2)));
        let hit = Answer::Hit.rank(0, &row(), 0, place);
        assert_eq!((hit.rank, hit.ties), (1.0, Some(0)));
    }

    #[test]
    fn what_a_run_of_texts_lacks_is_named() {
        let key = |run: &str| {
            run_key(&Mapping::default(), &serde_json::from_str::<RunFile>(run).unwrap())
        };
        for (run, wrong, found) in [
            (r#"{"K": 3, "seed": 1}"#, "loss", "nothing"),
            (r#"{"loss": " ", "K": 3, "seed": 1}"#, "loss", "nothing"),
            (r#"{"loss": "DMPO", "K": 3}"#, "seed", "nothing"),
            (r#"{"loss": "DMPO", "seed": 1}"#, "K", "nothing"),
            (r#"{"loss": "DMPO", "K": 0, "seed": 1}"#, "K", "0"),
        ] {
            let (key, message) = key(run).unwrap_err();
            assert_eq!(key, wrong, "{run}");
            assert!(message.starts_with(&format!("found {found}, allowed ")), "{message}");
        }
        for run in [r#"{"loss": "reference", "seed": 1}"#, r#"{"loss": "sft", "seed": 1}"#] {
            assert!(key(run).is_ok(), "{run}");
        }
    }
}
