//! Which items each user has interacted with in training.

use recpo_datasets::{Dataset, Item};

/// Which items each user has interacted with in training: one bit per user and item.
#[derive(Debug)]
pub struct Seen {
    bits: Vec<u64>,
    words_per_user: usize,
    n_items: usize,
    fewest_unseen: usize,
}

impl Seen {
    /// Collects the training items of every user. Validation and test items are not excluded
    /// from negatives: training must not know them.
    #[must_use]
    pub fn new(dataset: &Dataset) -> Self {
        Self::of((0..dataset.n_users()).map(|user| dataset.train(user)), dataset.n_items)
    }

    pub(super) fn of<'a>(histories: impl Iterator<Item = &'a [Item]>, n_items: usize) -> Self {
        let words_per_user = n_items.div_ceil(64);
        let mut bits = Vec::new();
        let mut fewest_unseen = n_items;
        for history in histories {
            let start = bits.len();
            bits.resize(start + words_per_user, 0_u64);
            for &item in history {
                bits[start + item as usize / 64] |= 1 << (item % 64);
            }
            let seen: u32 = bits[start..].iter().map(|word| word.count_ones()).sum();
            fewest_unseen = fewest_unseen.min(n_items - seen as usize);
        }
        Self { bits, words_per_user, n_items, fewest_unseen }
    }

    /// Whether `user` has `item` in training.
    #[must_use]
    pub fn contains(&self, user: u32, item: Item) -> bool {
        let word = self.bits[user as usize * self.words_per_user + item as usize / 64];
        word >> (item % 64) & 1 == 1
    }

    /// The training items of `user`, in order of their ids.
    pub(super) fn of_user(&self, user: u32) -> impl Iterator<Item = Item> {
        let words = &self.bits[user as usize * self.words_per_user..][..self.words_per_user];
        (0..).step_by(64).zip(words).flat_map(|(first, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(first + bit)
            })
        })
    }

    /// Items in the catalogue.
    #[must_use]
    pub fn n_items(&self) -> usize {
        self.n_items
    }

    /// The fewest items that are left to draw from, over all users.
    #[must_use]
    pub fn fewest_unseen(&self) -> usize {
        self.fewest_unseen
    }
}
