//! From rows to dense sequences: order, repetitions, core, sample, numbering.

use std::path::Path;

use polars::prelude::*;

use crate::config::{DatasetConfig, Repeats};
use crate::dataset::{Dataset, Item};
use crate::error::DataError;
use crate::k_core::core;
use crate::loaders::Rows;
use crate::random::{draw, stream};

/// Preprocesses the rows of `path` as described at [`load`](crate::load).
pub(crate) fn preprocess(
    config: &DatasetConfig,
    path: &Path,
    rows: &Rows,
) -> Result<Dataset, DataError> {
    if rows.users.is_empty() {
        return Err(DataError::NoRatedRows {
            path: path.to_owned(),
            min_rating: config.min_rating.unwrap_or_default(),
        });
    }
    let (users, items) =
        ordered(rows, config.repeats).map_err(DataError::table("ordering interactions"))?;
    let counts = (rows.user_ids.names().len(), rows.item_ids.names().len());
    let k_core = config.k_core.unwrap_or(1);
    let kept = core(&users, &items, counts, (config.min_interactions.max(k_core), k_core));
    if !kept.contains(&true) {
        return Err(nobody(config, path, longest(&users, counts.0)));
    }

    let in_core = users.iter().zip(&items).zip(&kept).filter(|(_, kept)| **kept);
    let mut histories = vec![Vec::new(); counts.0];
    for ((&user, &item), _) in in_core {
        histories[user as usize].push(item);
    }
    let is_in_core = |user: &u32| !histories[*user as usize].is_empty();
    let mut users = numbered(rows.user_ids.names(), (0..counts.0 as u32).filter(is_in_core))?;
    if let Some(sample) = &config.sample_users {
        users = sampled(users, sample.count, sample.seed).map_err(|found| {
            DataError::TooFewUsers { path: path.to_owned(), found, needed: sample.count }
        })?;
    }
    let sequences: Vec<&[u32]> = users
        .iter()
        .map(|&user| {
            let history = histories[user as usize].as_slice();
            &history[history.len().saturating_sub(config.max_history.unwrap_or(usize::MAX))..]
        })
        .collect();
    dataset(config, rows, &users, &sequences)
}

/// Users and items of the interactions in order of time, ties in order of the file; of repeated
/// pairs one.
fn ordered(rows: &Rows, repeats: Repeats) -> PolarsResult<(Vec<u32>, Vec<u32>)> {
    let keep = match repeats {
        Repeats::First => UniqueKeepStrategy::First,
        Repeats::Last => UniqueKeepStrategy::Last,
    };
    let table = df![
        "user" => &rows.users,
        "item" => &rows.items,
        "timestamp" => &rows.timestamps,
    ]?
    .lazy()
    .with_row_index("row", None)
    .sort(["timestamp", "row"], SortMultipleOptions::default())
    .unique_stable(Some(cols(["user", "item"])), keep)
    .select([col("user"), col("item")])
    .collect()?;
    let column = |name| -> PolarsResult<Vec<u32>> {
        Ok(table.column(name)?.u32()?.into_no_null_iter().collect())
    };
    Ok((column("user")?, column("item")?))
}

fn longest(users: &[u32], n_users: usize) -> usize {
    let mut lengths = vec![0; n_users];
    for &user in users {
        lengths[user as usize] += 1;
    }
    lengths.into_iter().max().unwrap_or(0)
}

fn nobody(config: &DatasetConfig, path: &Path, longest: usize) -> DataError {
    let (path, min_interactions) = (path.to_owned(), config.min_interactions);
    match config.k_core {
        Some(k_core) if k_core > 1 && longest >= min_interactions => {
            DataError::EmptyCore { path, k_core, min_interactions }
        }
        _ => DataError::NoUsers { path, min_interactions, longest },
    }
}

/// The `chosen` in the order of their original ids: whole numbers by value, then the rest by bytes.
fn numbered(names: &[String], chosen: impl Iterator<Item = u32>) -> Result<Vec<u32>, DataError> {
    let chosen: Vec<u32> = chosen.collect();
    let ids: Vec<&str> = chosen.iter().map(|&index| names[index as usize].as_str()).collect();
    let sorted = || -> PolarsResult<Vec<u32>> {
        let table = df!["id" => ids, "index" => &chosen]?
            .lazy()
            .with_columns([col("id").cast(DataType::UInt64).alias("number")])
            .sort_by_exprs(
                [col("number"), col("id")],
                SortMultipleOptions::default().with_nulls_last(true),
            )
            .collect()?;
        Ok(table.column("index")?.u32()?.into_no_null_iter().collect())
    };
    sorted().map_err(DataError::table("numbering users and items"))
}

/// `count` of the `users` in the order they had, or how many there are when that is fewer.
fn sampled(users: Vec<u32>, count: usize, seed: u64) -> Result<Vec<u32>, usize> {
    let places = (0..users.len() as u32).collect();
    let mut places = draw(places, count, &mut stream(seed, "users", &[])).ok_or(users.len())?;
    places.sort_unstable();
    Ok(places.into_iter().map(|place| users[place as usize]).collect())
}

fn dataset(
    config: &DatasetConfig,
    rows: &Rows,
    users: &[u32],
    sequences: &[&[u32]],
) -> Result<Dataset, DataError> {
    let mut used = vec![false; rows.item_ids.names().len()];
    for &item in sequences.iter().copied().flatten() {
        used[item as usize] = true;
    }
    let used = (0..used.len() as u32).filter(|&item| used[item as usize]);
    let items = numbered(rows.item_ids.names(), used)?;
    let mut numbers: Vec<Item> = vec![0; rows.item_ids.names().len()];
    for (number, &item) in (0..).zip(&items) {
        numbers[item as usize] = number;
    }
    let sequences: Vec<Vec<Item>> = sequences
        .iter()
        .map(|sequence| sequence.iter().map(|&item| numbers[item as usize]).collect())
        .collect();
    let ids = |chosen: &[u32], names: &[String]| {
        chosen.iter().map(|&index| names[index as usize].clone()).collect()
    };
    let kept: usize = sequences.iter().map(Vec::len).sum();
    let mut dataset = Dataset {
        name: config.name.as_str().to_owned(),
        n_items: items.len(),
        sequences,
        user_ids: ids(users, rows.user_ids.names()),
        item_ids: ids(&items, rows.item_ids.names()),
        rows_read: rows.read(),
        rows_bad: rows.bad,
        rows_dropped: rows.read() - rows.bad - kept,
        preference: None,
        fingerprint: String::new(),
    };
    dataset.fingerprint = dataset.content_fingerprint();
    Ok(dataset)
}
