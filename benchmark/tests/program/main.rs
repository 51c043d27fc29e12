//! The program as its users meet it.

mod cli;
mod data;
mod place;
mod reproducible;
#[path = "../../../datasets/tests/fetch/server.rs"]
mod server;
mod smoke;
