//! A row of a table, whatever the file's format.

use super::error::{ImportError, Place};
use super::field::Field;

/// The value of any column by its position.
pub(super) type Record<'r> = &'r (dyn Fn(usize) -> Field<'r> + 'r);

/// Is told every row, with its place.
pub(super) type OnRow<'a> = dyn for<'r> FnMut(Place, Record<'r>) -> Result<(), ImportError> + 'a;
