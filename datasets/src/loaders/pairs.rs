//! A line per interaction: `user item` in time order, separated by blanks.

use super::{Parser, Rows};

/// One interaction a line.
pub(super) struct Pairs;

impl Parser for Pairs {
    fn has_ratings(&self) -> bool {
        false
    }

    fn has_times(&self) -> bool {
        false
    }

    fn parse(&self, line: &str, rows: &mut Rows) -> Result<(), String> {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let &[user, item] = fields.as_slice() else {
            return Err(format!("{} fields instead of 2", fields.len()));
        };
        rows.push(user, item, 0.0, None)
    }
}
