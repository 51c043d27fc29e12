//! The last evaluation of every run, which is what final numbers are of.

use std::collections::BTreeMap;
use std::path::PathBuf;

use prefsweep_store::RunKey;

use super::error::ImportError;
use super::runs::{Evaluation, Run};
use crate::data::Split;
use crate::evaluation::Protocol;

/// Runs that are compared with one another: references, or cells; those of seeds that axes are tuned on, or others.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    is_reference: bool,
    is_tuning: bool,
}

impl Group {
    fn of(run: &Run, tuning_seeds: &[u64]) -> Self {
        Self {
            is_reference: matches!(run.key, RunKey::Reference(_)),
            is_tuning: tuning_seeds.contains(&run.key.seed()),
        }
    }
}

/// What runs of a group have at their last steps, each with the first of them.
type Known<'r> = BTreeMap<(Split, Protocol), &'r Run>;

/// Refuses a run whose last evaluation lacks ranks that others have at their ends, or that it had itself before: its final
/// numbers would be of an earlier step, or of fewer seeds.
///
/// # Errors
/// Naming the run, its last step, and what is not there.
pub(super) fn check(
    runs: &[Run],
    tuning_seeds: &[u64],
    files: &[PathBuf],
) -> Result<(), ImportError> {
    let mut known: BTreeMap<Group, Known<'_>> = BTreeMap::new();
    for run in runs {
        let known = known.entry(Group::of(run, tuning_seeds)).or_default();
        let last = run.evaluations.values().next_back();
        for part in last.iter().flat_map(|end| end.parts.keys()) {
            known.entry(*part).or_insert(run);
        }
    }
    for run in runs {
        let Some((last, end)) = run.evaluations.last_key_value() else { continue };
        let group = Group::of(run, tuning_seeds);
        let Some((part, allowed)) = lacks(run, end, &known[&group], group.is_tuning) else {
            continue;
        };
        let message = format!(
            "found {}, step {last}, without ranks of {part}, allowed {allowed}: final numbers are of the last step",
            run.key
        );
        let row = end.parts.values().find_map(|part| part.rows.first());
        let file = row.map_or(run.file, |row| row.file as usize);
        return Err(ImportError::of(&files[file], message));
    }
    Ok(())
}

/// What is not there at the end of a run, and what is allowed.
fn lacks(
    run: &Run,
    end: &Evaluation,
    known: &Known<'_>,
    is_tuning: bool,
) -> Option<(String, String)> {
    let is_missing = |part: &(Split, Protocol)| !end.parts.contains_key(part);
    let named =
        |(split, protocol): &(Split, Protocol)| format!("{}, {}", split.name(), protocol.name());
    if let Some((part, other)) = known.iter().find(|(part, _)| is_missing(part)) {
        return Some((named(part), format!("what {} has at its last step", other.key)));
    }
    for (step, evaluation) in &run.evaluations {
        if let Some(part) = evaluation.parts.keys().find(|part| is_missing(part)) {
            return Some((named(part), format!("what it has itself at step {step}")));
        }
    }
    // No result is of the runs that axes are tuned on.
    let has_test = end.parts.keys().any(|(split, _)| *split == Split::Test);
    let is_needed = !is_tuning && !has_test;
    is_needed.then(|| (Split::Test.name().to_owned(), "some at the last step of every run".into()))
}

#[cfg(test)]
mod tests {
    use prefsweep_store::{CellKey, LossKey, ReferenceKey};

    use super::super::runs::Part;
    use super::*;

    const BOTH: [(Split, Protocol); 2] =
        [(Split::Validation, Protocol::Full), (Split::Test, Protocol::Full)];
    const VALIDATION: [(Split, Protocol); 1] = [(Split::Validation, Protocol::Full)];

    fn cell(seed: u64, evaluations: &[(u32, &[(Split, Protocol)])]) -> Run {
        let loss = LossKey::new("dmpo");
        let key = RunKey::Cell(CellKey { loss, negatives: 20, seed, axes: [].into() });
        let evaluation = |parts: &[(Split, Protocol)]| Evaluation {
            parts: parts.iter().map(|part| (*part, Part::default())).collect(),
            ..Evaluation::default()
        };
        let evaluations = evaluations.iter().map(|(step, parts)| (*step, evaluation(parts)));
        Run { key, file: 0, evaluations: evaluations.collect() }
    }

    fn said(runs: &[Run], tuning_seeds: &[u64]) -> Option<String> {
        let files = [PathBuf::from("runs.csv")];
        check(runs, tuning_seeds, &files).err().map(|error| error.to_string())
    }

    fn whole(seed: u64) -> Run {
        cell(seed, &[(10, &BOTH), (20, &BOTH)])
    }

    #[test]
    fn runs_end_with_the_same_splits() {
        assert_eq!(said(&[whole(1), whole(2)], &[]), None);
        let sooner = cell(2, &[(10, &BOTH)]);
        assert_eq!(said(&[whole(1), sooner], &[]), None);
        let less_before = cell(2, &[(10, &VALIDATION), (20, &BOTH)]);
        assert_eq!(said(&[whole(1), less_before], &[]), None);
    }

    /// Final numbers were of step 20 for one seed and of step 10 for another.
    #[test]
    fn a_run_that_ends_without_a_split_is_refused() {
        let without = || cell(2, &[(10, &BOTH), (20, &VALIDATION)]);
        let expected = |allowed: &str| {
            Some(format!(
                "runs.csv: found dmpo, K = 20, seed 2, step 20, without ranks of test, full, allowed {allowed}: final \
                 numbers are of the last step"
            ))
        };
        let others = expected("what dmpo, K = 20, seed 1 has at its last step");
        assert_eq!(said(&[whole(1), without()], &[]), others);
        assert_eq!(said(&[without()], &[]), expected("what it has itself at step 10"));
    }

    #[test]
    fn every_run_that_a_result_is_of_needs_test_ranks() {
        let run = || cell(2, &[(20, &VALIDATION)]);
        let key = RunKey::Reference(ReferenceKey { seed: 2, axes: [].into() });
        let reference = Run { key, ..cell(2, &[(0, &BOTH)]) };
        let found = said(&[reference, run()], &[]).unwrap();
        assert!(found.contains("seed 2, step 20, without ranks of test, allowed some"), "{found}");
        assert_eq!(said(&[whole(1), run()], &[2]), None);
    }
}
