//! The shares of a plan that several machines run, each without knowing of the others.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::tasks::Task;

/// One of so many shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    number: usize,
    of: usize,
}

/// A text that names no share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found `{0}`, allowed i/n with 1 <= i <= n, as in 1/4")]
pub struct NoShard(String);

impl FromStr for Shard {
    type Err = NoShard;

    fn from_str(text: &str) -> Result<Self, NoShard> {
        let digits = |text: &str| {
            text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
        };
        let parts = text.split_once('/').and_then(|(i, n)| Some((digits(i)?, digits(n)?)));
        match parts {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { number, of }),
            _ => Err(NoShard(text.into())),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.of)
    }
}

/// The ids of the entries that a share makes, of all `tasks` of a plan with one cell in each.
///
/// The cells, in order of their references, are cut into parts of about equal work, so that a reference is in as few
/// shares as possible; one that is needed in two is trained in both, unless the first to end publishes it where the
/// other finds it. What no cell waits for is dealt out in turn. Only the plan decides, never the store.
#[must_use]
pub fn share(tasks: &[Task], shard: Shard) -> BTreeSet<String> {
    let start = |task: &Task| task.job.starts_from().map(str::to_owned);
    let references: Vec<&String> =
        tasks.iter().filter(|task| task.job.is_reference()).flat_map(|task| &task.ids).collect();
    let mut cells: Vec<(String, &Task)> =
        tasks.iter().filter_map(|task| Some((start(task)?, task))).collect();
    cells.sort_by_key(|(start, _)| references.iter().position(|id| *id == start));

    let total: f64 = cells.iter().map(|(_, cell)| cell.work).sum();
    let mut before = 0.0;
    let mut own = BTreeSet::new();
    for (start, cell) in &cells {
        let middle = (before + cell.work / 2.0) / total;
        before += cell.work;
        let number = ((middle * shard.of as f64) as usize).min(shard.of - 1) + 1;
        if number == shard.number {
            own.extend(cell.ids.iter().cloned());
            own.insert(start.clone());
        }
    }
    let needed: BTreeSet<&String> = cells.iter().map(|(start, _)| start).collect();
    let alone = tasks
        .iter()
        .filter(|task| start(task).is_none() && !task.ids.iter().any(|id| needed.contains(id)));
    for (index, task) in alone.enumerate() {
        if index % shard.of == shard.number - 1 {
            own.extend(task.ids.iter().cloned());
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use prefsweep_policy::device::Backend;
    use proptest::prelude::*;

    use super::*;
    use crate::data::Prepared;
    use crate::experiment::{Plan, read_str};
    use crate::sweep::tasks::tasks;

    fn all(losses: &str, negatives: &str, seeds: usize) -> Vec<Task> {
        let seeds: Vec<usize> = (1..=seeds).collect();
        let yaml = format!(
            "
title: test
dataset: {{name: synthetic, synthetic: {{users: 30, items: 80}}}}
sweep: {{losses: {losses}, negatives: {negatives}, seeds: {seeds:?}}}"
        );
        let experiment = read_str(&yaml, "test.yaml", &[]).unwrap();
        let data = Prepared::load(&experiment.dataset, Path::new("."), 50).unwrap();
        let plan = Plan::new(&experiment, &data, Backend::Flex).unwrap();
        tasks(&plan, 1, &|_, _| true)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn shares_are_the_plan_each_cell_once(
            losses in prop::sample::select(vec!["[dpo]", "[dpo, s_dpo, softmax_ce]", "[sft, dmpo]"]),
            negatives in prop::sample::select(vec!["[3]", "[1, 3, 20]"]),
            seeds in 1_usize..5,
            of in 1_usize..9,
        ) {
            let all = all(losses, negatives, seeds);
            let shares: Vec<BTreeSet<String>> =
                (1..=of).map(|number| share(&all, Shard { number, of })).collect();
            let mut copies = 0;
            for task in &all {
                for id in &task.ids {
                    let found = shares.iter().filter(|share| share.contains(id)).count();
                    if task.job.is_reference() {
                        prop_assert!(found >= 1);
                        copies += found;
                    } else {
                        prop_assert_eq!(found, 1);
                    }
                }
                // What a cell starts from is made where the cell is.
                let from = task.job.starts_from();
                for share in shares.iter().filter(|share| share.contains(&task.ids[0])) {
                    prop_assert!(from.is_none_or(|start| share.contains(start)));
                }
            }
            let known: usize = all.iter().map(|task| task.ids.len()).sum();
            let named: BTreeSet<&String> = shares.iter().flatten().collect();
            prop_assert_eq!(named.len(), known);
            // A cut between two shares splits one reference at most.
            prop_assert!(copies < seeds + of);
        }
    }

    #[test]
    fn shares_are_named_from_one() {
        assert_eq!("2/3".parse(), Ok(Shard { number: 2, of: 3 }));
        for wrong in ["0/3", "4/3", "1", "1/0", "a/b", "+1/2", "/", "1/2/3", ""] {
            assert_eq!(wrong.parse::<Shard>(), Err(NoShard(wrong.into())));
        }
    }
}
