//! Names of the datasets.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The datasets that can be named in an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum DatasetName {
    /// Generated data with a known true preference.
    #[serde(rename = "synthetic")]
    Synthetic,
    /// MovieLens 100K.
    #[serde(rename = "ml-100k")]
    Ml100k,
    /// MovieLens 1M.
    #[serde(rename = "ml-1m")]
    Ml1m,
    /// Amazon reviews, Beauty.
    #[serde(rename = "amazon-beauty")]
    AmazonBeauty,
    /// Amazon reviews, Video Games.
    #[serde(rename = "amazon-video-games")]
    AmazonVideoGames,
    /// Amazon reviews, Movies and TV.
    #[serde(rename = "amazon-movies-tv")]
    AmazonMoviesTv,
    /// LastFM (HetRec 2011).
    #[serde(rename = "lastfm")]
    Lastfm,
    /// LastFM (HetRec 2011) as released with S-DPO: histories with 20 candidates.
    #[serde(rename = "lastfm-s-dpo")]
    LastfmSDpo,
    /// Steam reviews.
    #[serde(rename = "steam")]
    Steam,
    /// Goodreads reviews or interactions.
    #[serde(rename = "goodreads")]
    Goodreads,
    /// A file of your own, given under `file`.
    #[serde(rename = "file")]
    File,
}

macro_rules! registry {
    ($($variant:ident: $name:literal,)*) => {
        impl DatasetName {
            /// Every dataset, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name as written in an experiment.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The text of its manifest.
            pub(super) fn manifest_text(self) -> &'static str {
                match self {
                    $(Self::$variant => {
                        include_str!(concat!("../../manifests/", $name, ".yaml"))
                    })*
                }
            }
        }
    };
}

registry! {
    Synthetic: "synthetic",
    Ml100k: "ml-100k",
    Ml1m: "ml-1m",
    AmazonBeauty: "amazon-beauty",
    AmazonVideoGames: "amazon-video-games",
    AmazonMoviesTv: "amazon-movies-tv",
    Lastfm: "lastfm",
    LastfmSDpo: "lastfm-s-dpo",
    Steam: "steam",
    Goodreads: "goodreads",
    File: "file",
}

impl fmt::Display for DatasetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
