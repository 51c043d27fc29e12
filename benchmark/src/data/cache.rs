//! Prepared data found again without reading their files.
//!
//! ```text
//! results/store/sources/<hash of a path>.json    what the file was when it was hashed
//! results/store/prepared/<hash>.json             which dataset came of these settings and contents
//! ```
//!
//! Both are only shortcuts and may be deleted. They may be slow, never wrong: a file's hash is taken
//! from the record only while size and times are those of then, and is not recorded at all when the
//! file was so young that a change could have left its time as it was; a dataset is taken from the
//! store only when it is equal to what was prepared, and reading it checks its own hashes.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prefsweep_datasets::{CandidateConfig, DataError, Dataset, DatasetConfig, load, sources};
use prefsweep_store::{Kind, Store, StoreError, at, file_hash};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::kept::{Kept, ObtainError, data_id, keep_data};

/// Raised whenever loaders or preprocessing make something else of the same file.
const PREPARATION: u32 = 5;
/// File systems keep times to no worse than this.
const COARSEST_TIME: Duration = Duration::from_secs(2);

/// A dataset that is in the store.
#[derive(Debug)]
pub struct Obtained {
    /// The dataset.
    pub dataset: Dataset,
    /// Where it is in the store.
    pub kept: Kept,
    /// The files it came from; none for generated data.
    pub files: Vec<PathBuf>,
    /// Whether these had to be read.
    pub was_read: bool,
    /// Whether the store has the same sequences with other ids of users or items, which it keeps.
    pub is_renamed: bool,
}

/// Takes the dataset from the store where it was prepared from the same files with the same
/// settings; loads it and keeps it there otherwise.
///
/// # Errors
/// When the data are missing, malformed or too small, or the store cannot be read or written.
pub fn obtain(
    store: &Store,
    config: &DatasetConfig,
    data_dir: &Path,
) -> Result<Obtained, ObtainError> {
    let files = sources(config, data_dir)?;
    let read = files.iter().map(|path| Source::of(path, store)).collect::<Result<Vec<_>, _>>()?;
    let record = record_path(store, config, data_dir, &read);
    // Generated data are generated faster than read.
    if !read.is_empty()
        && let Some((dataset, kept)) = recorded(store, &record)?
    {
        return Ok(Obtained { dataset, kept, files, was_read: false, is_renamed: false });
    }
    let dataset = load(config, data_dir)?;
    let kept = keep_data(store, &dataset)?;
    let mut unchanged = !read.is_empty();
    for source in &read {
        unchanged = unchanged && source.is_unchanged()?;
    }
    // An entry of the same sequences may have other ids or titles.
    let there = match kept.was_there && !read.is_empty() {
        true => Some(Dataset::read(&kept.folder)?),
        false => None,
    };
    let is_renamed = there.as_ref().is_some_and(|there| {
        there.user_ids != dataset.user_ids || there.item_ids != dataset.item_ids
    });
    if unchanged && there.is_none_or(|there| there == dataset) {
        let entry = entry_hash(&kept.folder)?;
        write(&record, &Prepared { fingerprint: dataset.fingerprint.clone(), entry })?;
    }
    Ok(Obtained { dataset, kept, files, was_read: true, is_renamed })
}

/// Which dataset it was.
#[derive(Serialize, Deserialize)]
struct Prepared {
    fingerprint: String,
    /// Hash of the entry's description, which names ids and titles too.
    entry: String,
}

/// The hash of what describes a dataset's entry.
fn entry_hash(folder: &Path) -> Result<String, ObtainError> {
    hash_of(&folder.join(prefsweep_datasets::METADATA_FILE))
}

fn record_path(
    store: &Store,
    config: &DatasetConfig,
    data_dir: &Path,
    sources: &[Source],
) -> PathBuf {
    // Candidate lists are drawn from the dataset, not part of it.
    let config = DatasetConfig { candidates: CandidateConfig::default(), ..config.resolved() };
    let contents: Vec<(String, &str)> = sources
        .iter()
        .map(|source| {
            let place = source.path.strip_prefix(data_dir).unwrap_or(&source.path);
            (place.to_string_lossy().into_owned(), source.hash.as_str())
        })
        .collect();
    let key = (PREPARATION, env!("CARGO_PKG_VERSION"), config, contents);
    let key = serde_json::to_vec(&key).expect("a configuration is plain data");
    store.root().join("prepared").join(format!("{}.json", blake3::hash(&key).to_hex()))
}

