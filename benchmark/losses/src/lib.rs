//! From scores to a loss: the preference losses of prefsweep, one file each.
//!
//! Notation, for one training position: the positive item `w`, negatives `i = 1..K`, policy scores
//! `s`, reference scores `r` (both before the softmax), log-probabilities `logp = s - log sum exp s`,
//! log-ratio `rho(y) = logp(y) - logr(y)`. Where a loss takes differences of two items the
//! log-normaliser cancels, and scores stand for log-probabilities.
//!
//! Most losses are *margin losses* ([`MarginLoss`]): they differ in what they compare, in how K
//! margins become one number, and in an offset; one closed form serves all of them. A *modifier* chooses
//! negatives and strengths ([`DynamicPo`]) or balances pairs ([`Ada`]) for any of them, and is a margin
//! loss itself.
//!
//! To add a loss, write a file and add one line to `config.rs`. Nothing here knows models, data or
//! how a step is computed.

mod ada;
mod apo_down;
mod apo_zero;
mod autodiff;
mod base;
mod bce;
mod bco_pair;
mod bpr;
mod c_dpo;
mod config;
mod cpo;
mod cpo_sim_po;
mod describe;
mod discopop;
mod dmpo;
mod dpo;
mod dpo_norm;
mod dpop;
mod dynamic_po;
mod formulas;
mod gbce;
mod hinge;
mod inputs;
mod ipo;
mod loss;
mod margin;
mod mppo;
mod nca;
mod noisy;
mod orpo;
mod r_dpo;
mod ratios;
mod rec_po;
mod referenced;
mod ro_dpo;
mod robust_dpo;
mod s_dpo;
mod s_sim_po;
mod settings;
mod sft;
mod sim_po;
mod softmax_ce;
mod sppo_hard;

pub use ada::{Ada, AdaDpo};
pub use autodiff::by_differentiation;
pub use base::Base;
pub use config::LossConfig;
pub use cpo::Cpo;
pub use describe::{Description, PAIR_PROBABILITY, PairWeights};
pub use dmpo::Dmpo;
pub use dpo::Dpo;
pub use dynamic_po::{DynamicPo, Margin, Selection};
pub use gbce::Gbce;
pub use inputs::{AtReference, ClosedForm, Coefficients, LossInputs, Needs, Sample, SideInputs};
pub use loss::Loss;
pub use margin::{
    Aggregation, Balance, Choose, Chosen, ChosenTensors, ClipOver, Compared, Effect, MarginForm,
    MarginLoss, Offset, Penalty, Ratio,
};
pub use noisy::Noisy;
pub use referenced::Referenced;
pub use ro_dpo::RoDpo;
pub use s_dpo::SDpo;
pub use settings::{About, LossSettings, Sampling};
pub use sft::Sft;
pub use sim_po::SimPo;
pub use softmax_ce::SoftmaxCe;
