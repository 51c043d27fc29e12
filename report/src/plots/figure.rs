//! A figure, drawn and ready to be written.

use std::fs;
use std::path::{Path, PathBuf};

use super::scene::Scene;
use super::{png, svg};
use crate::error::ReportError;

/// A figure ready to be written.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    /// Its number on the page, for example `Figure 1`.
    pub(crate) label: Option<&'static str>,
    /// What the figure shows, for the report's image text.
    pub(crate) title: String,
    /// How to read it.
    pub(crate) caption: String,
    pub(super) scene: Scene,
    /// The same for a narrow screen.
    pub(super) narrow: Option<Scene>,
}

impl Figure {
    pub(super) fn new(name: &'static str, title: String, caption: String, scene: Scene) -> Self {
        Self { name, label: None, title, caption, scene, narrow: None }
    }

    /// The figure as elements of a page, with the width in pixels at which its text has the size of
    /// the page's: for a wide screen, and for a narrow one where that is drawn.
    pub(crate) fn elements(&self) -> (Element, Option<Element>) {
        let element =
            |scene: &Scene| Element { svg: svg::element(scene, &self.title), width: scene.width };
        (element(&self.scene), self.narrow.as_ref().map(element))
    }

    /// Writes `<name>.svg` and `<name>.png` into a folder.
    pub(crate) fn write(&self, dir: &Path) -> Result<[PathBuf; 2], ReportError> {
        let paths = ["svg", "png"].map(|extension| dir.join(format!("{}.{extension}", self.name)));
        fs::write(&paths[0], svg::file(&self.scene)).map_err(ReportError::write(&paths[0]))?;
        png::png(&self.scene, &paths[1])?;
        Ok(paths)
    }
}

/// A picture within a page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Element {
    pub(crate) svg: String,
    /// Nominal width in pixels.
    pub(crate) width: f64,
}

/// A figure, or the name of the figure and why there is nothing to draw.
pub(crate) type Drawn = Result<Figure, (&'static str, String)>;
