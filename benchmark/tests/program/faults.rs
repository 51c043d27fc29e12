//! What may go wrong around a sweep: nothing is lost, nothing is claimed that is not so.

use std::fs;

use prefsweep_store::{CellStatus, INDEX_FILE, Index};

use crate::place::{EXPERIMENT, Ended, Workplace};

fn run(place: &Workplace, arguments: &[&str]) -> Ended {
    place.run(&[&["run", "--device", "flex", "--quiet"], arguments].concat())
}

/// The first cell of the store.
fn cell(place: &Workplace) -> std::path::PathBuf {
    let mut cells: Vec<_> = fs::read_dir(place.path("results/store/cells"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cells.sort();
    cells.swap_remove(0)
}

/// A loss of power can leave files empty; a hand can delete one.
#[test]
fn a_damaged_run_is_a_gap_in_the_report_and_made_again() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    assert_eq!(run(&place, &["experiment.yaml"]).code, Some(0));
    let metrics = cell(&place).join("metrics.csv");
    let before = fs::read(&metrics).unwrap();
    fs::write(&metrics, "").unwrap();
    let report = place.run(&["report", "experiment.yaml"]);
    assert_eq!(report.code, Some(0), "{}", report.stderr);
    let page = fs::read_to_string(place.path("results/experiment/report/report.md")).unwrap();
    assert!(page.contains("its files are damaged or gone"), "{page}");
    let plan = place.run(&["plan", "experiment.yaml", "--device", "flex"]);
    assert!(plan.stdout.contains("1 runs done"), "{}", plan.stdout);
    assert_eq!(run(&place, &["experiment.yaml"]).code, Some(0));
    assert_eq!(fs::read(&metrics).unwrap(), before);
}

#[test]
fn experiments_of_one_file_name_do_not_share_a_folder() {
    let place = Workplace::new();
    fs::create_dir_all(place.path("a")).unwrap();
    fs::create_dir_all(place.path("b")).unwrap();
    place.file("a/exp.yaml", EXPERIMENT);
    place.file("b/exp.yaml", &EXPERIMENT.replace("users: 60", "users: 70"));
    assert_eq!(run(&place, &["a/exp.yaml"]).code, Some(0));
    let index = fs::read(place.path("results/exp/index.json")).unwrap();
    for ended in [run(&place, &["b/exp.yaml"]), place.run(&["table", "b/exp.yaml"])] {
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(
            ended.stderr.contains("holds the results of another experiment"),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains("a/exp.yaml") && ended.stderr.contains("--name"));
    }
    assert_eq!(fs::read(place.path("results/exp/index.json")).unwrap(), index);
    assert_eq!(run(&place, &["b/exp.yaml", "--name", "other"]).code, Some(0));
    assert_eq!(place.run(&["table", "a/exp.yaml"]).code, Some(0));
    // Also where two overrides make one name.
    assert_eq!(run(&place, &["a/exp.yaml", "--set", "title=x/y"]).code, Some(0));
    let ended = run(&place, &["a/exp.yaml", "--set", "title=x_y"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("exp.yaml --set title=x/y"), "{}", ended.stderr);
    // A copy is the same experiment; a change of the file is said.
    place.file("b/exp.yaml", EXPERIMENT);
    assert_eq!(run(&place, &["b/exp.yaml"]).code, Some(0));
    assert_eq!(place.run(&["table", "a/exp.yaml"]).code, Some(0));
    place.file("b/exp.yaml", &EXPERIMENT.replace("[1, 3]", "[1]"));
    let changed = run(&place, &["b/exp.yaml"]);
    assert_eq!(changed.code, Some(0), "{}", changed.stderr);
    assert!(changed.stderr.contains("has changed since"), "{}", changed.stderr);
}

#[test]
fn an_override_of_an_axis_is_refused() {
    let place = Workplace::new();
    let axes = "  axes: {preference.beta: [0.5, 2.0]}\n";
    place.file("experiment.yaml", &format!("{EXPERIMENT}{axes}"));
    for set in ["preference.beta=0.1", "preference={beta: 0.1}"] {
        let ended = place.run(&["plan", "experiment.yaml", "--device", "flex", "--set", set]);
        assert_eq!(ended.code, Some(2), "{}", ended.stdout);
        assert!(
            ended.stderr.contains("preference.beta is an axis of the sweep"),
            "{}",
            ended.stderr
        );
        assert!(!ended.stderr.contains('\n') || ended.stderr.lines().count() == 1);
    }
    let other = "sweep.axes={preference.beta: [0.1]}";
    let ended = place.run(&["plan", "experiment.yaml", "--device", "flex", "--set", other]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

/// On Windows links are for administrators alone.
#[cfg(unix)]
#[test]
fn a_results_folder_may_be_a_link() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    let far = place.path("elsewhere/deep/er");
    fs::create_dir_all(&far).unwrap();
    fs::create_dir_all(place.path("results")).unwrap();
    std::os::unix::fs::symlink(&far, place.path("results/experiment")).unwrap();
    let ended = run(&place, &["experiment.yaml"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(far.join("report/report.md").is_file());
    assert_eq!(place.run(&["verify", "experiment.yaml"]).code, Some(0));
}

/// Whatever preprocessing drops is counted, with the reasons.
#[test]
fn dropped_rows_are_said_everywhere() {
    let mut rows = forty_users(|_, step| step.to_string());
    // An item again, and a user with three items.
    rows.push_str("0,0,10\nshort,1,1\nshort,2,2\nshort,3,3\n");
    let said = "4 of 364 rows dropped: repeated items, users with fewer than 5 items";
    assert_said_everywhere(&rows, said, said);
}

/// Rows are left out up to a share, and always said.
#[test]
fn malformed_rows_are_said_everywhere() {
    let rows = forty_users(|user, step| match (user, step) {
        (0, 7) => String::new(),
        _ => format!("{}", 100 + step),
    });
    let on_page = "1 of 360 rows left out: line 9";
    assert_said_everywhere(&rows, &format!("{on_page} \"0,21,\""), on_page);
}

/// Nine rows of each user, with the time that `time` gives to a user and step.
fn forty_users(time: impl Fn(usize, usize) -> String) -> String {
    let mut rows = String::from("user,item,time\n");
    for user in 0..40 {
        for step in 0..9 {
            let (item, time) = ((user * 7 + step * 3) % 30, time(user, step));
            rows.push_str(&format!("{user},{item},{time}\n"));
        }
    }
    rows
}

/// By `plan`, by `run` and on the page.
fn assert_said_everywhere(rows: &str, said: &str, on_page: &str) {
    let place = Workplace::new();
    place.file("rows.csv", rows);
    let dataset = "dataset: {name: file, file: {path: rows.csv, format: {table: {user: user, item: item, \
                   timestamp: time}}}, candidates: {negatives: 5}}\n";
    let yaml = EXPERIMENT
        .replace("dataset:\n  name: synthetic\n  synthetic: {users: 60, items: 90}\n", dataset);
    place.file("experiment.yaml", &yaml);
    for _ in 0..2 {
        // The second time the prepared data are read.
        let plan = place.run(&["plan", "experiment.yaml", "--device", "flex", "--data-dir", "."]);
        assert_eq!(plan.code, Some(0), "{}", plan.stderr);
        assert!(plan.stderr.contains(said), "{}", plan.stderr);
    }
    let ended = run(&place, &["experiment.yaml", "--data-dir", "."]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    let page = fs::read_to_string(place.path("results/experiment/report/report.md")).unwrap();
    assert!(page.contains(on_page), "{page}");
}

/// With workers as users have them: numbers that explode cost the runs that they are in.
#[test]
fn runs_that_diverge_are_named_and_stop_no_other() {
    for (setting, failed, said) in [
        ("preference.learning_rate", 2, "the preference loss became NaN at step 1"),
        ("reference.learning_rate", 3, "the reference's training loss became NaN at step 1"),
    ] {
        let place = Workplace::new();
        let axes = format!("  axes: {{{setting}: [5.0e-4, 1.0e+30]}}\n");
        place.file("experiment.yaml", &format!("{EXPERIMENT}{axes}"));
        let ended = run(&place, &["experiment.yaml"]);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        let count = format!("{failed} of the planned runs have no result");
        assert!(ended.stderr.contains(&count), "{}", ended.stderr);
        let index = fs::read_to_string(place.path("results/experiment").join(INDEX_FILE)).unwrap();
        let index: Index = serde_json::from_str(&index).unwrap();
        let page = fs::read_to_string(place.path("results/experiment/report/report.md")).unwrap();
        for cell in &index.cells {
            let explodes = cell.key.axes[setting].as_f64().unwrap() > 1.0;
            assert_eq!(cell.status != CellStatus::Complete, explodes, "{cell:?}");
            if explodes {
                let line = ended.stderr.lines().find(|line| line.contains(&cell.id)).unwrap();
                assert!(line.ends_with(said), "{line}");
                let gap = format!("K = {}, seed 1: failed: ", cell.key.negatives);
                let gap = page.lines().find(|line| line.contains(&gap)).expect(&page);
                assert!(gap.ends_with(said), "{gap}");
            }
        }
    }
}
