//! Devices, and the hidden commands of child processes.

use anyhow::{Context, Result};
use recpo::device::{Adapter, Backend, adapters, probe};
use recpo::worker::serve;

use super::args::WorkerArgs;
use super::outcome::Outcome;
use super::show::print;

/// `recpo devices`.
pub(crate) fn list() -> Result<Outcome> {
    let program = std::env::current_exe().context("failed to find this program's own file")?;
    for (backend, note) in [
        (Backend::Flex, "CPU, burn-flex: the default without a GPU"),
        (Backend::Ndarray, "CPU, burn-ndarray: for comparison, slower"),
    ] {
        let state = if backend.works() { "works" } else { "does not compute correctly" };
        print(&format!("{:<8} {note}: {state}\n", backend.name()))?;
    }
    let text = match probe(&program) {
        Ok(found) if found.is_empty() => "none: no graphics adapter found".to_owned(),
        Ok(found) => found.iter().map(describe).collect::<Vec<_>>().join("; "),
        Err(reason) => format!("not usable: {reason}"),
    };
    print(&format!("{:<8} GPU: {text}\n", Backend::Wgpu.name()))?;
    Ok(Outcome::Done)
}

fn describe(adapter: &Adapter) -> String {
    let note = if adapter.is_gpu() { "" } else { ", software: only with --allow-software-gpu" };
    format!("{} ({}, {}, driver {}{note})", adapter.name, adapter.kind, adapter.api, adapter.driver)
}

/// The hidden command of worker processes.
pub(crate) fn worker(args: &WorkerArgs) -> Result<Outcome> {
    serve(&args.store, args.threads)?;
    Ok(Outcome::Done)
}

/// The hidden command of the probe.
pub(crate) fn probe_adapters() -> Result<Outcome> {
    let text = serde_json::to_string(&adapters()).context("failed to describe the adapters")?;
    print(&text)?;
    Ok(Outcome::Done)
}
