//! The items recommended to every user.

use prefsweep_store::{LIST_LENGTH, ListTable};

/// For each user the best-scored items that the user has not had before, best first; ties by item
/// id. Shorter than [`LIST_LENGTH`] where fewer are left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopLists {
    lists: Vec<(u32, Vec<u32>)>,
}

impl TopLists {
    /// Adds a user's list, from the scores of all items; `free` says whether an item may be
    /// recommended.
    pub fn add(&mut self, user: u32, scores: &[f32], free: impl Fn(u32) -> bool) {
        self.lists.push((user, top_items(scores, LIST_LENGTH, free)));
    }

    /// The items of all lists, user after user.
    pub fn items(&self) -> impl Iterator<Item = u32> {
        self.lists.iter().flat_map(|(_, items)| items.iter().copied())
    }

    /// The first item of every list that has one, with its user.
    pub(super) fn firsts(&self) -> impl Iterator<Item = (u32, u32)> {
        self.lists.iter().filter_map(|(user, items)| Some((*user, *items.first()?)))
    }

    /// How many users have a list.
    #[must_use]
    pub fn n_users(&self) -> usize {
        self.lists.len()
    }

    /// As a table.
    #[must_use]
    pub fn table(&self) -> ListTable {
        let mut table = ListTable::default();
        for (user, items) in &self.lists {
            table.add(*user, items);
        }
        table
    }
}

/// The `length` free items with the highest scores, best first, ties by item; fewer where fewer are free.
pub(super) fn top_items(scores: &[f32], length: usize, free: impl Fn(u32) -> bool) -> Vec<u32> {
    let mut items: Vec<u32> = (0..scores.len() as u32).filter(|&item| free(item)).collect();
    let better =
        |a: &u32, b: &u32| scores[*b as usize].total_cmp(&scores[*a as usize]).then(a.cmp(b));
    if items.len() > length {
        let _ = items.select_nth_unstable_by(length.saturating_sub(1), better);
        items.truncate(length);
        // Room for the whole catalogue would be kept for every user.
        items.shrink_to_fit();
    }
    items.sort_unstable_by(better);
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_hold_the_best_free_items_in_order() {
        let scores: Vec<f32> = (0..50).map(|item| ((item * 7) % 50) as f32).collect();
        let mut lists = TopLists::default();
        lists.add(3, &scores, |item| item != 7);
        // 7 * 7 = 49 is the best score and not free; 7 * 14 = 98 and 98 - 50 = 48.
        let found: Vec<u32> = lists.items().collect();
        assert_eq!(found.len(), LIST_LENGTH);
        assert_eq!(found[0], 14);
        let falling = found.windows(2).all(|two| scores[two[0] as usize] > scores[two[1] as usize]);
        assert!(falling);
        lists.add(4, &[1.0, 1.0, 2.0], |item| item > 0);
        assert_eq!(lists.items().skip(LIST_LENGTH).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(lists.n_users(), 2);
    }
}
