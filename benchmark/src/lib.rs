//! prefsweep: does preference optimisation help a recommender, and at how many negatives does it
//! start to hurt?
//!
//! The way of the data, a folder for each step: an experiment in YAML ([`experiment`]) is resolved
//! into a plan of runs on a prepared dataset ([`data`]); a sweep ([`sweep`]) gives them to worker
//! processes, which train ([`training`]) with sampled negatives ([`negatives`]), measure
//! ([`evaluation`]) and write an entry of the run store, beside rankings that need no training
//! ([`baselines`]). Runs that were trained elsewhere become entries by [`import`]. The crate
//! `prefsweep-report` reads what lies there.

#[cfg(not(target_pointer_width = "64"))]
compile_error!("prefsweep needs a 64-bit machine");

pub mod baselines;
pub mod data;
pub mod evaluation;
pub mod experiment;
pub mod import;
pub mod negatives;
pub mod sweep;
pub mod training;
