//! A page as blocks, and the formats it is written in.
//!
//! What a page says is decided elsewhere, in `sections`, and how a format says it here: [`markdown`],
//! [`html`] and [`latex`] each render the same list of [`block::Block`]. Nothing here knows what a
//! number means, and no format is read back.

pub(crate) mod anchor;
pub(crate) mod block;
pub(crate) mod html;
pub(crate) mod latex;
pub(crate) mod markdown;
pub(crate) mod prose;
