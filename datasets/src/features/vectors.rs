//! Dense vectors of items from a table.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{DataError, start_of};
use crate::loaders::{Encoding, Lines};

/// A vector for every item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vectors {
    /// Numbers of a vector, at least one.
    pub width: usize,
    /// Row-major `[n_items, width]`; zeros for items without a vector.
    #[serde(skip)]
    pub values: Vec<f32>,
    /// Items without a vector.
    pub missing: usize,
    /// Vectors of items that the dataset has not.
    pub unknown: usize,
}

/// Reads lines of an item's id and numbers, separated by tabs, or by commas where the first line has no tab. A
/// first line without a number behind its first field is a header.
///
/// # Errors
/// A file that cannot be read or has no line, a line whose numbers are not finite or not as many as those of the
/// first, a second vector of an item, or none of any item.
pub(crate) fn read_vectors(path: &Path, item_ids: &[String]) -> Result<Vectors, DataError> {
    let items: HashMap<&str, usize> =
        item_ids.iter().enumerate().map(|(item, id)| (id.as_str(), item)).collect();
    let mut lines = Lines::open(path, Encoding::Utf8)?;
    let mut table = Table::new(path);
    let mut found: Vec<Option<usize>> = vec![None; item_ids.len()];
    let (mut values, mut unknown) = (Vec::new(), 0);
    while let Some((line, text)) = lines.next()? {
        let Some((id, vector)) = table.row(line, text)? else { continue };
        let width = vector.len();
        let Some(&item) = items.get(id) else {
            unknown += 1;
            continue;
        };
        values.resize(item_ids.len() * width, 0.0);
        if let Some(before) = found[item].replace(line) {
            let reason = format!("a second vector of item {id:?}, after that of line {before}");
            return Err(table.error(line, reason));
        }
        values[item * width..][..width].copy_from_slice(&vector);
    }
    let Some((width, _)) = table.first else {
        return Err(DataError::Empty { path: path.to_owned() });
    };
    let missing = found.iter().filter(|line| line.is_none()).count();
    if missing == item_ids.len() {
        return Err(DataError::no_features(path, item_ids));
    }
    Ok(Vectors { width, values, missing, unknown })
}

/// What is known of a table after its first lines.
struct Table<'a> {
    path: &'a Path,
    separator: Option<char>,
    /// How many numbers every line has, and the line that says so.
    first: Option<(usize, usize)>,
}

impl<'a> Table<'a> {
    fn new(path: &'a Path) -> Self {
        Self { path, separator: None, first: None }
    }

    /// Id and vector of a line; None for a header or an empty line.
    fn row<'t>(
        &mut self,
        line: usize,
        text: &'t str,
    ) -> Result<Option<(&'t str, Vec<f32>)>, DataError> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let is_first = self.separator.is_none();
        let separator = *self.separator.get_or_insert(if text.contains('\t') { '\t' } else { ',' });
        let mut fields = text.split(separator).map(|field| field.trim().trim_matches('"'));
        let id = fields.next().unwrap_or_default();
        let fields: Vec<&str> = fields.collect();
        if fields.is_empty() {
            let found = start_of(text);
            let reason = format!(
                "found {found:?}, allowed an item's id and numbers, separated by tabs or commas"
            );
            return Err(self.error(line, reason));
        }
        if is_first && fields.iter().all(|field| field.parse::<f32>().is_err()) {
            return Ok(None);
        }
        let (width, of) = *self.first.get_or_insert((fields.len(), line));
        if fields.len() != width {
            let reason = format!(
                "found a vector of length {}, allowed {width}, as on line {of}",
                fields.len()
            );
            return Err(self.error(line, reason));
        }
        let number =
            |field: &&str| match field.parse::<f32>() {
                Ok(number) if number.is_finite() => Ok(number),
                _ => Err(self
                    .error(line, format!("found {:?}, allowed a finite number", start_of(field)))),
            };
        Ok(Some((id, fields.iter().map(number).collect::<Result<_, _>>()?)))
    }

    fn error(&self, line: usize, reason: String) -> DataError {
        DataError::FeatureLine { path: self.path.to_owned(), line, reason }
    }
}
