//! What stays on a terminal when a run has ended.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::place::{EXPERIMENT, Workplace};

/// The program in a pseudo-terminal, which `script` of util-linux gives it.
fn in_terminal(place: &Workplace, experiment: &str) -> Command {
    let program = assert_cmd::cargo::cargo_bin!("prefsweep");
    let command = format!("'{}' run {experiment} --device flex", program.display());
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).current_dir(place.path("."));
    script.env("TERM", "xterm").env_remove("PREFSWEEP_DATA_DIR");
    script
}

/// Bars are drawn while the runs are, and nothing is erased once the answer is printed.
#[test]
fn the_answer_the_table_and_the_path_stay() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    let mut script = in_terminal(&place, "experiment.yaml");
    let output = script.stdin(Stdio::null()).output().expect("`script` of util-linux is needed");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let (before, after) = text.split_once("ANSWER").expect(&text);
    assert!(before.contains('\u{1b}'), "no bars were drawn, so that nothing is tested: {before}");
    assert!(!after.contains('\u{1b}'), "something is drawn over the answer: {after:?}");
    let table = after.find("\nloss  K*  ").expect(after);
    let path = after.find("\nreport: results/experiment/report/report.html").expect(after);
    assert!(table < path, "{after}");
}

/// Ctrl-C while the bars are drawn: what is said then stays, too.
#[test]
fn the_message_after_ctrl_c_stays() {
    let place = Workplace::new();
    place.file("long.yaml", &EXPERIMENT.replace("epochs: 1", "epochs: 1000000"));
    let mut script = in_terminal(&place, "long.yaml");
    script.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = script.spawn().expect("`script` of util-linux is needed");
    let (mut keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut shown = Vec::new();
    let mut bytes = [0; 4096];
    // The bar of the reference is on the screen.
    while !String::from_utf8_lossy(&shown).contains("reference, seed 1") {
        let count = screen.read(&mut bytes).unwrap();
        assert!(count > 0, "{}", String::from_utf8_lossy(&shown));
        shown.extend_from_slice(&bytes[..count]);
    }
    keys.write_all(b"\x03").unwrap();
    screen.read_to_end(&mut shown).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let text = String::from_utf8(shown).unwrap();
    let (before, after) = text.split_once("stopped; complete runs are kept").expect(&text);
    assert!(before.contains('\u{1b}'), "no bars were drawn, so that nothing is tested: {before}");
    assert!(!after.contains('\u{1b}'), "something is drawn over the message: {after:?}");
    assert!(after.contains("the same command resumes here"), "{after}");
    // The answer and the path before it stay as well.
    let (_, answer) = before.split_once("ANSWER").expect(before);
    assert!(!answer.contains('\u{1b}'), "something is drawn over the answer: {answer:?}");
    assert!(answer.contains("report: results/long/report/report.html"), "{answer}");
}
