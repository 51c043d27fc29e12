//! Devices. What graphics adapters a machine has is not the test's to choose: where the message depends on them it
//! is made as the program makes it.

use std::time::Duration;

use prefsweep_policy::device::{DeviceError, ProbeError};

use super::case::{Case, call};
use crate::place::EXPERIMENT;

pub(super) fn cases() -> Vec<Case> {
    let run = |what, arguments: &str| {
        call(what, &format!("run e.yaml {arguments}")).file("e.yaml", EXPERIMENT)
    };
    vec![
        run("an unknown device", "--device tpu"),
        run("an adapter that is no number", "--device wgpu:x"),
        run("several runs at once on the CPU", "--device flex --at-once 4"),
    ]
}

/// What is wrong, how it is asked for, and the message.
pub(super) fn of_other_machines() -> Vec<(&'static str, &'static str, String)> {
    let card = || "card (discrete GPU, vulkan, driver 1.0)".to_owned();
    let (found, adapter) =
        ("no adapter".to_owned(), "renderer (CPU, vulkan, driver 1.0)".to_owned());
    let hung = ProbeError::Hung(Duration::from_secs(120));
    let errors = [
        ("no GPU", "--device wgpu", DeviceError::NoGpu { found, software: "" }),
        (
            "an adapter that is not there",
            "--device wgpu:9",
            DeviceError::NoSuchAdapter { number: 9, found: card() },
        ),
        ("a software adapter", "--device wgpu:0", DeviceError::Software { number: 0, adapter }),
        (
            "a driver that gives no answer",
            "--device wgpu",
            DeviceError::Broken { number: 0, adapter: card(), fault: hung },
        ),
        ("a backend that was not built", "--device ndarray", DeviceError::NotBuilt("ndarray")),
    ];
    errors.map(|(what, option, error)| (what, option, error.to_string())).into()
}
