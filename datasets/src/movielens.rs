//! MovieLens 100K: the official `u.data` and RecBole's `ml-100k.inter`.
//!
//! F. M. Harper and J. A. Konstan, "The MovieLens Datasets: History and Context", ACM TiiS 5(4),
//! 2015, <https://doi.org/10.1145/2827872>.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::config::DatasetName;
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::preprocess::preprocess;
use crate::rows::{Layout, read_rows};

const ADDRESS: &str = "https://grouplens.org/datasets/movielens/100k/";
const LICENCE: &str = "research use, no redistribution";

/// Where the file may lie below the data folder, first match wins.
const PATHS: [&str; 4] = ["ml-100k/u.data", "u.data", "ml-100k/ml-100k.inter", "ml-100k.inter"];

pub(crate) fn load_100k(data_dir: &Path, min_interactions: usize) -> Result<Dataset, DataError> {
    let path = find(data_dir)?;
    let layout = if path.extension().is_some_and(|extension| extension == "inter") {
        Layout::RecBole
    } else {
        Layout::UData
    };
    let rows = read_rows(&path, layout)?;
    preprocess(DatasetName::Ml100k, &path, &rows, min_interactions)
}

fn find(data_dir: &Path) -> Result<PathBuf, DataError> {
    let looked_for: Vec<PathBuf> = PATHS.iter().map(|path| data_dir.join(path)).collect();
    for path in &looked_for {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => return Ok(path.clone()),
            Ok(_) => return Err(DataError::NotAFile { path: path.clone() }),
            Err(cause)
                if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(cause) => return Err(DataError::read(path)(cause)),
        }
    }
    Err(DataError::Missing {
        dataset: DatasetName::Ml100k.as_str(),
        looked_for,
        address: ADDRESS,
        licence: LICENCE,
    })
}
