//! What stays on a terminal when a run has ended.

use std::process::{Command, Stdio};

use crate::place::{EXPERIMENT, Workplace};

/// Bars are drawn while the runs are, and nothing is erased once the answer is printed.
#[test]
fn the_answer_the_table_and_the_path_stay() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    let program = assert_cmd::cargo::cargo_bin!("prefsweep");
    let command = format!("'{}' run experiment.yaml --device flex", program.display());
    // `script` of util-linux gives the program a pseudo-terminal.
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).current_dir(place.path("."));
    script.env("TERM", "xterm").env_remove("PREFSWEEP_DATA_DIR").stdin(Stdio::null());
    let output = script.output().expect("`script` of util-linux is needed");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let (before, after) = text.split_once("ANSWER").expect(&text);
    assert!(before.contains('\u{1b}'), "no bars were drawn, so that nothing is tested: {before}");
    assert!(!after.contains('\u{1b}'), "something is drawn over the answer: {after:?}");
    let table = after.find("\nloss  K*  ").expect(after);
    let path = after.find("\nreport: results/experiment/report/report.html").expect(after);
    assert!(table < path, "{after}");
}
