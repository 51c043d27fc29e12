//! The program as its users meet it.

#[cfg(feature = "wgpu")]
mod agreement;
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
mod keys;
mod output;
mod place;
mod progress;
mod reproducible;
#[cfg(target_os = "linux")]
mod resume;
#[path = "../../../datasets/tests/fetch/server.rs"]
mod server;
mod shares;
mod smoke;
mod store;
#[cfg(target_os = "linux")]
mod synced;
#[cfg(target_os = "linux")]
mod terminal;
mod verify;
