//! From what the user named to a backend, and an adapter for wgpu.

use super::adapter::Adapter;
use super::backend::Backend;
use super::name::DeviceName;
use super::place::{OtherAdapter, Place};
use super::probe::{Probe, ProbeError};

/// Why a device cannot be had. It is named without saying where it was asked for: by a flag, an experiment or a plan.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// No hardware adapter was found.
    #[error("device wgpu: no GPU found ({found}); use --device flex for the CPU{software}")]
    NoGpu {
        /// What was found instead.
        found: String,
        /// The hint about software adapters, if there is one.
        software: &'static str,
    },
    /// The drivers could not be asked.
    #[error(
        "device wgpu: the graphics drivers cannot be asked for their adapters: {0}; use --device \
         flex for the CPU"
    )]
    NoAnswer(ProbeError),
    /// The list is shorter.
    #[error("device wgpu:{number}: no such adapter; found {found}; use --device flex for the CPU")]
    NoSuchAdapter {
        /// The number asked for.
        number: usize,
        /// What there is.
        found: String,
    },
    /// It is a renderer on the CPU, and that was not allowed.
    #[error(
        "device wgpu:{number}: {adapter} is a software adapter; --allow-software-gpu accepts it, \
         --device flex is many times faster"
    )]
    Software {
        /// Its number.
        number: usize,
        /// What it is.
        adapter: String,
    },
    /// Burn cannot be told to use it.
    #[error("device wgpu:{number}: burn has no name for {adapter}; use --device flex for the CPU")]
    Nameless {
        /// Its number.
        number: usize,
        /// What it is.
        adapter: String,
    },
    /// It does not compute.
    #[error(
        "device wgpu:{number}: {adapter} does not work: {fault}; use --device flex for the CPU"
    )]
    Broken {
        /// Its number.
        number: usize,
        /// What it is.
        adapter: String,
        /// What it did.
        fault: ProbeError,
    },
    /// Burn opened another adapter than the one that was chosen.
    #[error(transparent)]
    Other(#[from] OtherAdapter),
    /// Batching several runs is for GPUs.
    #[error(
        "--at-once {at_once}: only for --device wgpu; on the CPU every core trains a cell of its own, \
         which is faster"
    )]
    AtOnceOnCpu {
        /// How many runs at once.
        at_once: u16,
    },
    /// This build leaves the backend out.
    #[error(
        "device {0}: this build has no {0}; in a clone use `cargo prefsweep-gpu`, which has all, \
         elsewhere build with `--features {0}`, or use --device flex"
    )]
    NotBuilt(&'static str),
}

/// The place for a device's name, and what the user should know about the choice; `software` allows
/// software adapters. An adapter is tried before it is chosen.
///
/// # Errors
/// When wgpu is asked for by name, and there is no such (allowed, working) adapter.
pub fn resolve(
    name: DeviceName,
    probe: &Probe,
    software: bool,
) -> Result<(Place, Option<String>), DeviceError> {
    let on_cpu = |backend| Place { backend, adapter: None };
    let not_built = |backend: Backend| Err(DeviceError::NotBuilt(backend.name()));
    match name {
        DeviceName::Flex => Ok((on_cpu(Backend::Flex), None)),
        DeviceName::Ndarray if !Backend::Ndarray.is_built() => not_built(Backend::Ndarray),
        DeviceName::Ndarray => Ok((on_cpu(Backend::Ndarray), None)),
        DeviceName::Wgpu(_) if !Backend::Wgpu.is_built() => not_built(Backend::Wgpu),
        DeviceName::Auto if !Backend::Wgpu.is_built() => Ok((on_cpu(Backend::Flex), None)),
        DeviceName::Wgpu(number) => {
            let found = probe.adapters().map_err(DeviceError::NoAnswer)?;
            Ok((tried(pick(found, number, software)?, probe)?, None))
        }
        DeviceName::Auto => {
            let found = match probe.adapters() {
                Ok(found) if found.iter().any(Adapter::is_gpu) => found,
                Ok(_) => return Ok((on_cpu(Backend::Flex), None)),
                Err(error) => {
                    let notice = instead(&DeviceError::NoAnswer(error));
                    return Ok((on_cpu(Backend::Flex), Some(notice)));
                }
            };
            match pick(found, None, false).and_then(|picked| tried(picked, probe)) {
                Ok(place) => Ok((place, None)),
                Err(error) => Ok((on_cpu(Backend::Flex), Some(instead(&error)))),
            }
        }
    }
}

/// What is said where `auto` finds a GPU that cannot be had.
fn instead(error: &DeviceError) -> String {
    format!("device auto is flex: {error}")
}

/// The adapter `number` of the list, or the first of the best kind.
fn pick(
    found: Vec<Adapter>,
    number: Option<usize>,
    software: bool,
) -> Result<(usize, Adapter), DeviceError> {
    let number = match number {
        Some(number) => number,
        None => {
            let allowed =
                |adapter: &Adapter| adapter.has_name_in_burn() && (software || adapter.is_gpu());
            let candidates = found.iter().enumerate().filter(|(_, adapter)| allowed(adapter));
            match candidates.min_by_key(|(_, adapter)| adapter.kind) {
                Some((number, _)) => number,
                None => return Err(no_gpu(&found, software)),
            }
        }
    };
    let Some(adapter) = found.get(number).cloned() else {
        let list = list(&found);
        let found = if found.is_empty() { "none".into() } else { list };
        return Err(DeviceError::NoSuchAdapter { number, found });
    };
    if !adapter.has_name_in_burn() {
        return Err(DeviceError::Nameless { number, adapter: adapter.to_string() });
    }
    if !adapter.is_gpu() && !software {
        return Err(DeviceError::Software { number, adapter: adapter.to_string() });
    }
    Ok((number, adapter))
}

