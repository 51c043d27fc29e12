//! `prefsweep store`, and two sweeps of one store at the same time.

use std::fs;
use std::process::Stdio;

use crate::place::{EXPERIMENT, Ended, Workplace, assert_same_numbers, numbers};

pub(crate) fn run(place: &Workplace, arguments: &[&str]) -> Ended {
    let ended = place.run(&[&["run", "--device", "flex", "--quiet"], arguments].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended
}

/// Two experiments that share a reference and a cell; the second alone has K = 5.
pub(crate) fn two_experiments() -> Workplace {
    let place = Workplace::new();
    place.file("one.yaml", EXPERIMENT);
    place.file("two.yaml", &EXPERIMENT.replace("[1, 3]", "[3, 5]"));
    run(&place, &["one.yaml"]);
    run(&place, &["two.yaml"]);
    place
}

fn entries(place: &Workplace, kind: &str) -> usize {
    fs::read_dir(place.path("results/store").join(kind)).unwrap().count()
}

/// The line of a table that begins with a name, as words.
fn line<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let found = text.lines().find(|line| line.starts_with(name));
    found.unwrap_or_else(|| panic!("no {name} in {text}")).split_whitespace().collect()
}

#[test]
fn what_is_there_is_listed_by_kind_and_experiment() {
    let place = two_experiments();
    let listed = place.run(&["store", "list"]);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    assert_eq!(line(&listed.stdout, "cells")[1], entries(&place, "cells").to_string());
    assert_eq!(line(&listed.stdout, "references")[1], "1");
    let whole = entries(&place, "baselines") + 2;
    for name in ["one", "two"] {
        // Two cells, the reference, the baselines and the data.
        assert_eq!(line(&listed.stdout, name)[1], (whole + 2).to_string(), "{}", listed.stdout);
    }
    assert!(listed.stdout.contains("(named by none)  0 "), "{}", listed.stdout);
    fs::remove_dir_all(place.path("results/two")).unwrap();
    let listed = place.run(&["store", "list"]);
    assert!(listed.stdout.contains("(named by none)  1 "), "{}", listed.stdout);
    let nowhere = place.run(&["store", "list", "--results", "nowhere"]);
    assert_eq!(nowhere.code, Some(2));
    assert!(nowhere.stderr.contains("nowhere/store: no store is there"), "{}", nowhere.stderr);
}

#[test]
fn what_no_results_name_is_removed_after_a_question() {
    let place = two_experiments();
    let before = numbers(&place.path("results"));
    let nothing = place.run(&["store", "gc"]);
    assert!(nothing.stdout.starts_with("nothing to remove"), "{}", nothing.stdout);
    fs::remove_dir_all(place.path("results/two")).unwrap();

    let dry = place.run(&["store", "gc", "--dry-run"]);
    assert_eq!(dry.code, Some(0), "{}", dry.stderr);
    assert!(dry.stdout.contains("no results folder names it"), "{}", dry.stdout);
    assert!(dry.stdout.contains("1 in all: "), "{}", dry.stdout);
    let unasked = place.command(&["store", "gc"]).stdin(Stdio::null()).output().unwrap();
    let unasked = Ended::from(unasked);
    assert_eq!(unasked.code, Some(2), "{}", unasked.stderr);
    assert!(
        unasked.stderr.contains("there is no terminal to ask on; give --yes"),
        "{}",
        unasked.stderr
    );
    assert_eq!(numbers(&place.path("results")), before);

    let gone = place.run(&["store", "gc", "--yes"]);
    assert_eq!(gone.code, Some(0), "{}", gone.stderr);
    assert!(gone.stdout.contains("removed 1: "), "{}", gone.stdout);
    assert_eq!(entries(&place, "cells"), 2);
    assert_eq!(place.run(&["verify", "one.yaml"]).code, Some(0));
    run(&place, &["two.yaml"]);
    assert_eq!(numbers(&place.path("results")), before);
}

