//! What every section of a report can do.

use crate::grid::{Grid, TableFormat};
use crate::page::Block;
use crate::sections::evidence::Evidence;

/// A part of the page under one heading.
pub(crate) trait Section {
    /// The heading.
    fn name(&self) -> &'static str;

    /// What stands below the heading; nothing where the section has nothing to say.
    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block>;

    /// The tables that are written to files.
    fn tables(&self, _found: &Evidence<'_>) -> Vec<TableFile> {
        Vec::new()
    }
}

/// A table of the folder `tables/`.
#[derive(Debug, Clone)]
pub(crate) struct TableFile {
    grid: Grid,
    format: TableFormat,
}

impl TableFile {
    /// Plain numbers for programs.
    pub(crate) fn csv(grid: Grid) -> Self {
        Self { grid, format: TableFormat::Csv }
    }

    /// For a paper.
    pub(crate) fn latex(grid: Grid) -> Self {
        Self { grid, format: TableFormat::Latex }
    }

    /// The file's name.
    pub(crate) fn file_name(&self) -> String {
        format!("{}.{}", self.grid.name, self.format.extension())
    }

    /// What the file holds.
    pub(crate) fn text(&self) -> String {
        self.grid.text(self.format)
    }
}
