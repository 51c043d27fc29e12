//! Names in archives of tar, long and hostile.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::targets::unpacks;
use crate::registry::ArchiveKind;

/// 64 MiB of name before a member.
#[test]
fn a_name_without_end_is_refused() {
    for kind in [tar::EntryType::GNULongName, tar::EntryType::XHeader] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(64 << 20);
        header.set_cksum();
        let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
        writer.write_all(header.as_bytes()).unwrap();
        writer.write_all(&vec![b'n'; 64 << 20]).unwrap();
        let error = unpacks(ArchiveKind::TarGz, &writer.finish().unwrap()).unwrap_err();
        assert!(error.contains("a name of 67108864 bytes"), "{error}");
    }
}

/// Names that do not fit into their header are found, of both kinds of tar.
#[test]
fn long_names_are_read() {
    let long = format!("{}/one", "folder".repeat(30));
    let mut builder = tar::Builder::new(Vec::new());
    for name in [&long[..], "data/one", "data/two"] {
        let mut header = tar::Header::new_gnu();
        header.set_size(2);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, &b"x\n"[..]).unwrap();
    }
    unpacks(ArchiveKind::Tar, &builder.into_inner().unwrap()).unwrap();
    let mut builder = tar::Builder::new(Vec::new());
    for name in ["../evil", "data/one"] {
        builder.append_pax_extensions([("path", name.as_bytes())]).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_path("harmless").unwrap();
        header.set_size(2);
        header.set_cksum();
        builder.append(&header, &b"x\n"[..]).unwrap();
    }
    let error = unpacks(ArchiveKind::Tar, &builder.into_inner().unwrap()).unwrap_err();
    assert!(error.contains("leads outside its folder"), "{error}");
}
