//! Archives, good and bad.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;

/// A zip archive of these files.
pub(crate) fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A zip archive with a symbolic link next to the data.
pub(crate) fn zipped_with_link(file: (&str, &[u8]), link: &str, target: &str) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(file.0, SimpleFileOptions::default()).unwrap();
    writer.write_all(file.1).unwrap();
    writer.add_symlink(link, target, SimpleFileOptions::default()).unwrap();
    writer.finish().unwrap().into_inner()
}

/// Compressed.
pub(crate) fn gzipped(content: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(content).unwrap();
    writer.finish().unwrap()
}

/// A tar archive of these files, whatever their names.
pub(crate) fn tarred(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = header(name, tar::EntryType::Regular, content.len());
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A tar archive with a link next to the data.
pub(crate) fn tarred_with_link(file: (&str, &[u8]), link: &str, target: &str) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut plain = header(file.0, tar::EntryType::Regular, file.1.len());
    plain.set_cksum();
    builder.append(&plain, file.1).unwrap();
    let mut linked = header(link, tar::EntryType::Symlink, 0);
    linked.set_link_name(target).unwrap();
    linked.set_cksum();
    builder.append(&linked, std::io::empty()).unwrap();
    builder.into_inner().unwrap()
}

/// `Header::set_path` refuses exactly the names that these tests need.
fn header(name: &str, kind: tar::EntryType, size: usize) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size as u64);
    header.set_mode(0o644);
    header
}

/// Replaces a name in an archive by another of the same length.
pub(crate) fn renamed(mut archive: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> = archive
        .windows(from.len())
        .enumerate()
        .filter(|(_, bytes)| *bytes == from.as_bytes())
        .map(|(place, _)| place)
        .collect();
    assert!(!places.is_empty());
    for place in places {
        archive[place..place + to.len()].copy_from_slice(to.as_bytes());
    }
    archive
}
