//! Delimited text: lines of fields between separators.

use std::borrow::Cow;

use super::parser::Parser;
use super::rows::{Rows, TimeForm};
use super::time;
use crate::error::start_of;

/// Which field of a line is which.
pub(super) struct Columns {
    pub(super) separator: Cow<'static, str>,
    /// Whether fields may be in double quotes.
    pub(super) quoted: bool,
    /// Number of fields.
    pub(super) count: usize,
    pub(super) user: usize,
    pub(super) item: usize,
    /// None where the lines are in chronological order.
    pub(super) timestamp: Option<usize>,
    pub(super) rating: Option<usize>,
}

/// The names of the columns in a header.
pub(super) struct Names<'a> {
    pub(super) user: &'a str,
    pub(super) item: &'a str,
    pub(super) timestamp: Option<&'a str>,
    pub(super) rating: Option<&'a str>,
}

impl Columns {
    /// Finds the named columns in a header; a missing rating is an error only if `rating_needed`.
    pub(super) fn find(
        header: &str,
        separator: Cow<'static, str>,
        quoted: bool,
        rating_needed: bool,
        names: &Names<'_>,
    ) -> Result<Self, String> {
        let fields =
            if quoted { split_quoted(header, &separator) } else { Ok(split(header, &separator)) };
        let position = |wanted: &str| {
            let fields = fields.as_ref().ok()?;
            fields.iter().position(|field| field.trim() == wanted)
        };
        let twice = |wanted: &str| {
            let fields = fields.as_ref().ok()?;
            let mut places = (1..).zip(fields).filter(|(_, field)| field.trim() == wanted);
            let (first, second) = (places.next()?.0, places.next()?.0);
            Some(format!(", each once: {wanted} is in columns {first} and {second}"))
        };
        let needed = || {
            let mut needed = vec![names.user, names.item];
            needed.extend(names.timestamp);
            needed.extend(names.rating.filter(|_| rating_needed));
            let last = needed.pop().unwrap_or_default();
            let separator = match &*separator {
                "\t" => "tabs".to_owned(),
                "," => "commas".to_owned(),
                other => format!("{other:?}"),
            };
            format!("{} and {last}, separated by {separator}", needed.join(", "))
        };
        let all = [Some(names.user), Some(names.item), names.timestamp, names.rating];
        if let Some(twice) = all.into_iter().flatten().find_map(twice) {
            return Err(format!("{}{twice}", needed()));
        }
        let found = |name: &str| position(name).ok_or_else(needed);
        Ok(Self {
            count: fields.as_ref().map_or(0, Vec::len),
            user: found(names.user)?,
            item: found(names.item)?,
            timestamp: names.timestamp.map(found).transpose()?,
            rating: match names.rating {
                Some(name) if rating_needed => Some(found(name)?),
                Some(name) => position(name),
                None => None,
            },
            separator,
            quoted,
        })
    }
}

impl Parser for Columns {
    fn has_ratings(&self) -> bool {
        self.rating.is_some()
    }

    fn has_times(&self) -> bool {
        self.timestamp.is_some()
    }

    fn is_open(&self, text: &str) -> bool {
        let open = |error: &String| error == NOT_CLOSED;
        self.quoted && split_quoted(text, &self.separator).as_ref().is_err_and(open)
    }

    fn parse(&self, line: &str, rows: &mut Rows) -> Result<(), String> {
        let fields = if self.quoted {
            split_quoted(line, &self.separator)?
        } else {
            split(line, &self.separator)
        };
        if fields.len() != self.count {
            return Err(format!("{} fields instead of {}", fields.len(), self.count));
        }
        let (timestamp, form) = match self.timestamp {
            Some(index) => {
                let (time, form) = point_in_time(&fields[index])?;
                rows.check_time(form, &fields[index])?;
                (time, Some(form))
            }
            None => (0.0, None),
        };
        let rating = match self.rating {
            Some(index) if rows.needs_ratings() => Some(number("rating", &fields[index])?),
            _ => None,
        };
        rows.push(&fields[self.user], &fields[self.item], timestamp, rating)?;
        rows.keep_time_form(form);
        Ok(())
    }
}

fn point_in_time(field: &str) -> Result<(f64, TimeForm), String> {
    if let Ok(number) = number("timestamp", field) {
        return Ok((number, TimeForm::Number));
    }
    time::iso(field.trim()).map(|time| (time, TimeForm::Date)).ok_or_else(|| {
        format!(
            "timestamp {:?} is not a number or of the form 2017-12-31 or 2017-12-31T23:59:59Z",
            start_of(field)
        )
    })
}

fn number(what: &str, field: &str) -> Result<f64, String> {
    match field.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(format!("{what} {:?} is not a number", start_of(field))),
    }
}

fn split<'a>(line: &'a str, separator: &str) -> Vec<Cow<'a, str>> {
    line.split(separator).map(Cow::Borrowed).collect()
}

/// A field in quotes may hold line breaks, so that this may mean that the record goes on.
const NOT_CLOSED: &str = "a quote is not closed";

/// Splits a record whose fields may be in double quotes, a quote inside being doubled (RFC 4180).
pub(crate) fn split_quoted<'a>(
    line: &'a str,
    separator: &str,
) -> Result<Vec<Cow<'a, str>>, String> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let Some(mut quoted) = rest.strip_prefix('"') else {
            match rest.split_once(separator) {
                Some((field, after)) => {
                    fields.push(Cow::Borrowed(field));
                    rest = after;
                    continue;
                }
                None => {
                    fields.push(Cow::Borrowed(rest));
                    return Ok(fields);
                }
            }
        };
        let mut field = String::new();
        let after = loop {
            let Some((part, after)) = quoted.split_once('"') else {
                return Err(NOT_CLOSED.to_owned());
            };
            field.push_str(part);
            match after.strip_prefix('"') {
                Some(more) => {
                    field.push('"');
                    quoted = more;
                }
                None => break after,
            }
        };
        fields.push(Cow::Owned(field));
        if after.is_empty() {
            return Ok(fields);
        }
        rest = after
            .strip_prefix(separator)
            .ok_or_else(|| "text follows a closing quote".to_owned())?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_protect_separators_and_quotes() {
        let split = |line| split_quoted(line, ",").unwrap();
        assert_eq!(split("a,b,,c"), ["a", "b", "", "c"]);
        assert_eq!(split(r#""a,b",c,"#), ["a,b", "c", ""]);
        assert_eq!(split(r##""say ""x""","""##), [r#"say "x""#, ""]);
        assert_eq!(split(r#"5" disk,b"#), [r#"5" disk"#, "b"]);
        assert!(split_quoted(r#""a,b"#, ",").unwrap_err().contains("not closed"));
        assert!(split_quoted(r#""a"b,c"#, ",").unwrap_err().contains("follows"));
    }
}
