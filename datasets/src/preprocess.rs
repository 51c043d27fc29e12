//! From rows to dense sequences: order, repetitions, k-core, sample, indices, split.

use std::path::Path;

use polars::prelude::*;

use crate::config::{DatasetConfig, Repeats};
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::indices::Item;
use crate::k_core::core;
use crate::loaders::Rows;
use crate::random::{draw, stream};
use crate::split::{SplitBy, cut_by_interactions, cut_by_time};

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
    let mut histories = Histories::new(rows, config.repeats);
    let longest = histories.longest();
    histories.keep_core(rows, config.k_core.unwrap_or(1), config.min_interactions);
    if histories.rows.is_empty() {
        return Err(no_users_left(config, path, longest));
    }
    let in_core = (0..histories.users() as u32).filter(|&user| !histories.of(user).is_empty());
    let mut users = sorted_by_id(rows.user_ids.names(), in_core)?;
    if let Some(sample) = &config.sample_users {
        users = sampled(users, sample.count, sample.seed).map_err(|found| {
            DataError::TooFewUsers { path: path.to_owned(), found, needed: sample.count }
        })?;
    }
    let sequences: Vec<&[u32]> = users
        .iter()
        .map(|&user| {
            let history = histories.of(user);
            &history[history.len().saturating_sub(config.max_history.unwrap_or(usize::MAX))..]
        })
        .collect();
    dataset(config, rows, &users, &sequences)
}

/// Rows by user, sorted by time; rows with the same time keep the order of the file.
struct Histories {
    /// Where each user's rows start, and where the last user's end.
    starts: Vec<usize>,
    /// Indices of rows.
    rows: Vec<u32>,
}

impl Histories {
    /// Keeps one row of repeated (user, item) pairs.
    fn new(rows: &Rows, repeats: Repeats) -> Self {
        let mut starts = vec![0; rows.user_ids.names().len() + 1];
        for &user in &rows.users {
            starts[user as usize + 1] += 1;
        }
        for user in 1..starts.len() {
            starts[user] += starts[user - 1];
        }
        let mut next = starts.clone();
        let mut by_user = vec![0; rows.users.len()];
        for (row, &user) in (0..).zip(&rows.users) {
            by_user[next[user as usize]] = row;
            next[user as usize] += 1;
        }
        let time = |row: &u32| rows.timestamps[*row as usize];
        for user in starts.windows(2) {
            // Times are finite, and the sort is stable.
            by_user[user[0]..user[1]]
                .sort_by(|a, b| time(a).partial_cmp(&time(b)).unwrap_or(std::cmp::Ordering::Equal));
        }
        let mut histories = Self { starts, rows: by_user };
        let kept = histories.distinct(&rows.items, rows.item_ids.names().len(), repeats);
        histories.retain(&kept);
        histories
    }

    /// Which entries are the first, or the last, of a user's rows with the same item.
    fn distinct(&self, items: &[u32], n_items: usize, repeats: Repeats) -> Vec<bool> {
        // The last user, counted from 1, with whom an item was found.
        let mut last_user = vec![0; n_items];
        let mut kept = vec![false; self.rows.len()];
        for (user, range) in (1_u32..).zip(self.starts.windows(2)) {
            let mut visit = |entry: usize| {
                let item = items[self.rows[entry] as usize] as usize;
                kept[entry] = last_user[item] != user;
                last_user[item] = user;
            };
            match repeats {
                Repeats::First => (range[0]..range[1]).for_each(&mut visit),
                Repeats::Last => (range[0]..range[1]).rev().for_each(&mut visit),
            }
        }
        kept
    }

    /// Drops users and items with too few interactions until none is left.
    fn keep_core(&mut self, rows: &Rows, k_core: usize, min_interactions: usize) {
        let column =
            |of: &[u32]| -> Vec<u32> { self.rows.iter().map(|&row| of[row as usize]).collect() };
        let counts = (self.users(), rows.item_ids.names().len());
        let least = (min_interactions.max(k_core), k_core);
        let kept = core(&column(&rows.users), &column(&rows.items), counts, least);
        self.retain(&kept);
    }

