//! Python literals, one per line: printed dictionaries, as some publishers release them.
//!
//! Dictionaries, lists and tuples of strings (with or without `u`), numbers, None, True and False.
//! Nothing is evaluated; anything else is an error.

use std::iter::Peekable;
use std::str::CharIndices;

use serde_json::{Map, Number, Value};

/// Deeper nesting is an error: no dataset has it, and parsing it would exhaust the stack.
const MAX_DEPTH: usize = 32;

/// The value of a literal, or what is wrong with it.
pub(super) fn value(text: &str) -> Result<Value, String> {
    let mut reader = Reader { text, rest: text.char_indices().peekable() };
    let value = reader.value(0)?;
    reader.blanks();
    match reader.rest.peek() {
        None => Ok(value),
        Some(_) => Err(reader.unexpected("the end")),
    }
}

struct Reader<'a> {
    text: &'a str,
    rest: Peekable<CharIndices<'a>>,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > MAX_DEPTH {
            return Err(format!("nested more than {MAX_DEPTH} deep"));
        }
        self.blanks();
        match self.peek() {
            Some('{') => self.dictionary(depth),
            Some('[') => self.list(']', depth),
            Some('(') => self.list(')', depth),
            Some('\'' | '"') => self.text().map(Value::String),
            Some('-' | '.' | '0'..='9') => self.number(),
            Some('a'..='z' | 'A'..='Z') => self.word(),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn dictionary(&mut self, depth: usize) -> Result<Value, String> {
        self.rest.next();
        let mut fields = Map::new();
        loop {
            self.blanks();
            if self.take('}') {
                return Ok(Value::Object(fields));
            }
            let key = match self.value(depth + 1)? {
                Value::String(key) => key,
                other => return Err(format!("a key that is not a string: {other}")),
            };
            self.blanks();
            if !self.take(':') {
                return Err(self.unexpected("':'"));
            }
            let value = self.value(depth + 1)?;
            fields.insert(key, value);
            self.separator('}')?;
        }
    }

    fn list(&mut self, end: char, depth: usize) -> Result<Value, String> {
        self.rest.next();
        let mut values = Vec::new();
        loop {
            self.blanks();
            if self.take(end) {
                return Ok(Value::Array(values));
            }
            values.push(self.value(depth + 1)?);
            self.separator(end)?;
        }
    }

    /// A comma, or the end, which is not consumed.
    fn separator(&mut self, end: char) -> Result<(), String> {
        self.blanks();
        if self.take(',') || self.peek() == Some(end) {
            return Ok(());
        }
        Err(self.unexpected(&format!("',' or '{end}'")))
    }

    /// None, True, False, or a string with a prefix.
    fn word(&mut self) -> Result<Value, String> {
        let start = self.place();
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
            self.rest.next();
        }
        match &self.text[start..self.place()] {
            "None" => Ok(Value::Null),
            "True" => Ok(Value::Bool(true)),
            "False" => Ok(Value::Bool(false)),
            "u" | "U" if matches!(self.peek(), Some('\'' | '"')) => self.text().map(Value::String),
            other => Err(format!("{other:?} is not a supported literal")),
        }
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.place();
        let mut last = ' ';
        while let Some(c) = self.peek() {
            let sign = matches!(c, '+' | '-') && matches!(last, ' ' | 'e' | 'E');
            if !sign && !c.is_ascii_digit() && !matches!(c, '.' | 'e' | 'E') {
                break;
            }
            last = c;
            self.rest.next();
        }
        let text = &self.text[start..self.place()];
        // The suffix of long integers in Python 2.
        self.take('L');
        let integer = text.parse::<i64>().map(Number::from);
        let number = integer.or_else(|_| text.parse::<u64>().map(Number::from)).ok();
        let number = number.or_else(|| Number::from_f64(text.parse().ok()?));
        number.map(Value::Number).ok_or_else(|| format!("{text:?} is not a number"))
    }

    fn text(&mut self) -> Result<String, String> {
        let quote = self.rest.next().map(|(_, c)| c);
        let mut text = String::new();
        loop {
            match self.rest.next().map(|(_, c)| c) {
                None => return Err("a string is not closed on its line".to_owned()),
                c if c == quote => return Ok(text),
                Some('\\') => self.escape(&mut text)?,
                Some(c) => text.push(c),
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, text: &mut String) -> Result<(), String> {
        let Some((_, c)) = self.rest.next() else {
            return Err("a string is not closed on its line".to_owned());
        };
        let plain = match c {
            '\\' | '\'' | '"' => c,
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'v' => '\x0b',
            'x' => self.code(2)?,
            'u' => self.code(4)?,
            'U' => self.code(8)?,
            '0'..='7' => self.octal(c),
            // Python keeps unknown escapes as they are.
            other => {
                text.push('\\');
                other
            }
        };
        text.push(plain);
        Ok(())
    }

    /// The character of this many hexadecimal digits; a surrogate pair is one character.
    fn code(&mut self, digits: usize) -> Result<char, String> {
        let code = self.hexadecimal(digits)?;
        if digits != 4 || !(0xd800..0xdc00).contains(&code) {
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let mut ahead = self.rest.clone();
        if ahead.next().map(|(_, c)| c) == Some('\\') && ahead.next().map(|(_, c)| c) == Some('u') {
            let before = std::mem::replace(&mut self.rest, ahead);
            let low = self.hexadecimal(4)?;
            if (0xdc00..0xe000).contains(&low) {
                let pair = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.rest = before;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hexadecimal(&mut self, digits: usize) -> Result<u32, String> {
        let mut code = 0;
        for _ in 0..digits {
            let digit = self.rest.next().and_then(|(_, c)| c.to_digit(16));
            code = code * 16 + digit.ok_or("an escape with too few hexadecimal digits")?;
        }
        Ok(code)
    }

    /// Up to three octal digits, of which the first is consumed already.
    fn octal(&mut self, first: char) -> char {
        let mut code = first.to_digit(8).unwrap_or(0);
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else { break };
            code = code * 8 + digit;
            self.rest.next();
        }
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|c| c.is_ascii_whitespace()) {
            self.rest.next();
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        self.rest.next_if(|(_, c)| *c == wanted).is_some()
    }

    fn peek(&mut self) -> Option<char> {
        self.rest.peek().map(|(_, c)| *c)
    }

    fn place(&mut self) -> usize {
        self.rest.peek().map_or(self.text.len(), |(place, _)| *place)
    }

    fn unexpected(&mut self, wanted: &str) -> String {
        let column = self.text[..self.place()].chars().count() + 1;
        match self.peek() {
            Some(c) => format!("{c:?} instead of {wanted} at column {column}"),
            None => format!("the line ends instead of {wanted} at column {column}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Written by CPython 3.12's `repr`, or 2.7's where there is `u''` or `L`.
    #[test]
    fn literals_as_python_prints_them() {
        for (text, expected) in [
            ("{}", json!({})),
            ("{'a': 1, 'b': -2.5, 'c': 1e-05}", json!({"a": 1, "b": -2.5, "c": 1e-5})),
            ("{u'a': None, u'b': True, u'c': False}", json!({"a": null, "b": true, "c": false})),
            (r#"{'a': "it's", 'b': 'say "x"'}"#, json!({"a": "it's", "b": "say \"x\""})),
            (r"'it\'s \\ \n \t'", json!("it's \\ \n \t")),
            (r"u'caf\xe9 \u20ac \U0001f600'", json!("café € 😀")),
            (r"u'\ud83d\ude00 \ud83dx'", json!("😀 \u{fffd}x")),
            (r"'\0\x01\177\d'", json!("\0\u{1}\u{7f}\\d")),
            ("[[], (1, 2), (1,), 'x']", json!([[], [1, 2], [1], "x"])),
            ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
            ("76561197970982479L", json!(76_561_197_970_982_479_u64)),
            (" { 'a' : 1 , } ", json!({"a": 1})),
        ] {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_an_error() {
        for (text, reason) in [
            ("", "the line ends instead of a value at column 1"),
            ("{'a': 1", "the line ends instead of ',' or '}' at column 8"),
            ("{'a' 1}", "'1' instead of ':' at column 6"),
            ("{'a': 1} x", "'x' instead of the end at column 10"),
            ("{'a': 'b}", "a string is not closed on its line"),
            ("{'a': datetime.now()}", "\"datetime\" is not a supported literal"),
            ("{'a': nan}", "\"nan\" is not a supported literal"),
            ("{1: 2}", "a key that is not a string: 1"),
            ("1-2", "'-' instead of the end at column 2"),
            (r"'\xg1'", "an escape with too few hexadecimal digits"),
        ] {
            let error = value(text).unwrap_err();
            assert_eq!(error, reason, "{text}");
        }
        assert!(value(&"[".repeat(100_000)).unwrap_err().contains("nested more than"));
    }
}
