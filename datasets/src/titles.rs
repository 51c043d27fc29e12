//! Titles of items, and genres where they stand beside them, where the source has a file of them next to its
//! interactions.
//!
//! An item without a line has no title. In publishers' files a line that cannot be parsed is skipped, as many of
//! Amazon's products have no title; a table of one's own has none, and no item twice. Files that are not UTF-8 are read
//! as Latin-1, the encoding of MovieLens.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{DataError, start_of};
use crate::features::{Labels, flagged, listed};
use crate::loaders::{Format, json_object, open, split_quoted};

/// A file of item titles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TitleFile {
    /// Its name, in the folder of the interactions.
    pub file: String,
    /// Its format.
    pub format: TitleFormat,
}

/// The format of a file of titles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TitleFormat {
    /// MovieLens `u.item`: `id|title|…`.
    MovielensTab,
    /// MovieLens `movies.dat`: `id::title::genres`.
    MovielensDat,
    /// MovieLens `movies.csv`: `id,title,genres`, titles with a comma in double quotes.
    MovielensCsv,
    /// HetRec `artists.dat`: id, name and addresses, separated by tabs.
    LastfmArtists,
    /// Amazon metadata: one object per line with `asin` and `title`.
    AmazonJson,
    /// Fields separated by tabs, without quoting; a header names the columns, among them `id` and
    /// `title`.
    Tsv,
}

/// The file of titles that belongs to a file of interactions, if it exists.
///
/// It is the `named` one, or else the one that the publisher of this format distributes.
pub(crate) fn title_file(
    interactions: &Path,
    format: &Format,
    named: Option<&TitleFile>,
) -> Option<PathBuf> {
    located(interactions, format, named).map(|(path, _)| path)
}

/// What a file of titles says of the items.
pub(crate) struct Described {
    /// Shape `[n_items]`.
    pub(crate) titles: Vec<Option<String>>,
    /// None where no item has any.
    pub(crate) genres: Option<Labels>,
}

/// The titles of the items; None without a file of titles.
///
/// # Errors
/// A file that cannot be read, or whose header lacks the required columns; of tables with a header a line with
/// another number of columns, and a second line of an item.
pub(crate) fn read_titles(
    interactions: &Path,
    format: &Format,
    named: Option<&TitleFile>,
    item_ids: &[String],
) -> Result<Option<Described>, DataError> {
    let Some((path, format)) = located(interactions, format, named) else { return Ok(None) };
    let items: HashMap<&str, usize> =
        item_ids.iter().enumerate().map(|(item, id)| (id.as_str(), item)).collect();
    let mut titles = vec![None; item_ids.len()];
    let mut genres = vec![Vec::new(); item_ids.len()];
    let mut reader = open(&path)?;
    let mut next = |line: &mut Vec<u8>| {
        line.clear();
        reader.read_until(b'\n', line).map(|read| read > 0).map_err(DataError::read(&path))
    };
    let mut line = Vec::new();
    let mut number = 0;
    let mut lines_of: HashMap<usize, usize> = HashMap::new();
    let mut columns = format.columns();
    // Of a table with a header.
    let mut width = 0;
    if format == TitleFormat::Tsv && next(&mut line)? {
        let header = decoded(without_end(&line));
        columns = Columns::of(&header).ok_or_else(|| DataError::Header {
            path: path.clone(),
            found: start_of(&header),
            needed: "id and title, separated by tabs".to_owned(),
        })?;
        width = header.split('\t').count();
        number = 1;
    }
    while next(&mut line)? {
        number += 1;
        let text = decoded(without_end(&line));
        let refuse =
            |reason| Err(DataError::FeatureLine { path: path.clone(), line: number, reason });
        let fields = format.fields(&text).unwrap_or_default();
        if format == TitleFormat::Tsv && fields.len() != width && !text.trim().is_empty() {
            let found = start_of(&text);
            return refuse(format!(
                "found {found:?}, allowed the {width} columns of the header, separated by tabs"
            ));
        }
        let Some((id, title)) = columns.id_and_title(&fields) else { continue };
        let Some(&item) = items.get(id.trim()) else { continue };
        if let Some(before) = lines_of.insert(item, number)
            && format == TitleFormat::Tsv
        {
            return refuse(format!("a second line of item {:?}, after line {before}", id.trim()));
        }
        if !title.trim().is_empty() {
            titles[item] = Some(title.trim().to_owned());
        }
        genres[item] = format.genres(&fields, columns);
    }
    let genres = Labels::new(&genres);
    Ok(Some(Described { titles, genres: (!genres.names.is_empty()).then_some(genres) }))
}

fn located(
    interactions: &Path,
    format: &Format,
    named: Option<&TitleFile>,
) -> Option<(PathBuf, TitleFormat)> {
    let (names, format) = match (named, format) {
        (Some(named), _) => (vec![named.file.clone()], named.format),
        (None, Format::MovielensTab) => (vec!["u.item".to_owned()], TitleFormat::MovielensTab),
        (None, Format::MovielensDat) => (vec!["movies.dat".to_owned()], TitleFormat::MovielensDat),
        (None, Format::MovielensCsv) => (vec!["movies.csv".to_owned()], TitleFormat::MovielensCsv),
        (None, Format::LastfmTags) => (vec!["artists.dat".to_owned()], TitleFormat::LastfmArtists),
        (None, Format::AmazonUserFirst | Format::AmazonItemFirst | Format::AmazonJson) => {
            let category = category(interactions.file_name()?.to_str()?);
            let name = |extension| format!("meta_{category}.json{extension}");
            (vec![name(""), name(".gz")], TitleFormat::AmazonJson)
        }
        _ => return None,
    };
    let paths = names.into_iter().map(|name| interactions.with_file_name(name));
    Some((paths.into_iter().find(|path| path.is_file())?, format))
}

