//! One line per user: `user item item …`, oldest item first, separated by whitespace.

use super::parser::Parser;
use super::rows::Rows;

/// One user per line; a second line of the same user continues the first.
pub(super) struct Sequences;

impl Parser for Sequences {
    fn has_ratings(&self) -> bool {
        false
    }

    fn has_times(&self) -> bool {
        false
    }

    fn parse(&self, line: &str, rows: &mut Rows) -> Result<(), String> {
        let mut fields = line.split_ascii_whitespace();
        let user = fields.next().ok_or("no user")?;
        let mut items = fields.peekable();
        items.peek().ok_or("a user without items")?;
        items.try_for_each(|item| rows.push(user, item, 0.0, None))
    }
}
