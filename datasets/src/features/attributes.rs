//! Attributes from a JSON object of lists.

use std::collections::HashMap;
use std::path::Path;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::error::DataError;
use crate::loaders::{Id, open};

use super::labels::Labels;

/// Reads `{"item": [attribute, …], …}`; items and attributes are texts or whole numbers.
///
/// # Errors
/// A file that cannot be read, is not such an object, has an item twice, or none of those asked for.
pub(crate) fn read_attributes(path: &Path, item_ids: &[String]) -> Result<Labels, DataError> {
    let Once(found) =
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

/// An object that has no key twice.
struct Once(HashMap<String, Vec<Id>>);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;

        impl<'de> Visitor<'de> for Items {
            type Value = Once;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object of lists, as in {\"item\": [\"attribute\"]}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
                let mut found = HashMap::new();
                while let Some((item, attributes)) = map.next_entry::<String, Vec<Id>>()? {
                    if found.contains_key(&item) {
                        return Err(A::Error::custom(format!(
                            "every item once, and {item:?} is there again"
                        )));
                    }
                    found.insert(item, attributes);
                }
                Ok(Once(found))
            }
        }

        deserializer.deserialize_map(Items)
    }
}
