//! A figure, drawn and ready to be written.

use std::path::{Path, PathBuf};

use super::render;
use super::scene::Scene;
use crate::error::ReportError;

/// A figure ready to be written.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    /// What the figure shows, for the report's image text.
    pub(crate) title: String,
    /// How to read it.
    pub(crate) caption: String,
    pub(super) scene: Scene,
}

impl Figure {
    /// The figure as SVG.
    pub(crate) fn svg(&self) -> Result<String, ReportError> {
        render::svg_text(&self.scene, Path::new(self.name))
    }

    /// Writes `<name>.svg` and `<name>.png` into a folder.
    pub(crate) fn write(&self, dir: &Path) -> Result<[PathBuf; 2], ReportError> {
        let paths = ["svg", "png"].map(|extension| dir.join(format!("{}.{extension}", self.name)));
        render::svg(&self.scene, &paths[0])?;
        render::png(&self.scene, &paths[1])?;
        Ok(paths)
    }
}

/// A figure, or the name of the figure and why there is nothing to draw.
pub(crate) type Drawn = Result<Figure, (&'static str, String)>;
