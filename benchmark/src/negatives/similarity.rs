//! From the items most similar to the positive.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use prefsweep_datasets::{Dataset, InvalidSetting, Item};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draws::for_each_position;
use super::{Draw, Sampler, Seen, Source};
use crate::batches::Batch;

/// Uniformly from the `neighbours` items that are most similar to the positive, without those that
/// the user has seen; where too few remain, the rest is drawn uniformly from all unseen items.
///
/// Similarity is the cosine of the items' users in training: of the number of users who have both,
/// over the geometric mean of the numbers who have either.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Similarity {
    /// How many items are counted as similar; fewer where fewer share a user with the positive.
    #[schemars(range(min = 1))]
    pub neighbours: usize,
}

impl Default for Similarity {
    fn default() -> Self {
        Self { neighbours: 100 }
    }
}

impl Sampler for Similarity {
    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        if self.neighbours > 0 {
            return Ok(());
        }
        Err(InvalidSetting {
            key: "similarity.neighbours".into(),
            found: "0".into(),
            allowed: "at least 1".into(),
        })
    }

    fn prepare<'a>(&self, source: Source<'a>) -> Box<dyn Draw + 'a> {
        let lists = source.neighbourhoods.of(source.dataset, self.neighbours);
        Box::new(FromNeighbours { seen: source.seen, lists })
    }
}

struct FromNeighbours<'a> {
    seen: &'a Seen,
    lists: Arc<Lists>,
}

impl Draw for FromNeighbours<'_> {
    fn draw(&self, batch: &Batch, k: usize, seed: u64) -> Vec<Item> {
        let mut free = Vec::new();
        for_each_position(batch, k, self.seen, seed, |position, draws| {
            draws.among(&self.lists[position.target as usize], &mut free);
        })
    }
}

/// For every item those similar to it, the most similar first; ties by item id.
type Lists = Vec<Box<[Item]>>;

/// The similar items of a dataset, computed once for each length of the lists.
#[derive(Debug, Default)]
pub struct Neighbourhoods(Mutex<BTreeMap<usize, Arc<Lists>>>);

impl Neighbourhoods {
    fn of(&self, dataset: &Dataset, size: usize) -> Arc<Lists> {
        let mut known = self.0.lock().expect("no thread panics with the lock");
        Arc::clone(known.entry(size).or_insert_with(|| Arc::new(most_similar(dataset, size))))
    }
}

fn most_similar(dataset: &Dataset, size: usize) -> Lists {
    let mut users_of: Vec<Vec<u32>> = vec![Vec::new(); dataset.n_items];
    for user in 0..dataset.n_users() {
        for &item in dataset.train(user) {
            let users = &mut users_of[item as usize];
            if users.last() != Some(&(user as u32)) {
                users.push(user as u32);
            }
        }
    }
    let items_of: Vec<Vec<Item>> = (0..dataset.n_users())
        .map(|user| {
            let mut items = dataset.train(user).to_vec();
            items.sort_unstable();
            items.dedup();
            items
        })
        .collect();
    let scratch = || (vec![0_u32; dataset.n_items], Vec::new());
    let one = |(shared, touched): &mut (Vec<u32>, Vec<Item>), item: usize| -> Box<[Item]> {
        for &user in &users_of[item] {
            for &other in &items_of[user as usize] {
                if shared[other as usize] == 0 {
                    touched.push(other);
                }
                shared[other as usize] += 1;
            }
        }
        let mut similar: Vec<(f64, Item)> = Vec::with_capacity(touched.len());
        for other in touched.drain(..) {
            let both = f64::from(std::mem::take(&mut shared[other as usize]));
            if other as usize != item {
                // Orders as the cosine does: its square without the positive's own factor.
                similar.push((both * both / users_of[other as usize].len() as f64, other));
            }
        }
        let order = |a: &(f64, Item), b: &(f64, Item)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if similar.len() > size {
            let _ = similar.select_nth_unstable_by(size - 1, order);
            similar.truncate(size);
        }
        similar.sort_unstable_by(order);
        similar.into_iter().map(|(_, other)| other).collect()
    };
    (0..dataset.n_items).into_par_iter().map_init(scratch, one).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::super::tests::dataset;
    use super::most_similar;

    proptest! {
        #[test]
        fn lists_are_those_of_all_cosines(
            histories in proptest::collection::vec(proptest::collection::vec(0_u32..12, 1..9), 1..9),
            size in 1_usize..12,
        ) {
            let data = dataset(&histories, 12);
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
