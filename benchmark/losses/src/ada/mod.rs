//! AdaDPO: the pull on the positive of every pair is made as strong as the push on its negative, for any
//! margin loss.
//!
//! With `c_i = min(p(w) / p(i), clip)`, a constant to the gradient, the margins are
//! `x_i = b_i (c_i a(w) - a(i)) - o_i`, and both probabilities of a pair move at the same rate:
//! `|dL/dp(w)| = sum_i |dL/dp(i)|` where nothing is clipped. Where the negative is the likelier one, `c_i`
//! is below 1, and the positive is pulled less than without.
//!
//! AdaDPO (arXiv 2605.28440). The clip of 2 is from a secondary summary; `ratio: relative` and
//! `clip_over: mean` are readings of this project.

mod ada_dpo;
mod modifier;

pub use ada_dpo::AdaDpo;
pub use modifier::Ada;
