//! Statistics, tables, plots and the written report of a `prefsweep` experiment.
//!
//! This crate reads a results folder and never trains: [`write_report`] turns the folder into
//! `report.html` and `report.md` with tables and plots, [`headline_table`] gives the main table
//! alone, [`mod@verify`] checks the folder, [`drift`] compares two of them and [`export()`] writes
//! tables for other programs. The files it reads are defined in `prefsweep_store`, which the harness
//! uses to write them.
//!
//! A sweep that is not finished is reported as far as it goes, with what is missing and why. A file
//! that is there and cannot be used is an error that names the file, and the line where known.

mod axes;
mod columns;
mod comparison;
mod details;
mod error;
mod export;
mod files;
mod findings;
mod frontier;
mod frontier_tables;
mod grid;
mod headline;
mod html;
mod index;
mod markdown;
mod measure;
mod mechanism;
mod numbers;
mod plots;
mod provenance;
mod ranked_cells;
mod ranks;
mod reading;
mod run_key;
mod summary;
mod survey;
mod sweep;
mod tables;
mod time;
mod users;

pub mod drift;
pub mod statistics;
pub mod verdict;
pub mod verify;

use std::fs;
use std::path::{Path, PathBuf};

use crate::comparison::Comparison;
use crate::files::{write, write_json};
use crate::findings::Findings;
use crate::frontier::Frontier;
use crate::grid::Grid;
use crate::markdown::Page;
use crate::sweep::Sweep;

pub use crate::error::ReportError;
pub use crate::export::export;
pub use crate::grid::TableFormat;
pub use crate::plots::{Histogram, write_histogram};
pub use crate::reading::Reading;
pub use crate::survey::Survey;

/// What [`write_report`] wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFiles {
    /// The page as Markdown.
    pub report: PathBuf,
    /// The same in one HTML file, with the plots inside.
    pub html: PathBuf,
    /// CSV and LaTeX tables.
    pub tables: Vec<PathBuf>,
    /// Pictures, SVG and PNG.
    pub plots: Vec<PathBuf>,
    /// Provenance of all cells together, as JSON.
    pub provenance: PathBuf,
    /// The verdicts, as JSON.
    pub verdict: PathBuf,
    /// What could not be shown, one sentence each: missing and failed cells, plots without data.
    pub missing: Vec<String>,
}

/// Reads a results folder and writes its report.
///
/// `results_dir` holds `index.json`; `out_dir` is created when needed and receives `report.md`, `report.html`,
/// `verdict.json`,
/// `tables/`, `plots/` and `provenance.json`. Files of an earlier report are overwritten.
///
/// # Errors
///
/// A [`ReportError`] names the file that is missing, corrupt or contradictory, or that could not be
/// written. Cells that the index lists as missing or failed are not errors: the report says so.
pub fn write_report(results_dir: &Path, out_dir: &Path) -> Result<ReportFiles, ReportError> {
    let findings = Findings::new(Sweep::load(results_dir)?)?;
    let frontier = Frontier::new(&findings)?;
    let comparisons = comparison::compare(&findings);
    let (users, rank_gaps) = users::moves(&findings, &comparisons)?;
    let (verdicts, verdict_gaps) = verdict::reach(&findings, &frontier)?;
    let mut gaps = findings.sweep.gaps.clone();
    gaps.extend(rank_gaps);
    for gap in verdict_gaps {
        if gaps.iter().all(|known| known.reason != gap.reason) {
            gaps.push(gap);
        }
    }

    let plots_dir = out_dir.join("plots");
    let tables_dir = out_dir.join("tables");
    for dir in [&plots_dir, &tables_dir] {
        fs::create_dir_all(dir).map_err(ReportError::write(dir))?;
    }
    let figures = plots::all(&findings, &frontier);
    let mut plots = Vec::new();
    for figure in figures.iter().flatten() {
        plots.extend(figure.write(&plots_dir)?);
    }
    let mut missing: Vec<String> =
        gaps.iter().map(|gap| format!("{}: {}", gap.what, gap.reason)).collect();
    missing.extend(
        figures
            .iter()
            .filter_map(|drawn| drawn.as_ref().err())
            .map(|(name, reason)| format!("plot {name}: {reason}")),
    );

    let page = Page {
        verdict: verdict::section(&verdicts),
        summary: summary::summary(&findings, &comparisons),
        headline: headline::readable(&findings, "full"),
        candidates: headline::readable(&findings, "candidates"),
        comparison: details::comparison(&findings, &comparisons),
        users,
        matched: frontier_tables::matched(&findings, &frontier),
        picked: frontier_tables::picked(&findings, &frontier),
        mechanism: mechanism::gradient(&findings),
        truth: mechanism::truth(&findings),
        ceiling: mechanism::ceiling(&findings),
        cost: details::cost(&findings),
        time: time::shares(&findings.sweep),
        figures,
        gaps,
        provenance: provenance::collect(&findings),
        findings: &findings,
    };
    let paths = frontier_tables::paths(&findings, &frontier);
    let tables = write_tables(&page, &comparisons, &verdicts, paths, &tables_dir)?;
    let provenance = out_dir.join("provenance.json");
    write_json(&provenance, &page.provenance)?;
    let verdict = out_dir.join(verdict::VERDICT_FILE);
    write_json(&verdict, &verdicts)?;
    let report = out_dir.join("report.md");
    let markdown = page.render();
    write(&report, &markdown)?;
    let html = out_dir.join("report.html");
    let drawn: Vec<&plots::Figure> = page.figures.iter().flatten().collect();
    write(&html, &html::page(&findings.sweep.index.title, &markdown, &drawn)?)?;
    Ok(ReportFiles { report, html, tables, plots, provenance, verdict, missing })
}

