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
    pub(super) fn add(
        &self,
        mapping: &Mapping,
        run: &RunFile,
        files: &[Texts],
        runs: &mut Runs,
    ) -> Result<(), ImportError> {
        for (split, rows) in &self.parts {
            let Some(Texts { file, path, .. }) = files.iter().find(|one| one.split == *split)
            else {
                continue;
            };
            runs.losses.extend(run.loss.clone());
            let run_at = runs.place(key(mapping, run, path)?, files[0].file);
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
fn key(mapping: &Mapping, run: &RunFile, path: &Path) -> Result<RunKey, ImportError> {
    let lacks = |what: &str| {
        ImportError::of(path, format!("its entry in `runs` of the mapping says no `{what}`"))
    };
    let name = run.loss.as_deref().ok_or_else(|| lacks("loss"))?;
    let seed = run.seed.ok_or_else(|| lacks("seed"))?;
    Ok(match loss(mapping, name, run.over.as_deref()) {
        None => RunKey::Reference(ReferenceKey { seed, axes: [].into() }),
        Some(loss) => {
            let least = u64::from(loss.name != CONTROL);
            let negatives = run.negatives.or((least == 0).then_some(0));
            let negatives = negatives.filter(|found| *found >= least).ok_or_else(|| lacks("K"))?;
            RunKey::Cell(CellKey { loss, negatives: negatives as usize, seed, axes: [].into() })
        }
    })
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
}
