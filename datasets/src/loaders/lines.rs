//! A text file line by line, plain or gzip.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Error, ErrorKind, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::encoding::Encoding;
use crate::error::DataError;
use crate::limit::Limit;

const BUFFER: usize = 1 << 18;
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// What some programs write before text in UTF-8.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// A file's content without a byte order mark of UTF-8; gzip is detected from the first two bytes, not from the name.
pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead>, DataError> {
    marked(path).map(|(text, _)| text)
}

/// The same, and whether there was such a mark.
fn marked(path: &Path) -> Result<(Box<dyn BufRead>, bool), DataError> {
    let file = File::open(path).map_err(DataError::read(path))?;
    let packed = file.metadata().map_err(DataError::read(path))?.len();
    let mut plain = BufReader::with_capacity(BUFFER, file);
    if plain.fill_buf().map_err(DataError::read(path))?.starts_with(&GZIP) {
        let unpacked = Unpacked(Limit::new(packed, u64::MAX).of(MultiGzDecoder::new(plain)));
        return without_mark(BufReader::with_capacity(BUFFER, unpacked))
            .map_err(DataError::read(path));
    }
    without_mark(plain).map_err(DataError::read(path))
}

fn without_mark(mut text: impl BufRead + 'static) -> io::Result<(Box<dyn BufRead>, bool)> {
    let mut start = Vec::new();
    text.by_ref().take(BYTE_ORDER_MARK.len() as u64).read_to_end(&mut start)?;
    let is_marked = start == BYTE_ORDER_MARK;
    if is_marked {
        start.clear();
    }
    Ok((Box::new(Cursor::new(start).chain(text)), is_marked))
}

/// What a decoder of gzip reads, with our words for its errors.
struct Unpacked<R>(R);

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into).map_err(|error| match error.kind() {
            // The system, or the limit on unpacking.
            kind if error.raw_os_error().is_some() || kind == ErrorKind::FileTooLarge => error,
            kind => Error::new(kind, "its compressed content is damaged or cut off"),
        })
    }
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
        let (text, is_utf8) = marked(path)?;
        // The file itself knows better.
        let encoding = if is_utf8 { Encoding::Utf8 } else { encoding };
        let reader = encoding.read(text);
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
                // A decoder of letters gives an error without text; that of gzip has one.
                ErrorKind::InvalidData if !self.encoding.is_utf8() && error.get_ref().is_none() => {
                    DataError::NotUtf16 { path: self.path.to_owned(), line: self.line + 1 }
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
