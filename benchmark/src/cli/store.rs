//! `prefsweep store`.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};

use anyhow::{Context, Result};
use prefsweep::experiment::ConfigError;
use prefsweep_store::{Holding, Unused, clear, holdings, named, relocate, unused};

use super::args::{ClearArgs, MoveArgs, ResultsDir, StoreCommand};
use super::columns::table;
use super::notices::say;
use super::outcome::Outcome;
use super::show::print;
use super::units::bytes;

/// Runs the command.
pub(crate) fn run(command: &StoreCommand) -> Result<Outcome> {
    let (StoreCommand::List(results)
    | StoreCommand::Gc(ClearArgs { results, .. })
    | StoreCommand::Move(MoveArgs { results, .. })) = command;
    if !results.store().is_dir() {
        let message =
            "no store is there: run an experiment first, or give its results folder with --results";
        return Err(refused(results, message));
    }
    match command {
        StoreCommand::List(args) => list(args),
        StoreCommand::Gc(args) => gc(args),
        StoreCommand::Move(args) => relocated(args),
    }
}

fn list(args: &ResultsDir) -> Result<Outcome> {
    let root = args.store();
    let found = holdings(&root)?;
    let named = named(&args.dir)?;
    let mut kinds: BTreeMap<&str, Vec<&Holding>> = BTreeMap::new();
    for one in found.entries.iter().chain(&found.checkpoints).chain(&found.drafts) {
        kinds.entry(one.kind).or_default().push(one);
    }
    let mut rows = vec![["kind", "number", "size"].map(str::to_owned)];
    rows.extend(kinds.iter().map(|(kind, all)| row(kind, all)));
    let mut text = format!("{}\n\n{}\n", root.display(), table(&rows));

    let mut rows = vec![["experiment", "entries", "size"].map(str::to_owned)];
    for one in &named {
        let all: Vec<&Holding> =
            found.entries.iter().filter(|entry| one.names(&entry.id)).collect();
        rows.push(row(&one.name.display().to_string(), &all));
    }
    let is_named = |entry: &&Holding| named.iter().any(|one| one.names(&entry.id));
    let rest: Vec<&Holding> = found.entries.iter().filter(|entry| !is_named(entry)).collect();
    rows.push(row("(named by none)", &rest));
    text.push_str(&table(&rows));
    text.push_str("an entry that several experiments name is counted for each\n");
    text.extend(found.users.iter().map(|user| format!("in use: {user}\n")));
    print(&text)?;
    Ok(Outcome::Done)
}

fn row(name: &str, all: &[&Holding]) -> [String; 3] {
    [name.to_owned(), all.len().to_string(), bytes(all.iter().map(|one| one.bytes).sum())]
}

fn gc(args: &ClearArgs) -> Result<Outcome> {
    let results = &args.results;
    let found = unused(&results.dir)?;
    if found.is_empty() {
        print("nothing to remove: every entry is named by a results folder\n")?;
        return Ok(Outcome::Done);
    }
    let mut rows = vec![["what", "size", "why"].map(str::to_owned)];
    rows.extend(found.iter().map(|one| {
        let Holding { kind, id, bytes: size, .. } = one.holding();
        [format!("{kind}/{id}"), bytes(*size), one.reason().to_owned()]
    }));
    print(&format!("{}{} in all: {}\n", table(&rows), found.len(), bytes(total(&found))))?;
    if args.dry_run {
        return Ok(Outcome::Done);
    }
    if !args.yes && !confirmed(results)? {
        say("nothing was removed");
        return Ok(Outcome::Done);
    }
    let gone = clear(&results.dir, &found)?;
    print(&format!("removed {}: {}\n", gone.len(), bytes(total(&gone))))?;
    Ok(Outcome::Done)
}

fn total(all: &[Unused]) -> u64 {
    all.iter().map(|one| one.holding().bytes).sum()
}

/// Asks on a terminal; elsewhere nobody can answer.
fn confirmed(results: &ResultsDir) -> Result<bool> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        let message = "nothing was removed: there is no terminal to ask on; give --yes to remove what is listed, or \
                       --dry-run to list it";
        return Err(refused(results, message));
    }
    let mut asked = std::io::stderr();
    let written = asked.write_all(b"remove all of this? [y/N] ").and_then(|()| asked.flush());
    written.context("failed to ask")?;
    let mut answer = String::new();
    input.lock().read_line(&mut answer).context("failed to read the answer")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn refused(results: &ResultsDir, message: &str) -> anyhow::Error {
    ConfigError::of(results.store().display().to_string(), message).into()
}

fn relocated(args: &MoveArgs) -> Result<Outcome> {
    relocate(&args.results.dir, &args.new)?;
    let new = args.new.display();
    print(&format!("moved to {new}; give --results {new} from now on\n"))?;
    Ok(Outcome::Done)
}
