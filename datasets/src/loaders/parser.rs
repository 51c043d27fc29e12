//! What a line-based format implements.

use super::rows::Rows;

/// Parses the lines of one format.
pub(super) trait Parser {
    /// Whether the lines can have ratings.
    fn has_ratings(&self) -> bool;

    /// Whether the lines have times; without them the lines are in chronological order.
    fn has_times(&self) -> bool {
        true
    }

    /// Whether a record goes on with the next line: a field in quotes may hold line breaks.
    fn is_open(&self, _text: &str) -> bool {
        false
    }

    /// Adds the interactions of a line, or adds none and says what is wrong with it.
    fn parse(&self, line: &str, rows: &mut Rows) -> Result<(), String>;
}
