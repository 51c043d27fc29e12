//! The figures of the first page as PDF, for a paper.

use std::fs;
use std::path::{Path, PathBuf};

use crate::analysis::Analysis;
use crate::effects::effects;
use crate::error::ReportError;
use crate::plots::{PaperWidth, Tested, write_for_paper};

/// Writes the forest, the matrix and the paired curves of a results folder into `out_dir`, as wide as
/// a column or a page of a two-column article, with text of 8 pt. Gives the files; a figure without
/// data has none.
///
/// # Errors
///
/// As for [`write_report`](crate::write_report).
pub fn paper_figures(
    results_dir: &Path,
    width: PaperWidth,
    out_dir: &Path,
) -> Result<Vec<PathBuf>, ReportError> {
    let Analysis { findings, verdicts, .. } = Analysis::of(results_dir)?;
    let effects = effects(&verdicts, &findings);
    fs::create_dir_all(out_dir).map_err(ReportError::write(out_dir))?;
    let tested = Tested { findings: &findings, verdicts: &verdicts, effects: &effects };
    write_for_paper(tested, width, out_dir)
}
