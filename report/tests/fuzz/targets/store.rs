//! Stores: markers, checkpoints, who uses it, and the indexes beside it.

use std::fs;

use prefsweep_store::{
    INDEX_FILE, Kind, MARKER_FILE, METRICS_FILE, Store, clear, holdings, is_damaged, named,
    relocate, unused,
};

use crate::engine::{Place, fuzz};
use crate::folder::worked;

const ID: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210";

/// A results folder, its store with two entries, of which one is named, a checkpoint, and a place that somebody left.
#[test]
fn stores() {
    let place = Place::new();
    let results = place.inside().join("results");
    let root = results.join("store");
    let store = Store::open(&root).unwrap();
    for id in [ID, OTHER] {
        let draft = store.draft(Kind::Cell, id).unwrap();
        fs::write(draft.file(METRICS_FILE), "step,split\n").unwrap();
        draft.publish().unwrap();
    }
    drop(store);
    let index = results.join("exp").join(INDEX_FILE);
    fs::create_dir(index.parent().unwrap()).unwrap();
    let text =
        format!(r#"{{"format": 2, "cells": [{{"id": "{ID}", "dir": "../store/cells/{ID}"}}]}}"#);
    let owner = br#"{"pid": 1, "host": "far", "system": null, "role": "runs"}"#;
    let marker = root.join("cells").join(ID).join(MARKER_FILE);
    let of_marker = fs::read(&marker).unwrap();
    let files: [(_, &[u8]); 4] = [
        (index, text.as_bytes()),
        (marker, &of_marker),
        (root.join("format"), b"1\n"),
        (root.join("drafts/owner-x/owner.json"), owner),
    ];
    let seeds = files.each_ref().map(|(_, content)| content.to_vec());
    let entry = root.join("cells").join(ID).join(METRICS_FILE);
    fuzz("stores", 1500, &seeds, &[ID.as_bytes(), b"../../neighbour"], |of, input| {
        for (path, content) in &files {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        fs::write(&files[of].0, input).unwrap();
        let opened = worked(Store::open(&root));
        worked(holdings(&root));
        worked(named(&results));
        let _ = is_damaged(&root.join("cells").join(ID));
        if let Ok(found) = unused(&results) {
            worked(clear(&results, &found));
        }
        // Whatever the marker, the format or an owner says, what an index names stays.
        assert!(of == 0 || entry.is_file(), "a named entry was removed");
        if relocate(&results, &place.inside().join("moved")).is_ok() {
            fs::rename(place.inside().join("moved"), &results).unwrap();
        }
        fs::create_dir_all(entry.parent().unwrap()).unwrap();
        fs::write(&entry, "step,split\n").unwrap();
        place.check();
        opened
    });
}

/// Of a damaged checkpoint nothing is read, rather than something else.
#[test]
fn files_of_checkpoints() {
    let place = Place::new();
    let store = Store::open(&place.inside().join("store")).unwrap();
    let checkpoint = store.checkpoint(Kind::Cell, ID);
    checkpoint.write(|to| to.write_all(b"what a run goes on from")).unwrap();
    let path = store.root().join("checkpoints").join(format!("cells-{ID}")).join("state.bin");
    let seeds = [fs::read(&path).unwrap()];
    fuzz("files of checkpoints", 2000, &seeds, &[], |_, input| {
        fs::write(&path, input).unwrap();
        let found = checkpoint.read();
        assert_eq!(found.is_some(), input == seeds[0], "damage unnoticed");
        found.is_some()
    });
}
