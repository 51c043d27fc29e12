//! Policies and engines. One program: each would compile and link the same again.

mod gradients;
mod titles;
