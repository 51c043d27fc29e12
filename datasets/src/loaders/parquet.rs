//! Parquet, with column names given in the experiment.
//!
//! Ids are strings or integers, times are numbers of any unit, dates, or dates with times; a row
//! with a null in one of them is malformed.

use std::fs;
use std::path::Path;

use polars::prelude::*;
use prefsweep_parquet::{ColumnType, Table};

use super::needs::Needs;
use super::rows::Rows;
use super::table::TableConfig;
use super::tally::Tally;
use crate::error::DataError;

/// Number of rows whose ids are in memory as strings at once.
const CHUNK: usize = 1 << 18;

/// Reads the named columns.
pub(super) fn read(path: &Path, config: &TableConfig, needs: Needs) -> Result<Rows, DataError> {
    let bytes = fs::read(path).map_err(DataError::read(path))?;
    let damaged = |_| DataError::NotParquet { path: path.to_owned() };
    let file = Table::new(bytes).map_err(damaged)?;

    let mut wanted = vec![(&config.user, Kind::Id), (&config.item, Kind::Id)];
    wanted.extend(config.timestamp.as_ref().map(|name| (name, Kind::Time)));
    wanted.extend(config.rating.as_ref().map(|name| (name, Kind::Number)));
    for (name, kind) in &wanted {
        let Some(found) = file.column_type(name) else {
            let found = file.columns().iter().map(|(name, _)| name.clone()).collect();
            let (path, column) = (path.to_owned(), (*name).clone());
            return Err(DataError::Column { path, column, found });
        };
        if !matches!(found, ColumnType::Readable(found) if kind.fits(found)) {
            return Err(DataError::ColumnType {
                path: path.to_owned(),
                column: (*name).clone(),
                found: found.to_string(),
                allowed: kind.allowed(),
            });
        }
    }
    // A rating that is named must be there, and is read only where it is used.
    wanted.retain(|(_, kind)| !matches!(kind, Kind::Number) || needs.min_rating.is_some());
    let names: Vec<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
    let table = file.read(Some(&names)).map_err(damaged)?;

    let mut tally = Tally::new(path, "row", needs);
    for start in (0..table.height()).step_by(CHUNK) {
        let chunk = table.slice(start as i64, CHUNK);
        let columns: Vec<Column> = wanted
            .iter()
            .map(|(name, kind)| kind.converted(chunk.column(name.as_str())?))
            .collect::<PolarsResult<_>>()
            .map_err(DataError::table("reading the columns of a table"))?;
        let column = |wanted_kind: fn(&Kind) -> bool| {
            wanted.iter().position(|(_, kind)| wanted_kind(kind)).map(|index| &columns[index])
        };
        let (users, items) = (&columns[0], &columns[1]);
        let times = column(|kind| matches!(kind, Kind::Time));
        let ratings = column(|kind| matches!(kind, Kind::Number));
        let wrong = DataError::table("reading the columns of a table");
        let texts = || PolarsResult::Ok((users.str()?, items.str()?));
        let read = || PolarsResult::Ok((texts()?, numbers(times)?, numbers(ratings)?));
        let ((users, items), times, ratings) = read().map_err(wrong)?;
        for row in 0..chunk.height() {
            let (user, item) = (users.get(row), items.get(row));
            let time = times.map_or(Some(0.0), |times| times.get(row));
            let rating = ratings.and_then(|ratings| ratings.get(row));
            let pushed = match (user, item, time) {
                (Some(user), Some(item), Some(time)) if time.is_finite() => {
                    tally.rows.push(user, item, time, rating)
                }
                (Some(_), Some(_), _) => Err("no time".to_owned()),
                _ => Err("no user or no item".to_owned()),
            };
            let shown = || [user, item].map(|id| id.unwrap_or("-")).join(", ");
            tally.count(start + row + 1, pushed, shown);
        }
    }
    tally.finish()
}

fn numbers(column: Option<&Column>) -> PolarsResult<Option<&Float64Chunked>> {
    column.map(|column| column.f64()).transpose()
}

/// The role of a column.
#[derive(Clone, Copy)]
enum Kind {
    Id,
    Time,
    Number,
}

