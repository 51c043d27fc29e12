//! Goodreads (UCSD Book Graph): reviews or interactions as JSON lines.
//!
//! The time is that at which the book was put on a shelf. A rating of 0 means no rating.

use serde::Deserialize;

use super::json::{Id, json_object};
use super::parser::Parser;
use super::rows::Rows;
use super::time;
use crate::error::start_of;

/// One review or interaction per line.
pub(super) struct Json;

#[derive(Deserialize)]
struct Interaction {
    user_id: Id,
    book_id: Id,
    rating: Option<f64>,
    date_added: String,
}

impl Parser for Json {
    fn has_ratings(&self) -> bool {
        true
    }

    fn parse(&self, line: &str, rows: &mut Rows) -> Result<(), String> {
        let row: Interaction = json_object(line)?;
        let timestamp = time::english(&row.date_added).ok_or_else(|| {
            format!(
                "date_added {:?} is not of the form Fri Aug 25 13:55:02 -0700 2017",
                start_of(&row.date_added)
            )
        })?;
        rows.push(&row.user_id.text(), &row.book_id.text(), timestamp, row.rating)
    }
}
