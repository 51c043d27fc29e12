//! Where results are, which most commands ask for in the same words.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct ResultsDir {
    /// Folder for results
    #[arg(id = "results", long, value_name = "DIR", default_value = "results")]
    pub(crate) dir: PathBuf,
}

impl ResultsDir {
    /// The folder of what all experiments in it share.
    pub(crate) fn store(&self) -> PathBuf {
        self.dir.join("store")
    }
}

#[derive(Args, Debug)]
pub(crate) struct StoredArgs {
    /// The experiment's YAML file, or the folder with its results
    pub(crate) experiment: PathBuf,
    #[command(flatten)]
    pub(crate) results: ResultsDir,
}
