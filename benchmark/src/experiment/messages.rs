//! A parser's complaint in the words of somebody who writes an experiment: what was found, and what is allowed.

use serde_saphyr::Error;

use super::error::closest;
use super::yaml_text::{Spot, is_closed, is_comment, open_bracket, rest_at, scalar_at};

/// Where an error is.
pub(super) fn spot(error: &Error) -> Option<Spot> {
    error.without_snippet().location().map(|location| (location.line(), location.column()))
}

/// What is said, and what was probably meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) message: String,
    pub(super) suggestion: Option<String>,
}

impl<T: Into<String>> From<T> for Said {
    fn from(message: T) -> Self {
        Self { message: message.into(), suggestion: None }
    }
}

/// Words for an error that the parser found in a text.
pub(super) fn said(error: &Error, yaml: &str) -> Said {
    let place = spot(error);
    let error = error.without_snippet();
    match error {
        Error::SerdeUnknownField { field, expected, .. } => unknown_field(field, expected),
        Error::SerdeUnknownVariant { variant, expected, .. } => unknown_value(variant, expected),
        Error::SerdeMissingField { field, .. } => {
            format!("the key `{field}` is missing here").into()
        }
        Error::InvalidScalar { ty, .. } => invalid_scalar(ty, yaml, place).into(),
        Error::NonFiniteFloat { value, .. } => {
            format!("found `{value}`, allowed a finite number").into()
        }
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => {
            format!("found {}, allowed {}", found_of(unexpected), kind_of(expected)).into()
        }
        Error::NullIntoString { .. } => "found nothing, allowed a text".into(),
        Error::MultipleDocuments { .. } => {
            let second = yaml.lines().skip(1).position(|line| line.trim_end() == "---");
            let at = second.map_or(String::new(), |line| format!(" (`---` in line {})", line + 2));
            format!("the file holds two documents{at}, allowed one").into()
        }
        Error::DuplicateMappingKey { key: Some(key), .. } => twice(key, yaml, place).into(),
        Error::Eof { .. } if yaml.lines().all(is_comment) => "the file is empty".into(),
        Error::Eof { .. } => "the file ends within a value".into(),
        Error::Unexpected { expected, .. } => unexpected(expected, yaml, place).into(),
        Error::ExternallyTaggedEnumExpectedScalarOrMapping { .. } => {
            format!("{}, allowed one name", found_form(yaml, place)).into()
        }
        Error::SerdeInvalidLength { len, expected, .. } => wrong_length(*len, expected).into(),
        // What a type of ours says of itself.
        Error::Message { msg, .. } if msg.starts_with("found ") => msg.as_str().into(),
        other => syntax(&other.without_snippet().to_string(), yaml, place).into(),
    }
}

/// A value that is not of the kind. A number that is one, at the end of a line, goes on in the next, more than the eye
/// sees.
fn invalid_scalar(ty: &str, yaml: &str, place: Option<Spot>) -> String {
    let rest = place.and_then(|place| rest_at(yaml, place)).unwrap_or_default();
    let is_last = |found: &str| rest.lines().next().is_some_and(|line| line.trim_end() == found);
    let is_number = |found: &str| found.parse::<u64>().is_ok() && found.len() < LONGEST;
    let allowed = kind_of(ty);
    match place.and_then(|place| scalar_at(yaml, place)).unwrap_or_default().as_str() {
        "" | ":" => format!("found nothing, allowed {allowed}"),
        found if allowed.contains("number") && is_number(found) && is_last(found) => format!(
            "`{found}` does not end here: check the indentation of the next line, and the brackets"
        ),
        found => format!("found `{found}`, allowed {allowed}"),
    }
}

/// So many digits a whole number may have.
const LONGEST: usize = 19;

/// `expected` ends in a number: `an array of length 3`.
fn wrong_length(found: usize, expected: &str) -> String {
    let allowed = expected.split(' ').rfind(|word| word.parse::<usize>().is_ok());
    format!("found {found} values, allowed {}", allowed.unwrap_or("another number of them"))
}

