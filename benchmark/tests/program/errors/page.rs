//! The page: a table of every kind of wrong input.

use super::case::Case;

pub(super) const OPENING: &str = "# Errors: what is wrong, the message, the exit code

Written by a test from the program's own answers (`just errors`); the same test holds every message and exit code to this
page. A message is on standard error and says where, what was found and what is allowed. `LOSSES` stands for the names of
all losses, `ID` for the name of a run or dataset in the store, `FOLDER` for the folder of the call. What depends on the
machine is made from what a system or a driver would say.

Exit code 2 is wrong input, which whoever gave the command can fix. 1 is everything else: a run that failed, a planned
result that is missing, a full disk, a download that a server refused, a `verify` or `compare --fail-on-drift` that found
something. 130 is Ctrl-C, 0 is done.
";

/// Words of parsers, of libraries, of Rust's types and of debug prints, which no user should meet.
const FOREIGN: [&str; 48] = [
    "..=",
    "Custom {",
    "did not match any variant",
    "digit found",
    "dtype",
    "EOF",
    "Err(",
    "Error {",
    "Error(",
    "expected a ",
    "expected f",
    "expected i",
    "expected one of",
    "expected struct",
    "expected u",
    "f32",
    "f64",
    "i64",
    "invalid length",
    "invalid type",
    "invalid value:",
    "kind:",
    "line 1 column",
    "mapping end",
    "mapping start",
    "mapping values",
    "missing field",
    "None",
    "Ok(",
    "Option",
    "Os {",
    "panicked",
    "File out of",
    "polars",
    "scalar",
    "Schema",
    "serde",
    "Some(",
    "specification:",
    "stream did not",
    "String",
    "token",
    "u32",
    "u64",
    "unknown field",
    "unknown variant",
    "untagged",
    "usize",
];

/// A page with what is wrong in the messages.
pub(super) struct Page {
    pub(super) text: String,
    pub(super) faults: Vec<String>,
}

impl Page {
    pub(super) fn new() -> Self {
        Self { text: OPENING.to_owned(), faults: Vec::new() }
    }

    pub(super) fn table(&mut self, title: &str, cases: &[Case]) {
        let head = "| what is wrong | command | message | exit code |\n|---|---|---|---|\n";
        self.text.push_str(&format!("\n## {title}\n\n{head}"));
        for case in cases {
            let (ended, said) = case.said();
            if ended.code != Some(case.code) {
                self.faults.push(format!("{}: exit code {:?}", case.what, ended.code));
            }
            self.row(case.what, &case.command(), &said, case.code);
        }
    }

    pub(super) fn row(&mut self, what: &str, command: &str, said: &str, code: i32) {
        if !said.starts_with("error: ") {
            self.faults.push(format!("{what}: no error: {said}"));
        }
        let foreign = FOREIGN.iter().filter(|word| said.contains(**word));
        self.faults.extend(foreign.map(|word| format!("{what}: `{word}` in: {said}")));
        let span = |line: &str| match line.trim() {
            "" => String::new(),
            line => format!("`` {} ``", line.replace('|', "\\|")),
        };
        let cell = |text: &str| text.lines().map(span).collect::<Vec<_>>().join("<br>");
        let row = format!("| {what} | {} | {} | {code} |\n", cell(command), cell(said));
        self.text.push_str(&row.replace("<br><br>", "<br>"));
    }
}
