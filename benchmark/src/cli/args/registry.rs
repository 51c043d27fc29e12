//! What there is to choose from, and how the program is used.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

#[derive(Args, Debug)]
pub(crate) struct LossesArgs {
    /// The loss to describe, as experiment files name it
    pub(crate) name: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct NewLossArgs {
    /// Its name in experiment files, as in my_dpo
    pub(crate) name: String,
    /// The loss whose form it starts from
    #[arg(long, value_name = "LOSS", default_value = "dpo")]
    pub(crate) like: String,
    /// Root of the checkout
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) root: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct SamplersArgs {
    /// The sampler to describe, as experiment files name it
    pub(crate) name: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell, as in: prefsweep completions bash > ~/.local/share/bash-completion/completions/prefsweep
    pub(crate) shell: Shell,
}

#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// Write a page for every command to this folder; without it the main page is printed
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}
