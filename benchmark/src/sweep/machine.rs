//! Where and with what a number was made.

use std::sync::OnceLock;

/// The revision of the source tree that this program was built from, with `-dirty` if files were
/// changed; None where there was no git or no repository. See `build.rs`.
#[must_use]
pub fn git_revision() -> Option<String> {
    option_env!("PREFSWEEP_REVISION").map(str::to_owned)
}

/// The operating system and its version.
#[must_use]
pub fn os() -> String {
    sysinfo::System::long_os_version().unwrap_or_else(|| std::env::consts::OS.into())
}

/// The processor's name and number of cores.
#[must_use]
pub fn cpu() -> String {
    static CPU: OnceLock<String> = OnceLock::new();
    CPU.get_or_init(|| {
        let mut system = sysinfo::System::new();
        system.refresh_cpu_list(sysinfo::CpuRefreshKind::nothing());
        let cpus = system.cpus();
        let name = cpus.first().map_or("unknown", |cpu| cpu.brand().trim());
        format!("{name}, {} cores", cpus.len())
    })
    .clone()
}

/// Most memory that this process has held at once, where the system tells (Linux).
#[must_use]
pub fn peak_memory_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

/// Hidden states that take more than one part in so many of the memory stay in their file.
const SHARE_FOR_STATES: u64 = 4;

/// The most bytes that a worker keeps in memory of the reference's hidden states.
#[must_use]
pub(super) fn memory_for_states() -> u64 {
    memory() / SHARE_FOR_STATES
}

/// The memory that this process may use, in bytes: the machine's, or what its control group is allowed.
#[must_use]
pub(super) fn memory() -> u64 {
    static MEMORY: OnceLock<u64> = OnceLock::new();
    *MEMORY.get_or_init(|| {
        let mut system = sysinfo::System::new();
        system.refresh_memory();
        let allowed = system.cgroup_limits().map_or(u64::MAX, |limits| limits.total_memory);
        system.total_memory().min(allowed)
    })
}
