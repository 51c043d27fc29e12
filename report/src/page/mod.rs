//! A page as blocks, and the formats it is written in.
//!
//! What a page says is decided elsewhere, in `sections`, and how a format says it here: [`markdown`],
//! [`html`] and [`latex`] each render the same list of [`Block`]s. Nothing here knows what a number
//! means, and no format is read back.

mod anchor;
mod block;
pub(crate) mod html;
pub(crate) mod latex;
pub(crate) mod markdown;
pub(crate) mod marks;
mod prose;

pub(crate) use anchor::set_apart;
pub(crate) use block::Block;
pub(crate) use marks::prose;
pub(crate) use prose::Prose;