/// Results below other results; data with features, which an axis reads beside those without.
#[test]
fn what_some_results_name_stays() {
    let place = Workplace::new();
    place.file("one.yaml", EXPERIMENT);
    run(&place, &["one.yaml"]);
    run(&place, &["one.yaml", "--name", "one/half", "--set", "preference.beta=0.5"]);
    let features = "seeds: [1]\n  axes: {model.features: [null, {dense: true}]}";
    place.file("features.yaml", &EXPERIMENT.replace("seeds: [1]", features));
    run(&place, &["features.yaml"]);
    assert_eq!(entries(&place, "datasets"), 2);
    let before = numbers(&place.path("results"));
    let listed = place.run(&["store", "list"]);
    assert!(listed.stdout.contains("(named by none)  0 "), "{}", listed.stdout);
    assert!(listed.stdout.contains("\none/half "), "{}", listed.stdout);
    let nothing = place.run(&["store", "gc", "--yes"]);
    assert!(nothing.stdout.starts_with("nothing to remove"), "{}", nothing.stdout);
    assert_eq!(numbers(&place.path("results")), before);

    // `verify` misses the data with features, too.
    let index = fs::read_to_string(place.path("results/features/index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_str(&index).unwrap();
    let data = index["dataset"]["with_more"][0].as_str().unwrap();
    fs::remove_dir_all(place.path("results/store/datasets").join(&data[..16])).unwrap();
    let verified = place.run(&["verify", "features.yaml"]);
    assert_eq!(verified.code, Some(1), "{}", verified.stdout);
}

/// What a killed run saved is of no use once nobody names the run.
#[test]
fn checkpoints_that_no_results_name_are_removed() {
    let place = two_experiments();
    let cell = fs::read_dir(place.path("results/store/cells")).unwrap().next().unwrap().unwrap();
    let named = cell.file_name().into_string().unwrap();
    fs::remove_dir_all(cell.path()).unwrap();
    let unnamed = "0123456789abcdef0123456789abcdef";
    // Alone, and the first of several that are trained together.
    for checkpoint in
        [format!("cells-{named}"), format!("cells-{named}-{unnamed}"), format!("cells-{unnamed}")]
    {
        let folder = place.path("results/store/checkpoints").join(checkpoint);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("state.bin"), "state").unwrap();
    }
    let gone = place.run(&["store", "gc", "--yes"]);
    assert_eq!(gone.code, Some(0), "{}", gone.stderr);
    assert!(gone.stdout.contains("removed 1: "), "{}", gone.stdout);
    assert!(gone.stdout.contains(&format!("checkpoints/cells-{unnamed}")), "{}", gone.stdout);
    assert_eq!(entries(&place, "checkpoints"), 2);
}

/// On a terminal, here that of util-linux' `script`, the answer decides.
#[cfg(target_os = "linux")]
#[test]
fn only_a_yes_removes() {
    use std::io::Write;

    let place = two_experiments();
    fs::remove_dir_all(place.path("results/two")).unwrap();
    let program = assert_cmd::cargo::cargo_bin!("prefsweep");
    let command = format!("'{}' store gc", program.display());
    for (answer, left) in [("\n", 3), ("n\n", 3), ("y\n", 2)] {
        let mut script = std::process::Command::new("script");
        script.args(["-qec", &command, "/dev/null"]).current_dir(place.path("."));
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("remove all of this? [y/N]"), "{text}");
        assert_eq!(entries(&place, "cells"), left, "{text}");
    }
}

