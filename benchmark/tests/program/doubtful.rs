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

/// Rows of histories with ten candidates each, as a release with candidate lists has them.
fn rows(count: usize, row: impl Fn(usize) -> (Vec<usize>, usize)) -> String {
    let title = |item: usize| format!("\"Song {item}\"");
    let row = |number: usize| {
        let (history, truth) = row(number);
        let history: Vec<String> = history.into_iter().map(title).collect();
        let candidates: Vec<String> =
            (0..10).map(|other| title((truth + 3 * other) % 40)).collect();
        format!(
            "{{\"historyList\": [{}], \"itemList\": [{}], \"trueSelection\": {}}}",
            history.join(", "),
            candidates.join(", "),
            title(truth)
        )
    };
    format!("[{}]", (0..count).map(row).collect::<Vec<_>>().join(",\n"))
}

#[test]
fn candidate_lists_that_give_the_item_away_are_said() {
    let place = Workplace::new();
    let history = |from: usize| (from..from + 6).map(|item| item % 40).collect::<Vec<_>>();
    place
        .file("train.json", &rows(40, |row| (history(row), (row + 7) % 40)))
        .file("val.json", &rows(15, |row| (history(2 * row), (2 * row + 9) % 40)))
        .file("test.json", &rows(15, |row| (history(2 * row + 1), (2 * row + 3) % 40)));
    let known = "in 15 of 15 test rows the true item is part of the history";
    let shared = "15 of 15 test rows are also rows for validation";
    for (name, said, other) in [("test", known, shared), ("val", shared, known)] {
        let yaml = format!(
            "title: Leak
dataset: {{name: file, file: {{path: val.json, format: {{candidate_lists: {{test: {name}.json, train: train.json}}}}}}}}
model: {{dim: 8, blocks: 1, heads: 1, feed_forward: 8, max_len: 12}}
reference: {{epochs: 1}}
preference: {{steps: 2, batch_size: 32}}
sweep: {{losses: [dpo], negatives: [1], seeds: [1]}}
evaluation: {{every: 2, cutoffs: [1, 10]}}
"
        );
        place.file("leak.yaml", &yaml);
        let plan = place.run(&["plan", "leak.yaml", "--data-dir", ".", "--name", name]);
        let ended = place.run(&["run", "leak.yaml", "--data-dir", ".", "--name", name]);
        let page = place.path("results").join(name).join("report/report.md");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let page = std::fs::read_to_string(page).unwrap();
        for text in [&plan.stderr, &ended.stderr, &ended.stdout] {
            assert!(text.contains(&format!("warning: {said}")), "{text}");
        }
        for text in [&plan.stderr, &ended.stderr, &ended.stdout, &page] {
            assert!(text.contains(said) && !text.contains(other), "{text}");
        }
    }
}
