//! What the library promises. One program: each would compile and link the same again.

mod early_stopping;
mod few_users;
mod identity;
mod large;
mod losses;
mod resume;
mod small_world;
mod title_policy;
mod together;
mod validation_loss;
