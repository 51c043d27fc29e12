//! The main results table alone.

use std::path::Path;

use crate::error::ReportError;
use crate::findings::Findings;
use crate::grid::TableFormat;
use crate::page::{Block, markdown};
use crate::sections::headline;
use crate::sweep::Sweep;

/// The main results table: the baselines, the reference, and every loss at every K.
///
/// Markdown and LaTeX give two tables, full-sort evaluation with the training loss and sampled
/// evaluation; CSV and JSON give one table with both, in plain numbers.
///
/// # Errors
///
/// As for [`write_report`](crate::write_report).
pub fn headline_table(results_dir: &Path, format: TableFormat) -> Result<String, ReportError> {
    let findings = Findings::new(Sweep::load(results_dir)?)?;
    let [full, sampled] =
        ["full", "candidates"].map(|protocol| headline::readable(&findings, protocol));
    Ok(match format {
        TableFormat::Csv => headline::plain_numbers(&findings).csv(),
        TableFormat::Json => headline::plain_numbers(&findings).json(),
        TableFormat::Latex => format!("{}\n{}", full.latex(), sampled.latex()),
        TableFormat::Markdown => markdown::render(&[full, sampled].map(Block::Captioned)),
    })
}
