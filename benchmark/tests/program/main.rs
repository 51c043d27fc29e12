//! The program as its users meet it.

#[cfg(feature = "wgpu")]
mod agreement;
mod cli;
mod data;
#[cfg(all(feature = "wgpu", target_os = "linux"))]
mod devices;
mod exchange;
mod faults;
mod keys;
mod place;
mod reproducible;
#[path = "../../../datasets/tests/fetch/server.rs"]
mod server;
mod shares;
mod smoke;
#[cfg(target_os = "linux")]
mod terminal;
mod verify;
