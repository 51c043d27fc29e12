//! Pages of what has a name in experiment files.

use prefsweep::experiment::{ConfigError, closest};
use prefsweep_store::Setting;

/// Characters of a line of prose.
const LINE: usize = 100;

/// The answer to a name that the registry of `command` does not have.
pub(super) fn unknown(command: &str, name: &str, known: &[&str]) -> ConfigError {
    ConfigError {
        source: format!("{command} {name}"),
        place: None,
        key: None,
        message: format!("found `{name}`, allowed {}", known.join(", ")),
        suggestion: closest(name, known.iter().copied()),
    }
}

/// The settings with their defaults and what they mean.
pub(super) fn settings(all: &[Setting]) -> String {
    if all.is_empty() {
        return "settings  none\n\n".to_owned();
    }
    let name = all.iter().map(|setting| setting.name.len()).max().unwrap_or(0);
    let default = |setting: &Setting| match &setting.default {
        None => "(must be given)".to_owned(),
        Some(default) => format!("({default})"),
    };
    let width = all.iter().map(|setting| default(setting).len()).max().unwrap_or(0);
    let line = |setting: &Setting| {
        let indent = name + width + 6;
        let meaning = wrapped(&setting.meaning, indent);
        format!("  {:<name$}  {:<width$}  {meaning}\n", setting.name, default(setting))
    };
    format!("settings (default)\n{}\n", all.iter().map(line).collect::<String>())
}

/// Lines of words, all but the first after `indent` spaces.
pub(super) fn wrapped(text: &str, indent: usize) -> String {
    let mut lines = String::new();
    let mut width = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width > indent && width + 1 + length > LINE {
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            width = indent;
        } else if width > indent {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += length;
    }
    lines
}
