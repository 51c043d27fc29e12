//! What is wrong with JSON, in a user's words: a parser's own are about its types.

use serde_json::Error;
use serde_json::error::Category;

/// Why a text is not the JSON that is needed, without its place.
#[must_use]
pub fn json_words(error: &Error) -> String {
    match error.classify() {
        Category::Io => "it cannot be read".into(),
        Category::Eof => "it ends too early".into(),
        Category::Syntax => "it is not JSON".into(),
        Category::Data => of_value(&error.to_string()),
    }
}

/// A value that is missing or of another kind; the parser says `invalid type: map, expected a string at line 1`.
fn of_value(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let quoted = || message.split('`').nth(1).unwrap_or_default();
    if message.starts_with("missing field") {
        return format!("no `{}`", quoted());
    }
    if message.starts_with("unknown ") {
        return format!("found `{}`, which prefsweep does not know", quoted());
    }
    match message.split_once(", expected ") {
        Some((found, _)) if found.starts_with("invalid length") => {
            "found a list of another length".into()
        }
        Some((found, expected)) => {
            format!("found {}, allowed {}", kind_found(found), kind(expected))
        }
        // What a type of ours says of itself.
        None => format!("allowed {message}"),
    }
}

fn kind_found(message: &str) -> &str {
    let found = message.split_once(": ").map_or(message, |(_, found)| found);
    match found {
        "map" => "an object",
        "sequence" => "a list",
        "null" => "nothing",
        // A number or a text with its value behind the kind.
        other => other.split_once(' ').map_or(other, |(_, value)| value),
    }
}

fn kind(expected: &str) -> &str {
    match expected {
        "a string" => "a text",
        "a sequence" => "a list",
        "f32" | "f64" => "a number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or above",
        other if other.starts_with("struct ") || other == "a map" => "an object",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Row {
        name: String,
        count: u64,
    }

    #[test]
    fn no_words_of_the_parser_are_left() {
        for (text, said) in [
            ("{\"name\": \"a\"", "it ends too early"),
            ("name: a", "it is not JSON"),
            ("{\"name\": \"a\"}", "no `count`"),
            ("{\"name\": [1], \"count\": 1}", "found a list, allowed a text"),
            ("{\"name\": 3, \"count\": 1}", "found `3`, allowed a text"),
            (
                "{\"name\": \"a\", \"count\": \"b\"}",
                "found \"b\", allowed a whole number, 0 or above",
            ),
            ("{\"name\": \"a\", \"count\": -1}", "found `-1`, allowed a whole number, 0 or above"),
            ("3", "found `3`, allowed an object"),
            ("[]", "found a list of another length"),
        ] {
            assert_eq!(json_words(&serde_json::from_str::<Row>(text).unwrap_err()), said, "{text}");
        }
    }
}
