//! The datasets that an experiment can name, each with its manifest: what it is, whose it is, where
//! to download it, which files are read and what they must contain.
//!
//! A manifest is a YAML file in `manifests/` and part of the program. Nothing here downloads or reads
//! data.

mod manifest;
mod name;
mod recipe;

pub use manifest::{
    DataFile, DefaultPreprocessing, Manifest, PreparedFacts, PublishedFigure, PublishedProtocol,
    RawFacts,
};
pub use name::DatasetName;
pub use recipe::{ArchiveKind, Download, Member};
