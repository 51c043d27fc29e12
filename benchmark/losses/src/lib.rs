//! From scores to a loss: the preference losses of prefsweep, one file each.
//!
//! Notation, for one training position: the positive item `w`, negatives `i = 1..K`, policy scores
//! `s`, reference scores `r` (both before the softmax), log-probabilities `logp = s - log sum exp s`,
//! log-ratio `rho(y) = logp(y) - logr(y)`. Where a loss takes differences of two items the
//! log-normaliser cancels, and scores stand for log-probabilities.
//!
//! Most losses are *margin losses* ([`MarginLoss`]): they differ in what they compare, in how K
//! margins become one number, and in an offset; one closed form serves all of them. A *modifier*
//! ([`DynamicPo`]) chooses negatives and strengths for any of them, and is a margin loss itself.
//!
//! To add a loss, write a file and add one line to `config.rs`. Nothing here knows models, data or
//! how a step is computed.

mod autodiff;
mod base;
mod config;
mod cpo;
mod dmpo;
mod dpo;
mod dynamic_po;
mod formulas;
mod inputs;
mod loss;
mod margin;
mod margin_form;
mod ro_dpo;
mod s_dpo;
mod settings;
mod sft;
mod sim_po;
mod softmax_ce;

pub use autodiff::by_differentiation;
pub use base::Base;
pub use config::LossConfig;
pub use cpo::Cpo;
pub use dmpo::Dmpo;
pub use dpo::Dpo;
pub use dynamic_po::{DynamicPo, Margin, Selection};
pub use inputs::{AtReference, ClosedForm, LossInputs, Needs, Sample, SideInputs};
pub use loss::Loss;
pub use margin::{Aggregation, Chosen, ChosenTensors, Compared, MarginLoss};
pub use ro_dpo::RoDpo;
pub use s_dpo::SDpo;
pub use settings::{LossSettings, Sampling};
pub use sft::Sft;
pub use sim_po::SimPo;
pub use softmax_ce::SoftmaxCe;
