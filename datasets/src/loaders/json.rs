//! One object per line: JSON, or a dictionary as Python prints it.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::python;
use crate::json_words::json_words;

/// An id, a string or an integer.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a text or a whole number")]
pub(crate) enum Id {
    Text(String),
    Number(u64),
}

impl Id {
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => number.to_string().into(),
        }
    }
}

/// Parses the object on a line, JSON or a Python literal, or says what is wrong with it.
pub(crate) fn json_object<T: DeserializeOwned>(line: &str) -> Result<T, String> {
    if is_python(line) {
        let value = python::value(line).map_err(|error| format!("a malformed literal: {error}"))?;
        return serde_json::from_value(value)
            .map_err(|error| format!("not the expected literal: {}", json_words(&error)));
    }
    // The caller names the line; the parser sees only this one.
    serde_json::from_str(line).map_err(|error| {
        format!("not the expected JSON at column {}: {}", error.column(), json_words(&error))
    })
}

/// Whether a line looks like a printed Python dictionary: keys in single quotes.
fn is_python(line: &str) -> bool {
    let Some(inside) = line.trim_start().strip_prefix('{') else { return false };
    let inside = inside.trim_start();
    inside.starts_with('\'') || inside.starts_with("u'") || inside.starts_with("u\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_literals_are_distinguished_from_malformed_json() {
        assert!(is_python("{u'username': u'x'}"));
        assert!(is_python("{'reviewerID': \"x\"}"));
        assert!(!is_python("{\"username\": 'x'}"));
        assert!(!is_python("'x'"));
    }
}
