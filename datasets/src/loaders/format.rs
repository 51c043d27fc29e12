//! The supported formats.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::encoding::Encoding;
use super::table::TableConfig;
use crate::candidate_lists::CandidateLists;

/// The format of a file of interactions; text files may be compressed with gzip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// MovieLens `u.data`: user, item, rating, Unix time, separated by tabs; no header.
    MovielensTab,
    /// MovieLens `ratings.dat`: user, item, rating, Unix time, separated by `::`; no header.
    MovielensDat,
    /// MovieLens `ratings.csv`: a header with userId, movieId, rating and timestamp.
    MovielensCsv,
    /// Amazon ratings of 2014: user,item,rating,timestamp; no header.
    AmazonUserFirst,
    /// Amazon ratings of 2018: item,user,rating,timestamp; no header.
    AmazonItemFirst,
    /// Amazon reviews, one object per line (JSON or a Python literal): reviewerID, asin, overall,
    /// unixReviewTime.
    AmazonJson,
    /// LastFM of HetRec 2011, `user_taggedartists-timestamps.dat`: a header with userID, artistID
    /// and timestamp, separated by tabs. All tags of one user for one artist are one interaction.
    LastfmTags,
    /// Steam reviews, one object per line (JSON or, as published, a Python literal): username,
    /// product_id, date.
    SteamJson,
    /// Goodreads reviews or interactions, one JSON object per line: user_id, book_id, rating,
    /// date_added.
    GoodreadsJson,
    /// RecBole atomic file: a typed header with user_id, item_id and timestamp, separated by tabs.
    Recbole,
    /// One line per user, `user item item …`, oldest item first.
    Sequences,
    /// One line per interaction, `user item`, in chronological order.
    Pairs,
    /// Delimited text with a header that names the columns, or Parquet, which is detected from the
    /// content.
    Table(TableConfig),
    /// Histories with a candidate list each, as released with S-DPO and DynamicPO: a JSON array of
    /// historyList, itemList and trueSelection. `path` is the validation file.
    CandidateLists(CandidateLists),
}

impl Format {
    /// The encoding of the text.
    pub(super) fn encoding(&self) -> Encoding {
        match self {
            Self::Table(config) => config.encoding,
            _ => Encoding::Utf8,
        }
    }

    /// Whether the first line names the columns.
    pub(super) fn has_header(&self) -> bool {
        matches!(self, Self::MovielensCsv | Self::LastfmTags | Self::Recbole | Self::Table(_))
    }
}
