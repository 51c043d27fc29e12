//! Which items are similar, by the users who have both in training.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use prefsweep_datasets::{Dataset, Item};
use rayon::prelude::*;

use super::co_occurrence::{CoOccurrence, Counter};

/// For every item those similar to it, the most similar first; ties by item id.
pub(crate) type SimilarItems = Vec<Box<[Item]>>;

/// The similar items of a dataset, computed once for each length of the lists.
#[derive(Debug, Default)]
pub struct Neighbourhoods(Mutex<BTreeMap<usize, Arc<SimilarItems>>>);

impl Neighbourhoods {
    /// The lists of `size` items for every item.
    pub(crate) fn of(&self, dataset: &Dataset, size: usize) -> Arc<SimilarItems> {
        let mut known = self.0.lock().expect("no thread panics with the lock");
        Arc::clone(known.entry(size).or_insert_with(|| Arc::new(most_similar(dataset, size))))
    }
}

fn most_similar(dataset: &Dataset, size: usize) -> SimilarItems {
    let pairs = CoOccurrence::new(dataset);
    let one = |counter: &mut Counter, item: Item| -> Box<[Item]> {
        // Orders as the cosine does: its square without the positive's own factor.
        let similarity = |(other, common): (Item, u32)| {
            let common = f64::from(common);
            (common * common / pairs.users(other) as f64, other)
        };
        let mut similar: Vec<(f64, Item)> =
            pairs.with(item, counter).into_iter().map(similarity).collect();
        let order = |a: &(f64, Item), b: &(f64, Item)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if similar.len() > size {
            let _ = similar.select_nth_unstable_by(size - 1, order);
            similar.truncate(size);
        }
        similar.sort_unstable_by(order);
        similar.into_iter().map(|(_, other)| other).collect()
    };
    let items = (0..dataset.n_items as Item).into_par_iter();
    items.map_init(|| pairs.counter(), one).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::data::example::with_training_items;

    proptest! {
        #[test]
        fn lists_are_those_of_all_cosines(
            histories in proptest::collection::vec(proptest::collection::vec(0_u32..12, 1..9), 1..9),
            size in 1_usize..12,
        ) {
            let data = with_training_items(&histories, 12);
            let users = |item: u32| -> HashSet<usize> {
                (0..histories.len()).filter(|&user| histories[user].contains(&item)).collect()
            };
            for (item, found) in (0_u32..).zip(most_similar(&data, size)) {
                let squared = |other: u32| {
                    let (a, b) = (users(item), users(other));
                    let both = a.intersection(&b).count();
                    // As fractions: products of counts are compared without rounding.
                    (both * both, a.len() * b.len())
                };
                let mut others: Vec<u32> =
                    (0..12).filter(|&other| other != item && squared(other).0 > 0).collect();
                others.sort_by(|&a, &b| {
                    let ((p, q), (r, s)) = (squared(a), squared(b));
                    (r * q).cmp(&(p * s)).then(a.cmp(&b))
                });
                others.truncate(size);
                prop_assert_eq!(&found[..], &others[..], "item {}", item);
            }
        }
    }
}
