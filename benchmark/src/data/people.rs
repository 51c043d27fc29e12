//! Test instances of one person, which a release lists as rows of their own.

use prefsweep_datasets::Dataset;

use super::held_out::{Split, held_out};

/// The first user of each person among those with a test item, ascending; the users up to the next are the same person
/// at later times. Empty where everybody is one user, as everywhere but in a release's candidate lists.
///
/// A user continues the one before where the history is that of the one before and its test item, or the end of them
/// of at least its length: releases list the prefixes of a person's sequence in order, cut to so many items.
#[must_use]
pub fn people(dataset: &Dataset) -> Vec<u32> {
    let mut firsts = Vec::new();
    if dataset.given_negatives.is_none() {
        return firsts;
    }
    let mut tested = 0;
    let mut before: Option<(u32, Vec<u32>)> = None;
    for user in 0..dataset.n_users() as u32 {
        let Some(case) = held_out(dataset, user, Split::Test) else { continue };
        let continues = before.as_ref().is_some_and(|(last, sequence)| {
            let as_long = case.history.len() + 1 >= sequence.len();
            *last + 1 == user && as_long && sequence.ends_with(case.history)
        });
        if !continues {
            firsts.push(user);
        }
        tested += 1;
        before = Some((user, [case.history, &[case.target]].concat()));
    }
    if firsts.len() == tested { Vec::new() } else { firsts }
}

#[cfg(test)]
mod tests {
    use prefsweep_datasets::Cut;

    use super::*;

    fn dataset(rows: &[&[u32]]) -> Dataset {
        let sequences: Vec<Vec<u32>> = rows.iter().map(|row| row.to_vec()).collect();
        let whole = |row: &Vec<u32>| {
            let test = row.len() - 1;
            Cut { trained: 0, validation: test, test }
        };
        let cuts = Some(sequences.iter().map(whole).collect());
        let given_negatives = Some(vec![vec![0]; sequences.len()]);
        Dataset { n_items: 100, sequences, cuts, given_negatives, ..Dataset::default() }
    }

    #[test]
    fn prefixes_of_a_sequence_are_one_person() {
        // 1 2 3 4 5 6 in prefixes of at most three items before the target; then someone else; then 7 8 9.
        let rows: [&[u32]; 6] =
            [&[1, 2, 3], &[1, 2, 3, 4], &[2, 3, 4, 5], &[3, 4, 5, 6], &[2, 4, 5], &[7, 8, 9]];
        assert_eq!(people(&dataset(&rows)), [0, 4, 5]);
    }

    #[test]
    fn an_end_that_is_shorter_is_not_a_continuation() {
        // The history 3 is an end of 1 2 3, but of a person whose history was longer already.
        assert!(people(&dataset(&[&[1, 2, 3], &[3, 9]])).is_empty());
    }

    #[test]
    fn users_of_sequences_are_people() {
        let rows: [&[u32]; 2] = [&[1, 2, 3, 4], &[1, 2, 3, 4, 5]];
        let of_sequences = Dataset { given_negatives: None, ..dataset(&rows) };
        assert!(people(&of_sequences).is_empty());
    }
}
