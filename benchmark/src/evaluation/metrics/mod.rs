//! The metrics, one file each.
//!
//! To add one, write a file with a type that implements [`Metric`], and add one line to
//! [`METRICS`]. Its values then go into `metrics.csv`, and the index tells the report its name, unit
//! and direction.

mod auc;
mod auc_pooled;
mod coverage;
mod gini;
mod hit_rate;
mod mean_popularity;
mod measure;
mod metric;
mod ndcg;
mod reciprocal_rank;
mod tied_share;

pub use auc::Auc;
pub use auc_pooled::AucPooled;
pub use coverage::Coverage;
pub use gini::Gini;
pub use hit_rate::HitRate;
pub use mean_popularity::MeanPopularity;
pub use measure::{METRICS, MetricValue, metric_facts, of_lists, of_ranks};
pub use metric::{Metric, mean};
pub use ndcg::{Ndcg, ndcg};
pub use reciprocal_rank::ReciprocalRank;
pub use tied_share::TiedShare;
