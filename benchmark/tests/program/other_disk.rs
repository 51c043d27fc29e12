//! Moving a store onto another file system, where it cannot be renamed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use crate::place::{EXPERIMENT, Workplace, not_run, numbers};

/// A folder in memory that Linux systems have.
const MEMORY: &str = "/dev/shm";

fn device(path: &Path) -> Option<u64> {
    Some(fs::metadata(path).ok()?.dev())
}

fn with_results() -> Workplace {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    run(&place, "results");
    place
}

fn run(place: &Workplace, results: &str) -> String {
    let ended = place.run(&["run", "experiment.yaml", "--device", "flex", "--results", results]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended.stderr
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    entries.map(|name| name.to_string_lossy().into_owned()).collect()
}

#[test]
fn a_store_moves_to_another_file_system_and_back() {
    let place = with_results();
    if device(Path::new(MEMORY)).is_none_or(|other| Some(other) == device(&place.path("."))) {
        return not_run(&format!("{MEMORY} is no other file system than temporary files have"));
    }
    let before = numbers(&place.path("results"));
    let memory = tempfile::tempdir_in(MEMORY).unwrap();
    let there = memory.path().join("deep/results");
    let (there, back) = (there.to_str().unwrap(), place.path("back"));
    for (from, to) in [("results", there), (there, back.to_str().unwrap())] {
        let moved = place.run(&["store", "move", to, "--results", from]);
        assert_eq!(moved.code, Some(0), "{}", moved.stderr);
        assert!(!place.path(from).exists());
        assert_eq!(numbers(Path::new(to)), before);
        assert_eq!(
            names(Path::new(to).parent().unwrap())
                .iter()
                .filter(|name| name.starts_with('.'))
                .count(),
            0
        );
        assert!(names(&Path::new(to).join("store/drafts")).is_empty());
        let verified = place.run(&["verify", "experiment.yaml", "--results", to]);
        assert_eq!(verified.code, Some(0), "{}", verified.stderr);
        assert!(run(&place, to).contains("0 of "), "all is known there");
    }
}

/// In a name space of its own, where anybody may mount a small file system.
#[test]
fn a_store_that_does_not_fit_stays_where_it_is() {
    let place = with_results();
    fs::create_dir(place.path("small")).unwrap();
    let mount = "mount -t tmpfs -o size=64k tmpfs small";
    let shell = |script: &str| {
        let program = assert_cmd::cargo::cargo_bin!("prefsweep");
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", script]).arg(program).current_dir(place.path("."));
        command.output()
    };
    if !shell(mount).is_ok_and(|output| output.status.success()) {
        return not_run("this user may not mount a file system in a name space");
    }
    let before = numbers(&place.path("results"));
    let script =
        format!("{mount} && \"$0\" store move small/new; code=$?; ls -A small; exit $code");
    let ended: crate::place::Ended = shell(&script).unwrap().into();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("small/"), "{}", ended.stderr);
    assert!(ended.stderr.trim_end().ends_with("no space left on device"), "{}", ended.stderr);
    assert_eq!(ended.stdout, "", "what was copied is removed");
    assert_eq!(numbers(&place.path("results")), before);
    assert!(names(&place.path("results/store/drafts")).is_empty());
    assert!(run(&place, "results").contains("0 of "), "it is used as before");
}
