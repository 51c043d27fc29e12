//! Statistics of a report: over seeds, and over seeds and users together.
//!
//! - [`estimate`]: mean over seeds with its Student-t interval, for tables and plots; [`paired_difference`]:
//!   the same of differences within seeds. Neither is a test.
//! - [`Panel`]: one number per seed and user, its two-way standard error and degrees of freedom.
//! - [`hierarchical`]: bootstrap over seeds and users; [`Resampled`] holds its intervals.
//! - [`sign_flip`], [`wilcoxon`]: paired tests on users.
//! - [`pool_effects`]: one effect from several experiments.
//! - [`friedman`], [`alike`]: ranks of several methods over several datasets.
//! - [`holm`], [`equivalence`], [`minimum_detectable`], [`cohen_dz`]: reading many tests with care.
//!
//! `docs/statistics.md` says what is assumed and how often the verdict errs.

mod bootstrap;
mod equivalence;
mod friedman;
mod holm;
mod meta;
mod panel;
mod power;
mod random;
mod seeds;
mod sign_flip;
mod student;
mod user_metric;
mod wilcoxon;

pub use bootstrap::{Resampled, Resampling, Users, hierarchical};
pub use equivalence::equivalence;
pub use friedman::{Friedman, alike, friedman};
pub use holm::holm;
pub use meta::{Pooled as PooledEffect, pool as pool_effects};
pub use panel::{Panel, Pooled, Spread};
pub use power::{cohen_dz, minimum_detectable, percent_change};
pub use random::Random;
pub use seeds::{BySeed, CONFIDENCE, Estimate, estimate, from_moments, paired_difference};
pub use sign_flip::sign_flip;
pub use student::{t_quantile, t_two_sided, t_upper};
pub use user_metric::UserMetric;
pub use wilcoxon::{Wilcoxon, wilcoxon};
