//! The claims of the literature, each tested by the experiments at hand: `prefsweep claims`.
//!
//! A claim is an entry of the [registry]: the paper's sentence in our words, its source, the comparisons that
//! test it with the direction that it expects, and how they combine. From the `verdict.json` of several
//! reports [results] takes these comparisons, judges them ([outcome]), per experiment and per dataset, and
//! pools the effect over datasets; [page], [tables] and [write] say it. No test is made here: a comparison that
//! no verdict holds is added where all are made, in `verdict/contrasts.rs`.
//!
//! To add a claim, add an entry to `CLAIMS`; the page, its matrix, its figure, JSON and CSV follow.

mod claim;
mod compared;
mod effect;
mod numbers;
mod outcome;
mod page;
mod registry;
mod results;
mod tables;
#[cfg(test)]
mod tests;
mod write;

pub use write::write_claims;
