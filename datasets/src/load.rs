//! From configuration to dataset.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::candidate_lists;
use crate::config::DatasetConfig;
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::features::{read_attributes, read_vectors};
use crate::loaders::{Format, Needs, read};
use crate::preprocess::preprocess;
use crate::registry::{DatasetName, RawFacts};
use crate::split::{SplitBy, cut_by_interactions};
use crate::synthetic;
use crate::titles::{TitleFile, read_titles, title_file};

/// Generates the dataset, or reads it from `data_dir` and preprocesses it.
///
/// The steps in this order, without those that the configuration does not set:
///
/// 1. Rows with a rating below `min_rating` are dropped. Without it ratings are ignored: every row
///    is implicit feedback.
/// 2. The interactions of a user are sorted by timestamp; rows with the same timestamp keep the
///    order of the file. One of repeated (user, item) pairs is kept (`repeats`), so that no target
///    is in the history before it.
/// 3. Users with fewer than `min_interactions` items are dropped, and with `k_core` users and
///    items with fewer than k interactions, repeatedly until none is left.
/// 4. `sample_users` users are drawn.
/// 5. The last `max_history` items of every user are kept.
/// 6. Users and items get dense indices in the order of their original ids: integers first, by
///    value, then other ids by their bytes.
/// 7. The sequences are split in the ratio of `split`; without it the last two items of every user
///    are held out.
///
/// Titles of items come from the file of titles next to the interactions, if there is one: the one
/// that the configuration or the manifest names, or else the one that the publisher of the format distributes.
///
/// Genres come from the same file, attributes and dense vectors from those that `features` names, attributes else
/// from the one that the manifest names, if it is there.
///
/// Releases with candidate lists are not preprocessed, see
/// [`CandidateLists`](crate::CandidateLists).
///
/// # Errors
/// An invalid setting, a missing, unreadable or malformed file, or too few interactions.
pub fn load(config: &DatasetConfig, data_dir: &Path) -> Result<Dataset, DataError> {
    config.validate()?;
    let config = config.resolved();
    if config.name == DatasetName::Synthetic {
        let mut dataset = synthetic::generate(&config.synthetic.clone().unwrap_or_default());
        if let Some(split) = &config.split {
            dataset.cuts = Some(cut_by_interactions(split, &dataset.sequences));
            dataset.fingerprint = dataset.content_fingerprint();
        }
        return dataset.check_cuts(&config.label());
    }
    let found = find(&config, data_dir)?;
    let Found { path, format, titles, .. } = &found;
    if let Format::CandidateLists(lists) = format {
        let mut dataset = candidate_lists::load(config.name.as_str(), path, lists, data_dir)?;
        add_features(&mut dataset, &config, &found, data_dir)?;
        return dataset.check_cuts(&config.label());
    }
    let times = config.split.as_ref().is_some_and(|split| split.by == SplitBy::Time);
    let rows = read(path, format, Needs { min_rating: config.min_rating, times })?;
    let mut dataset = preprocess(&config, path, &rows)?;
    if let Some(described) = read_titles(path, format, *titles, &dataset.item_ids)? {
        dataset.item_titles = Some(described.titles);
        dataset.features.genres = described.genres;
    }
    check_titles(&config, path, &dataset)?;
    add_features(&mut dataset, &config, &found, data_dir)?;
    dataset.check_cuts(&config.label())
}

/// Reads attributes and dense vectors, where there are some.
fn add_features(
    dataset: &mut Dataset,
    config: &DatasetConfig,
    found: &Found<'_>,
    data_dir: &Path,
) -> Result<(), DataError> {
    let [attributes, dense] = feature_files(config, found, data_dir);
    if let Some(path) = attributes {
        dataset.features.attributes = Some(read_attributes(&path, &dataset.item_ids)?);
    }
    if let Some(path) = dense {
        dataset.features.dense = Some(read_vectors(&path, &dataset.item_ids)?);
    }
    Ok(())
}

