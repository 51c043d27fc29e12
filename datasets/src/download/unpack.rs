//! Taking a dataset's files out of an archive that nobody vouches for.
//!
//! Only the members that the dataset's page names are written, under names of prefsweep's own. An
//! archive that holds a path out of its folder, an absolute path, a link or a device is not what
//! its publisher made and is refused as a whole, as is one that unpacks to more than is sensible.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::{ArchiveKind, Download};

/// How many times its own size an archive may unpack to. Text rarely shrinks to a twentieth.
const MAX_RATIO: u64 = 200;
/// Archives that unpack to no more than this are not suspected.
const HARMLESS: u64 = 1 << 20;
/// How many members an error lists.
const SHOWN_MEMBERS: usize = 10;

/// Writes the members, in the order of the page, to the paths `to`; or says what is wrong. What is
/// not packed is left as it is.
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
        // The kind of file as Unix writes it: 0o10 a plain file, 0o04 a folder, 0 not said.
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

/// Refuses names that lead out of a folder on any system.
fn harmless(name: &str) -> Result<(), String> {
    let absolute = name.starts_with(['/', '\\']) || name.as_bytes().get(1) == Some(&b':');
    let climbs = name.split(['/', '\\']).any(|part| part == "..");
    if name.is_empty() || absolute || climbs || name.contains('\0') {
        return Err(format!("the archive holds {name:?}, which leads out of its folder"));
    }
    Ok(())
}

fn not_a_file(name: &str) -> String {
    format!("the archive holds {name:?}, which is a link or a device")
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

/// The bytes that may still be unpacked.
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
