//! The program as its users meet it.

#[cfg(feature = "wgpu")]
mod agreement;
mod cli;
mod data;
#[cfg(unix)]
mod devices;
mod exchange;
mod place;
mod reproducible;
#[path = "../../../datasets/tests/fetch/server.rs"]
mod server;
mod smoke;
mod verify;