fn unknown_field(field: &str, expected: &[&str]) -> Said {
    if expected.is_empty() {
        return format!("found the setting `{field}`, allowed none here").into();
    }
    Said {
        message: format!("unknown key: found `{field}`, allowed {}", expected.join(", ")),
        suggestion: closest(field, expected.iter().copied()),
    }
}

fn unknown_value(variant: &str, expected: &[&str]) -> Said {
    // As papers write names, `S-DPO`, and as labels do, `dynamic_po(dmpo)`.
    let plain = variant.to_lowercase().replace(['-', ' '], "_");
    let label = plain.split_once('(').and_then(|(modifier, rest)| {
        let base = rest.strip_suffix(')')?;
        let known = |name: &str| expected.contains(&name);
        (known(modifier) && known(base)).then(|| format!("{modifier}: {{over: {base}}}"))
    });
    let suggestion = label.or_else(|| closest(&plain, expected.iter().copied()));
    Said {
        message: format!("unknown value: found `{variant}`, allowed {}", expected.join(", ")),
        suggestion,
    }
}

/// What a type's name means to a user.
fn kind_of(name: &str) -> String {
    match name {
        "usize" | "u64" | "u32" | "u16" | "u8" => "a whole number, 0 or above".into(),
        "f64" | "f32" | "floating point" => "a number".into(),
        "bool" | "boolean" | "a boolean" => "true or false".into(),
        "string" | "a string" => "a text".into(),
        "a sequence" => "a list, as in [1, 2]".into(),
        "a map" | "newtype variant" => SETTINGS.into(),
        name if name.starts_with("struct ") => SETTINGS.into(),
        other => other.into(),
    }
}

const SETTINGS: &str = "settings, as in {name: value}";

/// What was found, without the name of its type.
fn found_of(unexpected: &str) -> String {
    let quoted = |kind: &str| unexpected.strip_prefix(kind).map(|text| text.trim().to_owned());
    let value = ["string", "floating point", "integer", "boolean"].into_iter().find_map(quoted);
    match (value, unexpected) {
        (Some(value), _) => value.replace('"', "`"),
        (None, "null" | "unit" | "unit value" | "unit variant") => "nothing".into(),
        (None, "sequence") => "a list".into(),
        (None, "map") => "settings".into(),
        (None, other) => other.into(),
    }
}

/// The message of a JSON reader, as overrides meet it: `invalid type: string "0,5", expected f64`.
pub(super) fn said_of_json(message: &str) -> Said {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (kind, rest) = message.split_once([':', '`']).unwrap_or((message, ""));
    match (kind.trim(), &names[..], rest.rsplit_once(", expected ")) {
        ("missing field", [name, ..], _) => format!("the key `{name}` is missing here").into(),
        ("unknown field", [name, allowed @ ..], _) => unknown_field(name, allowed),
        ("unknown variant", [name, allowed @ ..], _) => unknown_value(name, allowed),
        ("invalid type" | "invalid value", _, Some((found, allowed))) => {
            format!("found {}, allowed {}", found_of(found.trim()), kind_of(allowed)).into()
        }
        _ => match message.strip_prefix("invalid length ").and_then(|rest| rest.split_once(',')) {
            Some((found, expected)) => {
                wrong_length(found.parse().unwrap_or_default(), expected).into()
            }
            // What a type of ours says of itself.
            None => message.into(),
        },
    }
}

