//! The program as its users meet it.

#[cfg(feature = "wgpu")]
mod agreement;
// Kills workers, which it finds in /proc.
#[cfg(target_os = "linux")]
mod aimed;
mod cli;
mod commands;
mod cutoffs;
mod data;
// Drivers are Vulkan's, as the loader of Linux finds them; how a program ended is a signal.
#[cfg(all(feature = "wgpu", target_os = "linux"))]
mod devices;
mod doubtful;
// The page has the words of Linux for what a system says, and its `/dev/full`.
#[cfg(target_os = "linux")]
mod errors;
mod exchange;
mod faults;
mod import;
// Elsewhere a user who was killed is gone after a day alone.
#[cfg(target_os = "linux")]
mod in_use;
mod kept;
mod keys;
// `/dev/shm` is the other disk, and `unshare` mounts a full one.
#[cfg(target_os = "linux")]
mod other_disk;
mod output;
mod place;
// Finds workers in /proc.
#[cfg(target_os = "linux")]
mod processes;
mod progress;
mod reproducible;
// Kills workers, which it finds in /proc.
#[cfg(target_os = "linux")]
mod resume;
mod sampled_users;
#[path = "../../../datasets/tests/fetch/server.rs"]
mod server;
mod shares;
mod smoke;
// Memory and processes are those of /proc.
#[cfg(target_os = "linux")]
mod soak;
mod store;
// Looks on with strace.
#[cfg(target_os = "linux")]
mod synced;
// The terminal is that of util-linux' `script`.
#[cfg(target_os = "linux")]
mod terminal;
mod verify;
// `ulimit` of a Unix shell makes files scarce.
#[cfg(unix)]
mod workers;
