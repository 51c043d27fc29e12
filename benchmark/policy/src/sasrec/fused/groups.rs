//! Windows that are computed together: few enough rows to stay in the cache, enough for matrix products.

use std::ops::Range;

/// A group is closed when it has this many rows.
const ROWS_PER_GROUP: usize = 320;

/// Consecutive windows that are computed together.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) windows: Range<usize>,
    pub(super) rows: Range<usize>,
}

/// All windows in groups, in order.
pub(super) fn groups(lengths: &[usize]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut open = Group { windows: 0..0, rows: 0..0 };
    for (window, length) in lengths.iter().enumerate() {
        open.windows.end = window + 1;
        open.rows.end += length;
        if open.rows.len() >= ROWS_PER_GROUP || open.windows.end == lengths.len() {
            let next = Group {
                windows: open.windows.end..open.windows.end,
                rows: open.rows.end..open.rows.end,
            };
            groups.push(std::mem::replace(&mut open, next));
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_cover_all_windows_in_order() {
        for lengths in [vec![1], vec![50; 128], (1..60).collect(), vec![1000, 1, 1000]] {
            let groups = groups(&lengths);
            let mut window = 0;
            let mut row = 0;
            for group in &groups {
                assert_eq!((group.windows.start, group.rows.start), (window, row));
                assert!(!group.windows.is_empty());
                (window, row) = (group.windows.end, group.rows.end);
                let rows: usize = lengths[group.windows.clone()].iter().sum();
                assert_eq!(group.rows.len(), rows);
            }
            assert_eq!((window, row), (lengths.len(), lengths.iter().sum()));
        }
        assert!(groups(&[]).is_empty());
    }
}
