//! Who uses a store: every process that has it open holds a folder among the drafts.
//!
//! ```text
//! results/store/drafts/owner-<random>/owner.json    who it is; on Linux locked while the process lives
//! results/store/drafts/owner-<random>/<draft>/      what it is writing
//! ```
//!
//! An owner is gone when nobody holds its lock, which the system lets go of when a process ends in whatever way,
//! and the lock was taken under this very system. Locks of other machines may not show on a shared file system, and
//! macOS and Windows do not say which system is running: such an owner is gone when its heartbeat, the time of its
//! file, is older than a day. A heartbeat in the future, as a clock that was set back leaves, is no proof of an end.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::error::{StoreError, at};

/// Name of the file that says whose a folder of drafts is.
const OWNER_FILE: &str = "owner.json";
/// How the folders of owners begin.
const PREFIX: &str = "owner-";
/// Time between two heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(60);
/// A heartbeat of another machine, or a draft that names no owner, must be older than this to be given up.
const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// What a process does with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Use {
    /// It reads entries and adds some.
    Runs,
    /// It takes entries away, which nobody may be using.
    Clears,
}

/// A process that uses a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    pid: u32,
    /// The machine's name, for people.
    host: String,
    /// The running system: the same for all processes of a machine until it is started again; None where the system
    /// has no such name.
    system: Option<String>,
    role: Use,
}

impl Record {
    fn own(role: Use) -> Self {
        let host = kernel("hostname").unwrap_or_else(|| "an unnamed machine".into());
        Self { pid: std::process::id(), host, system: kernel("random/boot_id"), role }
    }
}

/// A value of the Linux kernel.
fn kernel(name: &str) -> Option<String> {
    let text = fs::read_to_string(Path::new("/proc/sys/kernel").join(name)).ok()?;
    Some(text.trim().to_owned())
}

/// This process's place among the drafts; it disappears when dropped.
#[derive(Debug)]
pub(crate) struct Owner {
    dir: PathBuf,
    /// Holds the lock, where locks tell who is gone.
    _lock: Option<File>,
    /// The heartbeat stops when this is dropped.
    _stop: Sender<()>,
}

impl Owner {
    /// Takes a place in `drafts`, and refuses where somebody else does what this use does not go with.
    ///
    /// Everybody has a file before anybody looks, so that of two who do not go together at least one is refused.
    pub(crate) fn register(drafts: &Path, role: Use) -> Result<Self, StoreError> {
        let owner = Self::enter(drafts, role).map_err(at(drafts))?;
        match owners(drafts)?.into_iter().find(|other| other.dir != owner.dir && !role.suits(other))
        {
            None => Ok(owner),
            Some(other) => {
                Err(at(drafts)(std::io::Error::new(ErrorKind::ResourceBusy, other.said())))
            }
        }
    }

    fn enter(drafts: &Path, role: Use) -> std::io::Result<Self> {
        let record = Record::own(role);
        // Anybody may remove the folder while it is empty: then there is another one.
        let (dir, path, mut file) = loop {
            let dir = tempfile::Builder::new().prefix(PREFIX).tempdir_in(drafts)?;
            let path = dir.path().join(OWNER_FILE);
            match File::create_new(&path) {
                Ok(file) => break (dir, path, file),
                Err(error) if error.kind() == ErrorKind::NotFound && drafts.is_dir() => {}
                Err(error) => return Err(error),
            }
        };
        // Where no lock is asked for none is taken: Windows lets nobody read a locked file, nor move a folder with an
        // open one.
        let is_locked = record.system.is_some();
        if is_locked {
            // Before it says whose it is, so that nobody takes a free lock for an end; waiting, since whoever looks
            // whether it is free holds it for a moment. A file system without locks has heartbeats.
            let _ = file.lock();
        }
        // At once: somebody else reads all of it or nothing.
        file.write_all(&serde_json::to_vec(&record)?)?;
        let lock = is_locked.then_some(file);
        // As the folders beside it are called, of which it has to be told apart: what made it calls it by its whole path.
        let dir = drafts.join(dir.keep().file_name().unwrap_or_default());
        Ok(Self { dir, _lock: lock, _stop: beat(path) })
    }

    /// Its store lies elsewhere now.
    pub(crate) fn moved(&mut self, drafts: &Path) {
        self.dir = drafts.join(self.dir.file_name().unwrap_or_default());
    }