/// The headline table alone: popularity, the reference, and every loss at every K.
///
/// Markdown and LaTeX give two tables, the full ranking with the training loss and the candidates
/// protocol; CSV gives one table with both, in plain numbers.
///
/// # Errors
///
/// As for [`write_report`].
pub fn headline_table(results_dir: &Path, format: TableFormat) -> Result<String, ReportError> {
    let findings = Findings::new(Sweep::load(results_dir)?)?;
    let full = headline::readable(&findings, "full");
    let candidates = headline::readable(&findings, "candidates");
    Ok(match format {
        TableFormat::Csv => headline::plain_numbers(&findings).csv(),
        TableFormat::Latex => format!("{}\n{}", full.latex(), candidates.latex()),
        TableFormat::Markdown => format!(
            "{}\n\n{}\n{}\n\n{}",
            grid::markdown_escape(&full.caption),
            full.markdown(),
            grid::markdown_escape(&candidates.caption),
            candidates.markdown()
        ),
    })
}

fn write_tables(
    page: &Page<'_>,
    comparisons: &[Comparison],
    verdicts: &verdict::Verdicts,
    paths: Grid,
    dir: &Path,
) -> Result<Vec<PathBuf>, ReportError> {
    let findings = page.findings;
    let csv = [
        verdict::numbers(verdicts),
        headline::plain_numbers(findings),
        details::comparison_numbers(findings, comparisons),
        details::training_numbers(findings),
        details::cost_numbers(findings),
        details::final_measures(findings),
        details::curves(findings),
        paths,
    ];
    let verdict = verdict::table(verdicts);
    let claims = verdict::claims_table(verdicts);
    let tuned = verdicts.tuned.as_ref().map(|tuned| verdict::tuned_table(verdicts, tuned));
    let budgets = verdicts.budgets.as_ref().map(|found| verdict::budgets_table(verdicts, found));
    let latex = [
        &verdict,
        &claims,
        &page.headline,
        &page.candidates,
        &page.comparison,
        &page.users,
        &page.matched,
        &page.picked,
        &page.mechanism,
        &page.truth,
        &page.cost,
    ];
    let mut tables = Vec::new();
    let mut add = |grid: &Grid, extension: &str, text: String| {
        let path = dir.join(format!("{}.{extension}", grid.name));
        write(&path, &text)?;
        tables.push(path);
        Ok(())
    };
    for grid in &csv {
        add(grid, "csv", grid.csv())?;
    }
    for grid in latex.into_iter().chain(&tuned).chain(&budgets) {
        add(grid, "tex", grid.latex())?;
    }
    Ok(tables)
}

#[cfg(test)]
extern crate self as prefsweep_report;
#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;
