//! The losses against independent numbers. One program: each would compile and link the same again.

mod catalogue;
mod independent;
mod losses;
