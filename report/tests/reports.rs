//! What is made of results. One program: each would compile and link the same again.

mod claims;
mod committed;
mod drift;
mod export;
mod html;
mod latex;
mod pages;
mod report;
mod statistics;
mod support;
mod verdict;
mod verify;
