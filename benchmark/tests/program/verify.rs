//! `prefsweep verify` finds what was changed behind the program's back.

use std::fs;
use std::path::{Path, PathBuf};

use prefsweep_store::{CellEntry, INDEX_FILE, Index};

use crate::place::{Ended, Workplace};

const EXPERIMENT: &str = "
title: Verified
dataset: {name: synthetic, synthetic: {users: 60, items: 90}}
model: {dim: 8, blocks: 1, heads: 2, feed_forward: 8, max_len: 10}
reference: {epochs: 1}
preference: {steps: 2}
sweep: {losses: [dpo, dmpo], negatives: [1, 3], seeds: [1]}
evaluation: {every: 1, cutoffs: [1, 10]}
";

fn done() -> Workplace {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    let ended = place.run(&["run", "experiment.yaml", "--device", "flex", "--quiet"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    place
}

fn verify(place: &Workplace) -> Ended {
    place.run(&["verify", "experiment.yaml"])
}

/// The folder of some cell.
fn cell(place: &Workplace) -> PathBuf {
    entry(place, "cells")
}

/// The folder of some entry of a kind.
fn entry(place: &Workplace, kind: &str) -> PathBuf {
    let entries = fs::read_dir(place.path("results/store").join(kind)).unwrap();
    entries.map(|entry| entry.unwrap().path()).min().unwrap()
}

/// Asserts failure, and gives the line of the only problem of a file.
fn problem(ended: &Ended, file: &str) -> String {
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    let mut lines = ended.stdout.lines().filter(|line| line.starts_with("- "));
    let line = lines.find(|line| line.contains(file)).expect(&ended.stdout);
    line.to_owned()
}

#[test]
fn an_untouched_store_passes() {
    let place = done();
    let ended = verify(&place);
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    assert!(ended.stdout.contains("nothing differs, nothing is missing"), "{}", ended.stdout);
    // One reference, four baselines and three cells: three steps, two splits, two protocols, each with HR and NDCG
    // at two cut-offs, MRR, AUC, the share of ties and the users; reference and baselines have one step. Each has lists,
    // with coverage and Gini. Mean popularity, of which ranks and lists know nothing, stands
    // once for each, as would a new metric without a second definition.
    let named = "| metrics follow from per-user ranks and lists | ";
    let row = ended.stdout.lines().find_map(|line| line.strip_prefix(named)).expect("a row");
    let counts: Vec<usize> = row.split('|').filter_map(|count| count.trim().parse().ok()).collect();
    let [checked, 464, 0, 0, 0, not_recomputed] = counts[..] else { panic!("{}", ended.stdout) };
    assert!(not_recomputed >= 8 && checked == 464 + not_recomputed, "{}", ended.stdout);
    assert_eq!(place.run(&["verify", "results/experiment"]).stdout, ended.stdout);
}

#[test]
fn one_damaged_byte_is_found() {
    let place = done();
    let ranks = cell(&place).join("ranks.parquet");
    let mut bytes = fs::read(&ranks).unwrap();
    let middle = bytes.len() / 2;
    let was = blake3::hash(&bytes).to_hex();
    bytes[middle] ^= 1;
    fs::write(&ranks, &bytes).unwrap();
    let line = problem(&verify(&place), "ranks.parquet");
    assert!(line.contains(&format!("found {}", blake3::hash(&bytes).to_hex())), "{line}");
    assert!(line.contains(&format!("expected {was}")), "{line}");
}

/// Even where the marker was made to agree.
#[test]
fn a_changed_metric_is_found_by_computing_it_again() {
    for (kind, step) in [("cells", 2), ("references", 1), ("baselines", 0)] {
        let place = done();
        change_metric(&place, &entry(&place, kind), step);
    }
}

fn change_metric(place: &Workplace, folder: &Path, step: usize) {
    let metrics = folder.join("metrics.csv");
    let text = fs::read_to_string(&metrics).unwrap();
    let start = format!("{step},test,full,ndcg,10,");
    let row = text.lines().find(|line| line.starts_with(&start)).unwrap();
    let value: f64 = row.rsplit(',').next().unwrap().parse().unwrap();
    let changed = text.replace(row, &format!("{start}{}", value + 1e-6));
    assert_ne!(text, changed);
    fs::write(&metrics, &changed).unwrap();
    let marker = folder.join("complete.json");
    let hashes = fs::read_to_string(&marker).unwrap().replace(
        blake3::hash(text.as_bytes()).to_hex().as_str(),
        blake3::hash(changed.as_bytes()).to_hex().as_str(),
    );
    fs::write(&marker, hashes).unwrap();
    let ended = verify(place);
    let line = problem(&ended, "metrics.csv");
    assert!(line.contains(&format!("NDCG@10 at step {step}, test, full = ")), "{line}");
    assert!(line.contains(&format!("expected {value}")[..18]), "{line}");
    assert_eq!(ended.stdout.lines().filter(|line| line.starts_with("- ")).count(), 1);
}

#[test]
fn a_deleted_file_is_missing() {
    let place = done();
    fs::remove_file(cell(&place).join("provenance.json")).unwrap();
    let line = problem(&verify(&place), "provenance.json");
    assert!(line.ends_with("provenance.json: missing"), "{line}");
    fs::remove_dir_all(cell(&place)).unwrap();
    problem(&verify(&place), "complete.json");
}

#[test]
fn another_specification_is_found() {
    let place = done();
    let spec = cell(&place).join("spec.json");
    let text = fs::read_to_string(&spec).unwrap();
    let changed = text.replacen("\"seed\": 1", "\"seed\": 2", 1);
    assert_ne!(text, changed);
    fs::write(&spec, changed).unwrap();
    let ended = verify(&place);
    problem(&ended, "spec.json");
    assert!(ended.stdout.contains("found seed 2, expected seed 1"), "{}", ended.stdout);
}

#[test]
fn another_identity_has_another_name() {
    let place = done();
    let identity = cell(&place).join("identity.txt");
    let text = fs::read_to_string(&identity).unwrap();
    let changed = text.replacen("preference.steps=2\n", "preference.steps=3\n", 1);
    assert_ne!(text, changed);
    fs::write(&identity, changed).unwrap();
    let ended = verify(&place);
    problem(&ended, "identity.txt");
    let name = cell(&place).file_name().unwrap().to_string_lossy().into_owned();
    assert!(ended.stdout.contains(&format!("expected {name}")), "{}", ended.stdout);
}

/// The index of the experiment, changed.
fn change_index(place: &Workplace, change: impl FnOnce(&mut Index)) {
    let path = place.path("results/experiment").join(INDEX_FILE);
    let mut index: Index = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut index);
    fs::write(&path, serde_json::to_string(&index).unwrap()).unwrap();
}

/// Cells of the losses dpo and dmpo with three negatives.
fn two_cells(index: &mut Index) -> [&mut CellEntry; 2] {
    let mut cells: Vec<&mut CellEntry> =
        index.cells.iter_mut().filter(|cell| cell.key.negatives == 3).collect();
    assert_eq!(cells.len(), 2);
    let (second, first) = (cells.pop().unwrap(), cells.pop().unwrap());
    [first, second]
}

#[test]
fn an_index_that_calls_a_cell_by_another_loss_is_found() {
    let place = done();
    change_index(&place, |index| {
        let [one, other] = two_cells(index);
        std::mem::swap(&mut one.key.loss, &mut other.key.loss);
    });
    let ended = verify(&place);
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    for (found, expected) in [("dpo", "dmpo"), ("dmpo", "dpo")] {
        let line = ended.stdout.lines().find(|line| {
            line.ends_with(&format!("spec.json: found loss {found}, expected loss {expected}"))
        });
        assert!(line.is_some(), "{}", ended.stdout);
    }
}

#[test]
fn an_index_with_two_cells_exchanged_is_found() {
    let place = done();
    change_index(&place, |index| {
        let [one, other] = two_cells(index);
        std::mem::swap(&mut one.dir, &mut other.dir);
        std::mem::swap(&mut one.id, &mut other.id);
    });
    let ended = verify(&place);
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("dmpo"), "{}", ended.stdout);
}

#[test]
fn an_entry_without_hashes_is_said_to_have_none() {
    let place = done();
    fs::write(cell(&place).join("complete.json"), "{}").unwrap();
    let ended = verify(&place);
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    let row = ended.stdout.lines().find(|line| line.contains("content that was hashed")).unwrap();
    // Seven files of the cell.
    assert!(row.ends_with("| 0 | 0 | 7 | 0 |"), "{row}");
}
