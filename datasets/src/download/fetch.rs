//! Downloading a dataset: the first address that works, checked, unpacked, recorded.
//!
//! Every file is written under a temporary name and renamed when it is complete and checked, the one
//! that the loaders read last.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::checksum::{Evidence, Hashes, Recorded, Records};
use super::error::FetchError;
use super::http::{Failure, RetryPolicy, client, transfer};
use super::part::{Part, remove};
use super::unpack::unpack;
use crate::error::DataError;
use crate::registry::{ArchiveKind, DatasetName, Download, Manifest};

/// Prefix of the folders into which archives are unpacked.
const UNPACKING: &str = ".unpacking-";
/// Older folders of this kind were left by a process that was killed.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// Options of a download.
#[derive(Clone, Debug, Default)]
pub struct FetchOptions {
    /// Addresses to try before those of the manifest; one that ends in `/` is the file's folder.
    pub mirrors: Vec<String>,
    /// Whether to download files that exist already.
    pub force: bool,
    /// How often to retry, and how long to wait.
    pub retry: RetryPolicy,
}

/// Progress of a download.
#[derive(Debug)]
pub enum FetchEvent<'a> {
    /// A file is requested from an address.
    Asking {
        /// The publisher's file.
        file: &'a str,
        /// The address.
        address: &'a str,
        /// Number of bytes that an earlier attempt left.
        have: u64,
    },
    /// Bytes were received.
    Progress {
        /// Number of bytes so far.
        bytes: u64,
        /// Total number of bytes, if the server says it.
        total: Option<u64>,
    },
    /// An attempt failed, and another follows.
    Retrying {
        /// Why it failed.
        reason: &'a str,
        /// The pause before the next attempt.
        pause: Duration,
    },
    /// No further attempts are made at an address.
    GivenUp {
        /// The address.
        address: &'a str,
        /// Why it failed.
        reason: &'a str,
    },
    /// A file that the user put there is used.
    ByHand {
        /// The file.
        path: &'a Path,
    },
    /// The download is complete and is being unpacked.
    Unpacking {
        /// The publisher's file.
        file: &'a str,
        /// What it was compared with.
        evidence: Evidence,
    },
}

/// The outcome of a download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// Generated data: nothing to download.
    Generated,
    /// These files existed already, as recorded.
    Present(Vec<PathBuf>),
    /// These files existed already, put there by the user.
    OwnFiles(Vec<PathBuf>),
    /// These files were downloaded.
    Downloaded(Vec<PathBuf>),
}

/// Downloads the missing files of a dataset into `data_dir`.
///
/// # Errors
/// When the download fails at every address, a checksum differs, or a file cannot be written.
pub fn fetch(
    manifest: &Manifest,
    data_dir: &Path,
    options: &FetchOptions,
    tell: &mut dyn FnMut(&FetchEvent<'_>),
) -> Result<Fetched, FetchError> {
    if manifest.name == DatasetName::Synthetic {
        return Ok(Fetched::Generated);
    }
    if manifest.download.is_empty() {
        let instruction = manifest.by_hand.trim().to_owned();
        return Err(FetchError::ByHand { dataset: manifest.name.as_str(), instruction });
    }
    let folder = data_dir.join(manifest.name.as_str());
    let mut records = Records::read(&folder)?;
    let paths = manifest.download_paths(data_dir);
    if !options.force
        && let Some(fetched) = existing(manifest, data_dir, &records)?
    {
        return Ok(fetched);
    }
    for download in &manifest.download {
        fs::create_dir_all(&folder).map_err(DataError::write(&folder))?;
        let archive = folder.join(&download.file);
        let fetching = Fetching { manifest, download, data_dir, folder: &folder, options };
        fetching.obtain(&archive, &mut records, tell)?;
    }
    Ok(Fetched::Downloaded(paths))
}

/// The outcome if all files exist already; None if one is missing.
fn existing(
    manifest: &Manifest,
    data_dir: &Path,
    records: &Records,
) -> Result<Option<Fetched>, FetchError> {
    let paths = manifest.download_paths(data_dir);
    if !paths.iter().all(|path| path.is_file()) {
        return Ok(None);
    }
    let mut own = Vec::new();
    let members = manifest.download.iter().flat_map(|download| &download.members);
    for (member, path) in members.zip(&paths) {
        let Some(recorded) = records.files.get(&member.to) else {
            own.push(path.clone());
            continue;
        };
        let found = Hashes::of(path)?.sha256;
        if found != recorded.sha256 {
            let reason = format!("its SHA-256 is {found}, recorded was {}", recorded.sha256);
            let (dataset, path) = (manifest.name.as_str(), path.clone());
            return Err(FetchError::Differs { dataset, path, reason });
        }
    }
    Ok(Some(if own.is_empty() { Fetched::Present(paths) } else { Fetched::OwnFiles(own) }))
}

struct Fetching<'a> {
    manifest: &'a Manifest,
    download: &'a Download,
    data_dir: &'a Path,
    /// The dataset's own folder.
    folder: &'a Path,
    options: &'a FetchOptions,
}

