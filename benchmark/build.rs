//! Records the revision of the sources that the program is built from, for the provenance of results.

use std::path::Path;
use std::process::{Command, Output};

/// All that is compiled into the program.
const SOURCES: [&str; 18] = [
    "build.rs",
    "src",
    "Cargo.toml",
    "losses/src",
    "losses/Cargo.toml",
    "policy/src",
    "policy/Cargo.toml",
    "store/src",
    "store/Cargo.toml",
    "../datasets/src",
    "../datasets/manifests",
    "../datasets/Cargo.toml",
    "../report/src",
    "../report/fonts",
    "../report/Cargo.toml",
    "../Cargo.toml",
    "../Cargo.lock",
    "../.cargo",
];

fn git(arguments: &[&str]) -> Option<Output> {
    Command::new("git").args(arguments).output().ok()
}

/// What git answers in one line; None where it has no answer.
fn line(arguments: &[&str]) -> Option<String> {
    let output = git(arguments)?;
    let line = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !line.is_empty()).then_some(line)
}

fn main() {
    // Windows gives the main thread, on which a worker trains, 1 MiB of stack unless told otherwise; Linux and macOS give
    // it 8.
    if std::env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|env| env == "msvc") {
        println!("cargo::rustc-link-arg-bins=/STACK:{}", 8 << 20);
    }
    // A path that is not there would have cargo run this every time.
    let watch = |path: &str| {
        let exists = Path::new(path).exists();
        if exists {
            println!("cargo::rerun-if-changed={path}");
        }
        exists
    };
    for path in SOURCES {
        watch(path);
    }
    // The head's log grows with every commit and checkout; where none is kept, the next best.
    let place = |name| line(&["rev-parse", "--git-path", name]);
    if !place("logs/HEAD").is_some_and(|log| watch(&log)) {
        for path in ["HEAD", "index"].into_iter().filter_map(place) {
            watch(&path);
        }
    }
    let mut version = env!("CARGO_PKG_VERSION").to_owned();
    if let Some(revision) = line(&["describe", "--always", "--abbrev=12"]) {
        let changes = git(&[&["diff", "--quiet", "HEAD", "--"], &SOURCES[..]].concat());
        let dirty =
            if changes.is_some_and(|output| output.status.success()) { "" } else { "-dirty" };
        println!("cargo::rustc-env=PREFSWEEP_REVISION={revision}{dirty}");
        version = format!("{version} ({revision}{dirty})");
    }
    println!("cargo::rustc-env=PREFSWEEP_LONG_VERSION={version}");
}