    /// The folder for its drafts.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Owner {
    /// Leaves, and takes along what others left who are gone.
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
        if let Some(drafts) = self.dir.parent() {
            let _ = drop_abandoned(drafts);
        }
    }
}

/// Sets the time of the file at `path` now and then, until the sender that is given back is dropped.
fn beat(path: PathBuf) -> Sender<()> {
    let (stop, stopped) = channel();
    std::thread::spawn(move || {
        while stopped.recv_timeout(HEARTBEAT) == Err(RecvTimeoutError::Timeout) {
            // The next one may succeed; there is time for many.
            let file = File::options().write(true).open(&path);
            let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
        }
    });
    stop
}

/// Somebody who uses a store.
#[derive(Debug)]
pub(crate) struct Present {
    pub(crate) dir: PathBuf,
    record: Option<Record>,
}

impl Present {
    /// Who it is and what to do about it.
    pub(crate) fn said(&self) -> String {
        let who = match &self.record {
            Some(Record { pid, host, role, .. }) => {
                let does = if *role == Use::Clears { "clears or moves" } else { "uses" };
                format!("process {pid} on {host} {does} this store")
            }
            None => "somebody uses this store".to_owned(),
        };
        format!("{who}; wait for its end, or delete {} if it has ended", self.dir.display())
    }
}

impl Use {
    /// Whether this use and another's may be at the same time.
    fn suits(self, other: &Present) -> bool {
        self == Self::Runs && other.record.as_ref().is_none_or(|record| record.role == Self::Runs)
    }
}

/// All who use a store now.
pub(crate) fn owners(drafts: &Path) -> Result<Vec<Present>, StoreError> {
    let folders = subfolders(drafts)?.into_iter().filter(|dir| is_owners(dir) && !is_gone(dir));
    Ok(folders
        .map(|dir| {
            let text = fs::read(dir.join(OWNER_FILE)).ok();
            let record = text.and_then(|text| serde_json::from_slice(&text).ok());
            Present { dir, record }
        })
        .collect())
}

/// What lies among the drafts and belongs to nobody any more.
pub(crate) fn abandoned(drafts: &Path) -> Result<Vec<PathBuf>, StoreError> {
    Ok(subfolders(drafts)?.into_iter().filter(|dir| is_gone(dir)).collect())
}

/// Removes what belongs to nobody any more.
pub(crate) fn drop_abandoned(drafts: &Path) -> Result<(), StoreError> {
    for dir in subfolders(drafts)? {
        // Another process may be dropping it too.
        let _ = match is_gone(&dir) {
            true => fs::remove_dir_all(dir),
            // Who was killed before it said who it is left an empty folder; others are not removed by this.
            false => fs::remove_dir(dir),
        };
    }
    Ok(())
}

fn subfolders(drafts: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = fs::read_dir(drafts).map_err(at(drafts))?.flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    Ok(folders.map(|entry| entry.path()).collect())
}

fn is_owners(dir: &Path) -> bool {
    let is_named = dir.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
    is_named && dir.join(OWNER_FILE).is_file()
}

/// Whether a folder among the drafts belongs to nobody any more.
fn is_gone(dir: &Path) -> bool {
    let path = dir.join(OWNER_FILE);
    let file = match File::open(&path) {
        Ok(file) => file,
        // What earlier versions wrote, and retired entries, name no owner.
        Err(error) if error.kind() == ErrorKind::NotFound => return is_old(newest(dir)),
        Err(_) => return false,
    };
    let heartbeat = fs::metadata(&path).and_then(|data| data.modified()).ok();
    let record: Option<Record> = serde_json::from_reader(&file).ok();
    let Some(system) = record.and_then(|record| record.system) else {
        // Whoever wrote it holds no lock, or not yet.
        return is_old(heartbeat);
    };
    let is_free = match file.try_lock_shared() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => return false,
        Err(TryLockError::Error(_)) => false,
    };
    let is_here = Some(system) == kernel("random/boot_id");
    (is_free && is_here) || is_old(heartbeat)
}

/// The latest change of a folder or of a file in it.
fn newest(dir: &Path) -> Option<SystemTime> {
    let inside = fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path());
    let all = inside.chain([dir.to_owned()]);
    all.filter_map(|path| fs::symlink_metadata(path).ok()?.modified().ok()).max()
}

