//! The program as its users meet it.

#[cfg(feature = "wgpu")]
mod agreement;
#[cfg(target_os = "linux")]
mod aimed;
mod cli;
mod commands;
mod cutoffs;
mod data;
#[cfg(all(feature = "wgpu", target_os = "linux"))]
mod devices;
mod doubtful;
#[cfg(target_os = "linux")]
mod errors;
mod exchange;
mod faults;
mod import;
mod kept;
mod keys;
#[cfg(target_os = "linux")]
mod other_disk;
mod output;
mod place;
#[cfg(target_os = "linux")]
mod processes;
mod progress;
mod reproducible;
#[cfg(target_os = "linux")]
mod resume;
mod sampled_users;
#[path = "../../../datasets/tests/fetch/server.rs"]
mod server;
mod shares;
mod smoke;
#[cfg(target_os = "linux")]
mod soak;
mod store;
#[cfg(target_os = "linux")]
mod synced;
#[cfg(target_os = "linux")]
mod terminal;
mod verify;
#[cfg(unix)]
mod workers;