fn no_gpu(found: &[Adapter], software: bool) -> DeviceError {
    let renderer = found.iter().any(|adapter| !adapter.is_gpu() && adapter.has_name_in_burn());
    let hint = "; --allow-software-gpu accepts a software adapter, many times slower";
    DeviceError::NoGpu {
        found: if found.is_empty() { "no adapter".into() } else { list(found) },
        software: if renderer && !software { hint } else { "" },
    }
}

fn list(found: &[Adapter]) -> String {
    let names: Vec<String> = found
        .iter()
        .enumerate()
        .map(|(number, adapter)| format!("wgpu:{number} {}, {}", adapter.name, adapter.kind))
        .collect();
    names.join("; ")
}

/// The place, if it computes.
fn tried((number, adapter): (usize, Adapter), probe: &Probe) -> Result<Place, DeviceError> {
    let name = adapter.to_string();
    let place = Place { backend: Backend::Wgpu, adapter: Some((number, adapter)) };
    match probe.product(&place) {
        Ok(()) => Ok(place),
        Err(fault) => Err(DeviceError::Broken { number, adapter: name, fault }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::adapter::AdapterKind::{
        self, Discrete, Integrated, Other, Software, Virtual,
    };
    use super::*;

    fn machine(kinds: &[AdapterKind]) -> Vec<Adapter> {
        let adapter = |(at, &kind): (usize, &AdapterKind)| Adapter {
            name: format!("card {at}"),
            kind,
            slot: kinds[..at].iter().filter(|before| **before == kind).count(),
            driver: "test 1.0".into(),
            api: "vulkan".into(),
            bus: None,
        };
        kinds.iter().enumerate().map(adapter).collect()
    }

    /// The number that is picked, or the message.
    fn picked(
        kinds: &[AdapterKind],
        number: Option<usize>,
        software: bool,
    ) -> Result<usize, String> {
        let picked = pick(machine(kinds), number, software);
        picked.map(|(number, _)| number).map_err(|error| error.to_string())
    }

    #[test]
    fn the_first_of_the_best_kind_is_picked() {
        for (kinds, expected) in [
            (vec![Discrete, Discrete], 0),
            (vec![Software, Integrated, Discrete, Discrete], 2),
            (vec![Virtual, Integrated], 1),
            (vec![Software, Virtual], 1),
            (vec![Other, Virtual], 1),
        ] {
            assert_eq!(picked(&kinds, None, false), Ok(expected), "{kinds:?}");
            // That software is allowed does not make it preferred.
            assert_eq!(picked(&kinds, None, true), Ok(expected), "{kinds:?}");
        }
        assert_eq!(picked(&[Software], None, true), Ok(0));
    }

    #[test]
    fn a_number_is_that_of_the_list() {
        let kinds = [Software, Integrated, Discrete];
        assert_eq!(picked(&kinds, Some(1), false), Ok(1));
        assert_eq!(picked(&kinds, Some(0), true), Ok(0));
        let message = picked(&kinds, Some(0), false).unwrap_err();
        assert!(message.contains("--allow-software-gpu"), "{message}");
        let message = picked(&kinds, Some(3), false).unwrap_err();
        for part in ["wgpu:3", "wgpu:0 card 0, software", "wgpu:2 card 2, discrete GPU", "flex"] {
            assert!(message.contains(part), "no {part} in {message}");
        }
        assert!(picked(&[], Some(0), true).unwrap_err().contains("found none"));
    }

    /// A device may stand in an experiment, where there is no flag to blame.
    #[test]
    fn messages_name_the_device_and_no_flag() {
        for (kinds, number, expected) in [
            (vec![], None, "device wgpu: no GPU found"),
            (vec![Discrete], Some(3), "device wgpu:3: no such adapter"),
            (vec![Software], Some(0), "device wgpu:0: card 0"),
            (vec![Other], Some(0), "device wgpu:0: burn has no name"),
        ] {
            let message = picked(&kinds, number, false).unwrap_err();
            assert!(message.starts_with(expected), "no {expected} in {message}");
        }
        let message = DeviceError::NotBuilt("wgpu").to_string();
        assert!(message.starts_with("device wgpu: this build has no wgpu"), "{message}");
        let error = DeviceError::NoAnswer(ProbeError::Hung(std::time::Duration::from_secs(9)));
        let expected = "device auto is flex: device wgpu: the graphics drivers cannot be asked";
        assert!(instead(&error).starts_with(expected), "{}", instead(&error));
    }

    #[test]
    fn adapters_that_burn_cannot_name_are_not_picked() {
        assert!(picked(&[Other], None, true).unwrap_err().contains("no GPU found"));
        assert!(picked(&[Other], Some(0), true).unwrap_err().contains("burn has no name for"));
        assert!(picked(&[Software, Software], Some(1), true).is_err());
    }

    #[test]
    fn without_a_gpu_the_message_offers_what_there_is() {
        let message = picked(&[], None, false).unwrap_err();
        assert!(message.contains("flex") && !message.contains("software"), "{message}");
        let message = picked(&[Software], None, false).unwrap_err();
        assert!(message.contains("flex") && message.contains("--allow-software-gpu"), "{message}");
    }
}