/// Whether a time is so long ago that nobody can be behind it; not one in the future, nor an unknown one.
fn is_old(time: Option<SystemTime>) -> bool {
    time.and_then(|time| time.elapsed().ok()).is_some_and(|age| age > PATIENCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A place left among the drafts, whose lock nobody holds, with a heartbeat of then.
    fn left(drafts: &Path, name: &str, system: Option<&str>, heartbeat: SystemTime) -> PathBuf {
        let dir = drafts.join(format!("{PREFIX}{name}"));
        fs::create_dir(&dir).unwrap();
        let system = system.map(str::to_owned);
        let record = Record { pid: 1, host: "far".into(), system, role: Use::Runs };
        fs::write(dir.join(OWNER_FILE), serde_json::to_vec(&record).unwrap()).unwrap();
        File::options()
            .write(true)
            .open(dir.join(OWNER_FILE))
            .unwrap()
            .set_modified(heartbeat)
            .unwrap();
        dir
    }

    #[test]
    fn an_owner_elsewhere_is_gone_when_its_heartbeat_is_old() {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        let hours = |hours: u64| Duration::from_secs(hours * 60 * 60);
        let recent = left(folder.path(), "recent", Some("other"), now - hours(23));
        let old = left(folder.path(), "old", Some("other"), now - hours(25));
        // Its clock is ahead, or ours was set back.
        let future = left(folder.path(), "future", Some("other"), now + hours(25));
        let unknown = left(folder.path(), "unknown", None, now);
        assert_eq!(abandoned(folder.path()).unwrap(), [old]);
        let mut seen: Vec<PathBuf> =
            owners(folder.path()).unwrap().into_iter().map(|owner| owner.dir).collect();
        seen.sort();
        assert_eq!(seen, [future, recent, unknown]);
    }

    /// Only Linux names the running system.
    #[cfg(target_os = "linux")]
    #[test]
    fn an_owner_of_this_system_is_gone_when_its_lock_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let living = Owner::register(folder.path(), Use::Runs).unwrap();
        let own = kernel("random/boot_id");
        let dead = left(folder.path(), "dead", own.as_deref(), SystemTime::now());
        assert_eq!(abandoned(folder.path()).unwrap(), std::slice::from_ref(&dead));
        let place = living.dir().to_owned();
        assert!(place.is_dir());
        drop(living);
        assert!(!place.exists() && !dead.exists());
    }

    #[test]
    fn who_ended_while_it_entered_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let living = Owner::register(folder.path(), Use::Runs).unwrap();
        let entering = folder.path().join(format!("{PREFIX}entering"));
        fs::create_dir(&entering).unwrap();
        let draft = living.dir().join("draft");
        fs::create_dir(&draft).unwrap();
        drop_abandoned(folder.path()).unwrap();
        assert!(!entering.exists() && draft.is_dir());
    }

    /// Many enter while many look for what is abandoned.
    #[test]
    fn who_enters_is_never_taken_for_gone() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let owner = Owner::register(folder.path(), Use::Runs).unwrap();
                        drop_abandoned(folder.path()).unwrap();
                        assert!(owner.dir().is_dir());
                    }
                });
            }
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn nobody_clears_a_store_in_use_nor_uses_one_being_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = [(); 2].map(|()| Owner::register(folder.path(), Use::Runs).unwrap());
        let refused = Owner::register(folder.path(), Use::Clears).unwrap_err().to_string();
        assert!(refused.contains("uses this store"), "{refused}");
        drop((first, second));
        let clearing = Owner::register(folder.path(), Use::Clears).unwrap();
        for role in [Use::Runs, Use::Clears] {
            let refused = Owner::register(folder.path(), role).unwrap_err().to_string();
            assert!(refused.contains("clears or moves this store"), "{refused}");
        }
        drop(clearing);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "the refused left nothing");
    }

    /// On Windows the standard library cannot set the time of a folder.
    #[cfg(unix)]
    #[test]
    fn what_names_no_owner_is_kept_for_a_day_after_its_last_change() {
        let folder = tempfile::tempdir().unwrap();
        let old = SystemTime::now() - 2 * PATIENCE;
        let draft = |name: &str| {
            let dir = folder.path().join(name);
            fs::create_dir(&dir).unwrap();
            let file = File::create(dir.join("metrics.csv")).unwrap();
            (dir, file)
        };
        let (left, file) = draft("abc-left");
        file.set_modified(old).unwrap();
        File::open(&left).unwrap().set_modified(old).unwrap();
        let (written, _file) = draft("abc-written");
        File::open(&written).unwrap().set_modified(old).unwrap();
        assert_eq!(abandoned(folder.path()).unwrap(), [left]);
    }
}
