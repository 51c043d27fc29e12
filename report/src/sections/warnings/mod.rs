//! What a reader must not miss: numbers that are what they are and still mislead. One file for each way, a
//! function that gives a sentence for every case of it; [`all`](all::all) has the list.

mod all;
mod gradient;
mod leaks;
mod reference;
mod rising;
mod section;
mod ties;

pub(crate) use all::all as warnings;
pub(crate) use section::Warnings;
