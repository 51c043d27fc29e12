//! Held-out items that a dataset gives away.

use std::collections::HashSet;

use prefsweep_datasets::Dataset;

use super::held_out::{Split, evaluated, held_out};

/// A sentence for each way in which held-out items are no secret, with how many rows it concerns: the true item
/// is part of the history before it, or a test row is also one for validation, on which settings are chosen.
#[must_use]
pub fn leaks(dataset: &Dataset) -> Vec<String> {
    let rows = |split| {
        let users = evaluated(dataset, split, None).into_iter();
        users.filter_map(move |user| held_out(dataset, user, split))
    };
    let mut found = Vec::new();
    for split in Split::ALL {
        let known = rows(split).filter(|case| case.history.contains(&case.target)).count();
        if known > 0 {
            let (all, name) = (rows(split).count(), split.name());
            found.push(format!(
                "in {known} of {all} {name} rows the true item is part of the history"
            ));
        }
    }
    // Users whose sequences are alike are no leak; rows that were given as instances are.
    if dataset.cuts.is_none() {
        return found;
    }
    let validation: HashSet<_> =
        rows(Split::Validation).map(|case| (case.history, case.target)).collect();
    let shared = rows(Split::Test);
    let shared = shared.filter(|case| validation.contains(&(case.history, case.target))).count();
    if shared > 0 {
        let all = rows(Split::Test).count();
        found.push(format!(
            "{shared} of {all} test rows are also rows for validation, so that what is chosen on validation sees the test"
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use prefsweep_datasets::{Cut, Dataset};

    use super::leaks;

    fn of(sequences: &[&[u32]]) -> Dataset {
        Dataset {
            n_items: 9,
            sequences: sequences.iter().map(|sequence| sequence.to_vec()).collect(),
            user_ids: vec![String::new(); sequences.len()],
            item_ids: vec![String::new(); 9],
            ..Dataset::default()
        }
    }

    #[test]
    fn rows_that_give_the_item_away_are_counted() {
        assert_eq!(leaks(&of(&[&[0, 1, 2, 3], &[1, 2, 3, 4]])), Vec::<String>::new());
        let found = leaks(&of(&[&[0, 1, 2, 1], &[1, 2, 3, 4]]));
        assert_eq!(found, ["in 1 of 2 test rows the true item is part of the history"]);
        // One sequence given as a row for validation and as one for test.
        let mut given = of(&[&[0, 1, 2, 3], &[0, 1, 2, 3], &[1, 2, 3]]);
        let cut = |validation, test| Cut { trained: 0, validation, test };
        given.cuts = Some(vec![cut(3, 4), cut(3, 3), cut(2, 2)]);
        let found = leaks(&given);
        let said = "1 of 2 test rows are also rows for validation, so that what is chosen on validation sees the test";
        assert_eq!(found, [said]);
    }
}
