//! Records the revision of the sources that the program is built from, for the provenance of results.

use std::path::Path;
use std::process::Command;

/// What git says, in one line; None where it says nothing.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !line.is_empty()).then_some(line)
}

fn main() {
    // Whatever can make the revision another: sources, and the head's log, which grows with every
    // commit and checkout. A path that is not there would have cargo run this every time.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"]);
    let sources = ["build.rs", "src", "../datasets/src", "../report/src", "../Cargo.lock"];
    for path in sources.into_iter().chain(log.as_deref()).filter(|path| Path::new(path).exists()) {
        println!("cargo::rerun-if-changed={path}");
    }
    if let Some(revision) = git(&["describe", "--always", "--dirty", "--abbrev=12"]) {
        println!("cargo::rustc-env=RECPO_REVISION={revision}");
    }
}
