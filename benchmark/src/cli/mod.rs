//! The command line.

mod args;
mod browser;
mod closed;
mod columns;
mod data;
mod devices;
mod difference;
mod download;
mod element;
mod entry;
mod experiment;
mod import;
mod init;
mod losses;
mod metrics;
mod new_loss;
mod notices;
mod out_file;
mod outcome;
mod owner;
mod plan;
mod progress;
mod recommend;
mod registry;
mod results_name;
mod run;
mod samplers;
mod shell;
mod show;
mod slurm;
mod store;
mod units;
mod work;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use notices::say;
use outcome::Outcome;

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    if let Some(message) = renamed_variable() {
        say(&format!("error: {message}"));
        return Outcome::UserError.exit_code();
    }
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Plan(args) if args.write.is_some() => element::write_plan(&args),
        Command::Init(args) => init::init(&args),
        Command::Plan(args) => plan::plan(&args),
        Command::Run(args) => run::run(&args),
        Command::RunElement(args) => element::run(&args),
        Command::Slurm(command) => slurm::run(&command),
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
        Command::Import(args) => import::import(&args),
        Command::Devices(args) => devices::list(&args),
        Command::Open(args) => browser::open(&args),
        Command::Show(args) => entry::show(&args),
        Command::Diff(args) => difference::diff(&args),
        Command::Losses(args) => losses::show(&args),
        Command::Recommend(args) => recommend::recommend(&args),
        Command::Samplers(args) => samplers::show(&args),
        Command::Metrics => metrics::show(),
        Command::NewLoss(args) => new_loss::new_loss(&args),
        Command::Schema => show::schema(),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
        Command::Worker(args) => devices::worker(&args),
        Command::ListAdapters => devices::adapters(),
        Command::ComputeProduct(args) => devices::product(&args),
    };
    match result {
        Ok(outcome) => outcome.exit_code(),
        Err(error) => {
            say(&format!("error: {error:#}"));
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
