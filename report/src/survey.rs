//! The same claims over several experiments: datasets, or settings that might matter.
//!
//! Each experiment's verdicts are taken as they are, tests and corrections included; nothing is
//! pooled. A claim that holds in one setting alone shows as such.

mod comparisons;
mod conclusions;
mod counts;
mod kind;
mod numbers;
mod page;
mod places;
mod side_by_side;
mod standing;

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::ReportError;
use crate::files::write;
use crate::grid::TableFormat;
use crate::page::{html, markdown};
use crate::verdict::Verdicts;
use crate::verdict_files;

use self::numbers::numbers;
use self::side_by_side::{QUESTIONS, grid, section};

/// The verdicts of several experiments.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    experiments: Vec<Verdicts>,
}

impl Survey {
    /// Reads the verdicts of reports: each path is a `verdict.json`, or a folder that holds one
    /// itself or in `report/`.
    ///
    /// # Errors
    /// A [`ReportError`] for a file that is missing, malformed or of another format, for two
    /// experiments of one name, and for experiments that measure different things.
    pub fn read(paths: &[PathBuf]) -> Result<Self, ReportError> {
        let files = verdict_files::read_all(paths)?;
        Ok(Self { experiments: files.into_iter().map(|found| found.verdicts).collect() })
    }

    /// As text: Markdown with sentences, or tables alone.
    #[must_use]
    pub fn text(&self, format: TableFormat) -> String {
        let experiments = &self.experiments;
        match format {
            TableFormat::Markdown => {
                let blocks = QUESTIONS.into_iter().flat_map(|asked| section(experiments, asked));
                markdown::render(&blocks.collect::<Vec<_>>())
            }
            TableFormat::Latex => {
                let grids = QUESTIONS.into_iter().filter_map(|asked| grid(experiments, asked));
                grids.map(|grid| grid.latex()).collect::<Vec<_>>().join("\n")
            }
            TableFormat::Csv => numbers(experiments).csv(),
        }
    }

    /// Writes the page on how robust the findings are, as `survey.md` and `survey.html`, and all numbers,
    /// as `survey.csv`, into a folder that is made when needed; gives back the files.
    ///
    /// # Errors
    /// A [`ReportError`] for a file that cannot be written.
    pub fn write(&self, out_dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
        fs::create_dir_all(out_dir).map_err(ReportError::write(out_dir))?;
        let page = page::page(&self.experiments);
        let markdown = markdown::render(&page);
        let html = html::render(page::TITLE, &page);
        let csv = numbers(&self.experiments).csv();
        let mut files = Vec::new();
        for (name, text) in [("survey.md", markdown), ("survey.html", html), ("survey.csv", csv)] {
            let path = out_dir.join(name);
            write(&path, &text)?;
            files.push(path);
        }
        Ok(files)
    }
}

#[cfg(test)]
mod tests;