fn recorded(store: &Store, record: &Path) -> Result<Option<(Dataset, Kept)>, ObtainError> {
    let Some(Prepared { fingerprint, entry }) = read(record) else { return Ok(None) };
    let id = data_id(&fingerprint);
    if !store.is_complete(Kind::Dataset, id) {
        return Ok(None);
    }
    let folder = store.entry(Kind::Dataset, id);
    let dataset = Dataset::read(&folder)?;
    let same = dataset.fingerprint == fingerprint && entry_hash(&folder)? == entry;
    Ok(same.then_some((dataset, Kept { folder, was_there: true })))
}

/// A file and its content's hash.
#[derive(Debug)]
struct Source {
    path: PathBuf,
    stamp: Stamp,
    hash: String,
    /// Whether a later change shows in the stamp.
    is_settled: bool,
}

/// What is recorded of a file.
#[derive(Serialize, Deserialize)]
struct Hashed {
    stamp: Stamp,
    hash: String,
}

impl Source {
    fn of(path: &Path, store: &Store) -> Result<Self, ObtainError> {
        let stamp = Stamp::of(path)?;
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let name = blake3::hash(absolute.as_os_str().as_encoded_bytes()).to_hex();
        let record = store.root().join("sources").join(format!("{name}.json"));
        let is_settled = stamp.is_settled();
        let path = path.to_owned();
        if let Some(Hashed { hash, .. }) =
            read(&record).filter(|known: &Hashed| known.stamp == stamp)
        {
            return Ok(Self { path, stamp, hash, is_settled });
        }
        let hash = hash_of(&path)?;
        if is_settled && Stamp::of(&path)? == stamp {
            write(&record, &Hashed { stamp: stamp.clone(), hash: hash.clone() })?;
        }
        Ok(Self { path, stamp, hash, is_settled })
    }

    /// Whether the file is still the one that was hashed.
    fn is_unchanged(&self) -> Result<bool, ObtainError> {
        let hash = || hash_of(&self.path);
        Ok(Stamp::of(&self.path)? == self.stamp && (self.is_settled || hash()? == self.hash))
    }
}

/// What tells that a file was changed, without reading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    size: u64,
    /// Seconds and nanoseconds since 1970.
    modified: (u64, u32),
    /// On Unix: which file it is, and when content or times were last changed, by whatever means.
    inode: Option<[i64; 4]>,
}

impl Stamp {
    fn of(path: &Path) -> Result<Self, ObtainError> {
        let metadata = fs::metadata(path).map_err(unreadable(path))?;
        let modified = metadata.modified().map_err(unreadable(path))?;
        let modified = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        let modified = (modified.as_secs(), modified.subsec_nanos());
        Ok(Self { size: metadata.len(), modified, inode: inode(&metadata) })
    }

