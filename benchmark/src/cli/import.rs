//! `prefsweep import`.

use std::path::Path;

use anyhow::Result;
use prefsweep::import::{Import, ImportFailure, import as read};
use prefsweep_store::slashed;

use super::args::ImportArgs;
use super::experiment::quoted;
use super::notices::say;
use super::outcome::Outcome;
use super::show::{print, write_and_answer};

/// A path as one word of a command.
fn word(path: &Path) -> String {
    quoted(&slashed(path).to_string_lossy())
}

/// Imports runs that were trained elsewhere, writes their report and prints what it says.
pub(crate) fn import(args: &ImportArgs) -> Result<Outcome> {
    let mut command = format!("cargo prefsweep import {}", word(&args.runs));
    if let Some(mapping) = &args.mapping {
        command.push_str(&format!(" --mapping {}", word(mapping)));
    }
    command.push_str(&format!(" --out {}", word(&args.out)));
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
        say(&format!("columns that were not used: {}", done.unused.join(", ")));
    }
    write_and_answer(&args.out)?;
    let missing: String = done.missing.iter().map(|text| format!("- {text}\n")).collect();
    print(&format!("\nnot known of {} runs:\n{missing}", done.runs))?;
    Ok(Outcome::Done)
}
