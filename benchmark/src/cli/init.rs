//! `prefsweep init`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use prefsweep::experiment::ConfigError;
use prefsweep_datasets::DatasetName;

use super::args::dataset_names;
use super::outcome::Outcome;
use super::show::print;

#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// The file to write
    #[arg(default_value = "experiment.yaml")]
    file: PathBuf,
    /// What the experiment asks
    #[arg(long, value_enum, default_value_t = Template::Collapse)]
    template: Template,
    /// The dataset, as in `prefsweep data list`
    #[arg(long, default_value = "synthetic", value_parser = dataset_names())]
    dataset: DatasetName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Template {
    /// Does ranking get worse as negatives are added while the loss falls?
    Collapse,
    /// The same with learning rate and beta tuned for every loss and K
    Tune,
    /// On a file of your own
    OwnData,
}

impl Template {
    fn text(self) -> &'static str {
        match self {
            Self::Collapse => include_str!("templates/collapse.yaml"),
            Self::Tune => include_str!("templates/tune.yaml"),
            Self::OwnData => include_str!("templates/own-data.yaml"),
        }
    }
}

/// Writes a commented experiment.
pub(crate) fn init(args: &InitArgs) -> Result<Outcome> {
    let own = args.template == Template::OwnData || args.dataset == DatasetName::File;
    let template = if own { Template::OwnData } else { args.template };
    let file = args.file.display().to_string();
    let text = template.text().replace("DATASET", args.dataset.as_str()).replace("FILE", &file);
    write_new(&args.file, &text)?;
    let note = if own { "set `path` and the names of the columns in it, then:\n" } else { "" };
    print(&format!("{file}\n{note}prefsweep plan {file}\nprefsweep run {file}\n"))?;
    Ok(Outcome::Done)
}

/// Writes a file that is not there yet.
fn write_new(path: &Path, text: &str) -> Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    if let Err(error) = &file
        && error.kind() == ErrorKind::AlreadyExists
    {
        let message = "there is a file of this name already; give another".to_owned();
        let source = path.display().to_string();
        return Err(
            ConfigError { source, place: None, key: None, message, suggestion: None }.into()
        );
    }
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| path.display().to_string())
}
