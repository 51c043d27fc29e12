//! `prefsweep init`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Result};
use prefsweep::experiment::ConfigError;
use prefsweep_datasets::DatasetName;

use super::args::{InitArgs, Template};
use super::out_file::check_folder;
use super::outcome::Outcome;
use super::show::print;

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
    let named = ![DatasetName::Synthetic, DatasetName::File].contains(&args.dataset);
    if args.template == Template::OwnData && named {
        let message = format!(
            "found `{}`, allowed `file`: the template is one of own data",
            args.dataset.as_str()
        );
        return Err(ConfigError::of("--dataset", message).into());
    }
    if args.template == Template::Tune && own {
        let message = "found `tune`, allowed `own-data` with the dataset `file`";
        return Err(ConfigError::of("--template", message).into());
    }
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
    check_folder(path)?;
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    if let Err(error) = &file
        && error.kind() == ErrorKind::AlreadyExists
    {
        let message = "there is a file of this name already; give another";
        return Err(ConfigError::of(path.display().to_string(), message).into());
    }
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| path.display().to_string())
}
