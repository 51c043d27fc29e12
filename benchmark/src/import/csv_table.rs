//! CSV with a header, fields in double quotes or not.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use csv::{ErrorKind, Position, Reader, StringRecord};

use super::error::{ImportError, Place};
use super::field::Field;
use super::record::OnRow;

/// So many bytes of a header are looked at for how lines end.
const LONGEST_HEADER: u64 = 1 << 20;

/// An open file behind its header.
pub(super) struct CsvTable<'a> {
    path: &'a Path,
    reader: Reader<File>,
    header: Vec<String>,
    lines: Lines,
}

/// How lines end, and so where a row begins by the reader's count.
#[derive(Clone, Copy)]
enum Lines {
    /// As on Unix.
    Lf,
    /// As on Windows, and as Python's `csv` writes them. The reader counts a row's line before it reads the second
    /// letter of the end of the one above.
    CrLf,
}

impl<'a> CsvTable<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self, ImportError> {
        let lines = Lines::of(path).map_err(ImportError::read(path))?;
        let file = File::open(path).map_err(ImportError::read(path))?;
        let mut reader = Reader::from_reader(file);
        let header = reader.headers().map_err(|error| refused(path, lines, &error))?;
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
        Ok(Self { path, reader, header, lines })
    }

    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    pub(super) fn rows(mut self, on_row: &mut OnRow<'_>) -> Result<(), ImportError> {
        let (path, lines) = (self.path, self.lines);
        let mut record = StringRecord::new();
        while self.reader.read_record(&mut record).map_err(|error| refused(path, lines, &error))? {
            let line = lines.number(record.position());
            let field = |column: usize| Field::of_text(record.get(column).unwrap_or_default());
            on_row(Place::Line(line), &field)?;
        }
        Ok(())
    }
}

impl Lines {
    /// By the end of the first one.
    fn of(path: &Path) -> std::io::Result<Self> {
        let mut first = Vec::new();
        BufReader::new(File::open(path)?.take(LONGEST_HEADER)).read_until(b'\n', &mut first)?;
        Ok(if first.ends_with(b"\r\n") { Self::CrLf } else { Self::Lf })
    }

    /// The line of a row, from 1 with the header.
    fn number(self, row: Option<&Position>) -> u64 {
        let counted = row.map_or(1, Position::line);
        match (self, row) {
            (Self::CrLf, Some(row)) if row.byte() > 0 => counted + 1,
            _ => counted,
        }
    }
}

/// What the reader says, in a user's words.
fn refused(path: &Path, lines: Lines, error: &csv::Error) -> ImportError {
    let line = |position: Option<&Position>| lines.number(position);
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
