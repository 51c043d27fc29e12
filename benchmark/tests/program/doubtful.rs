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
    let page = std::fs::read_to_string(place.path("results/ties/report/report.md")).unwrap();
    // A baseline's: every one of them scores whole groups of items alike.
    assert!(page.contains("the largest `ties` value is 1.0000 ("), "{page}");
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
        // Named after the file, not after its kind.
        let index = place.path("results").join(name).join("index.json");
        let index = std::fs::read_to_string(index).unwrap();
        assert!(index.contains("\"dataset\": {\n    \"name\": \"val\""), "{index}");
        for text in [&plan.stderr, &ended.stderr, &ended.stdout] {
            assert!(text.contains(&format!("warning: {said}")), "{text}");
        }
        for text in [&plan.stderr, &ended.stderr, &ended.stdout, &page] {
            assert!(text.contains(said) && !text.contains(other), "{text}");
        }
    }
}

/// Prefixes of a person's sequence are tests of one person: what the index, the page and the verdict say.
#[test]
fn tests_of_one_person_are_drawn_together() {
    let place = Workplace::new();
    let item = |person: usize, at: usize| (7 * person + 3 * at) % 40;
    let history = |person: usize, length: usize| (0..length).map(|at| item(person, at)).collect();
    let prefix = |row: usize| {
        let (person, length) = (row / 6, 3 + row % 6);
        (history(person, length), item(person, length))
    };
    place
        .file("train.json", &rows(40, |row| ((row..row + 6).map(|item| item % 40).collect(), row)))
        .file("val.json", &rows(15, |row| (history(row, 5), (row + 9) % 40)))
        .file("test.json", &rows(30, prefix));
    let yaml = "title: People
dataset: {name: file, file: {path: val.json, format: {candidate_lists: {test: test.json, train: train.json}}}}
model: {dim: 8, blocks: 1, heads: 1, feed_forward: 8, max_len: 12}
reference: {epochs: 1}
preference: {steps: 2, batch_size: 32, learning_rate: 0.01}
sweep: {losses: [dpo], negatives: [1, 3], seeds: [1]}
evaluation: {every: 2, cutoffs: [1, 10]}
";
    place.file("people.yaml", yaml);
    let ended = place.run(&["run", "people.yaml", "--data-dir", "."]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let read = |file: &str| {
        let path = place.path("results/people").join(file);
        std::fs::read_to_string(path).unwrap()
    };
    let index: serde_json::Value = serde_json::from_str(&read("index.json")).unwrap();
    // After 40 rows for training and 15 for validation.
    assert_eq!(index["dataset"]["people"], serde_json::json!([55, 61, 67, 73, 79]));
    let page = read("report/report.md");
    assert!(page.contains("30 tests of 5 users"), "{page}");
    assert!(page.contains("The 30 tests are of 5 users at several times"), "{page}");
    // One seed: the degrees of freedom are those of the people.
    let verdict: serde_json::Value = serde_json::from_str(&read("report/verdict.json")).unwrap();
    let tested = &verdict["losses"][0]["against_reference"];
    assert_eq!((&tested["users"], &tested["df"]), (&30.into(), &4.0.into()), "{verdict}");
}

/// Before anything is trained: by `plan` already.
#[test]
fn data_that_nothing_can_be_said_about_are_refused() {
    let place = Workplace::new();
    let row = |user: usize, at: usize, time: usize| {
        format!("{user},{},{time}\n", (3 * user + 7 * at) % 40)
    };
    let table = |length: usize, time: &dyn Fn(usize, usize) -> usize| {
        let rows = (0..40).flat_map(|user| (0..length).map(move |at| (user, at)));
        let rows: String = rows.map(|(user, at)| row(user, at, time(user, at))).collect();
        format!("user,item,time\n{rows}")
    };
    let lists =
        |count| rows(count, |row| ((row..row + 6).map(|item| item % 40).collect(), (row + 9) % 40));
    place
        .file("short.csv", &table(6, &|_, at| at))
        .file("once.csv", &table(6, &|user, _| user))
        .file("few.csv", &table(2, &|_, at| at))
        .file("some.json", &lists(15))
        .file("none.json", "[]");
    let table = |path: &str, more: &str| {
        format!(
            "{{name: file, file: {{path: {path}, format: {{table: {{user: user, item: item, timestamp: time}}}}}}, \
             candidates: {{negatives: 5}}, min_interactions: 3{more}}}"
        )
    };
    let lists = |validation: &str, test: &str| {
        format!(
            "{{name: file, file: {{path: {validation}.json, \
             format: {{candidate_lists: {{test: {test}.json, train: some.json}}}}}}}}"
        )
    };
    let ratio = |by: &str| format!(", split: {{ratio: [8, 1, 1], by: {by}}}");
    let synthetic = "{name: synthetic, synthetic: {users: 60, items: 90}}".to_owned();
    let cases = [
        // A tenth of six interactions is none; users who come after the cut have no history.
        (table("short.csv", &ratio("interactions")), 1, "has nothing for validation"),
        (table("once.csv", &ratio("time")), 1, "has nothing for validation"),
        (table("few.csv", ""), 1, "no user has 3 or more distinct items"),
        (lists("none", "some"), 1, "none.json is empty"),
        (lists("some", "none"), 1, "none.json is empty"),
        // More negatives than some user has not seen.
        (table("short.csv", ""), 36, "key `sweep.negatives`: found 36, allowed at most 35"),
        (synthetic, 300, "key `sweep.negatives`: found 300, allowed at most "),
    ];
    for (dataset, negatives, said) in cases {
        let yaml = format!(
            "title: Nothing\ndataset: {dataset}\n\
             sweep: {{losses: [dmpo], negatives: [{negatives}], seeds: [1]}}\n"
        );
        place.file("nothing.yaml", &yaml);
        let ended = place.run(&["plan", "nothing.yaml", "--data-dir", "."]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{yaml}{}", ended.stderr);
        assert!(
            ended.stderr.contains(said) && ended.stderr.lines().count() == 1,
            "{}",
            ended.stderr
        );
    }
}
