//! Choosing a device, with drivers that crash, hang, compute wrongly or are not there.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use prefsweep_policy::device::{
    Adapter, AdapterKind, Backend, DeviceName, Place, Probe, ProbeError, resolve,
};

use crate::place::{Ended, Workplace, not_run};

const SMALL: &str = "title: Test
dataset:
  name: synthetic
  synthetic: {users: 60, items: 90}
model: {dim: 8, blocks: 1, heads: 2, feed_forward: 8, max_len: 10}
reference: {epochs: 1}
preference: {steps: 2}
sweep: {losses: [dmpo], negatives: [3], seeds: [1]}
";

/// A shell script in place of the program. It is copied by another process: a file that this one has
/// open for writing when another test forks cannot be executed.
fn program(place: &Workplace, name: &str, script: &str) -> PathBuf {
    place.file(&format!("{name}.sh"), &format!("#!/bin/sh\n{script}\n"));
    let program = place.path(name);
    let source = place.path(&format!("{name}.sh"));
    assert!(Command::new("cp").arg(source).arg(&program).status().unwrap().success());
    std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    program
}

fn adapter(name: &str, kind: AdapterKind) -> Adapter {
    let (driver, api) = ("test 1.0".into(), "vulkan".into());
    Adapter { name: name.into(), kind, slot: 0, driver, api, bus: None }
}

fn on(number: usize, adapter: Adapter) -> Place {
    Place { backend: Backend::Wgpu, adapter: Some((number, adapter)) }
}

#[test]
fn what_a_driver_does_to_its_process_is_reported() {
    let place = Workplace::new();
    let somewhere = on(0, adapter("card", AdapterKind::Discrete));
    let ask = |name: &str, script: &str, patience: u64| {
        let patience = Duration::from_secs(patience);
        Probe { program: program(&place, name, script), patience }.product(&somewhere)
    };
    assert!(ask("right", "echo '[17.0, 39.0]'", 60).is_ok());

    let crashed = ask("crashed", "kill -SEGV $$", 60).unwrap_err();
    assert!(crashed.to_string().contains("signal: 11"), "{crashed}");

    let refused = ask("refused", "echo 'out of device memory' >&2; exit 3", 60).unwrap_err();
    let message = refused.to_string();
    assert!(message.contains("exit status: 3") && message.contains("out of device memory"));

    let started = Instant::now();
    let hung = ask("hung", "exec sleep 600", 1).unwrap_err();
    assert!(matches!(hung, ProbeError::Hung(_)), "{hung}");
    assert!(started.elapsed() < Duration::from_secs(60));

    let wrong = ask("wrong", "echo '[17.0, 38.0]'", 60).unwrap_err();
    assert!(wrong.to_string().contains("computes wrongly: found [17.0, 38.0]"), "{wrong}");

    let nonsense = ask("nonsense", "echo hello", 60).unwrap_err();
    assert!(matches!(nonsense, ProbeError::Nonsense(_)), "{nonsense}");

    let nowhere = Probe::new(place.path("no such program")).product(&somewhere).unwrap_err();
    assert!(matches!(nowhere, ProbeError::Failed(_)), "{nowhere}");
}

/// A machine with a software adapter, a card whose driver crashes, and one that works.
fn machine(place: &Workplace) -> Probe {
    let list = serde_json::to_string(&[
        adapter("renderer", AdapterKind::Software),
        adapter("broken card", AdapterKind::Discrete),
        adapter("good card", AdapterKind::Integrated),
    ]);
    let script = format!(
        "[ \"$1\" = list-adapters ] && echo '{}' && exit\n\
         case \"$2\" in *broken*) kill -SEGV $$;; *) echo '[17.0, 39.0]';; esac",
        list.unwrap()
    );
    Probe::new(program(place, "machine", &script))
}

