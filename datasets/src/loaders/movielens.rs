//! MovieLens: `u.data` (100K), `ratings.dat` (1M, 10M) and `ratings.csv` (20M and later).

use super::delimited::{Columns, Names};

pub(super) fn tab() -> Columns {
    without_header("\t")
}

pub(super) fn dat() -> Columns {
    without_header("::")
}

fn without_header(separator: &'static str) -> Columns {
    Columns {
        separator: separator.into(),
        quoted: false,
        count: 4,
        user: 0,
        item: 1,
        timestamp: Some(3),
        rating: Some(2),
    }
}

pub(super) fn csv(header: &str) -> Result<Columns, String> {
    let names = Names {
        user: "userId",
        item: "movieId",
        timestamp: Some("timestamp"),
        rating: Some("rating"),
    };
    Columns::find(header, ",".into(), true, false, &names)
}
