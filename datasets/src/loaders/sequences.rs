//! One line per user: `user item item …`, oldest item first, separated by whitespace.

use super::parser::Parser;
use super::rows::Rows;

/// One user per line; a second line of a user is malformed, since it is likely another format.
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
        // As it will be kept.
        let user = fields.next().ok_or("no user")?.trim();
        if rows.user_ids.contains(user) {
            return Err(format!("a second line of user {user}; in `sequences` a user has one"));
        }
        let items: Vec<&str> = fields.collect();
        if items.is_empty() {
            return Err("a user without items".to_owned());
        }
        // Other blanks than ASCII's do not separate, and are no id either.
        if user.is_empty() || items.iter().any(|item| item.trim().is_empty()) {
            return Err("empty user or item".to_owned());
        }
        items.into_iter().try_for_each(|item| rows.push(user, item, 0.0, None))
    }
}
