//! The first format of exports, which knew runs by the label of the loss and texts of the values on
//! the axes.

use std::collections::BTreeMap;
use std::path::Path;

use prefsweep_store::{RANKS_FILE, with_axes};
use serde_json::Value;

use super::cells::RankedCell;
use super::rows::read_runs;
use crate::error::ReportError;

/// Version of this layout.
pub(super) const FORMAT: u32 = 1;

/// The runs of a folder; they have labels and no keys.
pub(super) fn read(dir: &Path, items: usize) -> Result<Vec<RankedCell>, ReportError> {
    read_runs(&dir.join(RANKS_FILE), "axes", items, |run| {
        let axes: BTreeMap<String, String> = serde_json::from_str(run.name)?;
        let axes = axes.into_iter().map(|(axis, text)| (axis, value(text))).collect();
        Ok(RankedCell {
            id: run.id.to_owned(),
            key: None,
            label: with_axes(run.loss, &axes),
            negatives: run.negatives,
            seed: run.seed,
            ranks: BTreeMap::new(),
        })
    })
}

/// Numbers were written in more than one way, as `1` and `1.0`; everything else is the text.
fn value(text: String) -> Value {
    match serde_json::from_str(&text) {
        Ok(Value::Number(number)) => Value::Number(number),
        _ => Value::String(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_named_as_today() {
        let label = |text: &str| {
            with_axes("dmpo", &BTreeMap::from([("beta".to_owned(), value(text.to_owned()))]))
        };
        for (text, expected) in [
            ("1.0", "1"),
            ("0.25", "0.25"),
            ("popularity(0.75)", "popularity(0.75)"),
            ("bce", "bce"),
        ] {
            assert_eq!(label(text), format!("dmpo, beta={expected}"));
        }
    }
}
