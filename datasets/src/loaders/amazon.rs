//! Amazon: ratings as CSV in both column orders, and reviews as JSON lines.

use serde::Deserialize;

use super::delimited::Columns;
use super::json::{Id, json_object};
use super::parser::Parser;
use super::rows::Rows;

/// `user,item,rating,timestamp` (the release of 2014).
pub(super) fn user_first() -> Columns {
    ratings(0, 1)
}

/// `item,user,rating,timestamp` (the release of 2018).
pub(super) fn item_first() -> Columns {
    ratings(1, 0)
}

fn ratings(user: usize, item: usize) -> Columns {
    Columns {
        separator: ",".into(),
        quoted: false,
        count: 4,
        user,
        item,
        timestamp: Some(3),
        rating: Some(2),
    }
}

/// One review per line.
pub(super) struct Json;

#[derive(Deserialize)]
struct Review {
    #[serde(rename = "reviewerID")]
    user: Id,
    #[serde(rename = "asin")]
    item: Id,
    #[serde(rename = "unixReviewTime")]
    timestamp: f64,
    #[serde(rename = "overall")]
    rating: Option<f64>,
}

impl Parser for Json {
    fn has_ratings(&self) -> bool {
        true
    }

    fn parse(&self, line: &str, rows: &mut Rows) -> Result<(), String> {
        let review: Review = json_object(line)?;
        rows.push(&review.user.text(), &review.item.text(), review.timestamp, review.rating)
    }
}
