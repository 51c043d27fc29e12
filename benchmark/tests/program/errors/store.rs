//! The store, and the folder for results.

use std::io::Error;
use std::path::{Path, PathBuf};

use prefsweep_store::StoreError;

use super::case::{Case, call, run};
use crate::place::EXPERIMENT;

/// The first entry of a kind.
pub(super) fn entry(results: &Path, kind: &str) -> PathBuf {
    let folder = results.join("store").join(kind);
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.min().unwrap()
}

pub(super) fn cases() -> Vec<Case> {
    let after = |what, arguments: &str| call(what, arguments).after_a_run();
    vec![
        run("a file in place of the folder for results", EXPERIMENT)
            .argument("--results")
            .argument("taken")
            .file("taken", ""),
        run("a file in place of the experiment's folder", EXPERIMENT).file("results/e", ""),
        run("a file in place of the store", EXPERIMENT).file("results/store", ""),
        run("a store of a newer version", EXPERIMENT).file("results/store/format", "2\n"),
        run("a store whose version is not UTF-8", EXPERIMENT)
            .file("results/store/format", b"\xe9".as_slice()),
        run("results of a newer version", EXPERIMENT)
            .file("results/e/index.json", "{\"format\": 99}"),
        after(
            "a folder with the results of another experiment",
            "run f.yaml --device flex --name e",
        )
        .file("f.yaml", EXPERIMENT.replace("[1, 3]", "[1, 2]")),
        after("results that are read for another experiment", "report g/e.yaml")
            .file("g/e.yaml", EXPERIMENT.replace("[1, 3]", "[1, 2]")),
        call("no store", "store list --results nowhere"),
        call("no results beside the store", "store gc --yes").folder("results/store"),
        after("nobody to ask", "store gc").step(|place| {
            let unused = entry(&place.path("results"), "cells").with_file_name("0123456789abcdef");
            std::fs::create_dir(&unused).unwrap();
            std::fs::write(unused.join("complete.json"), "{}").unwrap();
        }),
        after("an index that is cut off, when the store is cleared", "store gc --yes")
            .file("results/e/index.json", "{\"format\"")
            .code(1),
        after("an index of a newer version, when the store is cleared", "store gc --yes")
            .file("results/e/index.json", "{\"format\": 99}"),
        after("a new place that is there already", "store move e.yaml"),
        after("a new place within the old", "store move results/in"),
    ]
}

/// What is wrong, the message and the exit code, as the program makes them from what a system says.
pub(super) fn of_other_machines() -> Vec<(&'static str, String, i32)> {
    let path = Path::new("results/store/drafts");
    let said = |(what, number, code)| {
        let cause = Error::from_raw_os_error(number);
        (what, StoreError { path: path.to_owned(), cause }.to_string(), code)
    };
    [
        ("a folder without rights", 13, 2),
        ("a file system that is read-only", 30, 2),
        ("a full disk", 28, 1),
        ("a disk quota that is used up", 122, 1),
    ]
    .map(said)
    .into()
}
