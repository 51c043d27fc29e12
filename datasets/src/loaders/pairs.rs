//! One line per interaction: `user item` in chronological order, separated by whitespace.

use super::parser::Parser;
use super::rows::Rows;

/// One interaction per line.
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