#[test]
fn a_device_is_tried_before_it_is_used() {
    let place = Workplace::new();
    let machine = machine(&place);
    let chosen = |name, software| {
        let (place, notice) = resolve(name, &machine, software).map_err(|e| e.to_string())?;
        Ok::<_, String>((place.to_string(), notice))
    };
    // The discrete card comes first, and crashes.
    let message = chosen(DeviceName::Wgpu(None), false).unwrap_err();
    for part in ["wgpu:1", "broken card", "signal: 11", "--device flex"] {
        assert!(message.contains(part), "no {part} in {message}");
    }
    let (device, notice) = chosen(DeviceName::Wgpu(Some(2)), false).unwrap();
    assert_eq!(device, "wgpu:2 good card (integrated GPU, vulkan, driver test 1.0)");
    assert_eq!(notice, None);
    assert!(chosen(DeviceName::Wgpu(Some(0)), false).unwrap_err().contains("--allow-software-gpu"));
    assert!(chosen(DeviceName::Wgpu(Some(0)), true).unwrap().0.starts_with("wgpu:0 renderer"));
    // What is asked for loosely is had from the CPU, but not silently.
    let (device, notice) = chosen(DeviceName::Auto, false).unwrap();
    assert_eq!(device, "flex");
    assert!(notice.unwrap().contains("broken card"));
}

#[test]
fn drivers_that_cannot_be_asked_are_reported() {
    let place = Workplace::new();
    let machine = Probe::new(program(&place, "crash", "kill -ABRT $$"));
    let error = resolve(DeviceName::Wgpu(None), &machine, true).unwrap_err().to_string();
    assert!(error.contains("signal: 6") && error.contains("--device flex"), "{error}");
    let (place, notice) = resolve(DeviceName::Auto, &machine, true).unwrap();
    assert_eq!(place.backend, Backend::Flex);
    assert!(notice.unwrap().contains("signal: 6"));
}

/// The program with this Vulkan driver as the only graphics driver.
fn with_driver(place: &Workplace, manifest: &Path, arguments: &[&str]) -> Ended {
    let mut command = place.command(arguments);
    for variable in ["VK_ICD_FILENAMES", "VK_DRIVER_FILES"] {
        command.env(variable, manifest);
    }
    // Nor OpenGL's.
    command.env("__EGL_VENDOR_LIBRARY_FILENAMES", "/nowhere").output().unwrap().into()
}

#[test]
fn a_machine_without_graphics_computes_on_the_cpu() {
    let place = Workplace::new();
    place.file("small.yaml", SMALL);
    let run = |arguments: &[&str]| with_driver(&place, Path::new("/nowhere.json"), arguments);
    let devices = run(&["devices"]);
    assert_eq!(devices.code, Some(0), "{}", devices.stderr);
    assert!(devices.stdout.contains("no graphics adapter found"), "{}", devices.stdout);
    for (line, backend) in devices.stdout.lines().zip([Backend::Flex, Backend::Ndarray]) {
        assert_eq!(line.contains(": works"), backend.is_built(), "{line}");
    }
    for device in ["wgpu", "wgpu:0"] {
        let ended = run(&["run", "small.yaml", "--device", device, "--allow-software-gpu"]);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains("--device flex"), "{}", ended.stderr);
        assert!(!ended.stderr.contains("--allow-software-gpu"), "{}", ended.stderr);
    }
    let ended = run(&["run", "small.yaml", "--device", "auto"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("device flex"), "{}", ended.stderr);
}

/// A driver that does `body` as soon as it is loaded; None where it cannot be made here.
fn driver(place: &Workplace, name: &str, body: &str) -> Option<PathBuf> {
    let loaded = place.path("loaded");
    let code = format!(
        "#include <stdio.h>\n#include <unistd.h>\n\
         __attribute__((constructor)) static void start(void) {{\n\
         FILE *f = fopen(\"{}\", \"w\"); if (f) fclose(f);\n{body}\n}}\n",
        loaded.display()
    );
    let source = place.file(&format!("{name}.c"), &code).path(&format!("{name}.c"));
    let library = place.path(&format!("{name}.so"));
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source);
    if !compiler.status().is_ok_and(|status| status.success()) {
        not_run("no C compiler");
        return None;
    }
    let manifest = serde_json::json!({
        "file_format_version": "1.0.0",
        "ICD": {"library_path": library, "api_version": "1.3.0"},
    });
    let file = format!("{name}.json");
    place.file(&file, &manifest.to_string());
    let manifest = place.path(&file);
    // In a child, for it may crash.
    with_driver(place, &manifest, &["devices", "--time-limit", "1"]);
    if !loaded.exists() {
        not_run("no Vulkan loader that loads drivers");
        return None;
    }
    Some(manifest)
}

