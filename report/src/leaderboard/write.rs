//! From verdict files to the page's files.

use std::fs;
use std::path::{Path, PathBuf};

use super::page::{TITLE, figure, page};
use super::standings::Standings;
use super::tables::{Cell, by_dataset, numbers};
use crate::error::ReportError;
use crate::files::write;
use crate::links::{Linked, write_pages};
use crate::verdict::Verdicts;
use crate::verdict_files::read_all;

/// Reads the verdicts of reports and writes how losses stand: `leaderboard.md`, `.html`, `.csv`, `.tex` and the
/// figure in `plots/`, into a folder that is made when needed; gives back the first four.
///
/// Each path is a `verdict.json`, or a folder that holds one itself or in `report/`.
///
/// # Errors
/// A [`ReportError`] for a file that is missing, malformed or of another format, for two experiments of one name,
/// for experiments that measure different things, none that can be counted, and for a file that cannot be written.
pub fn write_leaderboard(paths: &[PathBuf], out_dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let experiments = read_all(paths)?;
    let verdicts: Vec<&Verdicts> = experiments.iter().map(|found| &found.verdicts).collect();
    let measure = verdicts.first().map_or("", |first| first.measure.as_str());
    let standings = Standings::of(&verdicts);
    if standings.boards.is_empty() {
        let found = standings.left_out.iter();
        let found: Vec<String> =
            found.map(|(verdicts, why)| format!("{} ({why})", verdicts.experiment)).collect();
        return Err(ReportError::Choice {
            option: "leaderboard",
            found: found.join(", "),
            allowed: "at least one experiment that holds the control sft and varies no settings"
                .to_owned(),
        });
    }
    let plots = out_dir.join("plots");
    fs::create_dir_all(&plots).map_err(ReportError::write(&plots))?;
    let figure = figure(&standings);
    if let Some(figure) = &figure {
        figure.write(&plots)?;
    }
    let page = |links: &[Linked]| page(&standings, measure, figure.clone(), links);
    let pages = write_pages(&experiments, out_dir, ("leaderboard", TITLE), page)?;
    let [csv, tex] = ["csv", "tex"].map(|end| out_dir.join(format!("leaderboard.{end}")));
    write(&csv, &numbers(&standings).csv())?;
    write(&tex, &by_dataset(&standings, measure, Cell::Short).latex())?;
    Ok(pages.into_iter().chain([csv, tex]).collect())
}
