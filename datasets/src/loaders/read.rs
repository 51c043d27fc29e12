//! Reading a file in any of the supported formats.

use std::path::Path;

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
/// A file that cannot be read, is not UTF-8, has no rows, a wrong header, no line break at its
/// end, no ratings or times although they are needed, or a larger fraction of malformed lines than
/// [`MAX_BAD_ROWS_SHARE`](crate::MAX_BAD_ROWS_SHARE).
pub(crate) fn read(path: &Path, format: &Format, needs: Needs) -> Result<Rows, DataError> {
    if let Format::Table(config) = format
        && parquet::is_parquet(path)?
    {
        needs.check(path, config.rating.is_some(), config.timestamp.is_some())?;
        return parquet::read(path, config, needs);
    }
    let mut lines = Lines::open(path)?;
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
    let mut tally = Tally::new(path, needs);
    while let Some((line, text)) = lines.next()? {
        let parsed = parser.parse(text, &mut tally.rows);
        tally.count(line, parsed, || text.to_owned());
    }
    tally.finish()
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
