//! Downloads from faulty servers, and malicious archives.

mod archives;
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use archives::{gzipped, renamed, tarred, tarred_with_link, zipped, zipped_with_link};
use prefsweep_datasets::{
    ArchiveKind, DatasetName, Download, FetchError, FetchEvent, FetchOptions, Fetched, Manifest,
    Member, RetryPolicy, Verdict, fetch, verify,
};
use server::{Server, answer, honest, whole};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const MEMBER: &str = "ml-100k/u.data";
const TAG: &str = "\"v1\"";

/// Three users with six items each, as MovieLens writes them, and a readme.
fn data() -> Vec<u8> {
    let rows = (0..18).map(|row| format!("{}\t{}\t4\t{}\n", row / 6, row % 6, 900 + row));
    rows.collect::<String>().into_bytes()
}

fn archive() -> Vec<u8> {
    zipped(&[("ml-100k/README", b"terms"), (MEMBER, &data())])
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A data folder, and a manifest with the address of a test server.
struct Client {
    folder: TempDir,
    manifest: Manifest,
    /// The events of the downloads, as text.
    events: Vec<String>,
}

impl Client {
    fn new(kind: ArchiveKind, addresses: Vec<String>) -> Self {
        let mut manifest = DatasetName::Ml100k.manifest().clone();
        let member = Member { name: MEMBER.into(), to: MEMBER.into() };
        manifest.download = vec![Download {
            file: "ml-100k.zip".into(),
            addresses,
            kind,
            members: vec![member],
            bytes: None,
            sha256: None,
            md5: None,
            max_unpacked_bytes: 4 << 30,
        }];
        Self { folder: tempfile::tempdir().unwrap(), manifest, events: Vec::new() }
    }

    fn zip(server: &Server) -> Self {
        Self::new(ArchiveKind::Zip, vec![server.address("ml-100k.zip")])
    }

    fn expecting(mut self, content: &[u8]) -> Self {
        self.manifest.download[0].sha256 = Some(sha256(content));
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn fetch_with(&mut self, mirrors: &[String], force: bool) -> Result<Fetched, FetchError> {
        let retry = RetryPolicy {
            attempts: 3,
            pause: Duration::from_millis(1),
            timeout: Duration::from_secs(5),
        };
        let options = FetchOptions { mirrors: mirrors.to_vec(), force, retry };
        let events = &mut self.events;
        fetch(&self.manifest, self.folder.path(), &options, &mut |event| {
            if !matches!(event, FetchEvent::Progress { .. }) {
                events.push(format!("{event:?}"));
            }
        })
    }

    fn fetch(&mut self) -> Result<Fetched, FetchError> {
        self.fetch_with(&[], false)
    }

    /// Fetches, and asserts that the data are complete and the only files.
    fn succeeds(&mut self) {
        let fetched = self.fetch().unwrap_or_else(|error| panic!("{error}\n{:#?}", self.events));
        assert!(matches!(fetched, Fetched::Downloaded(_)), "{fetched:?}");
        assert_eq!(fs::read(self.path(MEMBER)).unwrap(), data());
        assert_eq!(self.left(), ["checksums.json", "u.data"]);
    }

    /// Fetches, and asserts that it fails without leaving data.
    fn fails(&mut self) -> FetchError {
        let error = self.fetch().unwrap_err();
        assert!(!self.path(MEMBER).exists());
        error
    }

    /// The names of all files in the data folder.
    fn left(&self) -> Vec<String> {
        let mut names = names(self.folder.path());
        names.sort();
        names
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            found.extend(names(&entry.path()));
        } else {
            found.push(entry.file_name().into_string().unwrap());
        }
    }
    found
}

/// Why the addresses failed.
fn reasons(error: &FetchError) -> Vec<String> {
    match error {
        FetchError::Unreachable { tried, .. } => {
            tried.iter().map(|(_, reason)| reason.clone()).collect()
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_download_is_unpacked_recorded_and_not_repeated() {
    let server = Server::new(|_, request| honest(request, &archive(), TAG));
    let mut client = Client::zip(&server).expecting(&archive());
    client.succeeds();
    let records = fs::read_to_string(client.path("ml-100k/checksums.json")).unwrap();
    for hash in [sha256(&archive()), sha256(&data())] {
        assert!(records.contains(&hash), "{records}");
    }
    assert_eq!(client.fetch().unwrap(), Fetched::Present(vec![client.path(MEMBER)]));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_dropped_connection_is_resumed_where_it_broke() {
    let server = Server::new(|number, request| {
        let mut bytes = honest(request, &archive(), TAG);
        if number < 2 {
            bytes.truncate(bytes.len() - 100);
        }
        bytes
    });
    let mut client = Client::zip(&server).expecting(&archive());
    client.succeeds();
    let requests = server.requests();
    let starts: Vec<_> = requests.iter().map(|request| request.start()).collect();
    // The second answer added nothing: all but the last hundred bytes were there.
    let have = Some(archive().len() - 100);
    assert_eq!(starts, [None, have, have]);
    assert_eq!(requests[1].header("if-range"), Some(TAG));
}

#[test]
fn progress_resets_the_number_of_attempts() {
    // Few bytes per answer: many more answers than the three attempts without progress.
    let server = Server::new(|_, request| {
        let bytes = honest(request, &archive(), TAG);
        let head = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        bytes[..(head + 40).min(bytes.len())].to_vec()
    });
    Client::zip(&server).expecting(&archive()).succeeds();
    assert!(server.requests().len() > 5);
}

#[test]
fn a_complete_part_needs_no_more_bytes() {
    let server = Server::new(|_, request| match request.start() {
        None => honest(request, &archive(), TAG),
        Some(_) => answer("416 Range Not Satisfiable", "Content-Length: 0", b""),
    });
    let mut client = Client::zip(&server).expecting(&archive());
    // The state of a program that was killed just before renaming.
    let origin = format!(
        r#"{{"address": "{}", "validator": "\"v1\"", "total": {}}}"#,
        server.address("ml-100k.zip"),
        archive().len()
    );
    fs::create_dir(client.path("ml-100k")).unwrap();
    fs::write(client.path("ml-100k/ml-100k.zip.part"), archive()).unwrap();
    fs::write(client.path("ml-100k/ml-100k.zip.part.json"), origin).unwrap();
    client.succeeds();
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_server_without_ranges_starts_again() {
    let server = Server::new(|number, _| {
        let mut bytes = whole(&archive());
        if number == 0 {
            bytes.truncate(bytes.len() - 100);
        }
        bytes
    });
    let mut client = Client::zip(&server).expecting(&archive());
    client.succeeds();
    assert_eq!(server.requests()[1].start(), Some(archive().len() - 100));
}

#[test]
fn versions_of_a_file_are_not_mixed() {
    let server = Server::new(|number, request| match number {
        0 => {
            let mut bytes = honest(request, &zipped(&[(MEMBER, b"an older version")]), "\"v0\"");
            bytes.truncate(bytes.len() - 20);
            bytes
        }
        _ => honest(request, &archive(), TAG),
    });
    let mut client = Client::zip(&server);
    client.succeeds();
    let second = &server.requests()[1];
    assert_eq!(second.header("if-range"), Some("\"v0\""));
}

#[test]
fn mixed_versions_are_fetched_again_from_the_start() {
    let archive = archive();
    let other = vec![0; archive.len()];
    let content = archive.clone();
    // Without a validator the client cannot know that the file has changed in between.
    let server = Server::new(move |number, request| {
        let body = if number == 0 { &other } else { &content };
        let length = body.len();
        match request.start() {
            Some(start) => {
                let rest = format!("Content-Range: bytes {start}-{}/{length}", length - 1);
                answer("206 Partial Content", &rest, &body[start..])
            }
            None if number == 0 => {
                let mut bytes = whole(body);
                bytes.truncate(bytes.len() - 100);
                bytes
            }
            None => whole(body),
        }
    });
    let mut client = Client::zip(&server).expecting(&archive);
    client.succeeds();
    let starts: Vec<_> = server.requests().iter().map(|request| request.start()).collect();
    assert_eq!(starts, [None, Some(archive.len() - 100), None]);
}

#[test]
fn an_answer_at_another_position_starts_again() {
    let server = Server::new(|number, request| {
        let archive = archive();
        match (number, request.start()) {
            (0, _) => {
                let mut bytes = honest(request, &archive, TAG);
                bytes.truncate(bytes.len() - 100);
                bytes
            }
            (1, _) => answer(
                "206 Partial Content",
                &format!("Content-Range: bytes 0-{}/{}", archive.len() - 1, archive.len()),
                &archive,
            ),
            _ => honest(request, &archive, TAG),
        }
    });
    Client::zip(&server).expecting(&archive()).succeeds();
}

#[test]
fn after_an_incomplete_file_the_mirror_is_used() {
    let liar = Server::new(|_, _| answer("200 OK", "Content-Length: 100000", &archive()));
    let mut client = Client::zip(&liar).expecting(&archive());
    let error = client.fails();
    assert!(reasons(&error)[0].contains("of 100000 bytes"), "{error}");
    assert_eq!(liar.requests().len(), 3);
    // The part is kept, in case the connection was the cause.
    assert!(client.left().contains(&"ml-100k.zip.part".to_owned()));

    let mirror = Server::new(|_, request| honest(request, &archive(), TAG));
    client.manifest.download[0].addresses.push(mirror.address("ml-100k.zip"));
    client.succeeds();
}

#[test]
fn more_bytes_than_expected_are_rejected() {
    let endless = Server::new(|_, _| answer("200 OK", "", &vec![7; 1 << 20]));
    let mut client = Client::zip(&endless);
    client.manifest.download[0].bytes = Some(1000);
    let error = client.fails();
    assert!(reasons(&error)[0].contains("more than the 1000 bytes"), "{error}");
    let offer = Server::new(|_, _| whole(&[7; 2000]));
    client.manifest.download[0].addresses = vec![offer.address("x")];
    let error = client.fails();
    assert_eq!(reasons(&error), ["it offers 2000 bytes where 1000 are expected"]);
}

#[test]
fn a_corrupt_body_is_rejected_with_its_checksum() {
    let mut corrupt = archive();
    corrupt[40] ^= 1;
    let found = sha256(&corrupt);
    let bad = Server::new(move |_, _| whole(&corrupt));
    let good = Server::new(|_, request| honest(request, &archive(), TAG));
    let mut client = Client::zip(&bad).expecting(&archive());
    let error = client.fails();
    let expected = sha256(&archive());
    assert_eq!(reasons(&error), [format!("its SHA-256 is {found}, expected {expected}")]);
    assert!(client.left().is_empty(), "{:?}", client.left());

    client.manifest.download[0].addresses.push(good.address("ml-100k.zip"));
    client.succeeds();
}

#[test]
fn an_md5_alone_is_checked() {
    let server = Server::new(|_, request| honest(request, &archive(), TAG));
    let mut client = Client::zip(&server);
    client.manifest.download[0].md5 = Some("0".repeat(32));
    let error = client.fails();
    assert!(reasons(&error)[0].starts_with("its MD5 is "), "{error}");
}

#[test]
fn a_silent_server_is_a_failure() {
    let silent = Server::new(|_, request| {
        std::thread::sleep(Duration::from_millis(400));
        honest(request, &archive(), TAG)
    });
    let client = Client::zip(&silent);
    let pause = Duration::from_millis(1);
    let retry = RetryPolicy { attempts: 2, pause, timeout: Duration::from_millis(50) };
    let options = FetchOptions { retry, ..FetchOptions::default() };
    let error = fetch(&client.manifest, client.folder.path(), &options, &mut |_| {}).unwrap_err();
    assert_eq!(reasons(&error), ["no answer in time"]);
}

#[test]
fn a_404_is_final_and_a_503_is_not() {
    let gone = Server::new(|_, _| answer("404 Not Found", "Content-Length: 0", b""));
    let busy = Server::new(|number, request| match number {
        0 | 1 => answer("503 Service Unavailable", "Content-Length: 0", b""),
        _ => honest(request, &archive(), TAG),
    });
    let mut client = Client::zip(&gone).expecting(&archive());
    client.manifest.download[0].addresses.push(busy.address("ml-100k.zip"));
    client.succeeds();
    assert_eq!((gone.requests().len(), busy.requests().len()), (1, 3));
    assert!(
        client.events.iter().any(|events| events.contains("404 Not Found")),
        "{:?}",
        client.events
    );
}

#[test]
fn a_web_page_is_not_the_file() {
    let login = Server::new(|_, _| {
        answer("200 OK", "Content-Type: text/html; charset=utf-8", b"<html>log in</html>")
    });
    let error = Client::new(ArchiveKind::Plain, vec![login.address("x")]).fails();
    assert!(reasons(&error)[0].contains("a web page instead of the file"), "{error}");
}

#[test]
fn redirects_are_followed_unless_they_are_endless() {
    let target = Server::new(|_, request| honest(request, &archive(), TAG));
    let to = target.address("moved.zip");
    let redirect = Server::new(move |_, _| {
        answer("302 Found", &format!("Location: {to}\nContent-Length: 0"), b"")
    });
    Client::zip(&redirect).expecting(&archive()).succeeds();

    let circle =
        Server::new(|_, _| answer("302 Found", "Location: /again\nContent-Length: 0", b""));
    let error = Client::zip(&circle).fails();
    assert_eq!(reasons(&error), ["too many redirects"]);
    assert!(circle.requests().len() < 20);
}

#[test]
fn without_a_server_the_error_says_how_to_install_the_file() {
    let closed = Server::new(|_, _| Vec::new()).address("ml-100k.zip");
    let mut client = Client::new(ArchiveKind::Zip, vec![closed.clone()]);
    let error = client.fails();
    assert!(!error.is_user_error());
    let text = error.to_string();
    assert!(text.contains(&format!("{closed}: cannot connect: ")), "{text}");
    for file in ["ml-100k/ml-100k.zip", MEMBER] {
        // With the separators of the system.
        let path = std::path::absolute(client.path(file)).unwrap();
        assert!(text.contains(path.to_str().unwrap()), "{text}");
    }
    assert!(client.left().is_empty());

    // As the message says.
    fs::write(client.path("ml-100k/ml-100k.zip"), archive()).unwrap();
    assert!(matches!(client.fetch().unwrap(), Fetched::Downloaded(_)));
    assert_eq!(fs::read(client.path(MEMBER)).unwrap(), data());
    assert!(client.path("ml-100k/ml-100k.zip").is_file(), "the user's own file is kept");
}

#[test]
fn a_wrong_file_of_the_user_is_rejected() {
    let mut client = Client::new(ArchiveKind::Zip, Vec::new()).expecting(&archive());
    fs::create_dir(client.path("ml-100k")).unwrap();
    fs::write(client.path("ml-100k/ml-100k.zip"), "<html>log in first</html>").unwrap();
    let error = client.fails();
    assert!(matches!(error, FetchError::WrongFile { .. }), "{error}");
    assert!(error.is_user_error());
}

#[test]
fn the_user_s_mirror_comes_first() {
    let official = Server::new(|_, _| answer("404 Not Found", "Content-Length: 0", b""));
    let mirror = Server::new(|_, request| honest(request, &archive(), TAG));
    let mut client = Client::zip(&official).expecting(&archive());
    client.fetch_with(&[mirror.address("files/")], false).unwrap();
    assert_eq!(mirror.requests()[0].line, "GET /files/ml-100k.zip HTTP/1.1");
    assert!(official.requests().is_empty());
}

#[test]
fn later_downloads_are_compared_with_the_first() {
    let server = Server::new(|number, _| match number {
        0 => whole(&archive()),
        _ => whole(&zipped(&[(MEMBER, b"something else")])),
    });
    let mut client = Client::zip(&server);
    client.succeeds();
    assert!(
        client.events.iter().any(|events| events.contains("evidence: None")),
        "{:?}",
        client.events
    );
    let error = client.fetch_with(&[], true).unwrap_err();
    assert!(reasons(&error)[0].contains(" as at the first download "), "{error}");
    assert_eq!(fs::read(client.path(MEMBER)).unwrap(), data(), "the good file is kept");
}

#[test]
fn a_damaged_file_is_reported_and_replaced_only_with_force() {
    let server = Server::new(|_, request| honest(request, &archive(), TAG));
    let mut client = Client::zip(&server).expecting(&archive());
    client.succeeds();
    fs::write(client.path(MEMBER), "damaged").unwrap();
    let error = client.fetch().unwrap_err();
    assert!(matches!(error, FetchError::Differs { .. }), "{error}");
    assert!(error.to_string().contains("--force"), "{error}");
    client.fetch_with(&[], true).unwrap();
    assert_eq!(fs::read(client.path(MEMBER)).unwrap(), data());
}

#[test]
fn a_file_of_the_user_is_not_replaced() {
    let mut client = Client::new(ArchiveKind::Zip, Vec::new());
    fs::create_dir(client.path("ml-100k")).unwrap();
    fs::write(client.path(MEMBER), "mine").unwrap();
    assert_eq!(client.fetch().unwrap(), Fetched::OwnFiles(vec![client.path(MEMBER)]));
    assert_eq!(fs::read(client.path(MEMBER)).unwrap(), b"mine");
}

#[test]
fn two_downloads_of_one_file_do_not_mix() {
    let server = Server::new(|_, request| honest(request, &archive(), TAG));
    let mut client = Client::zip(&server);
    fs::create_dir(client.path("ml-100k")).unwrap();
    let other = fs::File::create(client.path("ml-100k/ml-100k.zip.part")).unwrap();
    other.lock().unwrap();
    assert!(matches!(client.fails(), FetchError::Busy { .. }));
    drop(other);
    client.succeeds();
}

#[test]
fn every_kind_of_archive_is_unpacked() {
    for (kind, content) in [
        (ArchiveKind::Plain, data()),
        (ArchiveKind::Gz, gzipped(&data())),
        (ArchiveKind::Tar, tarred(&[("x", b"y"), (MEMBER, &data())])),
        (ArchiveKind::TarGz, gzipped(&tarred(&[(MEMBER, &data())]))),
    ] {
        let server = Server::new(move |_, _| whole(&content));
        Client::new(kind, vec![server.address("file")]).succeeds();
    }
}

#[test]
fn archives_with_paths_outside_their_folder_are_rejected() {
    let good: (&str, &[u8]) = (MEMBER, &data());
    let harmful = |name: &str| zipped(&[good, (name, b"evil")]);
    for (kind, content, part) in [
        (
            ArchiveKind::Zip,
            renamed(harmful("xx/xx/evil"), "xx/xx/evil", "../../evil"),
            "../../evil",
        ),
        (ArchiveKind::Zip, renamed(harmful("xtmp/evil"), "xtmp/evil", "/tmp/evil"), "/tmp/evil"),
        (ArchiveKind::Zip, renamed(harmful("xx/evil"), "xx/evil", "..\\evil"), "..\\\\evil"),
        (ArchiveKind::Zip, zipped_with_link(good, "link", "/etc/passwd"), "link or a device"),
        (ArchiveKind::Tar, tarred(&[good, ("../evil", b"evil")]), "../evil"),
        (ArchiveKind::Tar, tarred(&[good, ("/tmp/evil", b"evil")]), "/tmp/evil"),
        (ArchiveKind::Tar, tarred_with_link(good, "link", "/etc/passwd"), "link or a device"),
        (ArchiveKind::TarGz, gzipped(&tarred(&[("C:\\evil", b"evil")])), "C:\\\\evil"),
    ] {
        let server = Server::new(move |_, _| whole(&content));
        let mut client = Client::new(kind, vec![server.address("file")]);
        let error = client.fails();
        assert!(matches!(error, FetchError::Archive { .. }), "{error}");
        assert!(error.to_string().contains(part), "{part}: {error}");
        let left = client.left();
        assert!(left.iter().all(|name| !name.contains("evil")), "{left:?}");
        assert!(!client.folder.path().parent().unwrap().join("evil").exists());
    }
}

#[test]
fn archive_bombs_are_rejected() {
    let zeros = vec![0; 64 << 20];
    for (kind, content) in [
        (ArchiveKind::Zip, zipped(&[(MEMBER, &zeros)])),
        (ArchiveKind::Gz, gzipped(&zeros)),
        // In a member that is not extracted but has to be read over.
        (ArchiveKind::TarGz, gzipped(&tarred(&[("x", &zeros), (MEMBER, b"")]))),
    ] {
        assert!(content.len() * 200 < zeros.len());
        let server = Server::new(move |_, _| whole(&content));
        let error = Client::new(kind, vec![server.address("file")]).fails();
        assert!(error.to_string().contains("it unpacks to more than"), "{error}");
    }
}

#[test]
fn the_limit_of_the_manifest_applies_to_all_archives() {
    let server = Server::new(|_, request| honest(request, &archive(), TAG));
    let mut client = Client::zip(&server);
    client.manifest.download[0].max_unpacked_bytes = data().len() as u64 - 1;
    let error = client.fails();
    let expected = format!("more than the {} bytes allowed", data().len() - 1);
    assert!(error.to_string().contains(&expected), "{error}");
    client.manifest.download[0].max_unpacked_bytes = data().len() as u64;
    client.succeeds();
}

#[test]
fn truncated_archives_and_missing_members_are_rejected() {
    for (content, part) in [
        (zipped(&[("other", b"x")]), "has no ml-100k/u.data; it has other"),
        (b"<html>not an archive</html>".to_vec(), "ml-100k.zip: "),
        (archive()[..200].to_vec(), "ml-100k.zip: "),
    ] {
        let server = Server::new(move |_, _| whole(&content));
        let mut client = Client::zip(&server);
        let error = client.fails();
        assert!(matches!(error, FetchError::Archive { .. }), "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert!(client.left().is_empty(), "{:?}", client.left());
    }
}

#[test]
fn nothing_is_fetched_for_data_without_a_publisher() {
    let folder = tempfile::tempdir().unwrap();
    let fetch = |name: DatasetName| {
        let options = FetchOptions::default();
        prefsweep_datasets::fetch(name.manifest(), folder.path(), &options, &mut |_| {})
    };
    assert_eq!(fetch(DatasetName::Synthetic).unwrap(), Fetched::Generated);
    let error = fetch(DatasetName::File).unwrap_err();
    assert!(error.is_user_error());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn verify_distinguishes_ok_from_differing_and_unknown() {
    use Verdict::{Differs, Ok, Unknown};
    let verdicts = |folder: &Path, record| -> Vec<Verdict> {
        let checks = verify(DatasetName::Ml1m, folder, record).unwrap();
        checks.iter().map(|check| check.verdict).collect()
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let official = folder.join("ml-1m/ratings.dat");
    fs::create_dir(folder.join("ml-1m")).unwrap();
    // Its own 5-core: five users with the same six items.
    let rows = |row| format!("{}::{}::4::{}\n", row / 6, row % 6, 900 + row);
    let ratings: String = (0..30).map(rows).collect();
    fs::write(&official, &ratings).unwrap();
    // The manifest has no numbers for the official file: checksum, content, prepared data.
    assert_eq!(verdicts(folder, false), [Unknown; 3]);
    assert_eq!(verdicts(folder, false), [Unknown; 3], "nothing was recorded");
    verdicts(folder, true);
    assert_eq!(verdicts(folder, false), [Ok, Unknown, Unknown]);
    fs::write(&official, ratings.replace("900", "901")).unwrap();
    assert_eq!(verdicts(folder, false), [Differs, Unknown, Unknown]);

    // The manifest has numbers for SASRec's file, and this is another one.
    fs::remove_file(&official).unwrap();
    let pairs: String = (0..30).map(|row| format!("{} {}\n", row / 6, row % 6)).collect();
    fs::write(folder.join("ml-1m-sasrec.txt"), pairs).unwrap();
    // The recorded file is missing as well.
    assert_eq!(verdicts(folder, false), [Differs; 4]);

    assert_eq!(verify(DatasetName::Synthetic, folder, false).unwrap()[0].verdict, Ok);
    assert!(verify(DatasetName::Steam, folder, false).is_err());
}