/// The files of attributes and of dense vectors.
fn feature_files(
    config: &DatasetConfig,
    found: &Found<'_>,
    data_dir: &Path,
) -> [Option<PathBuf>; 2] {
    let named = config.features.clone().unwrap_or_default();
    let own = |file: &Option<String>| file.as_ref().map(|file| data_dir.join(file));
    let distributed = || {
        let path = found.path.with_file_name(found.attributes?);
        path.is_file().then_some(path)
    };
    [own(&named.attributes).or_else(distributed), own(&named.dense)]
}

/// Fails where the configuration names a file of titles that has none of the items.
fn check_titles(config: &DatasetConfig, path: &Path, dataset: &Dataset) -> Result<(), DataError> {
    let named = config.file.as_ref().and_then(|file| file.titles.as_ref());
    let none = || dataset.item_titles.iter().flatten().all(Option::is_none);
    match named {
        Some(titles) if none() => Err(DataError::NoTitles {
            path: path.with_file_name(&titles.file),
            item: dataset.item_ids[0].clone(),
        }),
        _ => Ok(()),
    }
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
    let found = find(config, data_dir)?;
    let Found { path, format, titles, .. } = &found;
    let others: Vec<PathBuf> = match format {
        Format::CandidateLists(lists) => lists.files(data_dir),
        _ => title_file(path, format, *titles).into_iter().collect(),
    };
    let features = feature_files(config, &found, data_dir).into_iter().flatten().collect();
    Ok([vec![path.clone()], others, features].concat())
}

/// The content of a dataset's file before preprocessing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// The file.
    pub path: PathBuf,
    /// The size of its content without malformed lines.
    pub facts: RawFacts,
    /// Number of malformed lines.
    pub rows_bad: usize,
}

/// Finds and reads the dataset's file without preprocessing it; None for generated data.
///
/// # Errors
/// An invalid setting, a missing, unreadable or malformed file.
pub fn survey(config: &DatasetConfig, data_dir: &Path) -> Result<Option<Survey>, DataError> {
    config.validate()?;
    if config.name == DatasetName::Synthetic {
        return Ok(None);
    }
    let Found { path, format, .. } = find(config, data_dir)?;
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

/// The file that is loaded.
struct Found<'a> {
    path: PathBuf,
    format: &'a Format,
    /// The file of titles that the configuration or the manifest names for it.
    titles: Option<&'a TitleFile>,
    /// The file of attributes that the manifest names for it.
    attributes: Option<&'a String>,
}

/// The first of the dataset's files that exists.
fn find<'a>(config: &'a DatasetConfig, data_dir: &Path) -> Result<Found<'a>, DataError> {
    if let Some(file) = &config.file {
        let path = data_dir.join(&file.path);
        let metadata = fs::metadata(&path).map_err(DataError::read(&path))?;
        if !metadata.is_file() {
            return Err(DataError::NotAFile { path });
        }
        if let Some(titles) = &file.titles {
            let titles = path.with_file_name(&titles.file);
            if !fs::metadata(&titles).map_err(DataError::read(&titles))?.is_file() {
                return Err(DataError::NotAFile { path: titles });
            }
        }
        let titles = file.titles.as_ref();
        return Ok(Found { path, format: &file.format, titles, attributes: None });
    }
    let manifest = config.name.manifest();
    let mut looked_for = Vec::new();
    for file in &manifest.files {
        for path in file.paths.iter().map(|path| data_dir.join(path)) {
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_file() => {
                    let (format, titles) = (&file.format, file.titles.as_ref());
                    let attributes = file.attributes.as_ref();
                    return Ok(Found { path, format, titles, attributes });
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
        how: how_to_get(config.name),
    })
}

/// Where a dataset comes from, as the end of a message.
fn how_to_get(name: DatasetName) -> String {
    let manifest = name.manifest();
    if manifest.download.is_empty() {
        return manifest.by_hand.trim().to_owned();
    }
    let address = manifest.addresses.first().map_or("its publisher", String::as_str);
    let condition = &manifest.condition;
    format!(
        "`prefsweep data fetch {name}` downloads it ({condition}); or get it from {address} and unpack it there"
    )
}
