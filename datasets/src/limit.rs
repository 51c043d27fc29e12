//! A limit on what a compressed file unpacks to.
//!
//! A few hundred kilobytes of gzip can hold gigabytes of zeros (a zip bomb).

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Limit on the ratio of unpacked to packed size. Text is rarely compressed by more than 20.
const MAX_RATIO: u64 = 200;
/// The ratio does not apply to files that unpack to no more than this.
const HARMLESS: u64 = 1 << 20;

/// The number of bytes that may be unpacked, of all parts of a file together.
pub(crate) struct Limit {
    most: u64,
    left: Rc<Cell<u64>>,
}

impl Limit {
    /// For a file of `packed` bytes, and never more than `most`.
    pub(crate) fn new(packed: u64, most: u64) -> Self {
        let most = most.min(packed.saturating_mul(MAX_RATIO).max(HARMLESS));
        Self { most, left: Rc::new(Cell::new(most)) }
    }

    /// What is read from `inner` counts.
    pub(crate) fn of<R: Read>(&self, inner: R) -> Limited<R> {
        Limited { inner, most: self.most, left: Rc::clone(&self.left) }
    }
}

/// Reads until the limit is exceeded, which is an error.
pub(crate) struct Limited<R> {
    inner: R,
    most: u64,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let left = self.left.get().checked_sub(read as u64).ok_or_else(|| {
            let most = self.most;
            let text = format!("it unpacks to more than the {most} bytes allowed");
            io::Error::new(io::ErrorKind::FileTooLarge, text)
        })?;
        self.left.set(left);
        Ok(read)
    }
}
