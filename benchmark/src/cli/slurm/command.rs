//! Which of the commands.

use anyhow::Result;

use super::status::status;
use super::submit::submit;
use crate::cli::args::SlurmCommand;
use crate::cli::outcome::Outcome;

/// Runs one.
pub(crate) fn run(command: &SlurmCommand) -> Result<Outcome> {
    match command {
        SlurmCommand::Submit(args) => submit(args),
        SlurmCommand::Status(args) => status(args),
    }
}
