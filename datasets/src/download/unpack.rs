//! Extracting a dataset's files from an untrusted archive.
//!
//! Only the members that the manifest names are written, under names chosen by prefsweep. An archive
//! with a path outside its folder, an absolute path, a link or a device is not what its publisher made
//! and is rejected as a whole, as is one that unpacks to an unreasonable size.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::registry::{ArchiveKind, Download};

/// Limit on the ratio of unpacked to packed size. Text is rarely compressed by more than 20.
const MAX_RATIO: u64 = 200;
/// The ratio does not apply to archives that unpack to no more than this.
const HARMLESS: u64 = 1 << 20;
/// How many members an error lists.
const SHOWN_MEMBERS: usize = 10;

/// Writes the members, in the order of the manifest, to the paths `to`, or says what is wrong.
/// Uncompressed downloads are left unchanged.
pub(super) fn unpack(archive: &Path, download: &Download, to: &[PathBuf]) -> Result<(), String> {
    let file = File::open(archive).map_err(text)?;
    let packed = file.metadata().map_err(text)?.len();
    let most = download.max_unpacked_bytes.min(packed.saturating_mul(MAX_RATIO).max(HARMLESS));
    let budget = Budget { most, left: Cell::new(most) };
    let file = BufReader::with_capacity(1 << 18, file);
    match download.kind {
        ArchiveKind::Plain => Ok(()),
        ArchiveKind::Gz => write(budget.limit(MultiGzDecoder::new(file)), &to[0]),
        ArchiveKind::Tar => unpack_tar(budget.limit(file), download, to),
        ArchiveKind::TarGz => unpack_tar(budget.limit(MultiGzDecoder::new(file)), download, to),
        ArchiveKind::Zip => unpack_zip(file, &budget, download, to),
    }
}

fn unpack_zip(
    file: BufReader<File>,
    budget: &Budget,
    download: &Download,
    to: &[PathBuf],
) -> Result<(), String> {
    let mut archive = zip::ZipArchive::new(file).map_err(text)?;
    let mut names = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(text)?;
        let name = entry.name().map_err(text)?.into_owned();
        harmless(&name)?;
        // The Unix file type: 0o10 a regular file, 0o04 a folder, 0 unknown.
        let kind = entry.unix_mode().map_or(0, |mode| mode >> 12 & 0o17);
        if !matches!(kind, 0 | 0o10 | 0o04) {
            return Err(not_a_file(&name));
        }
        names.push(name);
    }
    for (member, to) in download.members.iter().zip(to) {
        if !names.contains(&member.name) {
            return Err(missing(&member.name, &names));
        }
        let entry = archive.by_name(&member.name).map_err(text)?;
        write(budget.limit(entry), to)?;
    }
    Ok(())
}

fn unpack_tar(reader: impl Read, download: &Download, to: &[PathBuf]) -> Result<(), String> {
    let mut archive = tar::Archive::new(reader);
    let mut names = Vec::new();
    for entry in archive.entries().map_err(text)? {
        let entry = entry.map_err(text)?;
        let kind = entry.header().entry_type();
        if kind.is_pax_global_extensions() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        harmless(&name)?;
        if !kind.is_file() && !kind.is_dir() {
            return Err(not_a_file(&name));
        }
        if let Some(place) = download.members.iter().position(|member| member.name == name) {
            write(entry, &to[place])?;
        }
        names.push(name);
    }
    match download.members.iter().find(|member| !names.contains(&member.name)) {
        Some(member) => Err(missing(&member.name, &names)),
        None => Ok(()),
    }
}

fn write(mut from: impl Read, to: &Path) -> Result<(), String> {
    let mut write = || -> io::Result<()> {
        let mut file = File::create(to)?;
        io::copy(&mut from, &mut file)?;
        file.sync_all()
    };
    write().map_err(text)
}

/// Rejects names that lead outside the folder on any operating system.
fn harmless(name: &str) -> Result<(), String> {
    let absolute = name.starts_with(['/', '\\']) || name.as_bytes().get(1) == Some(&b':');
    let climbs = name.split(['/', '\\']).any(|part| part == "..");
    if name.is_empty() || absolute || climbs || name.contains('\0') {
        return Err(format!("the archive contains {name:?}, which leads outside its folder"));
    }
    Ok(())
}

fn not_a_file(name: &str) -> String {
    format!("the archive contains {name:?}, which is a link or a device")
}

fn missing(name: &str, names: &[String]) -> String {
    let mut shown = names.iter().take(SHOWN_MEMBERS).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN_MEMBERS {
        shown.push_str(&format!(" and {} more", names.len() - SHOWN_MEMBERS));
    }
    format!("the archive has no {name}; it has {shown}")
}

fn text(error: impl ToString) -> String {
    error.to_string()
}

/// The number of bytes that may still be unpacked.
struct Budget {
    most: u64,
    left: Cell<u64>,
}

impl Budget {
    fn limit<R: Read>(&self, inner: R) -> Limited<'_, R> {
        Limited { inner, budget: self }
    }
}

struct Limited<'a, R> {
    inner: R,
    budget: &'a Budget,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let left = self.budget.left.get().checked_sub(read as u64).ok_or_else(|| {
            let most = self.budget.most;
            io::Error::other(format!("it unpacks to more than the {most} bytes allowed"))
        })?;
        self.budget.left.set(left);
        Ok(read)
    }
}
