//! DynamicPO: only boundary negatives enter a margin loss, each with a margin strength of its own.
//!
//! Two parts, each of which can be switched off:
//! - *selection*: the boundary set `B` holds the negatives that the policy scores at or above the
//!   positive or, if there is none, the top cluster of a one-dimensional k-means with
//!   `min(3, K)` clusters over the negatives' scores; the easy set `E` is the rest (`B` if empty);
//! - *dual margin*: `beta_b = beta (1 + tanh((d1 - d2 - c) / (|d1| + |d2|)) / 2)` with
//!   `d1 = s(w) - s(b)` and `d2 = s(b) - mean_E s`, without gradient.
//!
//! Published over DMPO; over S-DPO and the other margin losses it is this project's reading.
//!
//! `B` and `beta_b` are discrete or gradient-free functions of the scores: they enter the loss as
//! constants. On the CPU they are computed in double precision, sample by sample; on a GPU as
//! tensors, so that the host need not wait for the scores.

mod boundary;
mod choice;
mod modifier;
mod on_device;

pub use choice::{Margin, Selection};
pub use modifier::DynamicPo;
