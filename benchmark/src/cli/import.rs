//! `prefsweep import`.

use anyhow::Result;
use prefsweep::import::{Import, ImportFailure, import as read};

use super::args::ImportArgs;
use super::experiment::quoted;
use super::outcome::Outcome;
use super::show::{print, write_and_answer};

/// Imports runs that were trained elsewhere, writes their report and prints what it says.
pub(crate) fn import(args: &ImportArgs) -> Result<Outcome> {
    let mut command = format!("cargo prefsweep import {}", quoted(&args.runs.to_string_lossy()));
    if let Some(mapping) = &args.mapping {
        command.push_str(&format!(" --mapping {}", quoted(&mapping.to_string_lossy())));
    }
    command.push_str(&format!(" --out {}", quoted(&args.out.to_string_lossy())));
    let request = Import {
        source: &args.runs,
        mapping: args.mapping.as_deref(),
        out: &args.out,
        command: &command,
    };
    let done = read(&request).map_err(|failure| match failure {
        ImportFailure::File(error) => anyhow::Error::from(error),
        ImportFailure::Setting(error) => error.into(),
        ImportFailure::Store(error) => error.into(),
    })?;
    if !done.unused.is_empty() {
        eprintln!("columns that were not used: {}", done.unused.join(", "));
    }
    write_and_answer(&args.out)?;
    let missing: String = done.missing.iter().map(|text| format!("- {text}\n")).collect();
    print(&format!("\nnot known of {} runs:\n{missing}", done.runs))?;
    Ok(Outcome::Done)
}
