//! Damaged and hostile archives.

use std::fs;
use std::path::PathBuf;

use super::unpack;
use crate::registry::{ArchiveKind, Download, Member};

#[expect(dead_code, reason = "links are made here in more ways")]
#[path = "../../../tests/fetch/archives.rs"]
pub(super) mod archives;
#[path = "../../../tests/fuzz/engine/mod.rs"]
mod engine;

use archives::{gzipped, tarred, zipped};
use engine::{Place, fuzz};

const MOST: u64 = 1 << 16;

/// Unpacks into a folder of its own, and says whether that worked; nothing is written but the files asked for.
pub(super) fn unpacks(kind: ArchiveKind, content: &[u8]) -> Result<(), String> {
    let place = Place::new();
    let archive = place.write("archive", content);
    let names = ["data/one", "data/two"];
    let member = |name: &str| Member { name: name.into(), to: name.into() };
    let download = Download {
        file: "archive".into(),
        addresses: Vec::new(),
        kind,
        members: names.map(member).to_vec(),
        bytes: None,
        sha256: None,
        md5: None,
        max_unpacked_bytes: MOST,
    };
    let to = ["one", "two"].map(|name| place.inside().join(name));
    let outcome = unpack(&archive, &download, &to);
    place.check();
    let inside: Vec<PathBuf> =
        fs::read_dir(place.inside()).unwrap().map(|entry| entry.unwrap().path()).collect();
    for path in inside.iter().filter(|path| **path != archive) {
        let data = fs::symlink_metadata(path).unwrap();
        assert!(to.contains(path) && data.is_file() && data.len() <= MOST, "{}", path.display());
    }
    outcome
}

#[test]
fn damaged_archives() {
    let members: [(&str, &[u8]); 3] =
        [("data/one", b"1\t2\t3\n"), ("data/readme", b"terms"), ("data/two", &[b'x'; 900])];
    let (kinds, mut seeds): (Vec<ArchiveKind>, Vec<Vec<u8>>) = [
        (ArchiveKind::Zip, zipped(&members)),
        (ArchiveKind::Tar, tarred(&members)),
        (ArchiveKind::TarGz, gzipped(&tarred(&members))),
        (ArchiveKind::Gz, gzipped(&[b'x'; 900])),
    ]
    .into_iter()
    .unzip();
    let plain = seeds.len();
    // What is inside the compression, damaged before it is compressed.
    seeds.push(tarred(&members));
    let words: [&[u8]; 4] = [b"data/one", b"ustar", b"PK\x01\x02", b"././@LongLink"];
    fuzz("archives", 1500, &seeds, &words, |of, input| match of < plain {
        true => unpacks(kinds[of], input).is_ok(),
        false => unpacks(ArchiveKind::TarGz, &gzipped(input)).is_ok(),
    });
}

/// Entries of any kind, name and size, true or not, whose headers are right.
#[test]
fn hostile_tar_archives() {
    let names =
        ["data/one", "data/two", "../evil", "/tmp/prefsweep-evil", "a/../../evil", "C:\\evil", ""];
    let contents: [&[u8]; 4] = [b"x\n", b"../../evil\0", b"19 path=../../evil\n", &[b'y'; 600]];
    let kinds = b"00123456789LKxgSV";
    // What is drawn, entry by entry: name, content, kind, and whether the size is another one.
    let seeds = [vec![0, 0, 0, 1, 1, 1, 0, 1], vec![0, 2, 13, 1, 1, 1, 0, 1]];
    fuzz("hostile tar archives", 1500, &seeds, &[], |_, input| {
        let entry = |choice: &[u8]| {
            let pick = |at: usize, of: usize| usize::from(choice[at]) % of;
            let (name, content) = (names[pick(0, names.len())], contents[pick(1, contents.len())]);
            let mut header = tar::Header::new_gnu();
            header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
            header.as_gnu_mut().unwrap().linkname[..9].copy_from_slice(b"../../evi");
            header.set_entry_type(tar::EntryType::new(kinds[pick(2, kinds.len())]));
            let size = content.len() as u64;
            header.set_size(if choice[3] == 0 { size << (pick(0, 50)) } else { size });
            header.set_cksum();
            let padding = vec![0; content.len().next_multiple_of(512) - content.len()];
            [header.as_bytes().as_slice(), content, &padding].concat()
        };
        let archive: Vec<u8> = input.chunks_exact(4).take(40).flat_map(entry).collect();
        let compressed = unpacks(ArchiveKind::TarGz, &gzipped(&archive)).is_ok();
        unpacks(ArchiveKind::Tar, &archive).is_ok() | compressed
    });
}