/// `Beauty` of `ratings_Beauty.csv`, `Beauty.csv` or `reviews_Beauty_5.json.gz`.
fn category(name: &str) -> &str {
    let stem = name.split('.').next().unwrap_or(name);
    let stem = stem.strip_prefix("ratings_").or(stem.strip_prefix("reviews_")).unwrap_or(stem);
    stem.strip_suffix("_5").unwrap_or(stem)
}

/// A line without its end; a tab before it is an empty title.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().copied().map(char::from).collect::<String>().into(),
    }
}

/// Which field of a line is which.
#[derive(Clone, Copy)]
struct Columns {
    id: usize,
    title: usize,
    /// Of a list of genres.
    genres: Option<usize>,
}

impl Columns {
    /// The columns that a header names.
    fn of(header: &str) -> Option<Self> {
        let position = |wanted| header.split('\t').position(|name| name == wanted);
        Some(Self { id: position("id")?, title: position("title")?, genres: position("genres") })
    }

    fn id_and_title<'a>(self, fields: &'a [Cow<'_, str>]) -> Option<(&'a str, &'a str)> {
        Some((fields.get(self.id)?, fields.get(self.title)?))
    }
}

impl TitleFormat {
    /// The columns without a header.
    fn columns(self) -> Columns {
        let listed = matches!(self, Self::MovielensDat | Self::MovielensCsv);
        Columns { id: 0, title: 1, genres: listed.then_some(2) }
    }

    /// The fields of a line.
    fn fields(self, line: &str) -> Option<Vec<Cow<'_, str>>> {
        #[derive(Deserialize)]
        struct Product {
            asin: String,
            title: String,
        }
        Some(match self {
            Self::AmazonJson => {
                let Product { asin, title } = json_object(line).ok()?;
                vec![asin.into(), title.into()]
            }
            Self::MovielensCsv => split_quoted(line, ",").ok()?,
            Self::MovielensTab => split(line, "|"),
            Self::MovielensDat => split(line, "::"),
            Self::LastfmArtists | Self::Tsv => split(line, "\t"),
        })
    }

    /// The genres of a line.
    fn genres(self, fields: &[Cow<'_, str>], columns: Columns) -> Vec<String> {
        match columns.genres.and_then(|genres| fields.get(genres)) {
            Some(genres) => listed(genres),
            None if self == Self::MovielensTab => flagged(fields),
            None => Vec::new(),
        }
    }
}

fn split<'a>(line: &'a str, separator: &str) -> Vec<Cow<'a, str>> {
    line.split(separator).map(Cow::Borrowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_format() {
        use TitleFormat::{
            AmazonJson, LastfmArtists, MovielensCsv, MovielensDat, MovielensTab, Tsv,
        };
        for (format, line, expected) in [
            (MovielensTab, "1|Toy Story (1995)|01-Jan-1995||", ("1", "Toy Story (1995)")),
            (MovielensDat, "2::Jumanji (1995)::Adventure", ("2", "Jumanji (1995)")),
            (
                MovielensCsv,
                "11,\"American President, The (1995)\",Comedy",
                ("11", "American President, The (1995)"),
            ),
            (LastfmArtists, "7\tMarilyn Manson\thttp://x", ("7", "Marilyn Manson")),
            (AmazonJson, "{'asin': 'B1', 'title': \"it's\"}", ("B1", "it's")),
            (AmazonJson, "{\"asin\": \"B1\", \"title\": \"a\", \"price\": 1}", ("B1", "a")),
            (Tsv, "7\tLee \"Scratch\" Perry", ("7", "Lee \"Scratch\" Perry")),
        ] {
            let fields = format.fields(line).unwrap();
            assert_eq!(format.columns().id_and_title(&fields), Some(expected), "{line}");
        }
        assert_eq!(AmazonJson.fields("{'asin': 'B1'}"), None);
        let fields = MovielensTab.fields("1").unwrap();
        assert_eq!(MovielensTab.columns().id_and_title(&fields), None);
    }

    #[test]
    fn headers_name_the_columns() {
        let columns = Columns::of("asin\tid\tgenres\ttitle").unwrap();
        let fields = TitleFormat::Tsv.fields("B1\t7\tComedy|War\tCaddyshack").unwrap();
        assert_eq!(columns.id_and_title(&fields), Some(("7", "Caddyshack")));
        assert_eq!(TitleFormat::Tsv.genres(&fields, columns), ["Comedy", "War"]);
        assert!(Columns::of("id\tname").is_none());
        assert!(Columns::of("1\tCaddyshack").is_none());
    }

    #[test]
    fn genres_stand_where_the_format_has_them() {
        for (format, line, expected) in [
            (
                TitleFormat::MovielensDat,
                "2::Jumanji (1995)::Adventure|Fantasy",
                &["Adventure", "Fantasy"][..],
            ),
            (TitleFormat::MovielensCsv, "2,\"Jumanji, or (1995)\",Adventure", &["Adventure"]),
            (TitleFormat::LastfmArtists, "7\tMarilyn Manson\tmetal", &[]),
        ] {
            let fields = format.fields(line).unwrap();
            assert_eq!(format.genres(&fields, format.columns()), expected, "{line}");
        }
    }

    #[test]
    fn amazon_categories() {
        let names =
            ["ratings_Beauty.csv", "Beauty.csv", "reviews_Beauty_5.json.gz", "Beauty_5.json"];
        assert_eq!(names.map(category), ["Beauty"; 4]);
    }

    #[test]
    fn latin_1_is_read() {
        assert_eq!(decoded(b"Mis\xe9rables"), "Misérables");
        assert_eq!(decoded("Misérables".as_bytes()), "Misérables");
    }
}
