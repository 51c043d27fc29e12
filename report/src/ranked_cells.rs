//! The test ranks of all runs of an experiment, from its results or from the compact file that
//! `prefsweep export` writes.

mod cells;
mod compact;
mod labelled;
mod load;
mod rows;

pub(crate) use cells::{RankedCell, RankedCells};
pub(crate) use compact::write;
pub(crate) use load::load;
