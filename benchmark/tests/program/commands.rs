//! Commands around an experiment: to start one, to look at what it made, to compare two.

use std::fs;

use serde_json::Value;

use crate::place::{EXPERIMENT, Ended, Workplace};

fn said(place: &Workplace, arguments: &[&str]) -> String {
    let Ended { code, stdout, stderr } = place.run(arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {stderr}");
    stdout
}

fn json(place: &Workplace, arguments: &[&str]) -> Value {
    serde_json::from_str(&said(place, arguments)).unwrap()
}

#[test]
fn every_template_is_an_experiment_that_can_be_planned() {
    let place = Workplace::new();
    let rows: String = (0..40)
        .flat_map(|user| {
            (0..8).map(move |at| format!("{user},{},{at}\n", (user * 3 + at * 7) % 90))
        })
        .collect();
    place.file("clicks.csv", &format!("user,item,time\n{rows}"));
    for template in ["collapse", "tune", "own-data"] {
        let file = format!("{template}.yaml");
        let wrote = said(&place, &["init", &file, "--template", template]);
        assert!(wrote.ends_with(&format!("prefsweep run {file}\n")), "{wrote}");
        // Fewer than the template's, so that the timed steps are quick.
        let small = ["--set", "sweep.negatives=[1,3]", "--set", "sweep.seeds=[1]"];
        let plan = ["plan", &file, "--device", "flex", "--data-dir", "."];
        let plan = said(&place, &[&plan[..], &small].concat());
        assert!(plan.contains("sft") && plan.contains("K=1 0/"), "{plan}");
    }
    let again = place.run(&["init", "tune.yaml"]);
    assert_eq!(again.code, Some(2));
    assert_eq!(
        again.stderr,
        "error: tune.yaml: there is a file of this name already; give another\n"
    );
}

#[test]
fn a_template_names_the_dataset_that_was_asked_for() {
    let place = Workplace::new();
    said(&place, &["init", "--dataset", "ml-100k"]);
    let text = fs::read_to_string(place.path("experiment.yaml")).unwrap();
    assert!(
        text.contains("name: ml-100k ") && text.contains("prefsweep run experiment.yaml"),
        "{text}"
    );
    said(&place, &["init", "mine.yaml", "--dataset", "file"]);
    assert!(fs::read_to_string(place.path("mine.yaml")).unwrap().contains("path: clicks.csv"));
}

#[test]
fn settings_that_differ_are_shown_however_they_are_written() {
    let place = Workplace::new();
    place.file("a.yaml", EXPERIMENT);
    // The default learning rate spelt out, and another beta.
    let text = EXPERIMENT.replace("beta: 1.0", "beta: 2\n  learning_rate: 5.0e-4");
    place.file("b.yaml", &text);
    let shown = said(&place, &["diff", "a.yaml", "b.yaml"]);
    let lines: Vec<Vec<&str>> =
        shown.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines, [["setting", "a.yaml", "b.yaml"], ["preference.beta", "1.0", "2.0"]]);
    assert_eq!(said(&place, &["diff", "a.yaml", "a.yaml"]), "no setting differs\n");
}

#[test]
fn what_was_made_can_be_looked_at_by_people_and_by_programs() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    let planned = json(&place, &["plan", "experiment.yaml", "--device", "cpu", "--json"]);
    assert_eq!(planned["device"], "flex");
    assert!(planned["seconds_left"].as_f64().unwrap() > 0.0);
    said(&place, &["run", "experiment.yaml", "--device", "cpu", "--quiet", "--jobs", "1"]);
    let planned = json(&place, &["plan", "experiment.yaml", "--device", "cpu", "--json"]);
    assert_eq!(planned["seconds_left"], 0.0);
    let cells = planned["cells"].as_array().unwrap();
    assert!(cells.len() == 2 && cells.iter().all(|cell| cell["done"] == true), "{cells:?}");

    let table = json(&place, &["table", "experiment.yaml", "--json"]);
    let csv = said(&place, &["table", "experiment.yaml", "--format", "csv"]);
    let rows = table.as_array().unwrap();
    assert_eq!(rows.len(), csv.lines().count() - 1);
    let columns: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    assert_eq!(rows[0].as_object().unwrap().len(), columns.len());

    let verified = json(&place, &["verify", "experiment.yaml", "--json"]);
    assert!(verified["passed"] == true && verified["checks"].as_array().unwrap().len() > 10);

    let id = cells[0]["id"].as_str().unwrap();
    let shown = said(&place, &["show", &id[..8]]);
    for part in [
        &format!("cells {id}, "),
        "part of the results: experiment\n",
        "settings.loss.dpo.nll ",
        "at the last evaluation, step 2:",
        "ranks.parquet",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let unknown = place.run(&["show", "zzz"]);
    assert_eq!(
        (unknown.code, &unknown.stderr[..]),
        (Some(2), "error: show zzz: no run has this id\n")
    );
    let several = place.run(&["show", ""]);
    assert!(several.code == Some(2) && several.stderr.contains("several ids begin so"));
}

/// Elsewhere than on Linux the system itself starts the browser, whatever the environment says.
#[cfg(target_os = "linux")]
#[test]
fn without_a_browser_the_report_is_named() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    said(&place, &["run", "experiment.yaml", "--device", "cpu", "--quiet"]);
    let mut command = place.command(&["open", "experiment.yaml"]);
    let ended: Ended = command.env("PATH", "").env_remove("BROWSER").output().unwrap().into();
    assert_eq!(ended.stdout, "results/experiment/report/report.html\n");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
}

#[test]
fn shells_and_the_manual_know_the_commands() {
    let place = Workplace::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let text = said(&place, &["completions", shell]);
        assert!(text.contains("leaderboard") && !text.contains("compute-product"), "{shell}");
    }
    assert!(said(&place, &["man"]).contains(".TH prefsweep"));
    said(&place, &["man", "--out", "pages"]);
    assert!(place.path("pages/prefsweep-run.1").is_file());
}
