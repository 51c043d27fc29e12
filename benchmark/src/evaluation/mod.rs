//! What is measured: ranks of held-out items, recommended lists, metrics, gradient diagnostics, and
//! the divergence from the reference.
//!
//! Nothing here changes a weight. To add a metric, see `metrics/mod.rs`.

mod baseline;
mod competitors;
mod diagnostics;
mod divergence;
mod expert_use;
mod explained;
mod lists;
mod log_sum;
pub mod metrics;
mod moved;
mod protocol;
mod ranks;
mod recommend;
mod sample;
mod settings;
mod shown;
mod strengths;
mod written;

pub use baseline::Baseline;
pub use competitors::{Competitors, Rank};
pub use diagnostics::{Diagnostics, StepScores, Summary};
pub use divergence::{Divergence, PolicyShift, ShiftSum};
pub use expert_use::{BlockUse, ExpertUse, ReferenceRoutes};
pub(crate) use explained::explain;
pub use explained::{Deletion, Explained};
pub use lists::TopLists;
pub use moved::{Moved, Probabilities};
pub use protocol::Protocol;
pub(crate) use ranks::recent;
pub use ranks::{
    Beside, Ranked, Ranks, Watcher, policy_scores, rank_by_truth, rank_policy, rank_scores,
    rank_split, validation_ndcg,
};
pub use recommend::{History, recommend};
pub use settings::{EvaluationConfig, identify_metrics};
pub use shown::Shown;
pub use written::Written;
