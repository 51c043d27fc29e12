//! Metrics of the lists of recommended items, computed again from the lists.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::*;
use prefsweep_store::{LIST_LENGTH, LISTS_COLUMNS};

use crate::error::ReportError;
use crate::ranks::{not_null, read_parquet};

/// The metrics that follow from lists and the size of the catalogue.
pub(super) const NAMES: [&str; 2] = ["coverage", "gini"];

/// How often each item is recommended.
pub(super) struct Lists {
    /// The evaluation that they belong to.
    pub(super) step: u32,
    /// By item; those that are never recommended are absent.
    counts: BTreeMap<u32, u64>,
    /// What is wrong with them.
    pub(super) fault: Option<String>,
}

impl Lists {
    pub(super) fn read(path: &Path) -> Result<Self, ReportError> {
        read_parquet(path)
            .and_then(|frame| Self::of(&frame))
            .map_err(|error| ReportError::parquet(path, &error))
    }

    fn of(frame: &DataFrame) -> PolarsResult<Self> {
        let [step, user, place, item] = LISTS_COLUMNS.map(|name| frame.column(name)?.u32());
        let (step, user, place, item) = (step?, user?, place?, item?);
        let mut lists: BTreeMap<u32, BTreeMap<u32, u32>> = BTreeMap::new();
        let mut fault = None;
        for row in 0..frame.height() {
            let user = not_null("user", row, user.get(row))?;
            let place = not_null("place", row, place.get(row))?;
            let item = not_null("item", row, item.get(row))?;
            if step.get(row) != step.get(0) {
                fault = Some("lists of more than one step".to_owned());
            }
            if lists.entry(user).or_default().insert(place, item).is_some() {
                fault = Some(format!("two items at place {place} of user {user}"));
            }
        }
        let mut counts = BTreeMap::new();
        for (user, list) in &lists {
            if !list.keys().copied().eq(1..=list.len() as u32) || list.len() > LIST_LENGTH {
                fault = Some(format!("the places of user {user} are not 1 to {LIST_LENGTH}"));
            }
            for item in list.values() {
                *counts.entry(*item).or_default() += 1;
            }
            let distinct: std::collections::BTreeSet<&u32> = list.values().collect();
            if distinct.len() < list.len() {
                fault = Some(format!("an item twice in the list of user {user}"));
            }
        }
        Ok(Self { step: step.get(0).unwrap_or_default(), counts, fault })
    }

    /// A metric, in a catalogue of so many items.
    pub(super) fn value(&self, metric: &str, items: usize) -> f64 {
        match metric {
            "coverage" => self.counts.len() as f64 / items as f64,
            _ => self.gini(items),
        }
    }

    /// Mean absolute difference between two items' counts over twice their mean: the counts in
    /// ascending order, weighed by place.
    fn gini(&self, items: usize) -> f64 {
        let mut counts: Vec<u64> = self.counts.values().copied().collect();
        counts.sort_unstable();
        let first = items.saturating_sub(counts.len());
        let total: u64 = counts.iter().sum();
        let weighed: f64 = (first + 1..)
            .zip(&counts)
            .map(|(place, count)| (2.0 * place as f64 - items as f64 - 1.0) * *count as f64)
            .sum();
        weighed / (items as f64 * total as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(rows: &[(u32, u32, u32)]) -> Lists {
        let column = |pick: fn(&(u32, u32, u32)) -> u32| rows.iter().map(pick).collect::<Vec<_>>();
        let frame = df!(
            "step" => vec![7_u32; rows.len()],
            "user" => column(|row| row.0),
            "place" => column(|row| row.1),
            "item" => column(|row| row.2),
        );
        Lists::of(&frame.unwrap()).unwrap()
    }

    #[test]
    fn values_by_hand() {
        // Items 3 and 5 three times and once, two others never.
        let found = lists(&[(0, 1, 3), (1, 1, 3), (2, 2, 5), (2, 1, 3)]);
        assert_eq!((found.step, &found.fault), (7, &None));
        assert_eq!(found.value("coverage", 4), 0.5);
        // All pairs of 0, 0, 1, 3 in both orders: 2 · (1 + 1 + 3 + 3 + 2) / 16, over twice the mean 1.
        assert!((found.value("gini", 4) - 20.0 / 16.0 / 2.0).abs() < 1e-12);
        // Every item as often as any other.
        assert_eq!(lists(&[(0, 1, 0), (1, 1, 1)]).value("gini", 2), 0.0);
    }

    #[test]
    fn broken_lists_are_said_to_be() {
        for (rows, what) in [
            (&[(0, 1, 3), (0, 3, 4)][..], "the places of user 0"),
            (&[(0, 1, 3), (0, 1, 4)], "two items at place 1 of user 0"),
            (&[(0, 1, 3), (0, 2, 3)], "an item twice in the list of user 0"),
        ] {
            let fault = lists(rows).fault.unwrap_or_default();
            assert!(fault.contains(what), "{fault}");
        }
    }
}
