//! What synthetic data know and real data do not: which items each user truly likes.

use prefsweep_datasets::{Dataset, Item};

use super::seen::Seen;

/// The items that each user *truly likes*: the top 5 % of the catalogue by the user's true
/// preference, ties by item id. The preference is the static one that the generator exports; it
/// does not depend on what the user had last.
#[derive(Debug)]
pub struct Truth {
    bits: Vec<u64>,
    words_per_user: usize,
    /// For each user the share of liked items among those not seen in training.
    liked_of_unseen: Vec<f64>,
}

impl Truth {
    /// Share of the catalogue that counts as liked, at least one item.
    pub const SHARE: f64 = 0.05;

    /// None where the true preference is not known.
    #[must_use]
    pub fn new(dataset: &Dataset, seen: &Seen) -> Option<Self> {
        let preference = dataset.preference.as_ref()?;
        let n_items = dataset.n_items;
        let count = ((Self::SHARE * n_items as f64).ceil() as usize).clamp(1, n_items);
        let words_per_user = n_items.div_ceil(64);
        let mut bits = vec![0_u64; dataset.n_users() * words_per_user];
        let mut liked_of_unseen = Vec::with_capacity(dataset.n_users());
        for (user, row) in preference.chunks_exact(n_items).enumerate() {
            let mut order: Vec<Item> = (0..n_items as Item).collect();
            let better =
                |a: &Item, b: &Item| row[*b as usize].total_cmp(&row[*a as usize]).then(a.cmp(b));
            order.select_nth_unstable_by(count - 1, better);
            let liked = &order[..count];
            for item in liked {
                bits[user * words_per_user + *item as usize / 64] |= 1 << (item % 64);
            }
            let user = user as u32;
            let unseen = (0..n_items as Item).filter(|&item| !seen.contains(user, item)).count();
            let both = liked.iter().filter(|&&item| !seen.contains(user, item)).count();
            liked_of_unseen.push(both as f64 / unseen.max(1) as f64);
        }
        Some(Self { bits, words_per_user, liked_of_unseen })
    }

    /// Whether `user` truly likes `item`.
    #[must_use]
    pub fn likes(&self, user: u32, item: Item) -> bool {
        let word = self.bits[user as usize * self.words_per_user + item as usize / 64];
        word >> (item % 64) & 1 == 1
    }

    /// The probability that a negative drawn uniformly from the items that `user` has not seen in
    /// training is one that the user truly likes.
    #[must_use]
    pub fn uniform_false_negative_rate(&self, user: u32) -> f64 {
        self.liked_of_unseen[user as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 40 items, so two are liked; the user has had items 0 to 4, the last two held out.
    fn dataset(preference: Option<Vec<f32>>) -> Dataset {
        Dataset {
            name: "toy".into(),
            n_items: 40,
            sequences: vec![(0..5).collect()],
            user_ids: vec!["a".into()],
            item_ids: vec![String::new(); 40],
            preference,
            ..Dataset::default()
        }
    }

    #[test]
    fn liked_items_are_the_top_twentieth() {
        let mut preference = vec![0.0; 40];
        (preference[1], preference[30]) = (3.0, 2.0);
        let data = dataset(Some(preference));
        let truth = Truth::new(&data, &Seen::new(&data)).unwrap();
        let liked: Vec<Item> = (0..40).filter(|&item| truth.likes(0, item)).collect();
        assert_eq!(liked, [1, 30]);
        // Items 0, 1 and 2 were seen in training: one liked item is left among 37.
        assert_eq!(truth.uniform_false_negative_rate(0), 1.0 / 37.0);
    }

    #[test]
    fn real_data_know_nothing() {
        let data = dataset(None);
        assert!(Truth::new(&data, &Seen::new(&data)).is_none());
    }
}
