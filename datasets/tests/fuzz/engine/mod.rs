//! Damaged inputs, drawn again and again from real ones: what reads them must neither panic, nor take memory without
//! bound, nor write outside its folder.
//!
//! The fuzz tests of all crates share this folder. How long they run:
//!
//! - usually a fixed number of inputs per target, always the same;
//! - with `PREFSWEEP_FUZZ_SECONDS` for so long per target, from the seed `PREFSWEEP_FUZZ_SEED` (any whole number).

mod campaign;
pub(crate) mod memory;
mod mutate;
mod place;
mod random;
mod tokens;

pub(crate) use campaign::fuzz;
pub(crate) use place::Place;
