//! Reading a file in any of the supported formats.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::path::Path;

use prefsweep_parquet::is_parquet;

use super::format::Format;
use super::lines::Lines;
use super::needs::Needs;
use super::parser::Parser;
use super::rows::Rows;
use super::tally::Tally;
use super::{
    amazon, goodreads, lastfm, movielens, pairs, parquet, recbole, sequences, steam, table,
};
use crate::error::{DataError, start_of};

/// Reads a file of interactions; with `min_rating` only those rated at least that high.
///
/// # Errors
/// A file that cannot be read, is not text of its encoding, has no rows, a wrong header, no ratings or times although
/// they are needed, or a larger fraction of malformed lines than
/// [`MAX_BAD_ROWS_SHARE`](crate::MAX_BAD_ROWS_SHARE).
pub(crate) fn read(path: &Path, format: &Format, needs: Needs) -> Result<Rows, DataError> {
    if let Format::Table(config) = format
        && is_parquet(path).map_err(DataError::read(path))?
    {
        needs.check(path, config.rating.is_some(), config.timestamp.is_some())?;
        return parquet::read(path, config, needs);
    }
    let mut lines = Lines::open(path, format.encoding())?;
    let header = if format.has_header() {
        let first = lines.next()?.map(|(_, text)| text.to_owned());
        first.ok_or_else(|| DataError::Empty { path: path.to_owned() })?
    } else {
        String::new()
    };
    let parser = parser(format, &header).map_err(|needed| DataError::Header {
        path: path.to_owned(),
        found: start_of(&header),
        needed,
    })?;
    needs.check(path, parser.has_ratings(), parser.has_times())?;
    let mut tally = Tally::new(path, "line", needs);
    // Lines that were read ahead, and turned out to be records of their own.
    let mut ahead: VecDeque<(usize, String)> = VecDeque::new();
    loop {
        let (line, text) = match ahead.pop_front() {
            Some((line, text)) => (line, Cow::Owned(text)),
            None => match lines.next()? {
                Some((line, text)) => (line, Cow::Borrowed(text)),
                None => return tally.finish(),
            },
        };
        let mut parsed = parser.parse(&text, &mut tally.rows);
        if parsed.is_err() && parser.is_open(&text) {
            let text = text.into_owned();
            let whole = whole_record(parser.as_ref(), &text, &mut ahead, &mut lines)?;
            if let Some((whole, more)) = whole
                && !are_records(parser.as_ref(), ahead.iter().take(more), needs)
                && parser.parse(&whole, &mut tally.rows).is_ok()
            {
                ahead.drain(..more);
                parsed = Ok(());
            }
            tally.count(line, parsed, || text);
        } else {
            tally.count(line, parsed, || text.into_owned());
        }
    }
}

/// Whether lines are records by themselves, with times, so that a quote which takes them in was not meant as one.
fn are_records<'a>(
    parser: &dyn Parser,
    mut lines: impl Iterator<Item = &'a (usize, String)>,
    needs: Needs,
) -> bool {
    let mut aside = Rows::new(needs.min_rating);
    parser.has_times() && lines.all(|(_, line)| parser.parse(line, &mut aside).is_ok())
}

/// So many lines at most make one record; a quote that is open for longer was not meant as one.
const MOST_LINES: usize = 100;

/// The record that begins with an open line, and how many lines `ahead` it takes; none where it does not end
/// soon. What is read for it is left in `ahead`.
fn whole_record(
    parser: &dyn Parser,
    first: &str,
    ahead: &mut VecDeque<(usize, String)>,
    lines: &mut Lines<'_>,
) -> Result<Option<(String, usize)>, DataError> {
    let mut whole = first.to_owned();
    for taken in 0..MOST_LINES {
        if taken == ahead.len() {
            match lines.next()? {
                Some((line, text)) => ahead.push_back((line, text.to_owned())),
                None => return Ok(None),
            }
        }
        whole.push('\n');
        whole.push_str(&ahead[taken].1);
        if !parser.is_open(&whole) {
            return Ok(Some((whole, taken + 1)));
        }
    }
    Ok(None)
}

/// The parser of the lines below `header`, or the columns that the header must have.
fn parser(format: &Format, header: &str) -> Result<Box<dyn Parser>, String> {
    Ok(match format {
        Format::MovielensTab => Box::new(movielens::tab()),
        Format::MovielensDat => Box::new(movielens::dat()),
        Format::MovielensCsv => Box::new(movielens::csv(header)?),
        Format::AmazonUserFirst => Box::new(amazon::user_first()),
        Format::AmazonItemFirst => Box::new(amazon::item_first()),
        Format::AmazonJson => Box::new(amazon::Json),
        Format::LastfmTags => Box::new(lastfm::tags(header)?),
        Format::SteamJson => Box::new(steam::Json),
        Format::GoodreadsJson => Box::new(goodreads::Json),
        Format::Recbole => Box::new(recbole::columns(header)?),
        Format::Sequences => Box::new(sequences::Sequences),
        Format::Pairs => Box::new(pairs::Pairs),
        Format::Table(config) => Box::new(table::columns(config, header)?),
        Format::CandidateLists(_) => unreachable!("loaded by candidate_lists"),
    })
}