impl Fetching<'_> {
    /// Downloads, unpacks and records.
    fn obtain(
        &self,
        archive: &Path,
        records: &mut Records,
        tell: &mut dyn FnMut(&FetchEvent<'_>),
    ) -> Result<(), FetchError> {
        let recorded = records.downloads.get(&self.download.file);
        let paths = self.manifest.download_paths(self.data_dir);
        let is_target = paths.iter().any(|path| path == archive);
        let by_hand = archive.is_file() && !is_target;
        let (hashes, evidence, address) = if by_hand {
            tell(&FetchEvent::ByHand { path: archive });
            let hashes = Hashes::of(archive)?;
            let evidence = hashes
                .check(self.download, recorded)
                .map_err(|reason| FetchError::WrongFile { path: archive.to_owned(), reason })?;
            (hashes, evidence, None)
        } else {
            let (part, hashes, evidence, address) = self.download(archive, recorded, tell)?;
            part.finish(archive)?;
            (hashes, evidence, Some(address))
        };
        tell(&FetchEvent::Unpacking { file: &self.download.file, evidence });
        let unpacked = self.unpack(archive, &hashes, records);
        if unpacked.is_err() && !by_hand {
            remove(archive)?;
        }
        unpacked?;
        let recorded = Recorded::new(&hashes, address);
        records.downloads.insert(self.download.file.clone(), recorded);
        records.write(self.folder)?;
        // A file that the user put there is kept.
        if by_hand || is_target { Ok(()) } else { Ok(remove(archive)?) }
    }

    /// Tries the addresses in order.
    fn download(
        &self,
        archive: &Path,
        recorded: Option<&Recorded>,
        tell: &mut dyn FnMut(&FetchEvent<'_>),
    ) -> Result<(Part, Hashes, Evidence, String), FetchError> {
        let mut part = Part::open(archive)?;
        let mut tried = Vec::new();
        for address in self.addresses() {
            let mut result = self.from(&address, recorded, &mut part, tell)?;
            if result.as_ref().is_err_and(|refusal| refusal.spliced) {
                // Parts of different versions were combined: once more from the start.
                result = self.from(&address, recorded, &mut part, tell)?;
            }
            match result {
                Ok((hashes, evidence)) => return Ok((part, hashes, evidence, address)),
                Err(Refusal { reason, .. }) => {
                    tell(&FetchEvent::GivenUp { address: &address, reason: &reason });
                    tried.push((address, reason));
                }
            }
        }
        if part.length() == 0 {
            let path = part.path().to_owned();
            drop(part);
            remove(&path)?;
        }
        let file = self.download.file.clone();
        Err(FetchError::Unreachable { file, tried, by_hand: self.by_hand(archive) })
    }

    fn addresses(&self) -> Vec<String> {
        let file = &self.download.file;
        let of_folder = |mirror: &String| match mirror.strip_suffix('/') {
            Some(folder) => format!("{folder}/{file}"),
            None => mirror.clone(),
        };
        self.options.mirrors.iter().map(of_folder).chain(self.download.addresses.clone()).collect()
    }

    /// Downloads from one address, with retries, and checks the content.
    fn from(
        &self,
        address: &str,
        recorded: Option<&Recorded>,
        part: &mut Part,
        tell: &mut dyn FnMut(&FetchEvent<'_>),
    ) -> Result<Result<(Hashes, Evidence), Refusal>, FetchError> {
        let refused = |reason| Ok(Err(Refusal { reason, spliced: false }));
        let retry = &self.options.retry;
        let client = client(address, retry);
        let file = &self.download.file;
        let (mut most, mut failures, mut spliced) = (part.length(), 0, false);
        loop {
            spliced |= part.length() > 0;
            tell(&FetchEvent::Asking { file, address, have: part.length() });
            let mut progress = |bytes, total| tell(&FetchEvent::Progress { bytes, total });
            match transfer(&client, address, self.download, part, &mut progress) {
                Ok(()) => break,
                Err(Failure::Disk(error)) => return Err(error.into()),
                Err(Failure::Address(reason)) => return refused(reason),
                Err(Failure::Again(reason)) => {
                    if part.length() > most {
                        (most, failures) = (part.length(), 0);
                    }
                    failures += 1;
                    if failures >= retry.attempts {
                        return refused(reason);
                    }
                    let pause = retry.pause_after(failures);
                    tell(&FetchEvent::Retrying { reason: &reason, pause });
                    std::thread::sleep(pause);
                }
            }
        }
        let hashes = part.hashes()?;
        match hashes.check(self.download, recorded) {
            Ok(evidence) => Ok(Ok((hashes, evidence))),
            Err(reason) => {
                part.restart()?;
                Ok(Err(Refusal { reason, spliced }))
            }
        }
    }

    /// Moves the members to their paths.
    fn unpack(
        &self,
        archive: &Path,
        hashes: &Hashes,
        records: &mut Records,
    ) -> Result<(), FetchError> {
        let failed = |reason| FetchError::Archive { path: archive.to_owned(), reason };
        let members = &self.download.members;
        self.remove_stale()?;
        // On the same file system as the target paths, so that renaming is atomic.
        let unpacked = tempfile::Builder::new()
            .prefix(UNPACKING)
            .tempdir_in(self.folder)
            .map_err(DataError::write(self.folder))?;
        let files: Vec<PathBuf> =
            (0..members.len()).map(|index| unpacked.path().join(index.to_string())).collect();
        unpack(archive, self.download, &files).map_err(failed)?;
        for (member, file) in members.iter().zip(&files) {
            let target = self.data_dir.join(&member.to);
            let (file, hashes) = match self.download.kind {
                ArchiveKind::Plain => (archive, hashes.clone()),
                _ => (file.as_path(), Hashes::of(file)?),
            };
            let parent = target.parent().unwrap_or(self.data_dir);
            fs::create_dir_all(parent).map_err(DataError::write(parent))?;
            if file != target {
                fs::rename(file, &target).map_err(DataError::write(&target))?;
            }
            records.files.insert(member.to.clone(), Recorded::new(&hashes, None));
        }
        Ok(())
    }

    /// Removes what a process left that was killed while unpacking.
    fn remove_stale(&self) -> Result<(), FetchError> {
        let folder = fs::read_dir(self.folder).map_err(DataError::read(self.folder))?;
        for entry in folder.flatten() {
            let age = entry.metadata().and_then(|data| data.modified()).map(|time| time.elapsed());
            let is_old = matches!(age, Ok(Ok(age)) if age > STALE);
            if is_old && entry.file_name().to_string_lossy().starts_with(UNPACKING) {
                // Another process may be removing it as well.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        Ok(())
    }

    /// How to install the file by hand.
    fn by_hand(&self, archive: &Path) -> String {
        let page = self.manifest.addresses.first().map_or("its publisher", String::as_str);
        let full = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut text = format!(
            "get {} some other way (the publisher's page: {page}) and put it at\n  {}\n\
             then run the same command again, which unpacks it without a network; or unpack it \
             yourself:",
            self.download.file,
            full(archive).display()
        );
        for member in &self.download.members {
            let path = self.data_dir.join(&member.to);
            text.push_str(&format!("\n  {} to {}", member.name, full(&path).display()));
        }
        text
    }
}

/// Why no further attempts are made at an address.
struct Refusal {
    reason: String,
    /// The content was received in several parts, which do not belong together.
    spliced: bool,
}
