//! RecBole atomic files (`.inter`): a header of `name:type` fields in any order.

use super::delimited::{Columns, Names};

pub(super) fn columns(header: &str) -> Result<Columns, String> {
    let names: Vec<&str> =
        header.split('\t').map(|field| field.split(':').next().unwrap_or(field)).collect();
    let wanted = Names {
        user: "user_id",
        item: "item_id",
        timestamp: Some("timestamp"),
        rating: Some("rating"),
    };
    Columns::find(&names.join("\t"), "\t".into(), false, false, &wanted)
}
