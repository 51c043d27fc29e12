//! A text file line by line, plain or gzip.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::encoding::Encoding;
use crate::error::DataError;
use crate::limit::Limit;

const BUFFER: usize = 1 << 18;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A file's content; gzip is detected from the first two bytes, not from the name.
pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead>, DataError> {
    let file = File::open(path).map_err(DataError::read(path))?;
    let packed = file.metadata().map_err(DataError::read(path))?.len();
    let mut plain = BufReader::with_capacity(BUFFER, file);
    if plain.fill_buf().map_err(DataError::read(path))?.starts_with(&GZIP) {
        let unpacked = Limit::new(packed, u64::MAX).of(MultiGzDecoder::new(plain));
        return Ok(Box::new(BufReader::with_capacity(BUFFER, unpacked)));
    }
    Ok(Box::new(plain))
}

/// The lines of a file without their line breaks, numbered from 1; blank lines at the end are
/// skipped.
pub(crate) struct Lines<'a> {
    path: &'a Path,
    reader: Box<dyn BufRead>,
    encoding: Encoding,
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
    pub(crate) fn open(path: &'a Path, encoding: Encoding) -> Result<Self, DataError> {
        let reader = encoding.read(open(path)?);
        Ok(Self { path, reader, encoding, text: Vec::new(), line: 0, held: false, blank: 0 })
    }

    /// The next line with its number.
    ///
    /// # Errors
    /// A file that cannot be read or decompressed, or is not text of its encoding.
    pub(crate) fn next(&mut self) -> Result<Option<(usize, &str)>, DataError> {
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
            let read = read.map_err(|error| match error.kind() {
                // What a decoder says.
                ErrorKind::InvalidData if !self.encoding.is_utf8() => {
                    DataError::NotUtf16 { path: self.path.to_owned(), line: self.line + 1 }
                }
                // Whatever neither the system nor the limit on unpacking said was said by a decoder of gzip.
                kind if error.raw_os_error().is_none() && kind != ErrorKind::FileTooLarge => {
                    let damaged = "its compressed content is damaged or cut off";
                    DataError::read(self.path)(std::io::Error::new(kind, damaged))
                }
                _ => DataError::read(self.path)(error),
            })?;
            if read == 0 {
                return Ok(false);
            }
            self.line += 1;
            // The last line may lack its line break.
            self.text.pop_if(|byte| *byte == b'\n');
            self.text.pop_if(|byte| *byte == b'\r');
            if self.line == 1 && self.text.starts_with(BYTE_ORDER_MARK.as_bytes()) {
                self.text.drain(..BYTE_ORDER_MARK.len());
            }
            if self.text.is_empty() {
                self.blank += 1;
                continue;
            }
            return Ok(true);
        }
    }

    fn decoded(&self) -> Result<&str, DataError> {
        str::from_utf8(&self.text)
            .map_err(|_| DataError::NotUtf8 { path: self.path.to_owned(), line: self.line })
    }
}
