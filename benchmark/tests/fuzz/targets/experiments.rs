//! Experiments in YAML, and `--set`.

use std::fs;

use prefsweep::experiment::{Experiment, read_str, variants};

use crate::engine::fuzz;

const WORDS: [&[u8]; 14] = [
    b"dataset:",
    b"synthetic:",
    b"sweep:",
    b"axes:",
    b"losses:",
    b"dynamic_po:",
    b"{over: dmpo}",
    b"preference:",
    b"sampler: {hard: {}}",
    b"evaluation:",
    b"seeds:",
    b"negatives:",
    b"preference.beta",
    b"model.dim",
];

fn experiments() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../experiments");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    let mut seeds: Vec<Vec<u8>> = files.iter().map(|path| fs::read(path).unwrap()).collect();
    // Nesting that exhausts a stack, and references that grow tenfold with every line.
    seeds.push("[".repeat(50_000).into_bytes());
    let bomb = (1..12).map(|line| {
        format!("a{line}: &a{line} [{}]\n", vec![format!("*a{}", line - 1); 10].join(", "))
    });
    seeds.push(format!("a0: &a0 [x]\n{}", bomb.collect::<String>()).into_bytes());
    seeds
}

/// Whether an experiment was read; an error has a message of a readable length.
fn accepted(yaml: &str, overrides: &[String]) -> bool {
    match read_str(yaml, "test.yaml", overrides) {
        Ok(experiment) => {
            let found: Result<Vec<_>, _> = variants(&experiment);
            found.expect("checked when it was read");
            // It is what its own text says.
            let text = serde_json::to_string(&experiment).unwrap();
            let again: Experiment = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::to_string(&again).unwrap(), text);
            true
        }
        Err(error) => {
            assert!(!error.to_string().trim().is_empty());
            false
        }
    }
}

#[test]
fn experiments_in_yaml() {
    fuzz("experiments", 1500, &experiments(), &WORDS, |_, input| {
        accepted(&String::from_utf8_lossy(input), &[])
    });
}

/// One override a line, on a small experiment.
#[test]
fn overrides() {
    let yaml = "
title: test
dataset: {name: synthetic, synthetic: {users: 60, items: 90}}
sweep: {losses: [dpo], negatives: [3], seeds: [1], axes: {preference.beta: [0.5, 1.0]}}
";
    let seeds = [
        "preference.learning_rate=0.1\nmodel.dim=16\n",
        "sweep.losses=[dpo, {dynamic_po: {over: dmpo}}]\nsweep.negatives=[1, 3]\n",
        "dataset.synthetic.users=70\npreference.sampler.hard.pool=20\n",
        "sweep.axes.preference.steps=[1, 2]\nevaluation.every=2\n",
        // As many blocks, one in the other, exhausted the stack.
        format!("dataset.synthetic{}=1\n", ".".repeat(25_000)).as_str(),
    ]
    .map(|lines| lines.as_bytes().to_vec());
    fuzz("overrides", 2000, &seeds, &WORDS, |_, input| {
        let text = String::from_utf8_lossy(input);
        let overrides: Vec<String> = text.lines().take(20).map(str::to_owned).collect();
        accepted(yaml, &overrides)
    });
}
