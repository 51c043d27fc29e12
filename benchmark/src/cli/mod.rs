//! The command line.

mod args;
mod data;
mod devices;
mod download;
mod experiment;
mod outcome;
mod progress;
mod run;
mod show;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use outcome::Outcome;

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Plan(args) => show::plan(&args),
        Command::Run(args) => run::run(&args),
        Command::Table(args) => show::table(&args),
        Command::Report(args) => show::report(&args),
        Command::Data(command) => data::run(&command),
        Command::Verify(args) => show::verify(&args),
        Command::Compare(args) => show::compare(&args),
        Command::Survey(args) => show::survey(&args),
        Command::Export(args) => show::export(&args),
        Command::Devices(args) => devices::list(&args),
        Command::Schema => show::schema(),
        Command::Worker(args) => devices::worker(&args),
        Command::ListAdapters => devices::adapters(),
        Command::ComputeProduct(args) => devices::product(&args),
    };
    match result {
        Ok(outcome) => outcome.exit_code(),
        Err(error) => {
            eprintln!("error: {error:#}");
            Outcome::of_error(&error).exit_code()
        }
    }
}
