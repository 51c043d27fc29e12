//! Attributes from a JSON object of lists.

use std::collections::HashMap;
use std::path::Path;

use crate::error::DataError;
use crate::loaders::{Id, open};

use super::labels::Labels;

/// Reads `{"item": [attribute, …], …}`; items and attributes are texts or whole numbers.
///
/// # Errors
/// A file that cannot be read, is not such an object, or has none of the items.
pub(crate) fn read_attributes(path: &Path, item_ids: &[String]) -> Result<Labels, DataError> {
    let found: HashMap<String, Vec<Id>> =
        serde_json::from_reader(open(path)?).map_err(|error| DataError::json(path, error))?;
    let of_item = |id: &String| {
        let attributes = found.get(id).map(Vec::as_slice).unwrap_or_default();
        attributes.iter().map(|attribute| attribute.text().into_owned()).collect()
    };
    let of_items: Vec<Vec<String>> = item_ids.iter().map(of_item).collect();
    let known = item_ids.iter().filter(|id| found.contains_key(*id)).count();
    if known == 0 {
        return Err(DataError::no_features(path, item_ids));
    }
    Ok(Labels { unknown: found.len() - known, ..Labels::new(&of_items) })
}
