//! Progress where standard error is no terminal.

use serde_json::Value;

use crate::place::{EXPERIMENT, Workplace};

/// The objects of a run's standard error, which must hold nothing else.
fn objects(stderr: &str) -> Vec<Value> {
    stderr.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

fn names(objects: &[Value]) -> Vec<&str> {
    objects.iter().map(|object| object["event"].as_str().unwrap()).collect()
}

#[test]
fn programs_get_an_object_a_line() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    let run = || {
        let ended =
            place.run(&["run", "experiment.yaml", "--device", "flex", "--progress", "json"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stdout.contains("report: "), "{}", ended.stdout);
        objects(&ended.stderr)
    };
    let first = run();
    let (begin, end) = (&first[0], first.last().unwrap());
    assert_eq!(begin["event"], "begin");
    let planned = begin["of"].as_u64().unwrap();
    assert_eq!(begin["planned"], planned, "nothing was done before");
    assert_eq!(names(&first).iter().filter(|name| **name == "finish").count() as u64, planned);
    assert_eq!((&end["event"], &end["outcome"]), (&"end".into(), &"done".into()));
    let counts = ["done", "failed", "of", "missing"].map(|count| end[count].as_u64().unwrap());
    assert_eq!(counts, [planned, 0, planned, 0]);
    // Warnings of the report are counted, too: one seed is too few.
    assert!(end["warnings"].as_u64().unwrap() > 0, "{end}");

    let again = run();
    let end = again.last().unwrap();
    assert_eq!((end["of"].as_u64(), &end["outcome"]), (Some(0), &"done".into()));
}

#[test]
fn a_summary_ends_the_lines() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    let run = |more: &[&str]| {
        place.run(&[&["run", "experiment.yaml", "--device", "flex"], more].concat()).stderr
    };
    let first = run(&[]);
    let of = first.lines().filter(|line| line.contains(": done in ")).count();
    let last = first.lines().last().unwrap();
    assert!(last.starts_with(&format!("{of} of {of} runs done in ")), "{first}");
    assert!(last.ends_with(" warnings") || last.ends_with(" warning"), "{first}");
    for nothing in [&["--progress", "none"][..], &["--quiet"]] {
        let said = run(nothing);
        assert!(!said.contains("runs to do") && !said.contains("runs done"), "{said}");
    }
}

/// Inside one long run, whose end is far away. Windows has no command that sends Ctrl-C.
#[cfg(unix)]
#[test]
fn a_long_reference_is_not_silent() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let place = Workplace::new();
    place.file("long.yaml", &EXPERIMENT.replace("epochs: 1", "epochs: 1000000"));
    let arguments = ["run", "long.yaml", "--device", "flex", "--workers", "1"];
    let mut command = place.command(&arguments);
    command.args(["--progress", "json"]).stderr(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut objects = lines.map(|line| serde_json::from_str::<Value>(&line).expect(&line));
    let progress = objects.find(|object| object["event"] == "progress").unwrap();
    let running = &progress["running"][0];
    assert_eq!(running["run"], "reference, seed 1");
    let (step, steps) = (running["step"].as_u64().unwrap(), running["steps"].as_u64().unwrap());
    assert!(0 < step && step < steps, "{progress}");
    assert!(running["loss"].as_f64().unwrap() > 0.0, "{progress}");
    assert!(progress["seconds_left"].as_f64().unwrap() > 0.0, "{progress}");

    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let end = objects.last().unwrap();
    assert_eq!((&end["event"], &end["outcome"]), (&"end".into(), &"stopped".into()));
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
