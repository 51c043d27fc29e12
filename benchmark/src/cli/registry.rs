//! Pages of what has a name in experiment files.

use anyhow::Result;
use prefsweep::experiment::{ConfigError, closest};
use prefsweep_store::Setting;

use super::outcome::Outcome;
use super::show::print;

/// Characters of a line of prose.
const LINE: usize = 100;

/// Prints the list of all, which have these names, or the page of the one that is asked for.
pub(super) fn list_or_page<D>(
    command: &str,
    asked: Option<&str>,
    names: &[&str],
    all: &[D],
    list: fn(&[D]) -> String,
    page: fn(&D) -> String,
) -> Result<Outcome> {
    let text = match asked {
        None => list(all),
        Some(name) => match names.iter().zip(all).find(|(known, _)| **known == name) {
            Some((_, found)) => page(found),
            None => return Err(unknown(command, name, names).into()),
        },
    };
    print(&text)?;
    Ok(Outcome::Done)
}

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
