//! prefsweep: does preference optimisation help a recommender, and at how many negatives does it
//! start to hurt?
//!
//! The way of the data, each step in a module of its own: an experiment in YAML ([`config`]) is
//! resolved into trainings ([`plan`]) on a prepared dataset ([`data`]); a sweep ([`sweep`]) runs
//! them in worker processes ([`worker`]), each of which takes a job ([`job`]) through the
//! reference stage ([`mod@reference`]) or the preference stage ([`preference`]) and writes an entry
//! of the store ([`store`]). The crate `prefsweep-report` reads what lies there.

#[cfg(not(any(target_pointer_width = "64")))]
compile_error!("prefsweep needs a 64-bit machine");

pub mod artefacts;
pub mod batches;
pub mod cache;
pub mod config;
pub mod data;
pub mod device;
pub mod diagnostics;
pub mod divergence;
pub mod estimate;
pub mod evaluation;
pub mod gradients;
pub mod index;
pub mod job;
pub mod losses;
mod matrix;
pub mod metrics;
pub mod model;
pub mod negatives;
pub mod optimizer;
pub mod pack;
pub mod packed;
pub mod plan;
pub mod preference;
pub mod provenance;
pub mod reference;
mod registry;
mod simd;
pub mod store;
pub mod sweep;
pub mod timing;
pub mod training;
pub mod truth;
pub mod worker;
