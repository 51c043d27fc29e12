//! Margin losses: one contract, one form on tensors and one closed form for all of them.
//!
//! `x_i = b_i (c_i a(w) - a(i)) - o_i` for the negatives `i` in a set `B`. By default `B` holds all
//! negatives, `b_i = beta`, `c_i = 1` and `o_i = 0`. `a` is what the loss compares, and an aggregation
//! makes one number of the margins `x_i`. With `u_i = -dL/dx_i`, the weight of a negative is
//! `b_i u_i a'(i)` and that of the positive `a'(w) sum_i b_i c_i u_i`, plus that of a likelihood term.
//! Weights may be negative, and the positive's need not be the sum of the negatives'.
//!
//! Nothing here knows a loss by name.

mod balance;
mod closed;
mod compared;
mod contract;
mod form;
mod numbers;
mod offset;
mod penalty;
mod raised;
mod tensors;

pub use balance::{Balance, ClipOver, Effect, Ratio};
pub use compared::Compared;
pub use contract::{Aggregation, Choose, Chosen, ChosenTensors, MarginForm, MarginLoss};
pub use offset::Offset;
pub use penalty::Penalty;
