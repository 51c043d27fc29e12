//! `prefsweep completions` and `prefsweep man`.

use anyhow::{Context, Result};
use clap::{Command, CommandFactory};

use super::args::{Cli, CompletionsArgs, ManArgs};
use super::outcome::Outcome;
use super::show::print;

/// The commands that people type.
fn command() -> Command {
    let all = Cli::command();
    let shown = all.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    let about = all.get_about().cloned().unwrap_or_default();
    Command::new("prefsweep").version(env!("CARGO_PKG_VERSION")).about(about).subcommands(shown)
}

/// Prints the completions of a shell.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<Outcome> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "prefsweep", &mut text);
    print(&String::from_utf8_lossy(&text))?;
    Ok(Outcome::Done)
}

/// Prints the manual's main page, or writes all of them.
pub(crate) fn man(args: &ManArgs) -> Result<Outcome> {
    if let Some(out) = &args.out {
        let place = || out.display().to_string();
        std::fs::create_dir_all(out).with_context(place)?;
        clap_mangen::generate_to(command(), out).with_context(place)?;
        print(&format!("pages in {}\n", place()))?;
        return Ok(Outcome::Done);
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(command()).render(&mut text).context("the manual's page")?;
    print(&String::from_utf8_lossy(&text))?;
    Ok(Outcome::Done)
}