/// A value of one form where another is needed.
fn unexpected(expected: &str, yaml: &str, place: Option<Spot>) -> String {
    let text = place.and_then(|place| rest_at(yaml, place)).unwrap_or_default();
    if let Some(open) = text.chars().next().filter(|open| ['[', '{'].contains(open)) {
        return match is_closed(text) {
            true => format!("{}, allowed {}", found_form(yaml, place), wanted(expected, "")),
            false => not_closed(open, place.map_or(0, |(line, _)| line)),
        };
    }
    let found = place.and_then(|place| scalar_at(yaml, place)).unwrap_or_default();
    match found.as_str() {
        "" => format!("found nothing, allowed {}", wanted(expected, "")),
        found => format!("found `{found}`, allowed {}", wanted(expected, found)),
    }
}

fn wanted(expected: &str, found: &str) -> String {
    let is_one = |text: &str| {
        !text.is_empty()
            && (text.parse::<f64>().is_ok()
                || text.chars().all(|c| c.is_alphanumeric() || c == '_')
                    && !text.starts_with(char::is_numeric))
    };
    match expected {
        "sequence start" if is_one(found) => format!("a list, as in [{found}]"),
        "sequence start" => "a list, as in [1, 2]".into(),
        "mapping start" => SETTINGS.into(),
        _ => "a single value".into(),
    }
}

/// A list or settings, as they are found at a place.
fn found_form(yaml: &str, place: Option<Spot>) -> &'static str {
    match place.and_then(|place| rest_at(yaml, place)).unwrap_or_default().chars().next() {
        Some('[' | '-') => "found a list",
        Some('{') => "found a block of settings",
        _ => "found more than a value",
    }
}

fn not_closed(open: char, line: impl std::fmt::Display) -> String {
    let what = if open == '[' { "list" } else { "block of settings" };
    format!("the {what} that begins in line {line} is not closed")
}

fn twice(key: &str, yaml: &str, place: Option<Spot>) -> String {
    let line = place.map_or(0, |(line, _)| line);
    let is_it =
        |text: &str| text.trim_start().strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
    let earlier = (1_u64..).zip(yaml.lines()).take_while(|(at, _)| *at < line);
    let first = earlier.filter(|(_, text)| is_it(text)).last();
    match first {
        Some((first, _)) => format!("`{key}` is given twice, in lines {first} and {line}"),
        None => format!("`{key}` is given twice"),
    }
}

