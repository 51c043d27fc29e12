//! The verdicts of reports, read from their files.

use std::path::{Path, PathBuf};

use crate::error::ReportError;
use crate::files::{read_format, read_json};
use crate::verdict::{
    TIMES_FILE, TIMES_FORMAT, Times, VERDICT_FILE, VERDICT_FORMAT, Verdicts, add_times,
};

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
        let mut verdicts = read(&file)?;
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
        let beside = file.with_file_name(TIMES_FILE);
        // Earlier reports have their times in the verdicts.
        if beside.is_file() {
            let times = read_times(&beside)?;
            if times.experiment != verdicts.experiment {
                let message = format!(
                    "it is of {}, the verdicts beside it of {}",
                    times.experiment, verdicts.experiment
                );
                return Err(ReportError::Contradiction { path: beside, message });
            }
            add_times(&mut verdicts, times);
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
    of_format(file, VERDICT_FORMAT)
}

fn read_times(file: &Path) -> Result<Times, ReportError> {
    of_format(file, TIMES_FORMAT)
}

/// A file of the given format.
fn of_format<T: serde::de::DeserializeOwned>(file: &Path, known: u32) -> Result<T, ReportError> {
    let format = read_format(file)?;
    if format != u64::from(known) {
        let remedy = "run `prefsweep report EXPERIMENT` again";
        return Err(ReportError::format(file, format, known, remedy));
    }
    read_json(file)
}

#[cfg(test)]
mod tests {
    use prefsweep_store::{LossKey, SeriesKey};

    use super::*;
    use crate::files::write_json;
    use crate::verdict::fixtures::{loss, verdicts};
    use crate::verdict::set_times_apart;

    #[test]
    fn times_are_read_from_a_file_of_their_own_or_from_the_verdicts_as_before() {
        let series = SeriesKey { loss: LossKey::new("dmpo"), axes: [].into() };
        let mut all = verdicts("x", "a", vec![loss(&series, 0.0)]);
        all.losses[0].step_seconds = Some(0.25);
        let folder = tempfile::tempdir().unwrap();
        let (file, beside) = (folder.path().join(VERDICT_FILE), folder.path().join(TIMES_FILE));
        let read =
            || read_all(&[folder.path().to_owned()]).map(|mut found| found.remove(0).verdicts);
        write_json(&file, &all).unwrap();
        assert_eq!(read().unwrap(), all);
        let (stored, mut times) = set_times_apart(all.clone());
        write_json(&file, &stored).unwrap();
        assert_eq!(read().unwrap(), stored, "nothing is known of times");
        write_json(&beside, &times).unwrap();
        assert_eq!(read().unwrap(), all);
        times.experiment = "y".into();
        write_json(&beside, &times).unwrap();
        let other = read().unwrap_err().to_string();
        assert!(other.ends_with("times.json: it is of y, the verdicts beside it of x"), "{other}");
    }
}
