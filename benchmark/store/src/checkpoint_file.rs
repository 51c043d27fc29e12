//! What a run in progress has saved of itself.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::PathBuf;

use crate::error::{StoreError, at};
use crate::run_store::{Kind, Store};

/// The folder of checkpoints in a store; each lies in one of its own, named `<kind>-<id>`.
pub(crate) const CHECKPOINTS: &str = "checkpoints";
/// Name of the file in a run's folder of checkpoints.
const STATE_FILE: &str = "state.bin";
/// Bytes of a BLAKE3 hash.
const HASH: usize = 32;

/// The last checkpoint of a run: a file that is replaced as a whole, and begins with the hash of the rest.
#[derive(Clone, Debug)]
pub struct CheckpointFile {
    folder: PathBuf,
}

impl Store {
    /// Where the run that makes an entry keeps its checkpoint.
    #[must_use]
    pub fn checkpoint(&self, kind: Kind, id: &str) -> CheckpointFile {
        let name = format!("{}-{id}", kind.folder());
        CheckpointFile { folder: self.root().join(CHECKPOINTS).join(name) }
    }

    /// Removes the checkpoints of entries that are complete: a process may be killed between the two.
    pub(crate) fn drop_finished_checkpoints(&self) {
        let folders = fs::read_dir(self.root().join(CHECKPOINTS)).into_iter().flatten().flatten();
        for name in folders.map(|folder| folder.file_name()) {
            let parts = name.to_str().and_then(|name| name.split_once('-'));
            let entry = parts.and_then(|(folder, id)| Some((Kind::of_folder(folder)?, id)));
            if let Some((kind, id)) = entry
                && self.is_complete(kind, id)
            {
                self.checkpoint(kind, id).remove();
            }
        }
    }
}

impl CheckpointFile {
    /// What was last written, if it is there and whole.
    #[must_use]
    pub fn read(&self) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.folder.join(STATE_FILE)).ok()?;
        let (hash, content) = bytes.split_at_checked(HASH)?;
        if blake3::hash(content).as_bytes() != hash {
            return None;
        }
        Some(bytes.split_off(HASH))
    }

    /// Puts what `content` writes in the place of what was there; it is on the disk before it has the name. Nothing of
    /// it is held in memory: a state may be of the size of all weights.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(
        &self,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), StoreError> {
        fs::create_dir_all(&self.folder).map_err(at(&self.folder))?;
        let path = self.folder.join(STATE_FILE);
        let mut draft = tempfile::NamedTempFile::new_in(&self.folder).map_err(at(&path))?;
        let written = hashed(draft.as_file_mut(), content);
        written.and_then(|()| draft.as_file().sync_all()).map_err(at(&path))?;
        draft.persist(&path).map(drop).map_err(|error| at(&path)(error.error))
    }

    /// Removes it, and what a killed run left beside it.
    pub fn remove(&self) {
        // It may never have been written, and a leftover does no harm: `store gc` removes it.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Writes a hash, and behind it what it is of.
fn hashed(
    file: &mut File,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    file.write_all(&[0; HASH])?;
    let mut hashing = Hashing { file: BufWriter::new(file), hash: blake3::Hasher::new() };
    content(&mut hashing)?;
    let Hashing { mut file, hash } = hashing;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(hash.finalize().as_bytes())?;
    file.flush()
}

/// A file, and the hash of what was written to it.
struct Hashing<'a> {
    file: BufWriter<&'a mut File>,
    hash: blake3::Hasher,
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(file: &CheckpointFile, content: &[u8]) {
        file.write(|to| to.write_all(content)).unwrap();
    }

    #[test]
    fn what_was_killed_between_its_entry_and_the_end_of_its_checkpoint_leaves_none() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let [complete, unfinished] = ["a", "b"].map(|id| store.checkpoint(Kind::Cell, id));
        write(&complete, b"done");
        write(&unfinished, b"half");
        store.draft(Kind::Cell, "a").unwrap().publish().unwrap();
        drop(store);
        let _ = Store::open(folder.path()).unwrap();
        assert_eq!(complete.read(), None);
        assert!(!complete.folder.exists());
        assert_eq!(unfinished.read().as_deref(), Some(&b"half"[..]));
    }

    #[test]
    fn only_what_is_whole_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let file = store.checkpoint(Kind::Cell, "a");
        assert_eq!(file.read(), None);
        write(&file, b"first");
        write(&file, b"second");
        assert_eq!(file.read().as_deref(), Some(&b"second"[..]));
        assert_eq!(fs::read_dir(&file.folder).unwrap().count(), 1);
        let path = file.folder.join(STATE_FILE);
        let bytes = fs::read(&path).unwrap();
        for cut in 0..bytes.len() {
            fs::write(&path, &bytes[..cut]).unwrap();
            assert_eq!(file.read(), None, "{cut} bytes of {}", bytes.len());
        }
        let mut other = bytes.clone();
        *other.last_mut().unwrap() ^= 1;
        fs::write(&path, &other).unwrap();
        assert_eq!(file.read(), None);
        file.remove();
        assert!(!file.folder.exists());
    }
}
