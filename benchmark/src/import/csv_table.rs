//! CSV with a header, fields in double quotes or not.

use std::fs::File;
use std::path::Path;

use csv::{ErrorKind, Reader, StringRecord};

use super::error::{ImportError, Place};
use super::field::Field;
use super::record::OnRow;

/// An open file behind its header.
pub(super) struct CsvTable<'a> {
    path: &'a Path,
    reader: Reader<File>,
    header: Vec<String>,
}

impl<'a> CsvTable<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self, ImportError> {
        let file = File::open(path).map_err(ImportError::read(path))?;
        let mut reader = Reader::from_reader(file);
        let header = reader.headers().map_err(|error| refused(path, &error))?;
        let header: Vec<String> = header
            .iter()
            .map(|name| name.trim_start_matches('\u{feff}').trim().to_owned())
            .collect();
        if header.iter().all(String::is_empty) {
            return Err(ImportError::of(
                path,
                "is empty: a header and at least one row are needed",
            ));
        }
        Ok(Self { path, reader, header })
    }

    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    pub(super) fn rows(mut self, on_row: &mut OnRow<'_>) -> Result<(), ImportError> {
        let mut record = StringRecord::new();
        while self.reader.read_record(&mut record).map_err(|error| refused(self.path, &error))? {
            let line = record.position().map_or(0, csv::Position::line);
            let field = |column: usize| Field::of_text(record.get(column).unwrap_or_default());
            on_row(Place::Line(line), &field)?;
        }
        Ok(())
    }
}

/// What the reader says, in a user's words.
fn refused(path: &Path, error: &csv::Error) -> ImportError {
    let line = |position: Option<&csv::Position>| position.map_or(1, csv::Position::line);
    match error.kind() {
        ErrorKind::Io(error) => {
            ImportError::read(path)(std::io::Error::new(error.kind(), error.to_string()))
        }
        ErrorKind::UnequalLengths { pos, expected_len, len } => ImportError::at(
            path,
            Place::Line(line(pos.as_ref())),
            format!("found {len} fields, allowed {expected_len}, as in the header"),
        ),
        ErrorKind::Utf8 { pos, .. } => {
            ImportError::at(path, Place::Line(line(pos.as_ref())), "is not UTF-8 text")
        }
        _ => ImportError::of(path, "is not CSV that can be read"),
    }
}
