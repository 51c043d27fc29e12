//! Numbers that would mislead: what they are instead, or that it is said.

use crate::place::Workplace;

/// Every item occurs ten times in training: popularity knows nothing, and the order of the 49 items that a
/// user has not had is chance.
#[test]
fn constant_scores_are_worth_as_much_as_chance() {
    let place = Workplace::new();
    let row = |user: usize, at: usize| format!("{user},{},{at}\n", (user + 5 * at) % 60);
    let rows = (0..60).flat_map(|user| (0..12).map(move |at| row(user, at)));
    place.file("ties.csv", &format!("user,item,timestamp\n{}", rows.collect::<String>())).file(
        "ties.yaml",
        "title: Ties
dataset: {name: file, file: {path: ties.csv, format: {table: {user: user, item: item, timestamp: timestamp}}}}
model: {dim: 8, blocks: 1, heads: 1, feed_forward: 8, max_len: 12}
reference: {epochs: 1}
preference: {steps: 3, batch_size: 32}
sweep: {losses: [dpo], negatives: [1, 3], seeds: [1]}
evaluation: {every: 3, cutoffs: [1, 10, 20, 25, 30]}
",
    );
    let ended = place.run(&["run", "ties.yaml", "--data-dir", "."]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let table = std::fs::read_to_string(place.path("results/ties/report/tables/metrics.csv"));
    let table = table.unwrap();
    let value = |metric: &str, cutoff: usize| -> f64 {
        let start = format!("popularity,,test,full,{metric},{cutoff},");
        let row = table.lines().find_map(|line| line.strip_prefix(&start)).expect(&table);
        row.split(',').next().unwrap().parse().unwrap()
    };
    let places = |k: usize| (1..=k).map(|place| place as f64);
    for k in [1, 10, 20, 25, 30] {
        assert!((value("hr", k) - k as f64 / 49.0).abs() < 1e-9, "{table}");
        let ndcg = places(k).map(|place| (place + 1.0).log2().recip()).sum::<f64>() / 49.0;
        assert!((value("ndcg", k) - ndcg).abs() < 1e-9, "{table}");
    }
    assert!((value("mrr", 0) - places(49).map(f64::recip).sum::<f64>() / 49.0).abs() < 1e-9);
    assert!((value("auc", 0) - 0.5).abs() < 1e-9);
    let ended = place.run(&["verify", "ties.yaml"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
}
