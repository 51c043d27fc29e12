//! A text file line by line, plain or gzip.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::error::{DataError, start_of};

const BUFFER: usize = 1 << 18;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A file's content; gzip is detected from the first two bytes, not from the name.
pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead>, DataError> {
    decompressed(path).map(|(reader, _)| reader)
}

/// A file's content, and whether it was compressed.
fn decompressed(path: &Path) -> Result<(Box<dyn BufRead>, bool), DataError> {
    let file = File::open(path).map_err(DataError::read(path))?;
    let mut plain = BufReader::with_capacity(BUFFER, file);
    if plain.fill_buf().map_err(DataError::read(path))?.starts_with(&GZIP) {
        let reader = BufReader::with_capacity(BUFFER, MultiGzDecoder::new(plain));
        return Ok((Box::new(reader), true));
    }
    Ok((Box::new(plain), false))
}

/// The lines of a file without their line breaks, numbered from 1; blank lines at the end are
/// skipped.
pub(super) struct Lines<'a> {
    path: &'a Path,
    reader: Box<dyn BufRead>,
    compressed: bool,
    /// The last line read.
    text: Vec<u8>,
    /// Its number.
    line: usize,
    /// Whether it has not been returned yet.
    held: bool,
    /// How many blank lines before it have not been returned yet.
    blank: usize,
}

impl<'a> Lines<'a> {
    /// Opens a file, compressed or not.
    pub(super) fn open(path: &'a Path) -> Result<Self, DataError> {
        let (reader, compressed) = decompressed(path)?;
        Ok(Self { path, reader, compressed, text: Vec::new(), line: 0, held: false, blank: 0 })
    }

    /// The next line with its number.
    ///
    /// # Errors
    /// A file that cannot be read or decompressed, is not UTF-8, or has no line break at its end.
    pub(super) fn next(&mut self) -> Result<Option<(usize, &str)>, DataError> {
        if !self.held && !self.read()? {
            return Ok(None);
        }
        self.held = self.blank > 0;
        if self.held {
            self.blank -= 1;
            return Ok(Some((self.line - self.blank - 1, "")));
        }
        Ok(Some((self.line, self.decoded()?)))
    }

    /// Reads up to the next line that is not blank; false at the end.
    fn read(&mut self) -> Result<bool, DataError> {
        loop {
            self.text.clear();
            let read = self.reader.read_until(b'\n', &mut self.text);
            if read.map_err(DataError::read(self.path))? == 0 {
                return Ok(false);
            }
            self.line += 1;
            let whole = self.text.pop_if(|byte| *byte == b'\n').is_some();
            self.text.pop_if(|byte| *byte == b'\r');
            if self.line == 1 && self.text.starts_with(BYTE_ORDER_MARK.as_bytes()) {
                self.text.drain(..BYTE_ORDER_MARK.len());
            }
            if self.text.is_empty() {
                self.blank += 1;
                continue;
            }
            // In a compressed file the checksum shows whether it is complete.
            if !whole && !self.compressed {
                return Err(DataError::Truncated {
                    path: self.path.to_owned(),
                    line: self.line,
                    text: start_of(&String::from_utf8_lossy(&self.text)),
                });
            }
            return Ok(true);
        }
    }

    fn decoded(&self) -> Result<&str, DataError> {
        str::from_utf8(&self.text)
            .map_err(|_| DataError::NotUtf8 { path: self.path.to_owned(), line: self.line })
    }
}
