//! `prefsweep compare` and `prefsweep export`, on results of the program itself.

use std::fs;

use prefsweep::evaluation::metrics::{METRICS, Metric};
use prefsweep::evaluation::{Rank, Shown};

use crate::place::Workplace;

const EXPERIMENT: &str = "
title: Exchanged
dataset: {name: synthetic, synthetic: {users: 60, items: 90}}
model: {dim: 8, blocks: 1, heads: 2, feed_forward: 8, max_len: 10}
reference: {epochs: 1}
preference: {steps: 4}
sweep: {losses: [dpo, dmpo], negatives: [1, 3], seeds: [1, 2], axes: {preference.beta: [0.5, 1.0]}}
evaluation: {every: 2, cutoffs: [1, 10]}
";

fn run(place: &Workplace, more: &[&str]) {
    place.file("experiment.yaml", EXPERIMENT);
    let arguments = ["run", "experiment.yaml", "--device", "flex", "--quiet"];
    let ended = place.run(&[&arguments, more].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn a_fresh_run_is_what_was_exported() {
    let place = Workplace::new();
    run(&place, &[]);
    let exported = place.run(&["export", "experiment.yaml", "--to", "reference"]);
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
    run(&place, &["--results", "fresh"]);
    let strict = ["--fail-on-drift", "--exact"];
    let compare = |b: &str| place.run(&[&["compare", "reference", b][..], &strict].concat());
    let same = compare("fresh/experiment");
    assert_eq!(same.code, Some(0), "{}", same.stderr);
    assert!(same.stdout.contains("identical to the bit"), "{}", same.stdout);

    run(&place, &["--set", "preference.learning_rate=0.01", "--name", "other"]);
    let other = compare("results/other");
    assert_eq!(other.code, Some(1), "{}", other.stdout);
    assert!(other.stderr.contains("drift: dpo, beta=0.5, K = 1, full: "), "{}", other.stderr);
    let json = place.run(&["compare", "reference", "results/other", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    // References, two losses, K and betas; two protocols; three metrics.
    assert_eq!(json["rows"].as_array().unwrap().len(), 9 * 2 * 3);
}

/// Another margin trains nothing and is in force at once.
#[test]
fn a_margin_is_no_part_of_any_run() {
    let place = Workplace::new();
    run(&place, &[]);
    run(&place, &["--set", "report.margin=0.3", "--name", "lenient"]);
    let read = |path: &str| -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(place.path(path)).unwrap()).unwrap()
    };
    let [index, lenient] =
        ["experiment", "lenient"].map(|name| read(&format!("results/{name}/index.json")));
    let margin = |index: &serde_json::Value| index["report"]["margin"].as_f64();
    assert_eq!((margin(&index), margin(&lenient)), (Some(0.02), Some(0.3)));
    assert_eq!(index["cells"], lenient["cells"]);
    let verdict = read("results/lenient/report/verdict.json");
    assert_eq!(verdict["rules"]["margin_share"], 0.3);
}

#[test]
fn claims_are_a_page_and_wrong_files_are_explained() {
    let place = Workplace::new();
    run(&place, &[]);
    run(&place, &["--set", "preference.learning_rate=0.01", "--name", "other"]);
    let ended = place.run(&["claims", "results/experiment", "results/other", "--out", "page"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let files = "page/claims.md\npage/claims.html\npage/claims.json\npage/claims.csv\n";
    assert_eq!(ended.stdout, files);
    let page = fs::read_to_string(place.path("page/claims.md")).unwrap();
    assert!(page.contains("[other](../results/other/report/report.md)"), "{page}");
    place.file("old.json", "{\"format\": 4}").file("broken.json", "{").file("taken", "");
    for (arguments, said) in [
        (
            ["results/experiment", "results/experiment"],
            "a second result of the experiment experiment",
        ),
        (["results/experiment", "nowhere"], "nowhere holds no verdict.json"),
        (["results/experiment", "old.json"], "run `prefsweep report EXPERIMENT` again"),
        (["broken.json", "old.json"], "broken.json, line 1"),
    ] {
        let ended = place.run(&[&["claims"], &arguments[..], &["--out", "page"]].concat());
        assert_eq!((ended.code, &ended.stdout[..]), (Some(2), ""), "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "`{said}` is not in {}", ended.stderr);
    }
    let taken = place.run(&["claims", "results/experiment", "--out", "taken"]);
    assert_eq!(taken.code, Some(2), "{}", taken.stderr);
    assert!(taken.stderr.contains("cannot write taken"), "{}", taken.stderr);
}

#[test]
fn what_cannot_be_compared_is_explained() {
    let place = Workplace::new();
    fs::create_dir(place.path("empty")).unwrap();
    let ended = place.run(&["compare", "empty", "nowhere"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("empty holds neither index.json"), "{}", ended.stderr);
}

/// How many metrics an evaluation has of ranks, of what is shown and of lists, with this many cut-offs.
fn metrics_per_evaluation(cutoffs: usize) -> (usize, usize, usize) {
    let one = [Rank { rank: 1.0, ties: 0, competitors: 1 }];
    let of_ranks = |metric: &&&dyn Metric| metric.of_ranks(&one, 1).is_some();
    let ranked = METRICS.iter().filter(of_ranks);
    let count = ranked.map(|metric| if metric.per_cutoff() { cutoffs } else { 1 }).sum();
    let shown = [true, false].map(|positive| Shown { positive, log_probability: 0.0 });
    let of_shown = |metric: &&&dyn Metric| metric.of_shown(&shown).is_some();
    let of_lists = METRICS.iter().filter(|metric| !of_ranks(metric) && !of_shown(metric));
    (count, METRICS.iter().filter(of_shown).count(), of_lists.count())
}

#[test]
fn tables_are_tidy() {
    let place = Workplace::new();
    run(&place, &[]);
    place.run(&["export", "experiment.yaml", "--to", "out"]);
    let read = |name: &str| fs::read_to_string(place.path("out").join(name)).unwrap();
    let metrics = read("metrics.csv");
    let head = "dataset,loss,label,K,seed,beta,split,protocol,metric,cutoff,value,key,id";
    assert_eq!(metrics.lines().next(), Some(head));
    // Four baselines, two references, sixteen cells; two splits, two protocols; lists of each.
    // What is shown: candidates, of what is trained.
    let (of_ranks, of_shown, of_lists) = metrics_per_evaluation(2);
    let rows = 22 * 2 * 2 * of_ranks + 18 * 2 * of_shown + 22 * of_lists;
    assert_eq!(metrics.lines().count(), 1 + rows);
    let row = "\nsynthetic,dmpo,\"dmpo, beta=0.5\",3,2,0.5,test,full,mrr,,";
    let (_, rest) = metrics.split_once(row).expect("a row of dmpo");
    let key = r#","{""loss"":{""name"":""dmpo""},""negatives"":3,""seed"":2,""axes"":{""preference.beta"":0.5}}","#;
    assert!(rest.lines().next().unwrap().contains(key), "{rest}");
    let trajectories = read("trajectories.csv");
    assert_eq!(trajectories.lines().count(), 1 + 16 * 3);
    for name in ["metrics.parquet", "trajectories.parquet", "ranks.parquet"] {
        assert!(fs::read(place.path("out").join(name)).unwrap().starts_with(b"PAR1"), "{name}");
    }
}

/// CRC-32C bit by bit, straight from its polynomial.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        for bit in 0..8 {
            let top = crc >> 31 ^ u32::from(byte >> bit & 1);
            crc = crc << 1 ^ if top == 1 { 0x1edc_6f41 } else { 0 };
        }
    }
    !crc.reverse_bits()
}

#[test]
fn event_files_are_framed_as_tensorboard_reads_them() {
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    let place = Workplace::new();
    run(&place, &[]);
    place.run(&["export", "experiment.yaml", "--to", "out", "--tensorboard"]);
    let folder = place.path("out/tensorboard/dmpo,beta=0.5,K=3,seed=2");
    let file = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    assert!(file.to_string_lossy().contains("tfevents"));
    let bytes = fs::read(file).unwrap();
    let mut rest = bytes.as_slice();
    let mut take = |count: usize| {
        let (taken, left) = rest.split_at(count);
        rest = left;
        (taken, left.is_empty())
    };
    let unmask = |bytes: &[u8]| {
        let masked = u32::from_le_bytes(bytes.try_into().unwrap());
        masked.wrapping_sub(0xa282_ead8).rotate_left(15)
    };
    let mut records = Vec::new();
    loop {
        let length = take(8).0;
        assert_eq!(unmask(take(4).0), crc32c(length));
        let message = take(u64::from_le_bytes(length.try_into().unwrap()) as usize).0;
        let (check, end) = take(4);
        assert_eq!(unmask(check), crc32c(message));
        records.push(message);
        if end {
            break;
        }
    }
    assert!(records[0].ends_with(b"brain.Event:2"));
    // Three evaluations with up to twelve quantities and metrics of two splits and protocols, and at
    // the last one metrics of lists.
    let (of_ranks, of_shown, of_lists) = metrics_per_evaluation(2);
    let holding = |tag: &str| {
        records.iter().filter(|r| r.windows(tag.len()).any(|w| w == tag.as_bytes())).count()
    };
    assert_eq!(holding("test_full/NDCG@10"), 3);
    let of_split =
        |split: &str| holding(&format!("{split}_full/")) + holding(&format!("{split}_candidates/"));
    assert_eq!(
        of_split("test") + of_split("validation"),
        3 * 2 * 2 * of_ranks + 3 * 2 * of_shown + of_lists
    );
    assert_eq!(holding("training/validation_loss"), 3);
    assert_eq!(holding("training/loss_normalised"), 3);
}
