//! Which columns can be read: the library is built without some of the types that a file may have.

use std::fmt;

use polars::prelude::*;

use crate::guarded::guarded;

/// The type of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnType {
    /// One that is read.
    Readable(DataType),
    /// The name of one that the library is built without.
    Unreadable(String),
}

impl ColumnType {
    pub(crate) fn of(field: &ArrowField) -> Self {
        match known(field) {
            // The library has names for these, and no columns of them.
            Some(kind @ (DataType::UInt8 | DataType::UInt16)) => Self::Unreadable(kind.to_string()),
            Some(kind) => Self::Readable(kind),
            None => Self::Unreadable(name(&field.dtype)),
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Readable(kind) => write!(formatter, "{kind}"),
            Self::Unreadable(name) => formatter.write_str(name),
        }
    }
}

/// The library's own type; None where it panics instead.
fn known(field: &ArrowField) -> Option<DataType> {
    guarded(|| Ok(DataType::from_arrow_field(field))).ok()
}

/// A type as the library would call it.
fn name(kind: &ArrowDataType) -> String {
    use ArrowDataType as Kind;
    let of = |field: &ArrowField| {
        known(field).map_or_else(|| name(&field.dtype), |kind| kind.to_string())
    };
    match kind {
        Kind::Float16 => "f16".to_owned(),
        Kind::Int128 => "i128".to_owned(),
        Kind::UInt128 => "u128".to_owned(),
        Kind::Decimal(digits, places) | Kind::Decimal256(digits, places) => {
            format!("decimal[{digits},{places}]")
        }
        Kind::FixedSizeList(inside, length) => format!("array[{}, {length}]", of(inside)),
        Kind::List(inside) | Kind::LargeList(inside) => format!("list[{}]", of(inside)),
        Kind::Struct(fields) => format!("struct[{}]", fields.len()),
        Kind::Extension(kind) => kind.name.to_string(),
        kind => format!("{kind:?}"),
    }
}
