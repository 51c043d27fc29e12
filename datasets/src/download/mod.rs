//! Downloading a dataset: from the first address that gives it, checked, unpacked, recorded.
//!
//! Everything is written under another name first and renamed when it is complete and checked, the
//! file that the loaders look for last.

mod checksum;
mod error;
mod http;
mod part;
mod recipe;
mod unpack;
mod verify;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use checksum::{Evidence, Recorded, Records};
pub use error::FetchError;
pub use http::Patience;
pub use recipe::{ArchiveKind, Download, Member};
pub use verify::{Check, Verdict, verify};

use crate::config::DatasetName;
use crate::error::DataError;
use crate::manifest::Manifest;
use checksum::Hashes;
use http::{Failure, client, transfer};
use part::{Part, remove};

/// How folders with half-unpacked archives begin.
const UNPACKING: &str = ".unpacking-";
/// Such folders older than this were left by a run that was killed.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// How to download.
#[derive(Clone, Debug, Default)]
pub struct FetchOptions {
    /// Addresses to try before those of the page; one that ends in `/` is the file's folder.
    pub mirrors: Vec<String>,
    /// Download what is there already.
    pub force: bool,
    /// How long to wait, and how often to try.
    pub patience: Patience,
}

/// What happens meanwhile.
#[derive(Debug)]
pub enum FetchEvent<'a> {
    /// A file is asked of an address.
    Asking {
        /// The publisher's file.
        file: &'a str,
        /// The address.
        address: &'a str,
        /// Bytes that an earlier attempt left.
        have: u64,
    },
    /// Bytes came.
    Progress {
        /// So far.
        bytes: u64,
        /// Of the whole, where the server says it.
        total: Option<u64>,
    },
    /// An attempt failed, and there will be another.
    Retrying {
        /// Why it failed.
        reason: &'a str,
        /// After this pause.
        pause: Duration,
    },
    /// An address is given up.
    GivenUp {
        /// The address.
        address: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// A file that was put there by hand is used.
    ByHand {
        /// The file.
        path: &'a Path,
    },
    /// The download is complete and is being unpacked.
    Unpacking {
        /// The publisher's file.
        file: &'a str,
        /// What it was held against.
        evidence: Evidence,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// Generated data: there is nothing to fetch.
    Generated,
    /// These files were there already, as recorded.
    Present(Vec<PathBuf>),
    /// These files were there already, put there by hand.
    OwnFiles(Vec<PathBuf>),
    /// These files were downloaded.
    Downloaded(Vec<PathBuf>),
}

/// Downloads what is missing of a dataset into `data_dir`.
///
/// # Errors
/// When no address gives a file, a file is not what it should be, or the disk refuses.
pub fn fetch(
    page: &Manifest,
    data_dir: &Path,
    options: &FetchOptions,
    tell: &mut dyn FnMut(&FetchEvent<'_>),
) -> Result<Fetched, FetchError> {
    if page.name == DatasetName::Synthetic {
        return Ok(Fetched::Generated);
    }
    if page.download.is_empty() {
        let instruction = page.by_hand.trim().to_owned();
        return Err(FetchError::ByHand { dataset: page.name.as_str(), instruction });
    }
    let folder = data_dir.join(page.name.as_str());
    let mut records = Records::read(&folder)?;
    let places = page.places(data_dir);
    if !options.force
        && let Some(fetched) = there(page, data_dir, &records)?
    {
        return Ok(fetched);
    }
    for download in &page.download {
        fs::create_dir_all(&folder).map_err(DataError::write(&folder))?;
        let archive = folder.join(&download.file);
        let fetching = Fetching { page, download, data_dir, folder: &folder, options };
        fetching.obtain(&archive, &mut records, tell)?;
    }
    Ok(Fetched::Downloaded(places))
}

/// What is to say when all files are there already; None when one is missing.
fn there(
    page: &Manifest,
    data_dir: &Path,
    records: &Records,
) -> Result<Option<Fetched>, FetchError> {
    let places = page.places(data_dir);
    if !places.iter().all(|path| path.is_file()) {
        return Ok(None);
    }
    let mut own = Vec::new();
    let members = page.download.iter().flat_map(|download| &download.members);
    for (member, path) in members.zip(&places) {
        let Some(recorded) = records.files.get(&member.to) else {
            own.push(path.clone());
            continue;
        };
        let found = Hashes::of(path)?.sha256;
        if found != recorded.sha256 {
            let reason = format!("its SHA-256 is {found}, recorded was {}", recorded.sha256);
            let (dataset, path) = (page.name.as_str(), path.clone());
            return Err(FetchError::Differs { dataset, path, reason });
        }
    }
    Ok(Some(if own.is_empty() { Fetched::Present(places) } else { Fetched::OwnFiles(own) }))
}

impl Manifest {
    /// Where the downloads' files come to lie.
    #[must_use]
    pub fn places(&self, data_dir: &Path) -> Vec<PathBuf> {
        let members = self.download.iter().flat_map(|download| &download.members);
        members.map(|member| data_dir.join(&member.to)).collect()
    }
}

struct Fetching<'a> {
    page: &'a Manifest,
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
        let is_place = self.page.places(self.data_dir).iter().any(|place| place == archive);
        let by_hand = archive.is_file() && !is_place;
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
        // What was put there by hand is the user's own, and stays.
        if by_hand || is_place { Ok(()) } else { Ok(remove(archive)?) }
    }

    /// Tries one address after the other.
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
                // Two halves of different versions do not fit: once more from the start.
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

    /// Downloads from one address, with patience, and checks the content.
    fn from(
        &self,
        address: &str,
        recorded: Option<&Recorded>,
        part: &mut Part,
        tell: &mut dyn FnMut(&FetchEvent<'_>),
    ) -> Result<Result<(Hashes, Evidence), Refusal>, FetchError> {
        let refused = |reason| Ok(Err(Refusal { reason, spliced: false }));
        let patience = &self.options.patience;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(DataError::write(part.path()))?;
        let client = match client(address, patience) {
            Ok(client) => client,
            Err(reason) => return refused(reason),
        };
        let file = &self.download.file;
        let (mut most, mut failures, mut spliced) = (part.length(), 0, false);
        loop {
            spliced |= part.length() > 0;
            tell(&FetchEvent::Asking { file, address, have: part.length() });
            let mut progress = |bytes, total| tell(&FetchEvent::Progress { bytes, total });
            let attempt = transfer(&client, address, self.download, part, &mut progress);
            match runtime.block_on(attempt) {
                Ok(()) => break,
                Err(Failure::Disk(error)) => return Err(error.into()),
                Err(Failure::Address(reason)) => return refused(reason),
                Err(Failure::Again(reason)) => {
                    if part.length() > most {
                        (most, failures) = (part.length(), 0);
                    }
                    failures += 1;
                    if failures >= patience.attempts {
                        return refused(reason);
                    }
                    let pause = patience.pause_after(failures);
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

    /// Moves the members to their places.
    fn unpack(
        &self,
        archive: &Path,
        hashes: &Hashes,
        records: &mut Records,
    ) -> Result<(), FetchError> {
        let failed = |reason| FetchError::Archive { path: archive.to_owned(), reason };
        let members = &self.download.members;
        self.remove_stale()?;
        // On the same file system as the places, so that renaming is atomic.
        let unpacked = tempfile::Builder::new()
            .prefix(UNPACKING)
            .tempdir_in(self.folder)
            .map_err(DataError::write(self.folder))?;
        let files: Vec<PathBuf> =
            (0..members.len()).map(|index| unpacked.path().join(index.to_string())).collect();
        unpack::unpack(archive, self.download, &files).map_err(failed)?;
        for (member, file) in members.iter().zip(&files) {
            let place = self.data_dir.join(&member.to);
            let (file, hashes) = match self.download.kind {
                ArchiveKind::Plain => (archive, hashes.clone()),
                _ => (file.as_path(), Hashes::of(file)?),
            };
            let parent = place.parent().unwrap_or(self.data_dir);
            fs::create_dir_all(parent).map_err(DataError::write(parent))?;
            if file != place {
                fs::rename(file, &place).map_err(DataError::write(&place))?;
            }
            records.files.insert(member.to.clone(), Recorded::new(&hashes, None));
        }
        Ok(())
    }

    /// Removes what a run that was killed while unpacking left.
    fn remove_stale(&self) -> Result<(), FetchError> {
        let folder = fs::read_dir(self.folder).map_err(DataError::read(self.folder))?;
        for entry in folder.flatten() {
            let age = entry.metadata().and_then(|data| data.modified()).map(|time| time.elapsed());
            let is_old = matches!(age, Ok(Ok(age)) if age > STALE);
            if is_old && entry.file_name().to_string_lossy().starts_with(UNPACKING) {
                // Another process may be removing it too.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        Ok(())
    }

    /// What to do without prefsweep's help.
    fn by_hand(&self, archive: &Path) -> String {
        let page = self.page.addresses.first().map_or("its publisher", String::as_str);
        let full = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut text = format!(
            "get {} some other way (the publisher's page: {page}) and put it at\n  {}\n\
             then run the same command again, which unpacks it without a network; or unpack it \
             yourself:",
            self.download.file,
            full(archive).display()
        );
        for member in &self.download.members {
            let place = self.data_dir.join(&member.to);
            text.push_str(&format!("\n  {} to {}", member.name, full(&place).display()));
        }
        text
    }
}

/// Why an address is given up.
struct Refusal {
    reason: String,
    /// What it sent came in several pieces, and they make up something else.
    spliced: bool,
}
