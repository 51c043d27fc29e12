//! Titles as tokens: the name of every item, and a vocabulary of word pieces learned from these names.
//!
//! What reads or writes tokens is no concern of this folder.

mod names;
mod pieces;
mod vocabulary;

pub use names::{ItemNames, item_names};
pub use vocabulary::{END, Vocabulary};
