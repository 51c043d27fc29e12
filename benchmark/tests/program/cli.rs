//! What the program says, above all about wrong input: one clear message and exit code 2.

use std::path::Path;

use crate::place::{EXPERIMENT, Workplace};
use prefsweep::evaluation::metrics::METRICS;
use prefsweep_losses::LossConfig;

/// The error message about an experiment file, which must come with exit code 2.
fn complaint(yaml: &str, more: &[&str]) -> String {
    let place = Workplace::new();
    place.file("experiment.yaml", yaml);
    let ended = place.run(&[&["run", "experiment.yaml", "--device", "flex"], more].concat());
    assert_eq!(ended.code, Some(2), "{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.stdout, "");
    ended.stderr
}

fn with(from: &str, to: &str) -> String {
    assert!(EXPERIMENT.contains(from));
    EXPERIMENT.replace(from, to)
}

#[test]
fn wrong_experiments_are_explained() {
    let cases = [
        ("a misspelt key", with("  beta: 1.0", "  bta: 1.0"), vec![]),
        ("a misspelt section", with("reference:", "referense:"), vec![]),
        ("a wrong type", with("steps: 2", "steps: many"), vec![]),
        ("a value out of range", with("beta: 1.0", "beta: -1.0"), vec![]),
        ("heads that do not divide dim", with("heads: 2", "heads: 3"), vec![]),
        ("an unknown loss", with("[dmpo]", "[dmppo]"), vec![]),
        ("a loss without its setting", with("[dmpo]", "[dynamic_po]"), vec![]),
        ("a loss of lengths", with("[dmpo]", "[dmpo, r_dpo]"), vec![]),
        ("a coefficient per token", with("[dmpo]", "[ada_dpo: {per_token: true}]"), vec![]),
        ("a loss of ratings", with("[dmpo]", "[rec_po]"), vec![]),
        ("a modifier over a loss without pairs", with("[dmpo]", "[ada: {over: nca}]"), vec![]),
        (
            "a modifier over a loss without margins",
            with("[dmpo]", "[dynamic_po: {over: sft}]"),
            vec![],
        ),
        ("a balanced loss balanced again", with("[dmpo]", "[ada: {over: mppo}]"), vec![]),
        (
            "a sampler that a loss does not correct for",
            with("[dmpo]", "[gbce]").replace("  beta: 1.0", "  sampler: popularity"),
            vec![],
        ),
        ("a misspelt setting of a loss", with("[dmpo]", "[{ro_dpo: {poll: 3}}]"), vec![]),
        ("a pool smaller than K", with("[dmpo]", "[{ro_dpo: {pool: 2}}]"), vec![]),
        ("a value twice", with("[1, 3]", "[3, 3]"), vec![]),
        ("a device that is none", with("title: Test", "title: Test\ndevice: wgpu:x"), vec![]),
        ("no users", with("sweep:", "training: {users: 0}\nsweep:"), vec![]),
        ("a word for users", with("sweep:", "training: {users: few}\nsweep:"), vec![]),
        ("more users than there are", with("sweep:", "training: {users: 61}\nsweep:"), vec![]),
        ("an unknown stage", with("sweep:", "training: {stages: second}\nsweep:"), vec![]),
        (
            "more users than there are on an axis",
            with("seeds: [1]", "seeds: [1]\n  axes: {training.users: [10, 61]}"),
            vec![],
        ),
        ("an empty list", with("seeds: [1]", "seeds: []"), vec![]),
        ("more negatives than items", with("[1, 3]", "[1, 300]"), vec![]),
        (
            "a missing section",
            with("sweep:\n  losses: [dmpo]\n  negatives: [1, 3]\n  seeds: [1]\n", ""),
            vec![],
        ),
        ("broken YAML", with("[1, 3]", "[1, 3"), vec![]),
        ("an unknown dataset", with("name: synthetic", "name: ml-100"), vec![]),
        (
            "a dataset that is not there",
            with("  synthetic: {users: 60, items: 90}\n", "").replace("synthetic", "ml-100k"),
            vec![],
        ),
        ("an override of no setting", EXPERIMENT.into(), vec!["--set", "preference.betta=1"]),
        ("an override without a value", EXPERIMENT.into(), vec!["--set", "preference.beta"]),
        ("an override of a wrong type", EXPERIMENT.into(), vec!["--set", "preference.steps=few"]),
        ("an override out of range", EXPERIMENT.into(), vec!["--set", "preference.beta=0"]),
        (
            "an axis that is no setting",
            with("seeds: [1]", "seeds: [1]\n  axes: {preference.lr: [0.1]}"),
            vec![],
        ),
        ("an unknown sampler", with("  beta: 1.0", "  sampler: popular"), vec![]),
        (
            "a setting of a sampler out of range",
            with("  beta: 1.0", "  sampler: {popularity: {exponent: -1}}"),
            vec![],
        ),
        (
            "a sampler's pool smaller than K on an axis",
            with(
                "seeds: [1]",
                "seeds: [1]\n  axes: {preference.sampler: [uniform, hard: {pool: 2}]}",
            ),
            vec![],
        ),
        (
            "a sampler for a loss that has its own",
            with("[dmpo]", "[dmpo, ro_dpo]").replace("  beta: 1.0", "  sampler: in_batch"),
            vec![],
        ),
        (
            "an axis value twice",
            with("seeds: [1]", "seeds: [1]\n  axes: {preference.sampler: [hard, uniform, hard]}"),
            vec![],
        ),
        ("a margin out of range", with("sweep:", "report: {margin: 2}\nsweep:"), vec![]),
        (
            "a misspelt setting of the report",
            with("sweep:", "report: {margn: 0.1}\nsweep:"),
            vec![],
        ),
        (
            "an axis outside the stages",
            with("seeds: [1]", "seeds: [1]\n  axes: {title: [a]}"),
            vec![],
        ),
    ];
    let mut text = String::new();
    for (name, yaml, more) in cases {
        text.push_str(&format!("# {name}\n{}\n", complaint(&yaml, &more)));
    }
    // A new loss is no reason to change the snapshot.
    let text = text.replace(&LossConfig::NAMES.join(", "), "LOSSES");
    insta::assert_snapshot!(text);
}

#[test]
fn missing_files_are_explained() {
    let place = Workplace::new();
    place.file("smoke.yaml", EXPERIMENT);
    let mut text = String::new();
    for arguments in [
        vec!["run", "smokee.yaml"],
        vec!["plan", "nowhere/x.yaml"],
        vec!["table", "smoke.yaml"],
        vec!["report", "nowhere"],
        vec!["verify", "smoke.yaml"],
        vec!["export", "nowhere", "--to", "tables"],
    ] {
        let ended = place.run(&arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.stderr);
        text.push_str(&format!("$ prefsweep {}\n{}\n", arguments.join(" "), ended.stderr));
    }
    if cfg!(windows) {
        // In its own words, of which a folder that is not there has others.
        for number in [2, 3] {
            let said = std::io::Error::from_raw_os_error(number).to_string();
            text = text.replace(&said, "No such file or directory (os error 2)");
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn cells_are_trained_at_once_on_gpus_only() {
    let place = Workplace::new();
    place.file("one.yaml", "title: t\ndataset: {name: synthetic}\nsweep: {losses: [dpo], negatives: [3], seeds: [1]}\n");
    let ended = place.run(&["run", "one.yaml", "--device", "flex", "--at-once", "4"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("--at-once 4: only for --device wgpu"), "{}", ended.stderr);
}

#[test]
fn losses_are_listed_and_described() {
    let place = Workplace::new();
    let list = place.run(&["losses"]);
    assert_eq!(list.code, Some(0), "{}", list.stderr);
    for name in LossConfig::NAMES {
        assert!(list.stdout.lines().any(|line| line.split(' ').next() == Some(name)), "{name}");
    }
    // Not all of them: a new loss needs no new snapshot.
    const SHOWN: [&str; 3] = ["dmpo", "c_dpo", "ada"];
    let is_of_another = |line: &&str| {
        let first = line.split(' ').next().unwrap_or_default();
        LossConfig::NAMES.contains(&first) && !SHOWN.contains(&first)
    };
    let lines = list.stdout.lines().filter(|line| !is_of_another(line));
    let mut text: String = lines.map(|line| format!("{line}\n")).collect();
    for name in SHOWN {
        text.push_str(&format!("\n$ prefsweep losses {name}\n"));
        text.push_str(&place.run(&["losses", name]).stdout);
    }
    let unknown = place.run(&["losses", "dmppo"]);
    assert_eq!(unknown.code, Some(2));
    text.push_str(&unknown.stderr.replace(&LossConfig::NAMES.join(", "), "LOSSES"));
    insta::assert_snapshot!(text);
}

/// Written into a copy of the sources of losses: that it compiles is the original's merit.
#[test]
fn a_new_loss_is_a_file_and_its_lines() {
    let place = Workplace::new();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("losses/src");
    let folder = "checkout/benchmark/losses/src";
    std::fs::create_dir_all(place.path(folder)).unwrap();
    for name in ["config.rs", "lib.rs", "hinge.rs"] {
        let text = std::fs::read_to_string(sources.join(name)).unwrap();
        place.file(&format!("{folder}/{name}"), &text);
    }
    let read = |name: &str| std::fs::read_to_string(place.path(folder).join(name)).unwrap();
    let new = |arguments: &[&str]| {
        place.run(&[&["new-loss"], arguments, &["--root", "checkout"]].concat())
    };
    let before = read("config.rs");
    for (arguments, said) in [
        (&["My-Loss"][..], "allowed small letters, digits and _, a letter first, as in my_dpo"),
        (&["dmpo"], "allowed a name that no loss has yet"),
        (&["match"], "found `match`, which is a keyword of Rust"),
        (
            &["config", "--like", "hinge"],
            "config.rs, allowed a name that no file or folder there has",
        ),
        (&["mine", "--like", "hinje"], "did you mean `hinge`?"),
        (&["mine", "--like", "ada"], "found a modifier or a loss in a folder of its own"),
    ] {
        let ended = new(arguments);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    assert_eq!(read("config.rs"), before);
    let ended = new(&["my_hinge", "--like", "hinge"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let added = |name: &str, before: &str| -> Vec<String> {
        let known: Vec<&str> = before.lines().collect();
        read(name).lines().filter(|line| !known.contains(line)).map(str::to_owned).collect()
    };
    assert_eq!(
        added("config.rs", &before),
        ["use crate::my_hinge::MyHinge;", "    \"my_hinge\" => MyHinge(MyHinge),"]
    );
    let lib = std::fs::read_to_string(sources.join("lib.rs")).unwrap();
    assert_eq!(added("lib.rs", &lib), ["mod my_hinge;"]);
    let file = read("my_hinge.rs");
    // max(0, 1 - 1/2) and max(0, 1 + 1/2), their mean.
    assert!(file.contains("let by_hand = 1.0;"), "{file}");
    assert!(file.contains("pub struct MyHinge(pub Referenced);"), "{file}");
    // A variant of a type that several losses use.
    assert!(file.contains("Penalty::Hinge") && !file.contains("Penalty::MyHinge"), "{file}");
    let twice = new(&["my_hinge", "--like", "hinge"]);
    assert_eq!(twice.code, Some(2), "{}", twice.stderr);
    assert_eq!(read("my_hinge.rs"), file, "what was written is not written over");
    let elsewhere = place.run(&["new-loss", "mine"]);
    assert_eq!(elsewhere.code, Some(2));
    assert!(
        elsewhere.stderr.contains("run this in its root, or give --root"),
        "{}",
        elsewhere.stderr
    );
}

#[test]
fn samplers_and_metrics_are_listed() {
    let place = Workplace::new();
    let mut text = String::new();
    let metrics = place.run(&["metrics"]);
    for metric in METRICS {
        assert!(metrics.stdout.lines().any(|line| line.starts_with(metric.name())));
    }
    for arguments in [&["samplers"][..], &["samplers", "hard"]] {
        let ended = place.run(arguments);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        text.push_str(&format!("$ prefsweep {}\n{}\n", arguments.join(" "), ended.stdout));
    }
    let unknown = place.run(&["samplers", "unifrom"]);
    assert_eq!(unknown.code, Some(2));
    text.push_str(&unknown.stderr);
    insta::assert_snapshot!(text);
}

#[test]
fn help_names_every_command_and_exit_code() {
    let place = Workplace::new();
    let mut text = place.run(&["--help"]).stdout;
    text.push_str(&place.run(&["run", "--help"]).stdout);
    insta::assert_snapshot!(text);
}

/// Packagers read the version alone; who reports a fault, or publishes results, the revision as well.
#[test]
fn the_version_names_the_revision() {
    let place = Workplace::new();
    let short = format!("prefsweep {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(place.run(&["-V"]).stdout, format!("{short}\n"));
    let long = match prefsweep::sweep::git_revision() {
        Some(revision) => format!("{short} ({revision})\n"),
        None => format!("{short}\n"),
    };
    assert_eq!(place.run(&["--version"]).stdout, long);
}

/// The program's earlier name, which would be ignored in silence.
#[test]
fn variables_of_the_earlier_name_are_refused() {
    let place = Workplace::new();
    for arguments in [&["data", "list"][..], &["--help"]] {
        let mut command = place.command(arguments);
        let output = command.env("RECPO_DATA_DIR", "somewhere").output().unwrap();
        let ended = crate::place::Ended::from(output);
        assert_eq!(ended.code, Some(2), "{}", ended.stdout);
        let message = "the environment sets RECPO_DATA_DIR, found under the program's earlier name; \
                       set PREFSWEEP_DATA_DIR instead and unset RECPO_DATA_DIR";
        assert_eq!(ended.stderr, format!("error: {message}\n"));
    }
}

#[test]
fn a_damaged_store_is_explained() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    let run = || place.run(&["run", "experiment.yaml", "--device", "flex"]);
    assert_eq!(run().code, Some(0));
    let references = place.path("results/store/references");
    let reference = std::fs::read_dir(references).unwrap().next().unwrap().unwrap().path();
    // Of the same size: a file of another is made again.
    let weights = reference.join("weights.bin");
    let size = std::fs::metadata(&weights).unwrap().len() as usize;
    std::fs::write(&weights, vec![b'x'; size]).unwrap();
    std::fs::remove_dir_all(place.path("results/store/cells")).unwrap();
    let ended = run();
    assert_eq!(ended.code, Some(1), "cells without a result");
    assert!(ended.stderr.contains("not the weights of this policy"), "{}", ended.stderr);
    // The report of what there is was still written.
    let report =
        std::fs::read_to_string(place.path("results/experiment/report/report.md")).unwrap();
    assert!(report.contains("not the weights of this policy"), "the reason is in the report");
}

#[test]
fn the_committed_schema_is_the_program_s() {
    let committed = include_str!("../../../experiments/schema.json");
    assert!(
        committed == Workplace::new().run(&["schema"]).stdout,
        "experiments/schema.json is out of date: run `just schema`"
    );
}

#[test]
fn the_committed_experiments_are_valid() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../experiments");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "yaml") {
            prefsweep::experiment::read(&path, &[]).unwrap();
            count += 1;
        }
    }
    assert!(count >= 3);
}

#[test]
fn a_plan_over_window_lengths_can_be_estimated() {
    let place = Workplace::new();
    place
        .file("axis.yaml", &with("seeds: [1]", "seeds: [1]\n  axes: {model.max_len: [4, 10, 30]}"));
    let ended = place.run(&["plan", "axis.yaml", "--device", "flex"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("left on"), "{}", ended.stdout);
}

#[test]
fn a_file_is_no_place_for_results() {
    let place = Workplace::new();
    place.file("taken", "").file("experiment.yaml", EXPERIMENT);
    let ended = place.run(&["run", "experiment.yaml", "--results", "taken"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("taken").count(), 1, "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("os error").count(), 1, "{}", ended.stderr);
    // Likewise the experiment's own folder.
    std::fs::create_dir(place.path("results")).unwrap();
    place.file("results/experiment", "");
    let ended = place.run(&["run", "experiment.yaml"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("results/experiment: "), "{}", ended.stderr);
}
