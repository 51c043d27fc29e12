//! A policy that writes titles: a causal transformer over the tokens of the titles of a history, which
//! gives the next title token by token. An item's log-probability is the sum over the tokens of its
//! title, its end included, each of them over the whole vocabulary.
//!
//! The transformer is that of [`sasrec`](crate::sasrec), over tokens in place of items; what is here says
//! how items become tokens and back.

mod beam;
mod catalogue;
mod model;
mod part;
mod rank_by;
mod reading;
mod score;
mod settings;
mod trie;
mod whole;
mod write;

pub use beam::beam_recall;
pub use catalogue::Titles;
pub use model::TitlePolicy;
pub use rank_by::RankBy;
pub(crate) use reading::{Reading, Wanted};
pub(crate) use score::{score_catalogue, score_exactly};
pub use score::{score_titles, score_tokens};
pub use settings::TitlesConfig;
pub use write::write_titles;