/// Text that is not YAML: what to look for, by what the parser stumbled over.
fn syntax(message: &str, yaml: &str, place: Option<Spot>) -> String {
    let about = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let rest = place.and_then(|place| rest_at(yaml, place)).unwrap_or_default();
    let found = rest.lines().next().unwrap_or_default().trim_end();
    if about(&["mapping values are not allowed"]) {
        let line = place.and_then(|(line, _)| yaml.lines().nth(usize::try_from(line).ok()? - 1));
        let quoted = line.and_then(|line| {
            let (key, text) = line.split_once(": ")?;
            Some(format!(", as in {}: \"{}\"", key.trim(), text.trim()))
        });
        return format!("a text with a colon needs quotes{}", quoted.unwrap_or_default());
    }
    if found.starts_with(['@', '%', '`', '*', '&', '!']) {
        return format!(
            "found `{found}`, allowed a text that begins with this in quotes: \"{found}\""
        );
    }
    if about(&["escape"]) {
        return "unknown escape, allowed a text with \\ in single quotes".into();
    }
    if about(&["quote"]) {
        return "a quote that begins here or before is not closed".into();
    }
    if about(&["tab"]) {
        return "found a tab, allowed blanks before a key".into();
    }
    if about(&["misplaced bracket"]) {
        return "a bracket is closed here that was not opened".into();
    }
    if about(&["recursion", "depth", "limit"]) {
        return "too many lists or settings within one another".into();
    }
    match place.and_then(|place| open_bracket(yaml, place)) {
        Some((open, line)) => not_closed(open, line),
        None => {
            "found no setting that can be read, allowed `key: value`, indented like its neighbours"
                .into()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::experiment::read_str;

    const REST: &str = "
dataset: {name: synthetic, synthetic: {users: 60, items: 80}}
reference: {epochs: 1}
preference: {steps: 4}
sweep: {losses: [dmpo], negatives: [1, 3], seeds: [1, 2]}
";

    fn message(yaml: &str) -> String {
        read_str(yaml, "e.yaml", &[]).unwrap_err().to_string()
    }

    /// The title, and a part of the rest in other words.
    fn changed(from: &str, to: &str) -> String {
        let rest = REST.replace(from, to);
        assert_ne!(rest, REST);
        message(&format!("title: Case{rest}"))
    }

    #[test]
    fn forms_of_the_file_are_named() {
        assert_eq!(message(""), "e.yaml: the file is empty");
        for (yaml, expected) in [
            (format!("title:{REST}"), "e.yaml:1:6: key `title`: found nothing, allowed a text"),
            (format!("title: [unclosed{REST}"), "the list that begins in line 1 is not closed"),
            (
                format!("title: Case: two{REST}"),
                "e.yaml:1:12: a text with a colon needs quotes, as in title: \"Case: two\"",
            ),
            (format!("title: a\ntitle: b{REST}"), "`title` is given twice, in lines 1 and 2"),
            (
                format!("title: a{REST}---\ntitle: b{REST}"),
                "the file holds two documents (`---` in line 6), allowed one",
            ),
        ] {
            let found = message(&yaml);
            assert!(found.contains(expected), "no {expected} in {found}");
        }
    }

    #[test]
    fn values_of_another_form_are_named() {
        for (from, to, expected) in [
            ("[1, 2]", "1-5", "key `sweep.seeds`: found `1-5`, allowed a list, as in [1, 2]"),
            ("[1, 2]", "3", "key `sweep.seeds`: found `3`, allowed a list, as in [3]"),
            ("[dmpo]", "dmpo", "key `sweep.losses`: found `dmpo`, allowed a list, as in [dmpo]"),
            (
                "epochs: 1}",
                "epochs: 1, early_stopping: true}",
                "found `true`, allowed settings, as in {name: value}",
            ),
            ("epochs: 1}", "epochs: 1.5, batch_size: 3}", "found `1.5`, allowed a whole number"),
            ("steps: 4", "beta: 1_000", "key `preference.beta`: found `1_000`, allowed a number"),
            ("[1, 2]", "[]", "sweep.seeds"),
        ] {
            let found = changed(from, to);
            assert!(found.contains(expected), "no {expected} in {found}");
        }
    }

    #[test]
    fn names_are_suggested_as_papers_and_labels_write_them() {
        for (loss, expected) in [
            ("DMPO", "did you mean `dmpo`?"),
            ("S-DPO", "did you mean `s_dpo`?"),
            ("RoDPO", "did you mean `ro_dpo`?"),
            ("dynamic_po(dmpo)", "did you mean `dynamic_po: {over: dmpo}`?"),
            ("bpr: {beta: 2}", "found the setting `beta`, allowed none here"),
        ] {
            let found = changed("[dmpo]", &format!("[{loss}]"));
            assert!(found.contains(expected), "no {expected} in {found}");
        }
    }

    #[test]
    fn overrides_are_in_the_same_words() {
        let set = |text: &str| {
            let yaml = format!("title: Case{REST}");
            read_str(&yaml, "e.yaml", &[text.to_owned()]).map_err(|error| error.to_string())
        };
        for (text, expected) in [
            ("preference.beta=.inf", "found `.inf`, allowed a finite number"),
            ("preference.beta=0,5", "found `0,5`, allowed a number"),
            ("preference=null", "found nothing, allowed settings, as in {name: value}"),
            ("sweep.seeds=3", "found `3`, allowed a list, as in [1, 2]"),
        ] {
            let found = set(text).unwrap_err();
            assert!(found.contains(expected), "no {expected} in {found}");
        }
        let experiment = set("sweep.axes.preference.beta=[1, 2]").unwrap();
        assert_eq!(experiment.sweep.axes["preference.beta"].len(), 2);
    }
}