    fn retain(&mut self, kept: &[bool]) {
        let (mut place, mut left) = (0, 0);
        for start in &mut self.starts {
            left += kept[place..*start].iter().filter(|kept| **kept).count();
            place = std::mem::replace(start, left);
        }
        let mut kept = kept.iter();
        self.rows.retain(|_| *kept.next().expect("one per row"));
    }

    fn users(&self) -> usize {
        self.starts.len() - 1
    }

    fn of(&self, user: u32) -> &[u32] {
        &self.rows[self.starts[user as usize]..self.starts[user as usize + 1]]
    }

    fn longest(&self) -> usize {
        self.starts.windows(2).map(|user| user[1] - user[0]).max().unwrap_or(0)
    }
}

fn no_users_left(config: &DatasetConfig, path: &Path, longest: usize) -> DataError {
    let (path, min_interactions) = (path.to_owned(), config.min_interactions);
    match config.k_core {
        Some(k_core) if k_core > 1 && longest >= min_interactions => {
            DataError::EmptyCore { path, k_core, min_interactions }
        }
        _ => DataError::NoUsers { path, min_interactions, longest },
    }
}

/// The `chosen` sorted by original id: integers by value, then other ids by bytes.
fn sorted_by_id(
    names: &[String],
    chosen: impl Iterator<Item = u32>,
) -> Result<Vec<u32>, DataError> {
    let chosen: Vec<u32> = chosen.collect();
    let ids: Vec<&str> = chosen.iter().map(|&index| names[index as usize].as_str()).collect();
    let sorted = || -> PolarsResult<Vec<u32>> {
        let mut table = df!["id" => ids, "index" => &chosen]?;
        let number = table.column("id")?.cast(&DataType::UInt64)?;
        table.with_column(number.with_name("number".into()))?;
        let by_number = SortMultipleOptions::default().with_nulls_last(true);
        let table = table.sort(["number", "id"], by_number)?;
        Ok(table.column("index")?.u32()?.into_no_null_iter().collect())
    };
    sorted().map_err(DataError::table("sorting users and items by id"))
}

/// A random sample of `count` users in their original order, or the number of users if it is smaller.
fn sampled(users: Vec<u32>, count: usize, seed: u64) -> Result<Vec<u32>, usize> {
    let places = draw(users.len(), count, &mut stream(seed, "users", &[]));
    let mut places = places.ok_or(users.len())?;
    places.sort_unstable();
    Ok(places.into_iter().map(|place| users[place]).collect())
}

/// The dataset of the users' histories, each in chronological order.
fn dataset(
    config: &DatasetConfig,
    rows: &Rows,
    users: &[u32],
    histories: &[&[u32]],
) -> Result<Dataset, DataError> {
    let item = |row: &u32| rows.items[*row as usize] as usize;
    let mut used = vec![false; rows.item_ids.names().len()];
    for row in histories.iter().copied().flatten() {
        used[item(row)] = true;
    }
    let used = (0..used.len() as u32).filter(|&item| used[item as usize]);
    let items = sorted_by_id(rows.item_ids.names(), used)?;
    let mut indices: Vec<Item> = vec![0; rows.item_ids.names().len()];
    for (index, &item) in (0..).zip(&items) {
        indices[item as usize] = index;
    }
    let sequences: Vec<Vec<Item>> = histories
        .iter()
        .map(|history| history.iter().map(|row| indices[item(row)]).collect())
        .collect();
    let cuts = config.split.as_ref().map(|split| match split.by {
        SplitBy::Interactions => cut_by_interactions(split, &sequences),
        SplitBy::Time => {
            let time = |row: &u32| rows.timestamps[*row as usize];
            let times = |history: &&[u32]| -> Vec<f64> { history.iter().map(time).collect() };
            cut_by_time(split, &histories.iter().map(times).collect::<Vec<_>>())
        }
    });
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
        cuts,
        rows_read: rows.read(),
        rows_bad: rows.bad,
        rows_bad_first: rows.first_bad.iter().map(ToString::to_string).collect(),
        rows_dropped: rows.read() - rows.bad - kept,
        ..Dataset::default()
    };
    dataset.fingerprint = dataset.content_fingerprint();
    Ok(dataset)
}
