//! What a user should know besides results: on standard error, whatever form progress has.

use std::io::Write;

use serde_json::json;

/// Says warnings and counts them.
#[derive(Debug)]
pub(crate) struct Notices {
    json: bool,
    /// Warnings given.
    pub(crate) warnings: usize,
}

impl Notices {
    /// In lines, or as JSON objects for programs.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, warnings: 0 }
    }

    /// Something that may be wrong with the results.
    pub(crate) fn warn(&mut self, text: &str) {
        self.warnings += 1;
        self.write("warning", text);
    }

    /// Something that is as the user wanted it, or a consequence.
    pub(crate) fn tell(&self, text: &str) {
        self.write("message", text);
    }

    fn write(&self, event: &str, text: &str) {
        let line = if self.json {
            json!({ "event": event, "text": text }).to_string()
        } else {
            text.to_owned()
        };
        say(&line);
    }
}

/// Writes a line to standard error. That it is closed or full is no reason to stop.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
