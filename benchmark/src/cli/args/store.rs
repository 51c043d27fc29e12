//! The results folder's store.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::results::ResultsDir;

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// List what is in the store, by kind and by experiment, and what no experiment names
    List(ResultsDir),
    /// Remove entries that no results folder beside the store names, and what ended runs left
    Gc(ClearArgs),
    /// Move the folder for results: the store and the experiments' folders beside it
    Move(MoveArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ClearArgs {
    #[command(flatten)]
    pub(crate) results: ResultsDir,
    /// Only list what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Remove it without asking
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) yes: bool,
}

#[derive(Args, Debug)]
pub(crate) struct MoveArgs {
    /// Where to: a folder that is not there yet
    pub(crate) new: PathBuf,
    #[command(flatten)]
    pub(crate) results: ResultsDir,
}