impl Kind {
    /// Whether a column of this type has such values; polars is built without u8 and u16.
    fn fits(self, found: &DataType) -> bool {
        use DataType::{
            Date, Datetime, Float32, Float64, Int8, Int16, Int32, Int64, String, UInt32, UInt64,
        };
        let integer = matches!(found, Int8 | Int16 | Int32 | Int64 | UInt32 | UInt64);
        match self {
            Self::Id => integer || matches!(found, String),
            Self::Time => integer || matches!(found, Float32 | Float64 | Date | Datetime(..)),
            Self::Number => integer || matches!(found, Float32 | Float64),
        }
    }

    fn allowed(self) -> &'static str {
        match self {
            Self::Id => "strings, integers of 32 or 64 bits, or signed ones of 8 or 16",
            Self::Time => {
                "numbers of 32 or 64 bits, signed integers of 8 or 16, dates, or dates with times"
            }
            Self::Number => "numbers of 32 or 64 bits, or signed integers of 8 or 16",
        }
    }

    /// Ids as strings, numbers unchanged, dates as seconds since 1970.
    fn converted(self, column: &Column) -> PolarsResult<Column> {
        let to_seconds = match (self, column.dtype()) {
            (Self::Id, _) => return column.cast(&DataType::String),
            (_, DataType::Date) => 86_400.0,
            (_, DataType::Datetime(TimeUnit::Nanoseconds, _)) => 1e-9,
            (_, DataType::Datetime(TimeUnit::Microseconds, _)) => 1e-6,
            (_, DataType::Datetime(TimeUnit::Milliseconds, _)) => 1e-3,
            _ => 1.0,
        };
        let numbers = column.to_physical_repr().cast(&DataType::Float64)?;
        Ok(numbers.f64()?.apply_values(|value| value * to_seconds).into_column())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use serde_json::json;

    use super::*;

    fn columns(user: &str, item: &str) -> TableConfig {
        let named = json!({"user": user, "item": item, "timestamp": "when"});
        serde_json::from_value(named).unwrap()
    }

    fn written(types: [DataType; 3]) -> tempfile::NamedTempFile {
        let column = |(name, kind): (&str, DataType)| {
            Column::new(name.into(), [7_i64, 100, 7]).cast(&kind).unwrap()
        };
        let columns = ["who", "what", "when"].into_iter().zip(types).map(column).collect();
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut table = DataFrame::new(3, columns).unwrap();
        ParquetWriter::new(File::create(file.path()).unwrap()).finish(&mut table).unwrap();
        file
    }

    #[test]
    fn narrow_integers_are_read_as_wide_ones() {
        for types in [
            [DataType::Int64, DataType::Int64, DataType::Int64],
            [DataType::Int8, DataType::Int16, DataType::Int8],
            [DataType::Int16, DataType::Int8, DataType::Int16],
        ] {
            let file = written(types);
            let rows = read(file.path(), &columns("who", "what"), Needs::default()).unwrap();
            assert_eq!(rows.user_ids.names(), ["7", "100"]);
            assert_eq!((rows.users, rows.items), (vec![0, 1, 0], vec![0, 1, 0]));
            assert_eq!(rows.timestamps, [7.0, 100.0, 7.0]);
        }
    }

    /// Such a file was called damaged.
    #[test]
    fn a_type_that_cannot_be_read_is_named_and_does_no_harm_elsewhere() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/parquet/tests/fixtures");
        let path = Path::new(folder).join("types.parquet");
        let read = |user: &str, item: &str| {
            let config = TableConfig { timestamp: None, ..columns(user, item) };
            super::read(&path, &config, Needs::default())
        };
        assert_eq!(read("i8", "i16").unwrap().item_ids.names(), ["5", "6"]);
        for (column, kind) in [("u8", "u8"), ("decimal", "decimal[10,2]")] {
            let error = read("user", column).unwrap_err().to_string();
            let said = format!("column \"{column}\" has the type {kind}; allowed: strings");
            assert!(error.contains(&said), "{error}");
        }
    }
}
