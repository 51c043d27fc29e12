//! Devices, and the hidden commands of child processes.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use prefsweep::sweep::serve;
use prefsweep_policy::device::{self, Adapter, Backend, Place, Probe};

use super::args::{DevicesArgs, ProductArgs, WorkerArgs};
use super::outcome::Outcome;
use super::show::print;
use super::units::duration;

/// `prefsweep devices`.
pub(crate) fn list(args: &DevicesArgs) -> Result<Outcome> {
    let program = std::env::current_exe().context("failed to find this program's own file")?;
    let probe = Probe { program, patience: Duration::from_secs(args.time_limit) };
    for (backend, what) in [
        (Backend::Flex, "CPU, burn-flex: the default without a GPU"),
        (Backend::Ndarray, "CPU, burn-ndarray: for comparison, slower"),
    ] {
        let state = if backend.is_built() {
            tried(&probe, &Place { backend, adapter: None })
        } else {
            not_built(backend)
        };
        row(backend.name(), what, &state)?;
    }
    if !Backend::Wgpu.is_built() {
        row("wgpu", "GPU", &not_built(Backend::Wgpu))?;
        return Ok(Outcome::Done);
    }
    match probe.adapters() {
        Ok(found) if found.is_empty() => row("wgpu", "GPU", "no graphics adapter found")?,
        Ok(found) => {
            for (number, adapter) in found.into_iter().enumerate() {
                let what = adapter.to_string();
                let state = if adapter.has_name_in_burn() {
                    let note = note(&adapter);
                    let place = Place { backend: Backend::Wgpu, adapter: Some((number, adapter)) };
                    format!("{}{note}", tried(&probe, &place))
                } else {
                    "burn has no name for it".into()
                };
                row(&format!("wgpu:{number}"), &what, &state)?;
            }
        }
        Err(error) => {
            row("wgpu", "GPU", &format!("the graphics drivers cannot be asked: {error}"))?
        }
    }
    Ok(Outcome::Done)
}

fn not_built(backend: Backend) -> String {
    let feature = backend.name();
    format!("this build has none: `cargo prefsweep-gpu`, or build with `--features {feature}`")
}

fn row(name: &str, what: &str, state: &str) -> Result<()> {
    print(&format!("{name:<8} {what}: {state}\n"))
}

fn note(adapter: &Adapter) -> &'static str {
    if adapter.is_gpu() { "" } else { "; used only with --allow-software-gpu" }
}

/// What became of a tiny product.
fn tried(probe: &Probe, place: &Place) -> String {
    let started = Instant::now();
    match probe.product(place) {
        Ok(()) => format!("works (first product after {})", duration(started.elapsed())),
        Err(error) => format!("does not work: {error}"),
    }
}

/// The hidden command of worker processes.
pub(crate) fn worker(args: &WorkerArgs) -> Result<Outcome> {
    let place: Place = serde_json::from_str(&args.place).context("not a place")?;
    place.enter()?;
    serve(&args.store, args.threads, args.checkpoint_every, args.keep_weights)?;
    Ok(Outcome::Done)
}

/// The hidden command that lists the graphics adapters.
pub(crate) fn adapters() -> Result<Outcome> {
    print(&serde_json::to_string(&device::adapters()).context("failed to describe the adapters")?)?;
    Ok(Outcome::Done)
}

/// The hidden command that tries a device.
pub(crate) fn product(args: &ProductArgs) -> Result<Outcome> {
    let place: Place = serde_json::from_str(&args.place).context("not a place")?;
    place.enter()?;
    let found = device::trial_product(&place.backend.device());
    print(&serde_json::to_string(&found).context("failed to describe the product")?)?;
    Ok(Outcome::Done)
}
