//! From files to prepared data. One program: each would compile and link the same again.

mod candidate_lists;
mod candidates;
mod features;
mod loaders;
mod movielens;
mod preprocessing;
mod store;
mod synthetic;
