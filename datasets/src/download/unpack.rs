//! Extracting a dataset's files from an untrusted archive.
//!
//! Only the members that the manifest names are written, under names chosen by prefsweep. An archive
//! with a path outside its folder, an absolute path, a link or a device is not what its publisher made
//! and is rejected as a whole, as is one that unpacks to an unreasonable size.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::limit::Limit;
use crate::registry::{ArchiveKind, Download};

/// How many members an error lists.
const SHOWN_MEMBERS: usize = 10;
/// Limit on the bytes of an entry that only says how the next one is named.
const MAX_NAME: u64 = 1 << 16;

/// Writes the members, in the order of the manifest, to the paths `to`, or says what is wrong.
/// Uncompressed downloads are left unchanged.
pub(super) fn unpack(archive: &Path, download: &Download, to: &[PathBuf]) -> Result<(), String> {
    let file = File::open(archive).map_err(text)?;
    let packed = file.metadata().map_err(text)?.len();
    let limit = Limit::new(packed, download.max_unpacked_bytes);
    let file = BufReader::with_capacity(1 << 18, file);
    match download.kind {
        ArchiveKind::Plain => Ok(()),
        ArchiveKind::Gz => write(limit.of(MultiGzDecoder::new(file)), &to[0]),
        ArchiveKind::Tar => unpack_tar(limit.of(file), download, to),
        ArchiveKind::TarGz => unpack_tar(limit.of(MultiGzDecoder::new(file)), download, to),
        ArchiveKind::Zip => unpack_zip(file, &limit, download, to),
    }
}

fn unpack_zip(
    file: BufReader<File>,
    limit: &Limit,
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
            return Err(missing(&member.name, &names, names.len()));
        }
        let entry = archive.by_name(&member.name).map_err(text)?;
        write(limit.of(entry), to)?;
    }
    Ok(())
}

fn unpack_tar(reader: impl Read, download: &Download, to: &[PathBuf]) -> Result<(), String> {
    let mut archive = tar::Archive::new(reader);
    let mut found = vec![false; download.members.len()];
    // Those that an error shows; there may be millions of others.
    let (mut names, mut count) = (Vec::new(), 0);
    // A name too long for its header comes before it, in an entry of its own. They are read here, since the tar
    // library reads them whatever their length.
    let mut long = None;
    for entry in archive.entries().map_err(text)?.raw(true) {
        let mut entry = entry.map_err(text)?;
        let kind = entry.header().entry_type();
        if kind.is_pax_global_extensions() {
            continue;
        }
        if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
            long = long_name(&mut entry)?.or(long);
            continue;
        }
        let in_header = || String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let name = long.take().unwrap_or_else(in_header);
        harmless(&name)?;
        if !kind.is_file() && !kind.is_dir() {
            return Err(not_a_file(&name));
        }
        if let Some(place) = download.members.iter().position(|member| member.name == name) {
            write(entry, &to[place])?;
            found[place] = true;
        }
        count += 1;
        if names.len() < SHOWN_MEMBERS {
            names.push(name);
        }
    }
    match download.members.iter().zip(found).find(|(_, found)| !found) {
        Some((member, _)) => Err(missing(&member.name, &names, count)),
        None => Ok(()),
    }
}

/// The name in an entry that holds that of the next one; None where it holds something else of it.
fn long_name(entry: &mut tar::Entry<'_, impl Read>) -> Result<Option<String>, String> {
    if entry.size() > MAX_NAME {
        return Err(format!("the archive contains a name of {} bytes", entry.size()));
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(text)?;
    let name = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if entry.header().entry_type().is_gnu_longname() {
        return Ok(Some(name(bytes.strip_suffix(b"\0").unwrap_or(&bytes))));
    }
    let mut path = None;
    for extension in tar::PaxExtensions::new(&bytes) {
        let extension = extension.map_err(text)?;
        match extension.key_bytes() {
            b"path" => path = Some(name(extension.value_bytes())),
            // Of files of 8 GiB and more, which no dataset has.
            b"size" => return Err("the archive contains a file with an extended size".to_owned()),
            _ => {}
        }
    }
    Ok(path)
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

/// `names` are the first of the names, or all, in an archive of `count`.
fn missing(name: &str, names: &[String], count: usize) -> String {
    let mut shown = names.iter().take(SHOWN_MEMBERS).cloned().collect::<Vec<_>>().join(", ");
    if count > SHOWN_MEMBERS {
        shown.push_str(&format!(" and {} more", count - SHOWN_MEMBERS));
    }
    format!("the archive has no {name}; it has {shown}")
}

fn text(error: impl ToString) -> String {
    error.to_string()
}

#[cfg(test)]
mod targets;
#[cfg(test)]
mod tests;