    fn is_settled(&self) -> bool {
        let changed =
            self.inode.map_or(0, |[_, _, seconds, _]| u64::try_from(seconds).unwrap_or(0));
        let latest = UNIX_EPOCH + Duration::from_secs(self.modified.0.max(changed) + 1);
        SystemTime::now().duration_since(latest).is_ok_and(|age| age >= COARSEST_TIME)
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> Option<[i64; 4]> {
    use std::os::unix::fs::MetadataExt;
    let [device, number] = [metadata.dev(), metadata.ino()].map(u64::cast_signed);
    Some([device, number, metadata.ctime(), metadata.ctime_nsec()])
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> Option<[i64; 4]> {
    None
}

fn hash_of(path: &Path) -> Result<String, ObtainError> {
    file_hash(path).map(|(hash, _)| hash).map_err(unreadable(path))
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> ObtainError {
    let path = path.to_owned();
    move |cause| DataError::Read { path, cause }.into()
}

/// A record, or nothing where there is none that can be read.
fn read<T: DeserializeOwned>(record: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(record).ok()?).ok()
}

/// Writes a record under another name and renames it: several processes may do so at once.
fn write(record: &Path, value: &impl Serialize) -> Result<(), StoreError> {
    let folder = record.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(at(folder))?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(at(folder))?;
    serde_json::to_writer(&mut file, value).map_err(|error| at(record)(error.into()))?;
    match file.persist(record) {
        // Windows replaces no file that another process is reading; its record serves as well, or is made again.
        Err(_) if cfg!(windows) && record.is_file() => Ok(()),
        persisted => persisted.map(drop).map_err(|error| at(record)(error.error)),
    }
}

#[cfg(test)]
mod tests {
    use prefsweep_datasets::{DatasetName, FileConfig, Format};

    use super::*;

    fn config() -> DatasetConfig {
        let file = FileConfig { path: "pairs.txt".into(), format: Format::Pairs, titles: None };
        DatasetConfig { file: Some(file), ..DatasetConfig::new(DatasetName::File) }
    }

    fn pairs(first: usize) -> String {
        (0..60).map(|row| format!("{} {}\n", row / 6, first + row % 6)).collect()
    }

    /// A folder with the file, and a store in it.
    fn place(text: &str) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pairs.txt"), text).unwrap();
        let store = Store::open(&folder.path().join("store")).unwrap();
        (folder, store)
    }

    fn records(store: &Store, kind: &str) -> usize {
        fs::read_dir(store.root().join(kind)).map_or(0, Iterator::count)
    }

    #[test]
    fn the_same_file_is_not_read_again() {
        let (folder, store) = place(&pairs(0));
        let first = obtain(&store, &config(), folder.path()).unwrap();
        assert!(first.was_read && !first.kept.was_there);
        let second = obtain(&store, &config(), folder.path()).unwrap();
        assert!(!second.was_read && second.kept.was_there);
        assert_eq!(first.dataset, second.dataset);
        assert_eq!(records(&store, "sources"), 0, "the file is too young to trust its times");

        std::thread::sleep(COARSEST_TIME + Duration::from_secs(2));
        assert!(!obtain(&store, &config(), folder.path()).unwrap().was_read);
        assert_eq!(records(&store, "sources"), 1);
        // Nobody can read the file, and nobody needs to: its hash is known.
        let stamp = Stamp::of(&folder.path().join("pairs.txt")).unwrap();
        let source = Source::of(&folder.path().join("pairs.txt"), &store).unwrap();
        assert_eq!((source.stamp, source.is_settled), (stamp, true));
    }

    #[test]
    fn another_content_of_the_same_size_and_time_is_seen() {
        let (folder, store) = place(&pairs(0));
        let path = folder.path().join("pairs.txt");
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        let first = obtain(&store, &config(), folder.path()).unwrap();
        let other = pairs(1);
        assert_eq!(other.len(), pairs(0).len());
        fs::write(&path, other).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        let second = obtain(&store, &config(), folder.path()).unwrap();
        assert!(second.was_read && second.is_renamed);
        assert!(!first.is_renamed);
        assert_ne!(first.dataset.item_ids, second.dataset.item_ids);
        // The same sequences under other ids: the entry is the first's, so nothing is recorded.
        assert_eq!(first.dataset.fingerprint, second.dataset.fingerprint);
        assert!(obtain(&store, &config(), folder.path()).unwrap().was_read);
    }

    #[test]
    fn other_settings_are_other_data() {
        let (folder, store) = place(&pairs(0));
        obtain(&store, &config(), folder.path()).unwrap();
        let short = DatasetConfig { max_history: Some(5), ..config() };
        assert!(obtain(&store, &short, folder.path()).unwrap().was_read);
        let lists = CandidateConfig { negatives: 3, seed: 1 };
        let same = DatasetConfig { candidates: lists, ..config() };
        assert!(!obtain(&store, &same, folder.path()).unwrap().was_read);
    }

    #[test]
    fn records_without_their_data_are_of_no_use() {
        let (folder, store) = place(&pairs(0));
        let first = obtain(&store, &config(), folder.path()).unwrap();
        fs::remove_dir_all(&first.kept.folder).unwrap();
        let second = obtain(&store, &config(), folder.path()).unwrap();
        assert!(second.was_read && !second.kept.was_there);
        for record in fs::read_dir(store.root().join("prepared")).unwrap() {
            fs::write(record.unwrap().path(), "{").unwrap();
        }
        assert!(obtain(&store, &config(), folder.path()).unwrap().was_read);
    }
}
