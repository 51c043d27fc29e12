//! Reading interaction files row by row, with every malformed row accounted for.

use std::fs;
use std::path::Path;

use crate::error::{BadRow, DataError};

/// The share of malformed rows past which a file is refused.
pub const MAX_BAD_ROWS_SHARE: f64 = 0.01;

/// How many malformed rows an error shows.
const SHOWN_BAD_ROWS: usize = 5;

/// How many characters of a line an error shows.
const SHOWN_CHARACTERS: usize = 60;

/// How the fields of a file are laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    /// Tab-separated user, item, rating, unix time; no header (MovieLens `u.data`).
    UData,
    /// Tab-separated with a typed header that names the columns (RecBole atomic file).
    RecBole,
}

/// The well-formed rows of a file, column by column, in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) users: Vec<String>,
    pub(crate) items: Vec<String>,
    /// Seconds; always finite.
    pub(crate) timestamps: Vec<f64>,
    /// Line in the file, from 1.
    pub(crate) lines: Vec<u32>,
    /// Number of malformed rows.
    pub(crate) bad: usize,
    /// Number of rows, malformed ones included.
    pub(crate) read: usize,
}

/// Which field holds what.
struct Columns {
    count: usize,
    user: usize,
    item: usize,
    timestamp: usize,
}

/// Reads a file of interactions.
///
/// # Errors
/// A file that cannot be read, is not UTF-8, has no rows, a wrong header, no line break at its
/// end, or more than [`MAX_BAD_ROWS_SHARE`] of malformed rows.
pub(crate) fn read_rows(path: &Path, layout: Layout) -> Result<Rows, DataError> {
    let text = read_text(path)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let content = text.trim_end_matches(['\r', '\n']);
    let mut lines =
        content.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).zip(1..);
    if content.is_empty() {
        return Err(DataError::Empty { path: path.to_owned() });
    }
    if !text.ends_with('\n') {
        let (last, line) = lines.last().unwrap_or_default();
        return Err(DataError::Truncated { path: path.to_owned(), line, text: start_of(last) });
    }
    let columns = match layout {
        Layout::UData => Columns { count: 4, user: 0, item: 1, timestamp: 3 },
        Layout::RecBole => {
            let (header, _) = lines.next().unwrap_or_default();
            recbole_columns(path, header)?
        }
    };
    collect_rows(path, &columns, lines)
}

fn read_text(path: &Path) -> Result<String, DataError> {
    let bytes = fs::read(path).map_err(DataError::read(path))?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..valid].iter().filter(|&&byte| byte == b'\n').count();
        DataError::NotUtf8 { path: path.to_owned(), line }
    })
}

/// Finds `user_id`, `item_id` and `timestamp` in a header of `name:type` fields.
fn recbole_columns(path: &Path, header: &str) -> Result<Columns, DataError> {
    let names: Vec<&str> =
        header.split('\t').map(|field| field.split(':').next().unwrap_or(field)).collect();
    let position = |wanted: &str| {
        names.iter().position(|&name| name == wanted).ok_or_else(|| DataError::Header {
            path: path.to_owned(),
            found: start_of(header),
            needed: "user_id, item_id and timestamp, separated by tabs".to_owned(),
        })
    };
    Ok(Columns {
        count: names.len(),
        user: position("user_id")?,
        item: position("item_id")?,
        timestamp: position("timestamp")?,
    })
}

fn collect_rows<'a>(
    path: &Path,
    columns: &Columns,
    lines: impl Iterator<Item = (&'a str, usize)>,
) -> Result<Rows, DataError> {
    let mut rows = Rows::default();
    let mut first = Vec::new();
    for (text, line) in lines {
        rows.read += 1;
        match parse_row(text, columns) {
            Ok((user, item, timestamp)) => {
                rows.users.push(user.to_owned());
                rows.items.push(item.to_owned());
                rows.timestamps.push(timestamp);
                rows.lines.push(line as u32);
            }
            Err(reason) => {
                rows.bad += 1;
                if first.len() < SHOWN_BAD_ROWS {
                    first.push(BadRow { line, reason, text: start_of(text) });
                }
            }
        }
    }
    if rows.read == 0 {
        return Err(DataError::Empty { path: path.to_owned() });
    }
    if rows.bad as f64 > MAX_BAD_ROWS_SHARE * rows.read as f64 {
        return Err(DataError::BadRows {
            path: path.to_owned(),
            bad: rows.bad,
            rows: rows.read,
            first,
        });
    }
    Ok(rows)
}

/// User, item and timestamp of a row, or what is wrong with it.
fn parse_row<'a>(text: &'a str, columns: &Columns) -> Result<(&'a str, &'a str, f64), String> {
    let fields: Vec<&str> = text.split('\t').collect();
    if fields.len() != columns.count {
        return Err(format!("{} fields instead of {}", fields.len(), columns.count));
    }
    let (user, item) = (fields[columns.user], fields[columns.item]);
    if user.trim().is_empty() || item.trim().is_empty() {
        return Err("empty user or item".to_owned());
    }
    match fields[columns.timestamp].parse::<f64>() {
        Ok(timestamp) if timestamp.is_finite() => Ok((user, item, timestamp)),
        _ => Err(format!("timestamp {:?} is not a number", start_of(fields[columns.timestamp]))),
    }
}

fn start_of(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
