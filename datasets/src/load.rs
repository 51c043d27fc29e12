//! From configuration to dataset.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::candidate_lists;
use crate::config::{DatasetConfig, DatasetName};
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::loaders::{Format, Needs, read};
use crate::manifest::RawFacts;
use crate::preprocess::preprocess;
use crate::split::{SplitBy, cut_by_interactions};
use crate::synthetic;
use crate::titles;

/// Obtains the dataset: generates it, or reads it from `data_dir` and preprocesses it.
///
/// The steps, in this order; those that the configuration does not name are left out:
///
/// 1. Rows rated below `min_rating` are dropped. Without it ratings are not looked at: every row
///    is implicit feedback.
/// 2. A user's items are put in the order of their timestamps, rows of the same timestamp in the
///    order of the file. Of repeated (user, item) pairs one stays (`repeats`), so that nothing held
///    out was seen before.
/// 3. Users with fewer than `min_interactions` items are dropped, and with `k_core` users and
///    items with fewer than k interactions, until none are left.
/// 4. `sample_users` of the users stay.
/// 5. Of every user the last `max_history` items stay.
/// 6. Users and the items left are numbered in the order of their original ids: whole numbers
///    first, by value, then other ids by their bytes.
/// 7. The sequences are cut in the shares of `split`; without it the last two items of every user
///    are held out.
///
/// Titles of items are taken from the file that the publisher puts beside the interactions, if it is
/// there.
///
/// Of releases with candidate lists nothing is preprocessed, see [`CandidateLists`](crate::CandidateLists).
///
/// # Errors
/// An invalid setting, a missing, unreadable or malformed file, or too few interactions.
pub fn load(config: &DatasetConfig, data_dir: &Path) -> Result<Dataset, DataError> {
    config.validate()?;
    let config = config.resolved();
    if config.name == DatasetName::Synthetic {
        let mut dataset = synthetic::generate(&config.synthetic.unwrap_or_default());
        if let Some(split) = &config.split {
            dataset.cuts = Some(cut_by_interactions(split, &dataset.sequences));
            dataset.fingerprint = dataset.content_fingerprint();
        }
        return dataset.check_cuts();
    }
    let (path, format) = find(&config, data_dir)?;
    if let Format::CandidateLists(lists) = format {
        return candidate_lists::load(config.name.as_str(), &path, lists, data_dir)?.check_cuts();
    }
    let times = config.split.as_ref().is_some_and(|split| split.by == SplitBy::Time);
    let rows = read(&path, format, Needs { min_rating: config.min_rating, times })?;
    let mut dataset = preprocess(&config, &path, &rows)?;
    dataset.item_titles = titles::titles(&path, format, &dataset.item_ids)?;
    dataset.check_cuts()
}

/// The files that [`load`] reads, in a fixed order; none for generated data.
///
/// # Errors
/// An invalid setting, or a missing file.
pub fn sources(config: &DatasetConfig, data_dir: &Path) -> Result<Vec<PathBuf>, DataError> {
    config.validate()?;
    if config.name == DatasetName::Synthetic {
        return Ok(Vec::new());
    }
    let (path, format) = find(config, data_dir)?;
    let further = match format {
        Format::CandidateLists(lists) => lists.files(data_dir),
        _ => titles::beside(&path, format).into_iter().collect(),
    };
    Ok([vec![path], further].concat())
}

/// A dataset's file as it is, before preprocessing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// The file found.
    pub path: PathBuf,
    /// What is in it, malformed lines left out.
    pub facts: RawFacts,
    /// Malformed lines.
    pub rows_bad: usize,
}

/// Finds and reads the dataset's file without preprocessing; None for generated data.
///
/// # Errors
/// An invalid setting, a missing, unreadable or malformed file.
pub fn survey(config: &DatasetConfig, data_dir: &Path) -> Result<Option<Survey>, DataError> {
    config.validate()?;
    if config.name == DatasetName::Synthetic {
        return Ok(None);
    }
    let (path, format) = find(config, data_dir)?;
    if let Format::CandidateLists(lists) = format {
        let dataset = candidate_lists::load(config.name.as_str(), &path, lists, data_dir)?;
        let facts = RawFacts {
            users: dataset.n_users(),
            items: dataset.n_items,
            interactions: dataset.n_interactions(),
        };
        return Ok(Some(Survey { path, facts, rows_bad: dataset.rows_bad }));
    }
    let rows = read(&path, format, Needs::default())?;
    let facts = RawFacts {
        users: rows.user_ids.names().len(),
        items: rows.item_ids.names().len(),
        interactions: rows.users.len(),
    };
    Ok(Some(Survey { path, facts, rows_bad: rows.bad }))
}

/// The dataset's file and its form.
fn find<'a>(
    config: &'a DatasetConfig,
    data_dir: &Path,
) -> Result<(PathBuf, &'a Format), DataError> {
    if let Some(file) = &config.file {
        let path = data_dir.join(&file.path);
        let metadata = fs::metadata(&path).map_err(DataError::read(&path))?;
        if !metadata.is_file() {
            return Err(DataError::NotAFile { path });
        }
        return Ok((path, &file.format));
    }
    let manifest = config.name.manifest();
    let mut looked_for = Vec::new();
    for file in &manifest.files {
        for path in file.paths.iter().map(|path| data_dir.join(path)) {
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_file() => {
                    return Ok((path, &file.format));
                }
                Ok(_) => return Err(DataError::NotAFile { path }),
                Err(cause)
                    if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
                Err(cause) => return Err(DataError::read(&path)(cause)),
            }
            looked_for.push(path);
        }
    }
    Err(DataError::Missing {
        dataset: config.name.as_str(),
        looked_for,
        address: manifest.addresses.first().map_or("its publisher", String::as_str),
        licence: &manifest.condition,
    })
}
