//! The program as its users meet it.

mod cli;
mod exchange;
mod place;
mod reproducible;
mod smoke;
mod verify;
