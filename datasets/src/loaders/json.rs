//! JSON objects, one a line.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// An id as text or as a whole number.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    Text(String),
    Number(u64),
}

impl Id {
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => number.to_string().into(),
        }
    }
}

/// Reads the object on a line, or says what is wrong with it.
pub(super) fn object<T: DeserializeOwned>(line: &str) -> Result<T, String> {
    serde_json::from_str(line).map_err(|error| {
        if is_python(line) {
            return "a Python literal, not JSON; convert the file, for example with python3 -c \
                    \"import ast, json, sys; [print(json.dumps(ast.literal_eval(line))) for line \
                    in sys.stdin]\""
                .to_owned();
        }
        // The line is named by whoever reads the file; the parser only ever sees one.
        format!("not the JSON that is needed: {}", error.to_string().replace("line 1 ", ""))
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
    fn python_literals_are_told_from_broken_json() {
        assert!(is_python("{u'username': u'x'}"));
        assert!(is_python("{'reviewerID': \"x\"}"));
        assert!(!is_python("{\"username\": 'x'}"));
        assert!(!is_python("'x'"));
    }
}
