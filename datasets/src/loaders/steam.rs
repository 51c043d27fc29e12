//! Steam reviews, one object per line, published as Python literals.
//!
//! Dates are days; reviews of the same day keep the order of the file.

use serde::Deserialize;

use super::json::{Id, json_object};
use super::parser::Parser;
use super::rows::Rows;
use super::time;
use crate::error::start_of;

/// One review per line.
pub(super) struct Json;

#[derive(Deserialize)]
struct Review {
    username: Id,
    product_id: Id,
    date: String,
}

impl Parser for Json {
    fn has_ratings(&self) -> bool {
        false
    }

    fn parse(&self, line: &str, rows: &mut Rows) -> Result<(), String> {
        let review: Review = json_object(line)?;
        let timestamp = time::date(&review.date).ok_or_else(|| {
            format!("date {:?} is not of the form 2017-12-31", start_of(&review.date))
        })?;
        rows.push(&review.username.text(), &review.product_id.text(), timestamp, None)
    }
}
