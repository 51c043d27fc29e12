//! Titles of items, where the source has a file of them beside its interactions.
//!
//! Titles are for people: a line that cannot be read as one is left out, and an item without a line
//! has none. Files that are not UTF-8 are read as Latin-1, in which MovieLens is written.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::DataError;
use crate::loaders::{Format, object, opened, split_quoted};

/// How a file of titles is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// MovieLens `u.item`: id|title|…
    Bars,
    /// MovieLens `movies.dat`: id::title::…
    Colons,
    /// MovieLens `movies.csv`: id,title,…, a title with a comma in quotes.
    Csv,
    /// HetRec's `artists.dat`: id, name and addresses between tabs.
    Tabs,
    /// Amazon's metadata: an object a line with asin and title.
    Amazon,
}

/// Where the titles that belong to a file of interactions are, if they are there.
pub(crate) fn beside(path: &Path, format: &Format) -> Option<PathBuf> {
    located(path, format).map(|(path, _)| path)
}

fn located(path: &Path, format: &Format) -> Option<(PathBuf, Form)> {
    let (names, form) = match format {
        Format::MovielensTab => (vec!["u.item".to_owned()], Form::Bars),
        Format::MovielensDat => (vec!["movies.dat".to_owned()], Form::Colons),
        Format::MovielensCsv => (vec!["movies.csv".to_owned()], Form::Csv),
        Format::LastfmTags => (vec!["artists.dat".to_owned()], Form::Tabs),
        Format::AmazonUserFirst | Format::AmazonItemFirst | Format::AmazonJson => {
            let category = category(path.file_name()?.to_str()?);
            let name = |ending| format!("meta_{category}.json{ending}");
            (vec![name(""), name(".gz")], Form::Amazon)
        }
        _ => return None,
    };
    let places = names.into_iter().map(|name| path.with_file_name(name));
    Some((places.into_iter().find(|place| place.is_file())?, form))
}

/// `Beauty` of `ratings_Beauty.csv`, `Beauty.csv` or `reviews_Beauty_5.json.gz`.
fn category(name: &str) -> &str {
    let stem = name.split('.').next().unwrap_or(name);
    let stem = stem.strip_prefix("ratings_").or(stem.strip_prefix("reviews_")).unwrap_or(stem);
    stem.strip_suffix("_5").unwrap_or(stem)
}

/// The titles of the items, from the file beside their interactions; None without one.
pub(crate) fn titles(
    path: &Path,
    format: &Format,
    item_ids: &[String],
) -> Result<Option<Vec<Option<String>>>, DataError> {
    let Some((path, form)) = located(path, format) else { return Ok(None) };
    let places: HashMap<&str, usize> =
        item_ids.iter().enumerate().map(|(place, id)| (id.as_str(), place)).collect();
    let mut titles = vec![None; item_ids.len()];
    let mut reader = opened(&path)?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line).map_err(DataError::read(&path))? == 0 {
            return Ok(Some(titles));
        }
        let text = decoded(line.trim_ascii_end());
        if let Some((id, title)) = form.parse(&text)
            && let Some(&place) = places.get(id.trim())
            && !title.trim().is_empty()
        {
            titles[place] = Some(title.trim().to_owned());
        }
    }
}

fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().copied().map(char::from).collect::<String>().into(),
    }
}

impl Form {
    /// Id and title of a line.
    fn parse(self, line: &str) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
        #[derive(Deserialize)]
        struct Product {
            asin: String,
            title: String,
        }
        let mut fields = match self {
            Self::Amazon => {
                let Product { asin, title } = object(line).ok()?;
                return Some((asin.into(), title.into()));
            }
            Self::Csv => split_quoted(line, ",").ok()?.into_iter(),
            Self::Bars => split(line, "|"),
            Self::Colons => split(line, "::"),
            Self::Tabs => split(line, "\t"),
        };
        Some((fields.next()?, fields.next()?))
    }
}

fn split<'a>(line: &'a str, separator: &str) -> std::vec::IntoIter<Cow<'a, str>> {
    line.split(separator).map(Cow::Borrowed).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_form() {
        for (form, line, expected) in [
            (Form::Bars, "1|Toy Story (1995)|01-Jan-1995||", ("1", "Toy Story (1995)")),
            (Form::Colons, "2::Jumanji (1995)::Adventure", ("2", "Jumanji (1995)")),
            (
                Form::Csv,
                "11,\"American President, The (1995)\",Comedy",
                ("11", "American President, The (1995)"),
            ),
            (Form::Tabs, "7\tMarilyn Manson\thttp://x", ("7", "Marilyn Manson")),
            (Form::Amazon, "{'asin': 'B1', 'title': \"it's\"}", ("B1", "it's")),
            (Form::Amazon, "{\"asin\": \"B1\", \"title\": \"a\", \"price\": 1}", ("B1", "a")),
        ] {
            let (id, title) = form.parse(line).unwrap();
            assert_eq!((&*id, &*title), expected, "{line}");
        }
        assert_eq!(Form::Amazon.parse("{'asin': 'B1'}"), None);
        assert_eq!(Form::Bars.parse("1"), None);
    }

    #[test]
    fn categories_of_amazon() {
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
