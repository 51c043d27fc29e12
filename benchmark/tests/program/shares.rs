//! An experiment in parts: shares, and elements of a plan file.

use std::fs;

use crate::place::{EXPERIMENT, Ended, Workplace, assert_same_numbers};

fn run(place: &Workplace, arguments: &[&str]) -> Ended {
    place.run(&[&["run", "experiment.yaml", "--device", "flex", "--quiet"], arguments].concat())
}

/// Two seeds, so that there are references to share out.
fn workplace() -> Workplace {
    let place = Workplace::new();
    place.file("experiment.yaml", &EXPERIMENT.replace("seeds: [1]", "seeds: [1, 2]"));
    place
}

#[test]
fn shares_make_what_a_plain_run_makes() {
    let place = workplace();
    assert_eq!(run(&place, &["--results", "plain"]).code, Some(0));
    for (shard, says) in [
        ("3/3", "runs of other shares are not in this store"),
        ("1/3", "runs of other shares are not in this store"),
        ("2/3", "nothing is left"),
    ] {
        let ended = run(&place, &["--shard", shard]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stderr.contains(says), "{}", ended.stderr);
        assert!(!place.path("results/experiment/report").exists());
    }
    let cells = place.path("results/store/cells");
    let before = fs::metadata(&cells).unwrap().modified().unwrap();
    let last = run(&place, &[]);
    assert_eq!(last.code, Some(0), "{}", last.stderr);
    assert_eq!(fs::metadata(&cells).unwrap().modified().unwrap(), before, "nothing was trained");
    assert!(place.path("results/experiment/report/report.html").is_file());
    assert_same_numbers(&place.path("plain"), &place.path("results"));
}

#[test]
fn two_shares_at_once_that_need_one_reference_do_not_hurt_each_other() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    assert_eq!(run(&place, &["--results", "plain"]).code, Some(0));
    let arguments = ["run", "experiment.yaml", "--device", "flex", "--quiet", "--shard"];
    let started: Vec<_> = ["1/2", "2/2"]
        .map(|shard| place.command(&[&arguments[..], &[shard]].concat()).spawn().unwrap())
        .into();
    for mut share in started {
        assert!(share.wait().unwrap().success());
    }
    assert_same_numbers(&place.path("plain"), &place.path("results"));
}

#[test]
fn no_share_is_outside_its_range() {
    let ended = run(&workplace(), &["--shard", "4/3"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("found `4/3`, allowed i/n with 1 <= i <= n"), "{}", ended.stderr);
}

#[test]
fn elements_run_what_the_plan_names_and_refuse_what_has_changed() {
    let place = workplace();
    assert_eq!(run(&place, &["--results", "plain"]).code, Some(0));
    let arguments = ["slurm", "submit", "experiment.yaml", "--device", "flex", "--dry-run"];
    let dry = place.run(&[&arguments[..], &["--cells-per-element", "1"]].concat());
    assert_eq!(dry.code, Some(0), "{}", dry.stderr);
    let folder = "results/experiment/slurm";
    let script = format!("{folder}/element.sbatch");
    let cell = |array: &str, needs: usize| {
        format!(
            "sbatch --parsable --array={array} --dependency=afterok:REFERENCES_{needs} \
             --kill-on-invalid-dep=yes {script}\n"
        )
    };
    // Elements: two references, the baselines, then two cells of each reference.
    let first = format!("sbatch --parsable --array=0-2 {script}\n");
    assert_eq!(dry.stdout, first + &cell("3-4", 0) + &cell("5-6", 1));

    let plan = format!("{folder}/plan.json");
    let element = |plan: &str, number: &str, more: &[&str]| {
        place.run(&[&["run-element", plan, "--element", number], more].concat())
    };
    let early = element(&plan, "3", &[]);
    assert_eq!(early.code, Some(1));
    assert!(early.stderr.contains("element 0, the reference"), "{}", early.stderr);

    // What became of an element is not said of that with its number in another plan.
    let status = || place.run(&["slurm", "status", "experiment.yaml"]);
    for (cells, failed) in [("1", "failed 1"), ("2", "failed 0"), ("1", "failed 1")] {
        place.run(&[&arguments[..], &["--cells-per-element", cells]].concat());
        assert!(status().stdout.contains(failed), "{}", status().stdout);
    }

    let text = fs::read_to_string(place.path(&plan)).unwrap();
    let key = "\"program\": \"";
    place.file("program.json", &text.replace(key, &format!("{key}other ")));
    // A setting that is not the one whose hash is the id.
    place.file("cell.json", &text.replace("\"beta\": 1.0", "\"beta\": 1.5"));
    for (ended, says) in [
        (element(&plan, "0", &["--hash", "0123"]), "the plan is not the one"),
        (element("program.json", "0", &[]), "the program is not the one"),
        (element("cell.json", "3", &[]), "the plan names this run"),
        (element(&plan, "7", &[]), "--element: found 7, allowed 0 to 6"),
        (element(&plan, "0", &["--results", "elsewhere"]), "the dataset is not the one"),
        (element("experiment.yaml", "0", &[]), "not a plan"),
        (element("absent.json", "0", &[]), "there is no such plan file"),
    ] {
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(says), "{}", ended.stderr);
    }
    assert_eq!(status().code, Some(1));
    for number in 0..7 {
        let ended = element(&plan, &number.to_string(), &[]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    let done = status();
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stdout.contains("running 0, waiting 0, failed 0, missing 0"), "{}", done.stdout);
    assert_same_numbers(&place.path("plain"), &place.path("results"));
}
