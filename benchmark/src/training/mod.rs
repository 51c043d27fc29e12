//! Training: the reference stage, and the preference stage of one cell or of several at once.
//!
//! Settings of both stages live here. How a step is computed is the engine's business
//! (`prefsweep_policy`), and what is measured between steps that of [`crate::evaluation`].

mod cell;
mod cell_run;
mod checkpoint;
mod expert_settings;
mod objective_settings;
mod preference;
mod preference_settings;
mod progress;
mod reference;
mod reference_settings;
mod stopwatch;
mod together;
mod validation_loss;

pub use cell::{Cell, ScoredNegatives};
pub use cell_run::{CellRun, Evaluation};
pub use checkpoint::Checkpoint;
pub use expert_settings::{PreferenceExperts, ReferenceExperts, Router};
pub use objective_settings::{Objective, SampledGbce, SampledSoftmax};
pub use preference::{train_cells, train_cells_with};
pub use preference_settings::{PreferenceConfig, Schedule};
pub use progress::{NotFinite, Progress, Steps};
pub(crate) use reference::launch;
pub use reference::{
    Epoch, TrainedReference, hidden_states, n_hidden_states, train_reference, write_hidden_states,
};
pub use reference_settings::{EarlyStopping, ReferenceConfig};
pub use stopwatch::{Activity, Spent, Stopwatch};
pub use together::trained_together;
