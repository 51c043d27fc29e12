//! Reading interaction files of many forms, with every malformed line accounted for.
//!
//! Each form is one small file that turns a line into interactions ([`Parser`]).

mod amazon;
mod delimited;
mod goodreads;
mod json;
mod lastfm;
mod lines;
mod movielens;
mod pairs;
mod parquet;
mod python;
mod recbole;
mod rows;
mod sequences;
mod steam;
mod table;
mod time;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::candidate_lists::CandidateLists;
use crate::error::{BadRow, DataError, start_of};

pub(crate) use delimited::split_quoted;
pub(crate) use json::object;
use lines::Lines;
pub(crate) use lines::opened;
pub(crate) use rows::Rows;
pub use table::TableConfig;

/// The share of malformed lines past which a file is refused.
pub const MAX_BAD_ROWS_SHARE: f64 = 0.01;

/// How many malformed lines an error shows.
pub(crate) const SHOWN_BAD_ROWS: usize = 5;

/// The form of a file of interactions; those of lines may be compressed with gzip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// MovieLens `u.data`: user, item, rating, unix time, separated by tabs; no header.
    MovielensTab,
    /// MovieLens `ratings.dat`: user, item, rating, unix time, separated by `::`; no header.
    MovielensDat,
    /// MovieLens `ratings.csv`: a header with userId, movieId, rating and timestamp.
    MovielensCsv,
    /// Amazon ratings of 2014: user,item,rating,timestamp; no header.
    AmazonUserFirst,
    /// Amazon ratings of 2018: item,user,rating,timestamp; no header.
    AmazonItemFirst,
    /// Amazon reviews, one object a line (JSON or a Python literal): reviewerID, asin, overall,
    /// unixReviewTime.
    AmazonJson,
    /// LastFM of HetRec 2011, `user_taggedartists-timestamps.dat`: a header with userID, artistID
    /// and timestamp, separated by tabs. A user's tags of an artist are one interaction.
    LastfmTags,
    /// Steam reviews, one object a line (JSON or, as published, a Python literal): username,
    /// product_id, date.
    SteamJson,
    /// Goodreads reviews or interactions, one JSON object a line: user_id, book_id, rating,
    /// date_added.
    GoodreadsJson,
    /// RecBole atomic file: a typed header with user_id, item_id and timestamp, separated by tabs.
    Recbole,
    /// A line per user, `user item item …`, oldest first.
    Sequences,
    /// A line per interaction, `user item`, in time order.
    Pairs,
    /// Separated values with a header that names the columns, or Parquet, which is told by its
    /// content.
    Table(TableConfig),
    /// Histories with a list of candidates each, as S-DPO and DynamicPO release their data: a JSON
    /// array of historyList, itemList and trueSelection. `path` is the file for validation.
    CandidateLists(CandidateLists),
}

impl Format {
    fn has_header(&self) -> bool {
        matches!(self, Self::MovielensCsv | Self::LastfmTags | Self::Recbole | Self::Table(_))
    }

    /// What reads the lines below `header`; or which columns it lacks.
    fn parser(&self, header: &str) -> Result<Box<dyn Parser>, String> {
        Ok(match self {
            Self::MovielensTab => Box::new(movielens::tab()),
            Self::MovielensDat => Box::new(movielens::dat()),
            Self::MovielensCsv => Box::new(movielens::csv(header)?),
            Self::AmazonUserFirst => Box::new(amazon::user_first()),
            Self::AmazonItemFirst => Box::new(amazon::item_first()),
            Self::AmazonJson => Box::new(amazon::Json),
            Self::LastfmTags => Box::new(lastfm::tags(header)?),
            Self::SteamJson => Box::new(steam::Json),
            Self::GoodreadsJson => Box::new(goodreads::Json),
            Self::Recbole => Box::new(recbole::columns(header)?),
            Self::Sequences => Box::new(sequences::Sequences),
            Self::Pairs => Box::new(pairs::Pairs),
            Self::Table(config) => Box::new(table::columns(config, header)?),
            Self::CandidateLists(_) => unreachable!("rows of their own, not interactions"),
        })
    }
}

/// Reads the lines of one form.
trait Parser {
    /// Whether the lines can have ratings.
    fn has_ratings(&self) -> bool;

    /// Whether the lines have times; without them they are in time order.
    fn has_times(&self) -> bool {
        true
    }

    /// Adds the interactions of a line, or none and says what is wrong with it.
    fn parse(&self, line: &str, rows: &mut Rows) -> Result<(), String>;
}

/// What the settings need of a file's rows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Needs {
    /// Ratings, and of these only so high ones.
    pub(crate) min_rating: Option<f64>,
    /// Times that can be compared between users.
    pub(crate) times: bool,
}

/// Reads a file of interactions; with `min_rating` only those rated so high.
///
/// # Errors
/// A file that cannot be read, is not UTF-8, has no rows, a wrong header, no line break at its
/// end, no ratings or times where they are needed, or more than [`MAX_BAD_ROWS_SHARE`] of malformed lines.
pub(crate) fn read(path: &Path, format: &Format, needs: Needs) -> Result<Rows, DataError> {
    if let Format::Table(config) = format
        && is_parquet(path)?
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
    let parser = format.parser(&header).map_err(|needed| DataError::Header {
        path: path.to_owned(),
        found: start_of(&header),
        needed,
    })?;
    needs.check(path, parser.has_ratings(), parser.has_times())?;
    let mut tally = Tally::new(path, needs);
    while let Some((line, text)) = lines.next()? {
        let parsed = parser.parse(text, &mut tally.rows);
        tally.note(line, parsed, || text.to_owned());
    }
    tally.finish()
}

impl Needs {
    fn check(self, path: &Path, has_ratings: bool, has_times: bool) -> Result<(), DataError> {
        let path = path.to_owned();
        if self.min_rating.is_some() && !has_ratings {
            return Err(DataError::NoRatings { path });
        }
        if self.times && !has_times {
            return Err(DataError::NoTimes { path });
        }
        Ok(())
    }
}

fn is_parquet(path: &Path) -> Result<bool, DataError> {
    let mut start = Vec::new();
    let file = File::open(path).map_err(DataError::read(path))?;
    let length = parquet::MAGIC.len() as u64;
    file.take(length).read_to_end(&mut start).map_err(DataError::read(path))?;
    Ok(start == parquet::MAGIC)
}

/// The rows of a file, with an account of the malformed ones.
struct Tally<'a> {
    path: &'a Path,
    rows: Rows,
    read: usize,
    first: Vec<BadRow>,
}

impl<'a> Tally<'a> {
    fn new(path: &'a Path, needs: Needs) -> Self {
        Self { path, rows: Rows::new(needs.min_rating), read: 0, first: Vec::new() }
    }

    /// Counts a line that was, or was not, added to the rows.
    fn note(&mut self, line: usize, parsed: Result<(), String>, text: impl FnOnce() -> String) {
        self.read += 1;
        if let Err(reason) = parsed {
            self.rows.bad += 1;
            if self.first.len() < SHOWN_BAD_ROWS {
                self.first.push(BadRow { line, reason, text: start_of(&text()) });
            }
        }
    }

    /// The rows, unless there are none or too many are malformed.
    fn finish(self) -> Result<Rows, DataError> {
        let path = self.path.to_owned();
        if self.read == 0 {
            return Err(DataError::Empty { path });
        }
        let (bad, rows) = (self.rows.bad, self.read);
        if bad as f64 > MAX_BAD_ROWS_SHARE * rows as f64 {
            return Err(DataError::BadRows { path, bad, rows, first: self.first });
        }
        Ok(self.rows)
    }
}
