//! Loops on slices of 32-bit floats, and matrix products of 32- and 64-bit floats.
//!
//! What every number-crunching loop of the project is made of, with fixed orders of summation. Nothing
//! here knows what the numbers mean.

mod matrix;
mod simd;

pub use matrix::{By, Matrix, Number, Output, product};
pub use simd::{Block, LANES, add_scaled, dot, log_sum_exp_rows, softmax_rows, sum, vectorised};
pub(crate) use simd::{Left, ROWS, product_rows, softmax};
