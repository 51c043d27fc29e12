//! Progress over runs and steps, with the time left: bars on a terminal, lines elsewhere, JSON for programs.

mod bars;
mod display;
mod json;
mod tally;

pub(crate) use display::Display;
