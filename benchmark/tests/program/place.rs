//! Running the program in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A small experiment that runs in a second.
pub(crate) const EXPERIMENT: &str = "title: Test
dataset:
  name: synthetic
  synthetic: {users: 60, items: 90}
model: {dim: 8, blocks: 1, heads: 2, feed_forward: 8, max_len: 10}
reference:
  epochs: 1
preference:
  steps: 2
  beta: 1.0
sweep:
  losses: [dmpo]
  negatives: [1, 3]
  seeds: [1]
";

/// A folder with experiments and results.
#[derive(Debug)]
pub(crate) struct Workplace {
    folder: TempDir,
}

/// A program's end.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Exit code.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| slashed(String::from_utf8(bytes).expect("output is UTF-8"));
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// A text with `/` in its paths, whatever the system writes there: on Windows in place of each backslash between letters
/// that paths have, which those of LaTeX and JSON are not.
pub(crate) fn slashed(text: String) -> String {
    if !cfg!(windows) {
        return text;
    }
    let is_of_path = |letter: &char, more: &str| letter.is_alphanumeric() || more.contains(*letter);
    let letters: Vec<char> = text.chars().collect();
    let is_separator = |at: usize| {
        letters[at] == '\\'
            && at > 0
            && is_of_path(&letters[at - 1], ":._-~")
            && letters.get(at + 1).is_some_and(|next| is_of_path(next, "._-"))
    };
    (0..letters.len()).map(|at| if is_separator(at) { '/' } else { letters[at] }).collect()
}

impl Workplace {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn file(&self, name: &str, text: &str) -> &Self {
        std::fs::write(self.path(name), text).unwrap();
        self
    }

    /// The program, to be run there on the CPU.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("prefsweep"));
        command.current_dir(self.folder.path()).args(arguments).env_remove("PREFSWEEP_DATA_DIR");
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }
}

/// Says that the rest of a test cannot run on this machine, past the capture of test output.
#[cfg(any(feature = "wgpu", target_os = "linux"))]
pub(crate) fn not_run(reason: &str) {
    use std::io::Write;

    let current = std::thread::current();
    let name = current.name().unwrap_or("a test");
    writeln!(std::io::stderr(), "NOT RUN: {name}: {reason}").expect("standard error is open");
}

/// What was computed of all entries of a store: file name and content of everything but the provenance, and the
/// marker, which has its hash.
pub(crate) fn numbers(results: &Path) -> Vec<(String, Vec<u8>)> {
    let mut numbers = Vec::new();
    for kind in ["references", "baselines", "cells"] {
        for entry in std::fs::read_dir(results.join("store").join(kind)).unwrap() {
            for file in std::fs::read_dir(entry.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                if !path.ends_with("provenance.json") && !path.ends_with("complete.json") {
                    let name = path.strip_prefix(results).unwrap().to_string_lossy().into_owned();
                    numbers.push((name, std::fs::read(path).unwrap()));
                }
            }
        }
    }
    numbers.sort();
    numbers
}

/// Asserts that two stores hold the same numbers, bit for bit.
pub(crate) fn assert_same_numbers(a: &Path, b: &Path) {
    let (a, b) = (numbers(a), numbers(b));
    let names = |numbers: &[(String, Vec<u8>)]| -> Vec<String> {
        numbers.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(&a), names(&b));
    assert!(a.len() > 3);
    for ((name, a), (_, b)) in a.iter().zip(&b) {
        assert!(a == b, "{name} differs");
    }
}
