//! From a YAML file to a plan of runs, each fully resolved and named by its identity.
//!
//! Here settings are read, located in their file, composed and checked against each other; what a
//! single setting means and which values it may have is said where it takes effect. Nothing here
//! trains or reads data.

mod axes;
mod check;
mod error;
#[expect(clippy::module_inception, reason = "the folder and its main type have one name")]
mod experiment;
mod locate;
mod messages;
mod overrides;
mod plan;
mod read;
mod report_config;
mod schema;
mod spec;
mod yaml_text;

pub use axes::{Variant, variants};
pub use error::{ConfigError, closest};
pub use experiment::{Experiment, SweepConfig};
pub use plan::{Plan, PlannedBaseline, PlannedCell, PlannedReference};
pub(crate) use read::read_settings;
pub use read::{placed, read, read_str};
pub use report_config::ReportConfig;
pub use schema::json_schema;
pub use spec::{BaselineSpec, CellSpec, ReferenceSpec};
