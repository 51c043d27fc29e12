//! Nothing is complete before it is on the disk, as the system saw it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::place::{EXPERIMENT, Ended, Workplace, not_run};

/// Of every entry: all files, then its folder, then its name, then the folder that holds the name.
#[test]
fn entries_are_on_the_disk_before_they_count() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    let run = place.command(&["run", "experiment.yaml", "--device", "flex", "--quiet"]);
    let calls = "trace=fsync,fdatasync,rename,renameat,renameat2";
    let traced = Command::new("strace")
        .current_dir(place.path(""))
        // With the paths of open files.
        .args(["-f", "-y", "-o", "calls", "-e", calls])
        .arg(run.get_program())
        .args(run.get_args())
        .output();
    let ended: Ended = match traced {
        Ok(output) => output.into(),
        Err(error) => return not_run(&format!("no strace ({error})")),
    };
    if ended.stderr.contains("strace: ") {
        return not_run(&format!("strace may not look: {}", ended.stderr));
    }
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);

    let calls = fs::read_to_string(place.path("calls")).unwrap();
    let calls: Vec<&str> = calls.lines().collect();
    let mut entries = 0;
    for kind in ["datasets", "references", "baselines", "cells"] {
        for entry in fs::read_dir(place.path("results/store").join(kind)).unwrap() {
            let entry = entry.unwrap().path();
            let id = entry.file_name().unwrap().to_str().unwrap();
            check(&calls, &entry, &format!("results/store/{kind}/{id}\""));
            entries += 1;
        }
    }
    assert_eq!(entries, 1 + 1 + 4 + 2);
}

/// An entry, and how the call ends that gives it its name.
fn check(calls: &[&str], entry: &Path, named: &str) {
    let is_rename = |line: &&str| line.contains(" rename") && line.contains(named);
    let at = calls.iter().position(is_rename).expect(named);
    let thread = calls[at].split(' ').next().unwrap();
    let draft = calls[at].split('"').nth(1).unwrap();
    let synced = |calls: &[&str], path: &str| {
        let of_thread = calls.iter().filter(|line| line.split(' ').next() == Some(thread));
        let mut syncs = of_thread.filter(|line| line.contains(" fsync("));
        syncs.any(|line| line.contains(&format!("{path}>")))
    };
    let mut files: Vec<_> = fs::read_dir(entry).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() > 2, "{files:?}");
    files.push(entry.to_owned());
    for file in files {
        let file = file.strip_prefix(entry).unwrap().to_str().unwrap();
        let path = format!("{draft}/{file}");
        let path = path.trim_end_matches('/');
        assert!(synced(&calls[..at], path), "{path} was not synced before it was {named}");
    }
    let folder = entry.parent().unwrap().to_str().unwrap();
    assert!(synced(&calls[at..], folder), "{folder} was not synced after {named}");
}
