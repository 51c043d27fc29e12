//! Windows of items of different lengths, one after the other, which may branch.

use std::ops::Range;

/// The last items of some histories, oldest first, without padding: entry after entry, window
/// after window. A policy's hidden states lie in the same order, one row per item.
///
/// With [`push_tree`](Self::push_tree) a window branches, so that several continuations of one history
/// are read with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Windows {
    /// The items of all windows.
    pub items: Vec<u32>,
    /// How many of them each window has; at least one.
    pub lengths: Vec<usize>,
    /// Where some window branches: for each item the place in its window of the one that it follows. Empty
    /// where each follows the one that stands before it.
    followed: Vec<u32>,
}

impl Windows {
    /// Adds a window.
    ///
    /// # Panics
    /// When it is empty.
    pub fn push(&mut self, items: &[u32]) {
        assert!(!items.is_empty(), "a window has at least one item");
        if self.branches() {
            self.followed.extend(in_a_row(items.len()));
        }
        self.items.extend_from_slice(items);
        self.lengths.push(items.len());
    }

    /// Adds a window that branches: an item sees itself, the one that it follows, and all that this one sees.
    /// `followed` are the places in the window of the items that each follows; the first follows none, and
    /// its own is ignored.
    ///
    /// # Panics
    /// When the window is empty, or an item does not follow an earlier one.
    pub fn push_tree(&mut self, items: &[u32], followed: &[u32]) {
        assert_eq!(items.len(), followed.len(), "what each item follows");
        let mut places = followed.iter().zip(0..).skip(1);
        assert!(places.all(|(before, place)| *before < place), "items follow earlier ones");
        assert!(!items.is_empty(), "a window has at least one item");
        // Readers take a quicker way where nothing branches.
        let in_line = in_a_row(items.len()).zip(followed).skip(1).all(|(row, place)| row == *place);
        if in_line && !self.branches() {
            return self.push(items);
        }
        if !self.branches() {
            self.followed = self.lengths.iter().flat_map(|&length| in_a_row(length)).collect();
        }
        self.followed.extend_from_slice(followed);
        self.items.extend_from_slice(items);
        self.lengths.push(items.len());
    }

    /// Whether some window branches.
    pub(crate) fn branches(&self) -> bool {
        !self.followed.is_empty()
    }

    /// What each of these rows follows, as places in their window; None where no window branches.
    pub(crate) fn followed(&self, rows: Range<usize>) -> Option<&[u32]> {
        self.branches().then(|| &self.followed[rows])
    }

    /// How many items each item sees before itself: its position.
    pub(crate) fn positions(&self) -> Vec<usize> {
        let mut positions = Vec::with_capacity(self.items.len());
        for &length in &self.lengths {
            let first = positions.len();
            match self.followed(first..first + length) {
                None => positions.extend(0..length),
                Some(followed) => {
                    positions.push(0);
                    for &before in &followed[1..] {
                        positions.push(positions[first + before as usize] + 1);
                    }
                }
            }
        }
        positions
    }

    /// The most items that one sees, itself included.
    #[must_use]
    pub fn deepest(&self) -> usize {
        match self.branches() {
            false => self.longest(),
            true => self.positions().into_iter().max().map_or(0, |position| position + 1),
        }
    }

    /// The length of the longest window.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.lengths.iter().copied().max().unwrap_or(0)
    }

    /// The row of each window's last item.
    pub fn last_rows(&self) -> impl Iterator<Item = usize> {
        self.lengths.iter().scan(0, |rows, length| {
            *rows += length;
            Some(*rows - 1)
        })
    }

    /// The items of the windows padded with `filler` on the right to the longest, window after window.
    pub(crate) fn padded(&self, filler: u32) -> Vec<u32> {
        let mut items = vec![filler; self.lengths.len() * self.longest()];
        for (row, &item) in self.padded_rows(self.longest()).zip(&self.items) {
            items[row] = item;
        }
        items
    }

    /// The rows that are real in a table of windows padded on the right to the longest.
    pub(crate) fn rows_in_table(&self) -> Vec<u32> {
        self.padded_rows(self.longest()).map(|row| row as u32).collect()
    }

    /// For each row its place in a table of windows padded on the right to `length`.
    pub(crate) fn padded_rows(&self, length: usize) -> impl Iterator<Item = usize> {
        let windows = self.lengths.iter().enumerate();
        windows.flat_map(move |(window, rows)| (0..*rows).map(move |row| window * length + row))
    }
}

/// What each item follows in a window that does not branch.
fn in_a_row(length: usize) -> impl Iterator<Item = u32> {
    (0..length as u32).map(|place| place.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_over_all_windows() {
        let mut windows = Windows::default();
        windows.push(&[4, 5, 6]);
        windows.push(&[7]);
        windows.push(&[8, 9]);
        assert_eq!(windows.longest(), 3);
        assert_eq!(windows.last_rows().collect::<Vec<_>>(), [2, 3, 5]);
        assert_eq!(windows.padded_rows(4).collect::<Vec<_>>(), [0, 1, 2, 4, 8, 9]);
        assert_eq!(windows.padded(0), [4, 5, 6, 7, 0, 0, 8, 9, 0]);
    }

    #[test]
    fn items_of_branches_have_the_positions_of_what_they_see() {
        let mut windows = Windows::default();
        windows.push(&[4, 5, 6]);
        assert_eq!((windows.deepest(), windows.followed(0..3)), (3, None));
        // 4, then 5 and 6 after it, then 7 after 5.
        windows.push_tree(&[4, 5, 6, 7], &[0, 0, 0, 1]);
        windows.push(&[8, 9]);
        assert_eq!(windows.positions(), [0, 1, 2, 0, 1, 1, 2, 0, 1]);
        assert_eq!((windows.deepest(), windows.longest()), (3, 4));
        assert_eq!(windows.followed(0..9), Some(&[0, 0, 1, 0, 0, 0, 1, 0, 0][..]));
    }

    #[test]
    fn a_tree_in_a_row_is_a_window() {
        let (mut tree, mut window) = (Windows::default(), Windows::default());
        tree.push_tree(&[4, 5, 6], &[7, 0, 1]);
        window.push(&[4, 5, 6]);
        assert_eq!(tree, window);
    }

    #[test]
    #[should_panic(expected = "items follow earlier ones")]
    fn nothing_follows_itself() {
        Windows::default().push_tree(&[1, 2], &[0, 1]);
    }
}
