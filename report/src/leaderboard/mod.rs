//! The leaderboard of several experiments: `prefsweep leaderboard`.
//!
//! From the `verdict.json` of their reports [standings] takes every loss at its largest K beside continued
//! supervised training, by dataset; [page], [tables] and [write] say it. No test is made here but the one of ranks
//! over datasets.

mod page;
mod standings;
mod tables;
mod write;

pub use write::write_leaderboard;
