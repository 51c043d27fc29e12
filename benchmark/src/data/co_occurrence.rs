//! Which items have users in common, in the training parts.

use prefsweep_datasets::{Dataset, Item};

/// Users and items of the training parts, each once.
#[derive(Debug)]
pub(crate) struct CoOccurrence {
    users_of: Vec<Vec<u32>>,
    items_of: Vec<Vec<Item>>,
}

/// What counting needs, used again for every item.
#[derive(Debug)]
pub(crate) struct Counter {
    common: Vec<u32>,
    met: Vec<Item>,
}

impl CoOccurrence {
    /// Of a dataset.
    pub(crate) fn new(dataset: &Dataset) -> Self {
        let items_of: Vec<Vec<Item>> =
            (0..dataset.n_users()).map(|user| distinct(dataset.train(user))).collect();
        let mut users_of: Vec<Vec<u32>> = vec![Vec::new(); dataset.n_items];
        for (user, items) in (0..).zip(&items_of) {
            for &item in items {
                users_of[item as usize].push(user);
            }
        }
        Self { users_of, items_of }
    }

    /// How many users have an item.
    pub(crate) fn users(&self, item: Item) -> usize {
        self.users_of[item as usize].len()
    }

    /// For one thread.
    pub(crate) fn counter(&self) -> Counter {
        Counter { common: vec![0; self.users_of.len()], met: Vec::new() }
    }

    /// The other items that have users in common with `item`, in no order, and how many.
    pub(crate) fn with(&self, item: Item, counter: &mut Counter) -> Vec<(Item, u32)> {
        let Counter { common, met } = counter;
        for &user in &self.users_of[item as usize] {
            for &other in &self.items_of[user as usize] {
                if common[other as usize] == 0 {
                    met.push(other);
                }
                common[other as usize] += 1;
            }
        }
        let counted =
            met.drain(..).map(|other| (other, std::mem::take(&mut common[other as usize])));
        counted.filter(|(other, _)| *other != item).collect()
    }
}

/// The items, each once, ascending.
pub(crate) fn distinct(items: &[Item]) -> Vec<Item> {
    let mut items = items.to_vec();
    items.sort_unstable();
    items.dedup();
    items
}
