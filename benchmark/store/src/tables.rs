//! Writing the tables of an entry.

use std::fs::File;
use std::path::Path;

use polars::prelude::*;
use serde::Serialize;

use crate::error::{StoreError, at};
use crate::files::{LISTS_COLUMNS, RANKS_COLUMNS};

fn invalid(path: &Path) -> impl FnOnce(Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    let path = path.to_owned();
    move |error| StoreError { path, cause: std::io::Error::other(error) }
}

/// Writes any plain data as indented JSON.
///
/// # Errors
/// When the file cannot be written.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<(), StoreError> {
    let text = serde_json::to_string_pretty(value).expect("plain data");
    std::fs::write(path, text + "\n").map_err(at(path))
}

/// A CSV file that grows row by row; what is written stays when the program is killed.
#[derive(Debug)]
pub struct Table {
    path: std::path::PathBuf,
    writer: csv::Writer<File>,
}

impl Table {
    /// Starts a table with its header.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn create(path: &Path, columns: &[&str]) -> Result<Self, StoreError> {
        let file = File::create(path).map_err(at(path))?;
        let mut table = Self { path: path.to_owned(), writer: csv::Writer::from_writer(file) };
        table.row(columns.iter().map(|&column| column.to_owned()))?;
        Ok(table)
    }

    /// Adds a row, one text per column.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) -> Result<(), StoreError> {
        let cells: Vec<String> = cells.into_iter().collect();
        self.writer.write_record(&cells).map_err(|error| at(&self.path)(error.into()))?;
        self.writer.flush().map_err(at(&self.path))
    }
}

/// Every user's rank at every evaluation, written as Parquet at the end.
#[derive(Debug, Default)]
pub struct RankTable {
    step: Vec<u32>,
    split: Vec<&'static str>,
    protocol: Vec<&'static str>,
    user: Vec<u32>,
    rank: Vec<f32>,
    competitors: Vec<u32>,
    ties: Vec<u32>,
}

impl RankTable {
    /// Adds the ranks of one evaluation on one split and protocol: user, expected rank from 1,
    /// number of items that the held-out one is ranked against, and how many of them tie with it.
    pub fn add(
        &mut self,
        step: usize,
        split: &'static str,
        protocol: &'static str,
        ranks: impl Iterator<Item = (u32, f32, u32, u32)>,
    ) {
        for (user, rank, competitors, ties) in ranks {
            self.step.push(step as u32);
            self.split.push(split);
            self.protocol.push(protocol);
            self.user.push(user);
            self.rank.push(rank);
            self.competitors.push(competitors);
            self.ties.push(ties);
        }
    }

    /// Writes the table.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(self, path: &Path) -> Result<(), StoreError> {
        let [step, split, protocol, user, rank, competitors, ties] = RANKS_COLUMNS;
        let rows = self.step.len();
        let columns = vec![
            Column::new(step.into(), self.step),
            Column::new(split.into(), self.split),
            Column::new(protocol.into(), self.protocol),
            Column::new(user.into(), self.user),
            Column::new(rank.into(), self.rank),
            Column::new(competitors.into(), self.competitors),
            Column::new(ties.into(), self.ties),
        ];
        write_parquet(path, DataFrame::new(rows, columns))
    }
}

/// The items recommended to every user, written as Parquet.
#[derive(Debug, Default)]
pub struct ListTable {
    user: Vec<u32>,
    place: Vec<u32>,
    item: Vec<u32>,
}

impl ListTable {
    /// Adds a user's list, best first.
    pub fn add(&mut self, user: u32, items: &[u32]) {
        for (place, &item) in (1..).zip(items) {
            self.user.push(user);
            self.place.push(place);
            self.item.push(item);
        }
    }

    /// Writes the table; `step` is the evaluation that the lists belong to.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(self, path: &Path, step: usize) -> Result<(), StoreError> {
        let names = LISTS_COLUMNS;
        let rows = self.user.len();
        let columns = vec![
            Column::new(names[0].into(), vec![step as u32; rows]),
            Column::new(names[1].into(), self.user),
            Column::new(names[2].into(), self.place),
            Column::new(names[3].into(), self.item),
        ];
        write_parquet(path, DataFrame::new(rows, columns))
    }
}

/// Writes a table as Parquet, or says that it could not be made.
///
/// # Errors
/// When the table could not be made, or the file cannot be written.
pub fn write_parquet(path: &Path, table: PolarsResult<DataFrame>) -> Result<(), StoreError> {
    // In memory first: an error of the file then says what the system said, a full disk for example.
    let mut bytes = Vec::new();
    let written = table.and_then(|mut table| ParquetWriter::new(&mut bytes).finish(&mut table));
    written.map_err(|error| invalid(path)(error.into()))?;
    std::fs::write(path, bytes).map_err(at(path))
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    use super::*;

    /// `/dev/full` refuses every byte with the error of a full disk.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_said_for_every_kind_of_table() {
        let path = Path::new("/dev/full");
        let csv = Table::create(path, &["step"]).unwrap_err();
        let mut ranks = RankTable::default();
        ranks.add(0, "test", "full", [(0, 1.0, 9, 0)].into_iter());
        let parquet = ranks.write(path).unwrap_err();
        let json = write_json(path, &[1]).unwrap_err();
        for error in [csv, parquet, json] {
            assert_eq!(error.to_string(), "/dev/full: no space left on device");
        }
    }
}
