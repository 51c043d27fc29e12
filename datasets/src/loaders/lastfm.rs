//! LastFM of HetRec 2011: which user tagged which artist when.
//!
//! A user gives an artist several tags, one per line. They are repetitions of one interaction, at the
//! time of the first tag unless the experiment sets `repeats` differently.

use super::delimited::{Columns, Names};

pub(super) fn tags(header: &str) -> Result<Columns, String> {
    let names =
        Names { user: "userID", item: "artistID", timestamp: Some("timestamp"), rating: None };
    Columns::find(header, "\t".into(), false, false, &names)
}
