//! Test instances of one person, which a release lists as rows of their own.

use prefsweep_datasets::Dataset;

use super::held_out::{Split, held_out};

/// The first user of each person of whom a test is evaluated, ascending; the users up to the next are the same person at
/// other times. Empty where every user is a person of their own, as everywhere but in a release's candidate lists.
///
/// A release lists the prefixes of a person's sequence in order, each cut to its last so many items. So a user goes on
/// where the one before ends when its history is the end of that one's history and test item, and no shorter than that
/// history.
#[must_use]
pub fn people(dataset: &Dataset, evaluated: &[u32]) -> Vec<u32> {
    if dataset.given_negatives.is_none() {
        return Vec::new();
    }
    let mut firsts = Vec::new();
    let mut before: Option<(u32, Vec<u32>)> = None;
    for user in 0..dataset.n_users() as u32 {
        let Some(case) = held_out(dataset, user, Split::Test) else { continue };
        let goes_on = before.as_ref().is_some_and(|(last, sequence)| {
            let no_shorter = case.history.len() + 1 >= sequence.len();
            *last + 1 == user && no_shorter && sequence.ends_with(case.history)
        });
        if !goes_on {
            firsts.push(user);
        }
        before = Some((user, [case.history, &[case.target]].concat()));
    }
    let person = |user: &u32| firsts[firsts.partition_point(|first| first <= user) - 1];
    let mut tested: Vec<u32> = evaluated.iter().map(person).collect();
    tested.dedup();
    if tested.len() == evaluated.len() { Vec::new() } else { tested }
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
        assert_eq!(people(&dataset(&rows), &[0, 1, 2, 3, 4, 5]), [0, 4, 5]);
        // Of a sample: who is in it, unless that is everybody once.
        assert_eq!(people(&dataset(&rows), &[1, 3, 5]), [0, 5]);
        assert!(people(&dataset(&rows), &[2, 4]).is_empty());
    }

    #[test]
    fn an_end_that_is_shorter_is_not_a_continuation() {
        // The history 3 is an end of 1 2 3, but of a person whose history was longer already.
        assert!(people(&dataset(&[&[1, 2, 3], &[3, 9]]), &[0, 1]).is_empty());
    }

    #[test]
    fn users_of_sequences_are_people() {
        let rows: [&[u32]; 2] = [&[1, 2, 3, 4], &[1, 2, 3, 4, 5]];
        let of_sequences = Dataset { given_negatives: None, ..dataset(&rows) };
        assert!(people(&of_sequences, &[0, 1]).is_empty());
    }
}
