//! CSV with a header, fields in double quotes or not.

use std::fs::File;
use std::io::{BufRead, BufReader, Chain, Read};
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
    reader: Reader<Ended>,
    header: Vec<String>,
    lines: Lines,
}

/// A file whose last line ends like the others.
type Ended = Chain<File, &'static [u8]>;

/// How lines end, and so where a row is by the reader's count.
#[derive(Clone, Copy)]
enum Lines {
    /// As on Unix.
    Lf,
    /// As on Windows, and as Python's `csv` writes them. Behind a row the reader has not yet read the second letter of
    /// its end.
    CrLf,
}

impl<'a> CsvTable<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self, ImportError> {
        let lines = Lines::of(path).map_err(ImportError::read(path))?;
        let file = File::open(path).map_err(ImportError::read(path))?;
        let mut reader = Reader::from_reader(file.chain(lines.end()));
        let header = reader.headers().map_err(|error| refused(path, 1, &error))?;
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
        loop {
            let read = self.reader.read_record(&mut record);
            let line = lines.number(self.reader.position(), &record);
            if !read.map_err(|error| refused(path, line, &error))? {
                return Ok(());
            }
            let field = |column: usize| Field::of_text(record.get(column).unwrap_or_default());
            on_row(Place::Line(line), &field)?;
        }
    }
}

impl Lines {
    /// By the end of the first one.
    fn of(path: &Path) -> std::io::Result<Self> {
        let mut first = Vec::new();
        BufReader::new(File::open(path)?.take(LONGEST_HEADER)).read_until(b'\n', &mut first)?;
        Ok(if first.ends_with(b"\r\n") { Self::CrLf } else { Self::Lf })
    }

    fn end(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
        }
    }

    /// The line at which a row begins, from 1 with the header. Where the reader is `behind` the row says it; where it was
    /// before is too early, since blank lines may lie between.
    fn number(self, behind: &Position, row: &StringRecord) -> u64 {
        let within = row.as_slice().bytes().filter(|byte| *byte == b'\n').count() as u64;
        let counted = match self {
            Self::Lf => 1,
            Self::CrLf => 0,
        };
        let before = row.position().map_or(1, Position::line);
        behind.line().saturating_sub(within + counted).max(before)
    }
}

/// What the reader says, in a user's words.
fn refused(path: &Path, line: u64, error: &csv::Error) -> ImportError {
    match error.kind() {
        ErrorKind::Io(error) => {
            ImportError::read(path)(std::io::Error::new(error.kind(), error.to_string()))
        }
        ErrorKind::UnequalLengths { expected_len, len, .. } => ImportError::at(
            path,
            Place::Line(line),
            format!("found {len} fields, allowed {expected_len}, as in the header"),
        ),
        ErrorKind::Utf8 { .. } => ImportError::at(path, Place::Line(line), "is not UTF-8 text"),
        _ => ImportError::of(path, "is not CSV that can be read"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The places of the rows, and what is wrong behind them.
    fn places(content: &str) -> (Vec<Place>, Option<String>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), content).unwrap();
        let mut places = Vec::new();
        let read = CsvTable::open(file.path()).unwrap().rows(&mut |place, _| {
            places.push(place);
            Ok(())
        });
        let wrong = read.err().map(|error| error.to_string().replace(&file_name(&file), "FILE"));
        (places, wrong)
    }

    fn file_name(file: &tempfile::NamedTempFile) -> String {
        file.path().display().to_string()
    }

    /// Rows behind blank lines were said to be where these begin.
    #[test]
    fn a_row_is_counted_from_its_own_line() {
        for (content, lines) in [
            ("a,b\n1,2\n3,4\n", &[2, 3][..]),
            ("a,b\n1,2\n3,4", &[2, 3][..]),
            ("a,b\n\n\n1,2\n\n3,4\n\n", &[4, 6][..]),
            ("a,b\n\n\n1,2\n\n3,4", &[4, 6][..]),
            ("a,b\n\n\"1\n\",2\n3,4\n", &[3, 5][..]),
        ] {
            let expected: Vec<Place> = lines.iter().map(|line| Place::Line(*line)).collect();
            assert_eq!(places(content), (expected.clone(), None), "{content:?}");
            let windows = content.replace('\n', "\r\n");
            assert_eq!(places(&windows), (expected, None), "{windows:?}");
        }
    }

    #[test]
    fn a_row_of_another_length_is_counted_from_its_own_line() {
        for end in ["\n", "\r\n"] {
            let (read, wrong) = places(&["a,b", "1,2", "", "", "3", "4,5"].join(end));
            assert_eq!(read, [Place::Line(2)]);
            let said = "FILE, line 5: found 1 fields, allowed 2, as in the header";
            assert_eq!(wrong.as_deref(), Some(said));
        }
    }
}
