//! Real data: what is loaded from the files themselves.
//!
//! Most licences do not allow redistribution, so the files are not in the repository and these tests
//! are ignored by default. `just test-data` runs them on the folder in `PREFSWEEP_DATA_DIR`, or else on
//! `../shared/datasets`, relative to the root of the project. A test that lacks its file fails.
//!
//! The expected numbers come from an independent script, which reads the raw files and follows the
//! steps that the documentation of [`prefsweep_datasets::load`] lists.

mod candidate_lists;
mod features;
mod folder;
mod movielens_100k;
mod movielens_1m;
mod registered;
mod sequences;
mod titles;
