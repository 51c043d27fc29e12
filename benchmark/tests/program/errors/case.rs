//! One wrong input: how it is made, and what the program says of it.

use std::path::Path;
use std::sync::OnceLock;

use prefsweep_losses::LossConfig;

use crate::place::{EXPERIMENT, Ended, Workplace};

/// What is done to a folder before the call.
type Step = Box<dyn Fn(&Workplace)>;

/// A row of the page.
pub(super) struct Case {
    pub(super) what: &'static str,
    arguments: Vec<String>,
    pub(super) code: i32,
    environment: Option<(&'static str, &'static str)>,
    steps: Vec<Step>,
}

/// A call with exit code 2; arguments are apart where there are blanks.
pub(super) fn call(what: &'static str, arguments: &str) -> Case {
    let arguments = arguments.split_whitespace().map(str::to_owned).collect();
    Case { what, arguments, code: 2, environment: None, steps: Vec::new() }
}

/// A run of an experiment's text.
pub(super) fn run(what: &'static str, yaml: impl Into<Vec<u8>>) -> Case {
    call(what, "run e.yaml --device flex").file("e.yaml", yaml)
}

/// The small experiment with another text in it.
pub(super) fn with(from: &str, to: &str) -> String {
    assert!(EXPERIMENT.contains(from), "{from}");
    EXPERIMENT.replace(from, to)
}

impl Case {
    /// Adds an argument that may have blanks.
    pub(super) fn argument(mut self, text: &str) -> Self {
        self.arguments.push(text.to_owned());
        self
    }

    pub(super) fn code(mut self, code: i32) -> Self {
        self.code = code;
        self
    }

    pub(super) fn variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment = Some((name, value));
        self
    }

    pub(super) fn step(mut self, step: impl Fn(&Workplace) + 'static) -> Self {
        self.steps.push(Box::new(step));
        self
    }

    /// Writes a file first.
    pub(super) fn file(self, name: &'static str, content: impl Into<Vec<u8>>) -> Self {
        let content = content.into();
        self.step(move |place| write(place, name, &content))
    }

    /// Makes a folder first.
    pub(super) fn folder(self, name: &'static str) -> Self {
        self.step(move |place| std::fs::create_dir_all(place.path(name)).unwrap())
    }

    /// Starts where an experiment `e.yaml` has run.
    pub(super) fn after_a_run(self) -> Self {
        self.step(|place| copy(finished().path("").as_path(), &place.path("")))
    }

    /// The command as it is typed.
    pub(super) fn command(&self) -> String {
        let words = self.arguments.iter().map(|word| match word.contains(char::is_whitespace) {
            true => format!("'{word}'"),
            false => word.clone(),
        });
        let variable = self.environment.map(|(name, value)| format!("{name}={value} "));
        let words: Vec<String> = words.collect();
        format!("{}prefsweep {}", variable.unwrap_or_default(), words.join(" "))
    }

    /// What the program says, without what differs from machine to machine.
    pub(super) fn said(&self) -> (Ended, String) {
        let place = Workplace::new();
        for step in &self.steps {
            step(&place);
        }
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let mut command = place.command(&arguments);
        command.envs(self.environment).stdin(std::process::Stdio::null());
        let ended = Ended::from(command.output().unwrap());
        let folder = place.path("").canonicalize().unwrap().display().to_string();
        let said = ended.stderr.trim_end().replace(&folder, "FOLDER");
        let said = said.replace(&LossConfig::NAMES.join(", "), "LOSSES");
        (ended, without_ids(&said))
    }
}

fn write(place: &Workplace, name: &str, content: &[u8]) {
    let path = place.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// A folder with a finished run, which is copied and never changed.
fn finished() -> &'static Workplace {
    static FINISHED: OnceLock<Workplace> = OnceLock::new();
    FINISHED.get_or_init(|| {
        let place = Workplace::new();
        place.file("e.yaml", EXPERIMENT);
        let ended = place.run(&["run", "e.yaml", "--device", "flex", "--quiet"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        place
    })
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Names of runs and datasets are hashes, which a new version may change.
fn without_ids(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let mut found = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let length = rest[start..].find(|c| !is_part(c)).unwrap_or(rest.len() - start);
        found.push_str(&rest[..start]);
        let word = &rest[start..start + length];
        let is_id = length >= 16 && word.contains(char::is_alphabetic);
        found.push_str(if is_id { "ID" } else { word });
        rest = &rest[start + length..];
    }
    found + rest
}
