//! Experiment files.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use prefsweep_datasets::DatasetName;

use super::values::dataset_names;

#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// The file to write
    #[arg(default_value = "experiment.yaml")]
    pub(crate) file: PathBuf,
    /// What the experiment asks
    #[arg(long, value_enum, default_value_t = Template::Collapse)]
    pub(crate) template: Template,
    /// The dataset, as in `prefsweep data list`
    #[arg(long, default_value = "synthetic", value_parser = dataset_names())]
    pub(crate) dataset: DatasetName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// Does ranking get worse as negatives are added while the loss falls?
    Collapse,
    /// The same with learning rate and beta tuned for every loss and K
    Tune,
    /// On a file of your own
    OwnData,
}

#[derive(Args, Debug)]
pub(crate) struct DiffArgs {
    /// An experiment's YAML file
    pub(crate) a: PathBuf,
    /// Another one's
    pub(crate) b: PathBuf,
    /// Override a setting of both, as in --set preference.beta=0.5 (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) overrides: Vec<String>,
}
