//! Labels: names that an item has or has not.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Which labels every item has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// All labels that some item has, in the order of their bytes.
    pub names: Vec<String>,
    /// The labels of each item, as indices of `names`, ascending, each once; shape `[n_items][labels]`.
    pub of_items: Vec<Vec<u32>>,
    /// Items of the file that the dataset has not.
    #[serde(default)]
    pub unknown: usize,
}

impl Labels {
    /// Of the names of every item, `[n_items][labels]`, in which repetitions count once.
    ///
    /// # Panics
    /// When there are more labels than 32 bits can count.
    pub(crate) fn new(of_items: &[Vec<String>]) -> Self {
        let distinct: BTreeSet<&String> = of_items.iter().flatten().collect();
        let places: BTreeMap<&String, u32> = distinct.iter().copied().zip(0..).collect();
        let of_items = of_items.iter().map(|names| {
            let labels: BTreeSet<u32> = names.iter().map(|name| places[name]).collect();
            labels.into_iter().collect()
        });
        let of_items = of_items.collect();
        let names = distinct.into_iter().cloned().collect();
        Self { names, of_items, unknown: 0 }
    }

    /// Items without a label.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.of_items.iter().filter(|labels| labels.is_empty()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_names_count_once() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let labels = Labels::new(&[names(&["b", "a", "b"]), names(&[]), names(&["b"])]);
        assert_eq!(labels.names, ["a", "b"]);
        assert_eq!(labels.of_items, [vec![0, 1], vec![], vec![1]]);
        assert_eq!(labels.missing(), 1);
    }
}
