//! The parts of a report: each makes blocks and tables of the evidence, and nothing else. [`front`] is the
//! first screen; the sections are the details behind it, each folded under its name.
//!
//! # How to add a section
//!
//! One file and one entry:
//!
//! 1. Write `sections/<topic>.rs` with a unit struct that implements [`Section`]: its name is the
//!    title, [`Section::blocks`] what it opens to, and [`Section::tables`] which tables are
//!    written to files beside the page. Everything that may be shown is in the [`Evidence`]. No blocks
//!    mean no section, so one that does not apply to some data just returns none.
//! 2. Declare the file and add the struct to [`SECTIONS`] where it is to stand on the page.
//!
//! Markdown, HTML, LaTeX, the list of sections beside the page and the files of tables follow by
//! themselves. What may not be here: statistics (they come from `verdict`, which makes the only test of
//! any difference), marks of a format (they come from `page`), and words about another section's
//! numbers.

mod answer;
mod baselines;
mod budgets;
mod cold;
mod cost;
mod divergence;
mod evidence;
mod experts;
mod explanations;
mod few_users;
mod front;
mod gradient;
mod how_to_read;
mod levels;
mod limits;
mod main_table;
mod missing;
mod moved;
mod opening;
mod oracle;
mod outcomes;
mod provenance;
mod reproduce;
mod results;
mod section;
mod titles;
mod tuned;
mod users;
mod verdict;
mod warnings;

pub(crate) use answer::lines as answer;
pub(crate) use evidence::Evidence;
pub(crate) use front::front;
pub(crate) use main_table::table as main_table;
pub(crate) use opening::question;
pub(crate) use results::headline;
pub(crate) use section::Section;
pub(crate) use warnings::warnings;

/// Every section of the details, in the order of the page.
pub(crate) const SECTIONS: &[&dyn Section] = &[
    &warnings::Warnings,
    &verdict::Tests,
    &tuned::TunedSettings,
    &budgets::ComputeMatched,
    &few_users::GainsOfFewUsers,
    &results::Results,
    &baselines::ReferenceAndBaselines,
    &users::PerUserChanges,
    &cold::ColdItems,
    &divergence::KlToReference,
    &gradient::GradientAllocation,
    &moved::ChangeOfProbabilities,
    &oracle::OraclePreference,
    &experts::Experts,
    &titles::Titles,
    &explanations::Explanations,
    &cost::Cost,
    &missing::MissingRuns,
    &how_to_read::HowToRead,
    &provenance::Provenance,
];