#[test]
fn a_driver_that_crashes_or_hangs_does_not_take_the_program_down() {
    let place = Workplace::new();
    place.file("small.yaml", SMALL);
    for (name, body, message) in [
        ("crashing", "*(volatile int *)0 = 1;", "signal: 11"),
        ("hanging", "for (;;) pause();", "no answer in 1 s"),
    ] {
        let Some(driver) = driver(&place, name, body) else { return };
        let devices = with_driver(&place, &driver, &["devices", "--time-limit", "1"]);
        assert_eq!(devices.code, Some(0), "{}", devices.stderr);
        let row = devices.stdout.lines().last().unwrap();
        assert!(row.starts_with("wgpu") && row.contains(message), "{}", devices.stdout);
    }
    let crashing = place.path("crashing.json");
    let ended = with_driver(&place, &crashing, &["run", "small.yaml", "--device", "wgpu"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("signal: 11") && ended.stderr.contains("--device flex"));
    let ended = with_driver(&place, &crashing, &["run", "small.yaml", "--device", "auto"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("signal: 11") && ended.stderr.contains("device flex"));
}

/// The recorded list against the one that a user sees, the choice, and the adapter in the record.
#[test]
fn the_adapter_that_was_chosen_is_used_and_recorded() {
    let program = Path::new(assert_cmd::cargo::cargo_bin!("prefsweep"));
    let adapters = match Probe::new(program).adapters() {
        Ok(found) if !found.is_empty() => found,
        other => {
            not_run(&format!("no graphics adapter ({other:?})"));
            return;
        }
    };
    let place = Workplace::new();
    place.file("small.yaml", SMALL);
    let devices = place.run(&["devices"]).stdout;
    let beyond = format!("wgpu:{}", adapters.len());
    let ended = place.run(&["run", "small.yaml", "--device", &beyond, "--allow-software-gpu"]);
    assert_eq!(ended.code, Some(2));
    for (number, adapter) in adapters.iter().enumerate() {
        assert!(devices.contains(&format!("wgpu:{number}   {adapter}: ")), "{devices}");
        assert!(ended.stderr.contains(&adapter.name), "{}", ended.stderr);
    }
    let last = adapters.iter().rposition(Adapter::has_name_in_burn);
    let Some(last) = last else {
        not_run(&format!("burn has no name for any of {adapters:?}"));
        return;
    };
    let device = format!("wgpu:{last}");
    let ended = place.run(&["run", "small.yaml", "--device", &device, "--allow-software-gpu"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let named = format!("device {device} {}", adapters[last]);
    assert!(ended.stderr.contains(&named), "no {named} in {}", ended.stderr);
    for kind in ["references", "cells"] {
        let entries = place.path("results/store").join(kind);
        let entry = std::fs::read_dir(entries).unwrap().next().unwrap().unwrap().path();
        let read = |file: &str| -> serde_json::Value {
            serde_json::from_str(&std::fs::read_to_string(entry.join(file)).unwrap()).unwrap()
        };
        let provenance = read("provenance.json");
        assert_eq!(provenance["device"], "wgpu");
        assert_eq!(provenance["adapter"], adapters[last].to_string());
        // The adapter is not part of a training's identity.
        assert!(!read("spec.json").to_string().contains(&adapters[last].name));
    }
}

/// Mesa's software driver, named twice, stands for two adapters of one name.
#[test]
fn adapters_of_one_name_are_told_apart() {
    let folder = Path::new("/usr/share/vulkan/icd.d");
    let manifests = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let software = manifests
        .map(|entry| entry.path())
        .find(|path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("lvp_icd")));
    let Some(software) = software else {
        not_run(&format!("no lvp_icd in {}", folder.display()));
        return;
    };
    let place = Workplace::new();
    place.file("small.yaml", SMALL);
    std::fs::copy(&software, place.path("again.json")).unwrap();
    let both = std::env::join_paths([&software, &place.path("again.json")]).unwrap();
    let devices = with_driver(&place, Path::new(&both), &["devices"]).stdout;
    if devices.lines().count() != 4 {
        not_run(&format!("not two adapters:\n{devices}"));
        return;
    }
    let rows: Vec<&str> = devices.lines().skip(2).collect();
    assert!(rows[0].starts_with("wgpu:0") && rows[0].contains(": works"), "{devices}");
    // Burn has names for as many GPUs as there are, but only for one software adapter.
    assert!(rows[1].starts_with("wgpu:1") && rows[1].ends_with("burn has no name for it"));
    let arguments = ["run", "small.yaml", "--device", "wgpu:1", "--allow-software-gpu"];
    let ended = with_driver(&place, Path::new(&both), &arguments);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("burn has no name for"), "{}", ended.stderr);
}
