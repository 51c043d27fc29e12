//! Parquet, with column names given in the experiment.
//!
//! Ids are strings or integers, times are numbers of any unit, dates, or dates with times; a row
//! with a null in one of them is malformed.

use std::fs;
use std::path::Path;

use polars::prelude::*;
use prefsweep_parquet::Table;

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
    let schema = file.schema();

    let mut wanted = vec![(&config.user, Kind::Id), (&config.item, Kind::Id)];
    wanted.extend(config.timestamp.as_ref().map(|name| (name, Kind::Time)));
    wanted.extend(config.rating.as_ref().map(|name| (name, Kind::Number)));
    for (name, kind) in &wanted {
        let Some(found) = schema.get(name) else {
            let found = schema.iter_names().map(ToString::to_string).collect();
            let (path, column) = (path.to_owned(), (*name).clone());
            return Err(DataError::Column { path, column, found });
        };
        if !kind.fits(found) {
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
    /// Whether a column of this type can be read; polars is built without narrower numbers.
    fn fits(self, found: &DataType) -> bool {
        use DataType::{Date, Datetime, Float32, Float64, Int32, Int64, String, UInt32, UInt64};
        let integer = matches!(found, Int32 | Int64 | UInt32 | UInt64);
        match self {
            Self::Id => integer || matches!(found, String),
            Self::Time => integer || matches!(found, Float32 | Float64 | Date | Datetime(..)),
            Self::Number => integer || matches!(found, Float32 | Float64),
        }
    }

    fn allowed(self) -> &'static str {
        match self {
            Self::Id => "strings or integers of 32 or 64 bits",
            Self::Time => "numbers of 32 or 64 bits, dates, or dates with times",
            Self::Number => "numbers of 32 or 64 bits",
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
