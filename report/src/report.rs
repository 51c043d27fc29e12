//! Writing the report of an experiment: results to evidence, evidence to sections, sections to files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::analysis::Analysis;
use crate::cold::cold_rows;
use crate::effects::effects;
use crate::error::ReportError;
use crate::explanations::explained;
use crate::explorer::explore;
use crate::files::{write, write_json};
use crate::outputs::replace_outputs;
use crate::page::{Block, Prose, html, latex, markdown, set_apart};
use crate::plots::{self, Drawn, Tested};
use crate::provenance;
use crate::sections::{Evidence, SECTIONS, answer, front, main_table, question, warnings};
use crate::side_by_side::side_by_side;
use crate::sweep::{Gap, Sweep};
use crate::users;
use crate::verdict::{TIMES_FILE, VERDICT_FILE, set_times_apart};

/// What [`write_report`] wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFiles {
    /// The page as Markdown.
    pub report: PathBuf,
    /// The same in one HTML file, with the plots inside.
    pub html: PathBuf,
    /// The same as the body of a LaTeX document.
    pub latex: PathBuf,
    /// CSV and LaTeX tables.
    pub tables: Vec<PathBuf>,
    /// Pictures, SVG and PNG.
    pub plots: Vec<PathBuf>,
    /// Provenance of all runs together, as JSON.
    pub provenance: PathBuf,
    /// The verdicts, as JSON: equal results give an equal file.
    pub verdict: PathBuf,
    /// What they say of the machine's time, as JSON.
    pub times: PathBuf,
    /// What could not be shown, one sentence each: missing and failed runs, plots without data.
    pub missing: Vec<String>,
    /// What a reader must not miss, one sentence each.
    pub warnings: Vec<String>,
    /// The answer, a line each.
    pub answer: Vec<String>,
    /// One row per loss, in columns of a terminal.
    pub table: String,
}

/// Reads a results folder and writes its report.
///
/// `results_dir` holds `index.json`; `out_dir` is created when needed and receives `report.md`,
/// `report.html`, `report.tex`, `verdict.json`, `times.json`, `tables/`, `plots/` and `provenance.json`. Files of an
/// earlier report are overwritten, and removed where they are no longer made.
///
/// # Errors
///
/// A [`ReportError`] names the file that is missing, corrupt or contradictory, or that could not be
/// written. Runs that the index lists as missing or failed are not errors: the report says so.
pub fn write_report(results_dir: &Path, out_dir: &Path) -> Result<ReportFiles, ReportError> {
    let Analysis { findings, frontier, verdicts, gaps: verdict_gaps } = Analysis::of(results_dir)?;
    let (users, rank_gaps) = users::changes(&findings, &verdicts)?;
    let gaps = all_gaps(&findings.sweep, rank_gaps.into_iter().chain(verdict_gaps));
    let effects = effects(&verdicts, &findings);
    let tested = Tested { findings: &findings, verdicts: &verdicts, effects: &effects };
    let figures = plots::all(tested, &frontier);
    let provenance = provenance::collect(&findings);
    let warnings = warnings(&findings, &frontier);
    let cold = cold_rows(&findings);
    let explanations = explained(&findings.sweep);
    let evidence = Evidence {
        findings: &findings,
        frontier: &frontier,
        verdicts: &verdicts,
        effects: &effects,
        views: explore(&findings, &verdicts, &effects)?,
        users: &users,
        cold: &cold,
        explanations: &explanations,
        figures: &figures,
        gaps: &gaps,
        warnings: &warnings,
        provenance: &provenance,
    };

    let files = ReportFiles {
        report: out_dir.join("report.md"),
        html: out_dir.join("report.html"),
        latex: out_dir.join("report.tex"),
        plots: write_plots(&figures, &folder(out_dir, "plots")?)?,
        tables: write_tables(&evidence, &folder(out_dir, "tables")?)?,
        provenance: out_dir.join("provenance.json"),
        verdict: out_dir.join(VERDICT_FILE),
        times: out_dir.join(TIMES_FILE),
        missing: missing(&gaps, &figures),
        warnings: warnings.clone(),
        answer: answer(&evidence).iter().map(Prose::plain).collect(),
        table: main_table(&evidence).aligned(),
    };
    write_json(&files.provenance, &provenance)?;
    let (stored, times) = set_times_apart(verdicts.clone());
    write_json(&files.verdict, &stored)?;
    write_json(&files.times, &times)?;
    let page = page(&evidence);
    write(&files.report, &markdown::render(&page))?;
    write(&files.html, &html::render(&question(&evidence), &page))?;
    write(&files.latex, &latex::render(&page))?;
    let outputs = [&files.plots[..], &files.tables].concat();
    replace_outputs(out_dir, &outputs)?;
    Ok(files)
}

/// The first screen, then every section that has something to say.
fn page(evidence: &Evidence<'_>) -> Vec<Block> {
    let mut page = front(evidence);
    page.push(Block::heading(2, "Details"));
    for section in SECTIONS {
        let blocks = section.blocks(evidence);
        if !blocks.is_empty() {
            page.push(Block::section(section.name(), blocks));
        }
    }
    set_apart(&mut page);
    page
}

fn write_plots(figures: &[Drawn], dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
    // Smoothing a picture takes longer than most else of a report; the order of the files stays.
    let drawn: Vec<_> = figures.iter().flatten().collect();
    let written = side_by_side(&drawn, |figure| figure.write(dir)).into_iter();
    Ok(written.collect::<Result<Vec<_>, _>>()?.concat())
}

fn write_tables(evidence: &Evidence<'_>, dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let tables = SECTIONS.iter().flat_map(|section| section.tables(evidence));
    let written = tables.map(|table| {
        let path = dir.join(table.file_name());
        write(&path, &table.text())?;
        Ok(path)
    });
    written.collect()
}

fn folder(out_dir: &Path, name: &str) -> Result<PathBuf, ReportError> {
    let dir = out_dir.join(name);
    fs::create_dir_all(&dir).map_err(ReportError::write(&dir))?;
    Ok(dir)
}

/// What is missing; files that several parts of the report look for are named once.
fn all_gaps(sweep: &Sweep, files: impl IntoIterator<Item = Gap>) -> Vec<Gap> {
    let mut gaps = sweep.gaps.clone();
    for gap in files {
        if gaps.iter().all(|known| known.reason != gap.reason) {
            gaps.push(gap);
        }
    }
    gaps
}

fn missing(gaps: &[Gap], figures: &[Drawn]) -> Vec<String> {
    let gaps = gaps.iter().map(|gap| format!("{}: {}", gap.what, gap.reason));
    let not_drawn = figures.iter().filter_map(|drawn| drawn.as_ref().err());
    gaps.chain(not_drawn.map(|(name, reason)| format!("plot {name}: {reason}"))).collect()
}
