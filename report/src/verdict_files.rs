//! The verdicts of reports, read from their files.

use std::path::{Path, PathBuf};

use crate::error::ReportError;
use crate::files::{read_format, read_json};
use crate::verdict::{VERDICT_FILE, VERDICT_FORMAT, Verdicts};

/// The verdicts of one experiment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct VerdictFile {
    /// Where they were read.
    pub(crate) file: PathBuf,
    pub(crate) verdicts: Verdicts,
}

/// One set of verdicts per path, of different experiments that measure the same.
pub(crate) fn read_all(paths: &[PathBuf]) -> Result<Vec<VerdictFile>, ReportError> {
    let mut experiments: Vec<VerdictFile> = Vec::new();
    for path in paths {
        let file = find(path);
        let verdicts = read(&file)?;
        let contradiction =
            |message: String| ReportError::Contradiction { path: file.clone(), message };
        let known = |other: &VerdictFile| other.verdicts.experiment == verdicts.experiment;
        if experiments.iter().any(known) {
            let message = format!("a second result of the experiment {}", verdicts.experiment);
            return Err(contradiction(message));
        }
        let measures = experiments.first().map(|first| &first.verdicts.measure);
        if let Some(measure) = measures.filter(|measure| **measure != verdicts.measure) {
            let found = &verdicts.measure;
            let message = format!("it measures {found}, the results before it {measure}");
            return Err(contradiction(message));
        }
        experiments.push(VerdictFile { file, verdicts });
    }
    Ok(experiments)
}

fn find(path: &Path) -> PathBuf {
    let places = [path.join(VERDICT_FILE), path.join("report").join(VERDICT_FILE)];
    let found = places.into_iter().find(|place| place.is_file());
    found.unwrap_or_else(|| path.to_owned())
}

fn read(file: &Path) -> Result<Verdicts, ReportError> {
    if !file.is_file() {
        return Err(ReportError::NoVerdicts { path: file.to_owned() });
    }
    let format = read_format(file)?;
    if format != u64::from(VERDICT_FORMAT) {
        let remedy = "run `prefsweep report EXPERIMENT` again";
        return Err(ReportError::format(file, format, VERDICT_FORMAT, remedy));
    }
    read_json(file)
}
