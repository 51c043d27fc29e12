//! The command line.

mod args;
mod columns;
mod data;
mod devices;
mod download;
mod experiment;
mod losses;
mod notices;
mod outcome;
mod owner;
mod progress;
mod run;
mod show;
mod store;
mod units;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use outcome::Outcome;

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    if let Some(message) = renamed_variable() {
        eprintln!("error: {message}");
        return Outcome::UserError.exit_code();
    }
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Plan(args) => show::plan(&args),
        Command::Run(args) => run::run(&args),
        Command::Table(args) => show::table(&args),
        Command::Plot(args) => show::plot(&args),
        Command::Report(args) => show::report(&args),
        Command::Data(command) => data::run(&command),
        Command::Store(command) => store::run(&command),
        Command::Verify(args) => show::verify(&args),
        Command::Compare(args) => show::compare(&args),
        Command::Claims(args) => show::claims(&args),
        Command::Leaderboard(args) => show::leaderboard(&args),
        Command::Export(args) => show::export(&args),
        Command::Devices(args) => devices::list(&args),
        Command::Losses(args) => losses::show(&args),
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

/// What to do about a variable of the environment under the project's first name, if one is set.
/// To be removed after one release.
fn renamed_variable() -> Option<String> {
    let old = std::env::vars_os()
        .find_map(|(name, _)| name.to_str()?.strip_prefix("RECPO_").map(str::to_owned))?;
    Some(format!(
        "the environment sets RECPO_{old}, found under the program's earlier name; set PREFSWEEP_{old} \
         instead and unset RECPO_{old}"
    ))
}
