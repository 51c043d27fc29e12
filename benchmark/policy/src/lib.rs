//! What scores items in prefsweep: policies, their weights, and how they are trained.
//!
//! A [`Policy`] is an architecture, made from the settings of a [`ModelConfig`]; its weights are kept
//! apart, as values on the host ([`Weights`]) or as tensors ([`Parameters`]). An [`Engine`] holds the
//! weights of one or several replicas in training and makes steps: on the host with fused operations, or
//! on a device. A [`Scorer`] gives the scores of all items after some histories.
//!
//! Nothing here knows data sets, negative samplers, metrics or sweeps.

#[cfg(not(target_pointer_width = "64"))]
compile_error!("prefsweep needs a 64-bit machine");

mod catalogue;
pub mod device;
mod dropout;
mod engine;
mod features;
pub mod kernels;
pub mod optimizer;
mod parameters;
mod pass;
mod policies;
mod policy;
mod routes;
mod sasrec;
mod scorer;
mod tensors;
mod titles;
mod windows;

pub use catalogue::Catalogue;
pub use dropout::Dropout;
pub use engine::{
    DeviceEngine, Engine, EngineState, HostEngine, Inputs, Objective, Outcome, Pending, Routing,
    ScoredItems, Term, dot_rows, engine, log_normalisers,
};
pub use features::FeaturesConfig;
pub use parameters::{
    Gradients, Handle, Init, Layout, Parameter, Parameters, PerParameter, Weights, WeightsError,
};
pub use pass::Pass;
pub use policies::ModelConfig;
pub use policy::{Policy, PolicySettings};
pub use routes::Routes;
pub use sasrec::{Branches, Continuer, ExpertBlocks, ExpertsConfig, Past, Sasrec, SasrecConfig};
pub use scorer::{Scorer, score_positions};
pub use tensors::{select_rows, to_host};
pub use titles::{
    RankBy, TitlePolicy, Titles, TitlesConfig, beam_recall, score_titles, score_tokens,
    write_titles,
};
pub use windows::Windows;
