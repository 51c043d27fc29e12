//! LastFM of HetRec 2011: which user tagged which artist when.
//!
//! A user gives an artist several tags, a line each. They are repetitions of one interaction, whose
//! time is that of the first unless the experiment says otherwise (`repeats`).

use super::delimited::{Columns, Names};

pub(super) fn tags(header: &str) -> Result<Columns, String> {
    let names =
        Names { user: "userID", item: "artistID", timestamp: Some("timestamp"), rating: None };
    Columns::find(header, "\t".into(), false, false, &names)
}
