//! The reference's hidden states of many positions: in memory, or left in the file in which they lie.
//!
//! Of much data they take more than memory holds, and a step reads those of its batch alone. They are read by position;
//! what is read again and again the system keeps in memory while there is room, as it would for a mapped file.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Bytes of a number.
const BYTES: usize = size_of::<f32>();

/// Hidden states, row-major `[positions, dim]`.
#[derive(Clone, Copy, Debug)]
pub enum States<'a> {
    /// In memory.
    Memory(&'a [f32]),
    /// In a file.
    File(&'a StatesFile),
}

/// A file of numbers, little-endian, that is read by position.
#[derive(Debug)]
pub struct StatesFile {
    path: PathBuf,
    file: Mutex<File>,
    length: usize,
}

impl StatesFile {
    /// Writes numbers, some at a time, for [`open`](Self::open).
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(path: &Path, parts: impl Iterator<Item = Vec<f32>>) -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        for part in parts {
            let bytes: Vec<u8> = part.iter().flat_map(|number| number.to_le_bytes()).collect();
            file.write_all(&bytes)?;
        }
        file.flush()
    }

    /// Opens a file with `length` numbers.
    ///
    /// # Errors
    /// When it cannot be opened, or has another size.
    pub fn open(path: &Path, length: usize) -> io::Result<Self> {
        let file = File::open(path)?;
        let (found, expected) = (file.metadata()?.len(), (BYTES * length) as u64);
        if found != expected {
            return Err(io::Error::other(format!("found {found} bytes, expected {expected}")));
        }
        Ok(Self { path: path.to_owned(), file: Mutex::new(file), length })
    }

    /// All numbers.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn all(&self) -> io::Result<Vec<f32>> {
        let mut numbers = Vec::new();
        self.read(0, self.length, &mut numbers)?;
        Ok(numbers)
    }

    /// Adds `count` numbers from `first` on to `numbers`.
    fn read(&self, first: usize, count: usize, numbers: &mut Vec<f32>) -> io::Result<()> {
        let mut bytes = vec![0; BYTES * count];
        let mut file = self.file.lock().expect("no thread panics with the lock");
        file.seek(SeekFrom::Start((BYTES * first) as u64))?;
        file.read_exact(&mut bytes)?;
        let (numbers_of_bytes, _) = bytes.as_chunks::<BYTES>();
        numbers.extend(numbers_of_bytes.iter().map(|bytes| f32::from_le_bytes(*bytes)));
        Ok(())
    }
}

impl States<'_> {
    /// How many numbers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Memory(states) => states.len(),
            Self::File(file) => file.length,
        }
    }

    /// Whether there is none, as of a policy over titles.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The states at some positions, `[rows, dim]`.
    ///
    /// # Panics
    /// When a row is beyond the last, or the file cannot be read any more.
    #[must_use]
    pub fn rows(&self, rows: &[usize], dim: usize) -> Vec<f32> {
        let mut found = Vec::with_capacity(rows.len() * dim);
        // Positions of a window lie side by side.
        for run in rows.chunk_by(|row, next| row + 1 == *next) {
            let (first, count) = (run[0] * dim, run.len() * dim);
            match self {
                Self::Memory(states) => found.extend_from_slice(&states[first..first + count]),
                Self::File(file) => file.read(first, count, &mut found).unwrap_or_else(|cause| {
                    panic!("failed to read {}: {cause}", file.path.display())
                }),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_the_rows_that_memory_gives() {
        let dim = 3;
        let states: Vec<f32> = (0..60).map(|index| (index as f32 * 0.37).sin()).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("states.bin");
        StatesFile::write(&path, states.chunks(7).map(<[f32]>::to_vec)).unwrap();
        let bytes: Vec<u8> = states.iter().flat_map(|state| state.to_le_bytes()).collect();
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        let file = StatesFile::open(&path, 60).unwrap();
        assert_eq!(file.all().unwrap(), states);
        assert_eq!(States::File(&file).len(), 60);
        for rows in [&[][..], &[0], &[4, 5, 6, 2, 3, 19, 0, 0, 1], &[19, 18, 17]] {
            let found = States::File(&file).rows(rows, dim);
            assert_eq!(found, States::Memory(&states).rows(rows, dim));
            let by_hand = rows.iter().flat_map(|&row| states[row * dim..][..dim].iter().copied());
            assert_eq!(found, by_hand.collect::<Vec<f32>>());
        }
        let error = StatesFile::open(&path, 61).unwrap_err().to_string();
        assert_eq!(error, "found 240 bytes, expected 244");
    }
}
