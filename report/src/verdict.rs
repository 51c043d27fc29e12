//! The collapse verdict: does test ranking get worse with more negatives while training loss falls?
//!
//! What is compared with what is chosen on the validation split; everything claimed is measured on
//! the test split, per user and seed. `docs/statistics.md` gives the rules and how often they err.

mod budgets;
mod change;
mod claims;
mod compare;
mod contrasts;
mod decide;
mod evidence;
mod few_users;
#[cfg(test)]
pub(crate) mod fixtures;
mod loss_verdict;
mod measured;
mod over_training;
mod phrases;
mod question;
mod reach;
mod rules;
#[cfg(test)]
mod simulation;
mod times;
mod tuned;
mod verdicts;

pub use budgets::{BudgetClaim, BudgetFamilies, Budgets, Checkpoint, LongerTraining};
pub use change::Change;
pub use claims::{Claim, ClaimFamilies};
pub use compare::Difference;
pub use contrasts::{Contrast, ContrastFamilies, Contrasts};
pub use decide::Families;
pub use few_users::{FewUsers, Gain};
pub use loss_verdict::{AtK, AtStep, Equivalence, LossVerdict, OverTraining, Verdict};
pub use measured::{Measured, Quantity};
pub use question::{Question, Setting};
pub use rules::Rules;
pub use times::{LossTime, TIMES_FILE, TIMES_FORMAT, Times};
pub use tuned::{Tuned, TunedCell, TunedClaim, TunedFamilies};
pub use verdicts::{VERDICT_FILE, VERDICT_FORMAT, Verdicts};

pub(crate) use compare::{User, UserValues, compare, correct};
pub(crate) use few_users::Place;
pub(crate) use phrases::with_interval;
pub(crate) use question::CONTROL;
pub(crate) use reach::reach;
pub(crate) use times::{add as add_times, set_apart as set_times_apart};