/// On Windows links are for administrators alone.
#[cfg(unix)]
#[test]
fn nothing_outside_the_store_is_removed() {
    let place = two_experiments();
    fs::remove_dir_all(place.path("results/two")).unwrap();
    let far = place.path("far/0123456789abcdef");
    fs::create_dir_all(&far).unwrap();
    fs::write(far.join("file"), "precious").unwrap();
    let link = place.path("results/store/cells/0123456789abcdef");
    std::os::unix::fs::symlink(&far, &link).unwrap();
    std::os::unix::fs::symlink(place.path("far"), place.path("results/store/checkpoints")).unwrap();
    let gone = place.run(&["store", "gc", "--yes"]);
    assert_eq!(gone.code, Some(0), "{}", gone.stderr);
    assert!(gone.stdout.contains("removed 1: "), "{}", gone.stdout);
    assert!(link.is_symlink() && far.join("file").is_file());

    // A store that is itself a link may be others' too.
    fs::rename(place.path("results/store"), place.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink(place.path("elsewhere"), place.path("results/store")).unwrap();
    fs::remove_dir_all(place.path("results/one")).unwrap();
    let refused = place.run(&["store", "gc", "--yes"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stdout);
    assert!(refused.stderr.contains("is a link"), "{}", refused.stderr);
}

/// An index that cannot be read names who knows what.
#[test]
fn nothing_is_removed_where_somebody_may_need_it() {
    let place = two_experiments();
    fs::remove_dir_all(place.path("results/two")).unwrap();
    let refused = |said: &str| {
        let ended = place.run(&["store", "gc", "--yes"]);
        assert_ne!(ended.code, Some(0), "{}", ended.stdout);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
        assert_eq!(entries(&place, "cells"), 3);
    };
    let index = place.path("results/one/index.json");
    let text = fs::read_to_string(&index).unwrap();
    fs::write(&index, text.replacen("\"format\": 2", "\"format\": 3", 1)).unwrap();
    refused("of a newer version of prefsweep: found format 3, allowed up to 2");
    fs::write(&index, &text[..text.len() / 2]).unwrap();
    refused("the index is damaged");
    fs::remove_dir_all(place.path("results/one")).unwrap();
    refused("no results folder lies beside the store");
}

/// Two writers of everything at once.
#[test]
fn two_sweeps_of_one_store_end_in_the_same_numbers() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    run(&place, &["experiment.yaml", "--results", "alone"]);
    let arguments = ["run", "experiment.yaml", "--device", "flex", "--quiet", "--results", "both"];
    let both = [(); 2].map(|()| {
        place.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    });
    for child in both {
        let ended: Ended = child.wait_with_output().unwrap().into();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    assert_same_numbers(&place.path("alone"), &place.path("both"));
    // Whoever ended last may have been seen by nobody.
    assert!(place.run(&["plan", "experiment.yaml", "--results", "both"]).code == Some(0));
    let left = fs::read_dir(place.path("both/store/drafts")).unwrap().map(|entry| {
        let folder = entry.unwrap().path();
        let owner = fs::read_to_string(folder.join("owner.json"));
        let inside = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
        (folder, inside.collect::<Vec<_>>(), owner)
    });
    let left: Vec<_> = left.collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_moved_store_is_used_where_it_is() {
    let place = two_experiments();
    let before = numbers(&place.path("results"));
    let moved = place.run(&["store", "move", "deep/er/new"]);
    assert_eq!(moved.code, Some(0), "{}", moved.stderr);
    assert!(!place.path("results").exists());
    let new = ["--results", "deep/er/new"];
    assert_eq!(numbers(&place.path("deep/er/new")), before);
    assert_eq!(place.run(&[&["verify", "one.yaml"], &new[..]].concat()).code, Some(0));
    // The experiment's file is found from there, so that a changed experiment is still the same.
    place.file("one.yaml", &EXPERIMENT.replace("[1, 3]", "[1]"));
    let again = run(&place, &["one.yaml", "--results", "deep/er/new"]);
    assert!(again.stderr.contains("has changed since"), "{}", again.stderr);
    assert_eq!(numbers(&place.path("deep/er/new")), before);
    assert_eq!(fs::read_dir(place.path("deep/er/new/store/drafts")).unwrap().count(), 0);

    for (arguments, said) in [
        (["store", "move", "one.yaml", "--results", "deep/er/new"], "is there already"),
        (["store", "move", "deep/er/new/in", "--results", "deep/er/new"], "in the folder"),
    ] {
        let refused = place.run(&arguments);
        assert_eq!(refused.code, Some(2), "{}", refused.stdout);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    assert_eq!(numbers(&place.path("deep/er/new")), before);
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let place = two_experiments();
    let before = numbers(&place.path("results"));
    fs::write(place.path("results/store/format"), "2\n").unwrap();
    for arguments in [
        &["run", "one.yaml", "--device", "flex"][..],
        &["plan", "one.yaml", "--device", "flex"],
        &["store", "list"],
        &["store", "gc", "--yes"],
        &["store", "move", "new"],
    ] {
        let refused = place.run(arguments);
        assert_eq!(refused.code, Some(2), "{}", refused.stdout);
        let said = "this store was made by a newer version of prefsweep: found format `2`, allowed up to 1";
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
        assert_eq!(refused.stderr.trim_end().lines().count(), 1, "{}", refused.stderr);
    }
    assert_eq!(numbers(&place.path("results")), before);
}
