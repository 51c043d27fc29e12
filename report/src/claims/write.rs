//! From verdict files to the page's files.

use std::fs;
use std::path::{Path, PathBuf};

use super::page::{TITLE, figures, page};
use super::registry::CLAIMS;
use super::results::Results;
use super::tables::numbers;
use crate::error::ReportError;
use crate::files::{write, write_json};
use crate::links::{Linked, write_pages};
use crate::verdict::{Rules, Verdicts};
use crate::verdict_files::{VerdictFile, read_all};

/// Reads the verdicts of reports and writes what they say of each claim: `claims.md`, `claims.html`,
/// `claims.json`, `claims.csv` and the figures in `plots/`, into a folder that is made when needed; gives back
/// the first four.
///
/// Each path is a `verdict.json`, or a folder that holds one itself or in `report/`.
///
/// # Errors
/// A [`ReportError`] for a file that is missing, malformed or of another format, for two experiments of one
/// name, for experiments that measure different things or judge by different margins, and for a file that cannot
/// be written.
pub fn write_claims(paths: &[PathBuf], out_dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let experiments = read_all(paths)?;
    let plots = out_dir.join("plots");
    fs::create_dir_all(&plots).map_err(ReportError::write(&plots))?;
    let verdicts: Vec<&Verdicts> = experiments.iter().map(|found| &found.verdicts).collect();
    let rules = common_rules(&experiments)?;
    let results = Results::of(CLAIMS, &verdicts);
    let figures = figures(&results, &rules);
    for figure in figures.iter().flatten() {
        figure.write(&plots)?;
    }
    let page = |links: &[Linked]| page(&results, &rules, &figures, links);
    let pages = write_pages(&experiments, out_dir, ("claims", TITLE), page)?;
    let [json, csv] = ["json", "csv"].map(|end| out_dir.join(format!("claims.{end}")));
    write_json(&json, &results)?;
    write(&csv, &numbers(&results).csv())?;
    Ok(pages.into_iter().chain([json, csv]).collect())
}

/// The rules by which all experiments are judged: one page says one level and one margin.
fn common_rules(experiments: &[VerdictFile]) -> Result<Rules, ReportError> {
    let rules = experiments.first().map_or_else(Rules::default, |first| first.verdicts.rules);
    let judged = |found: &Rules| (found.alpha, found.margin_share);
    match experiments.iter().find(|other| judged(&other.verdicts.rules) != judged(&rules)) {
        None => Ok(rules),
        Some(other) => {
            let found = &other.verdicts.rules;
            let message = format!(
                "its level and margin of indifference are {} and {}, those of the results before it {} and {}",
                found.alpha, found.margin_share, rules.alpha, rules.margin_share
            );
            Err(ReportError::Contradiction { path: other.file.clone(), message })
        }
    }
}
