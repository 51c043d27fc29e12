//! Windows of items of different lengths, one after the other.

/// The last items of some histories, oldest first, without padding: entry after entry, window
/// after window. A policy's hidden states lie in the same order, one row per item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Windows {
    /// The items of all windows.
    pub items: Vec<u32>,
    /// How many of them each window has; at least one.
    pub lengths: Vec<usize>,
}

impl Windows {
    /// Adds a window.
    ///
    /// # Panics
    /// When it is empty.
    pub fn push(&mut self, items: &[u32]) {
        assert!(!items.is_empty(), "a window has at least one item");
        self.items.extend_from_slice(items);
        self.lengths.push(items.len());
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
}
