//! Which items each user has interacted with in training.

use prefsweep_datasets::{Dataset, Item};

/// The largest table of bits, in words of 64 bits: 64 MiB.
const MAX_WORDS: usize = 8 << 20;

/// Which items each user has interacted with in training.
#[derive(Debug)]
pub struct Seen {
    /// Distinct items by user, ascending.
    items: Vec<Item>,
    /// Where each user's items start, and the end of the last.
    starts: Vec<usize>,
    /// The same as one bit per user and item, which is faster to look up, unless it is too large.
    bits: Option<Bits>,
    n_items: usize,
    fewest_unseen: usize,
}

#[derive(Debug)]
struct Bits {
    words: Vec<u64>,
    per_user: usize,
}

impl Seen {
    /// Collects the training items of every user. Validation and test items are not excluded
    /// from negatives: training must not know them.
    #[must_use]
    pub fn new(dataset: &Dataset) -> Self {
        let histories = (0..dataset.n_users()).map(|user| dataset.train(user));
        Self::of(histories, dataset.n_items, MAX_WORDS)
    }

    /// From the histories of all users, with a table of at most `max_words` words.
    fn of<'a>(
        histories: impl Iterator<Item = &'a [Item]>,
        n_items: usize,
        max_words: usize,
    ) -> Self {
        let (mut items, mut starts, mut fewest_unseen) = (Vec::new(), vec![0], n_items);
        let mut distinct: Vec<Item> = Vec::new();
        for history in histories {
            distinct.clear();
            distinct.extend_from_slice(history);
            distinct.sort_unstable();
            distinct.dedup();
            fewest_unseen = fewest_unseen.min(n_items - distinct.len());
            items.extend_from_slice(&distinct);
            starts.push(items.len());
        }
        let mut seen = Self { items, starts, bits: None, n_items, fewest_unseen };
        let (users, per_user) = (seen.starts.len() - 1, n_items.div_ceil(64));
        if users * per_user <= max_words {
            let mut words = vec![0_u64; users * per_user];
            for user in 0..users {
                for item in seen.of_user(user as u32) {
                    words[user * per_user + item as usize / 64] |= 1 << (item % 64);
                }
            }
            seen.bits = Some(Bits { words, per_user });
        }
        seen
    }

    /// Whether `user` has `item` in training.
    #[must_use]
    pub fn contains(&self, user: u32, item: Item) -> bool {
        match &self.bits {
            Some(Bits { words, per_user }) => {
                words[user as usize * per_user + item as usize / 64] >> (item % 64) & 1 == 1
            }
            None => self.items[self.range(user)].binary_search(&item).is_ok(),
        }
    }

    /// The training items of `user`, in order of their ids.
    pub(crate) fn of_user(&self, user: u32) -> impl Iterator<Item = Item> {
        self.items[self.range(user)].iter().copied()
    }

    fn range(&self, user: u32) -> std::ops::Range<usize> {
        self.starts[user as usize]..self.starts[user as usize + 1]
    }

    /// Items in the catalogue.
    #[must_use]
    pub fn n_items(&self) -> usize {
        self.n_items
    }

    /// How many items `user` has not had in training.
    #[must_use]
    pub fn unseen(&self, user: u32) -> usize {
        self.n_items - self.range(user).len()
    }

    /// The fewest items that are left to draw from, over all users.
    #[must_use]
    pub fn fewest_unseen(&self) -> usize {
        self.fewest_unseen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_lists_know_the_same() {
        let histories: [&[Item]; 4] = [&[3, 1, 3, 129], &[], &[0], &[64, 63, 65]];
        let of = |words| Seen::of(histories.into_iter(), 130, words);
        let (bits, lists) = (of(usize::MAX), of(0));
        assert!(bits.bits.is_some() && lists.bits.is_none());
        for seen in [bits, lists] {
            assert_eq!(seen.fewest_unseen(), 127);
            for (user, history) in (0..).zip(histories) {
                let items: Vec<Item> = (0..130).filter(|&item| seen.contains(user, item)).collect();
                assert_eq!(items, seen.of_user(user).collect::<Vec<_>>());
                assert_eq!(items, (0..130).filter(|i| history.contains(i)).collect::<Vec<_>>());
            }
        }
    }
}
