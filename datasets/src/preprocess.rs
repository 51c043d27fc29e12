//! From rows to dense sequences: order, duplicates, short users, numbering.

use std::path::Path;

use polars::prelude::*;

use crate::config::DatasetName;
use crate::dataset::{Dataset, Item};
use crate::error::DataError;
use crate::rows::Rows;

/// Preprocesses the rows of `path` as described at [`load`](crate::load).
pub(crate) fn preprocess(
    name: DatasetName,
    path: &Path,
    rows: &Rows,
    min_interactions: usize,
) -> Result<Dataset, DataError> {
    let tables = Tables::new(rows, min_interactions).map_err(DataError::table("preprocessing"))?;
    if tables.users.height() == 0 {
        return Err(DataError::NoUsers {
            path: path.to_owned(),
            min_interactions,
            longest: tables.longest,
        });
    }
    dataset(name, rows, &tables).map_err(DataError::table("numbering users and items"))
}

/// Intermediate tables of the preprocessing.
struct Tables {
    /// Columns user, user_index: the users that stay.
    users: DataFrame,
    /// Columns item, item_index: the items of the users that stay.
    items: DataFrame,
    /// Columns user_index, item_index, ordered by user and time.
    interactions: DataFrame,
    /// Most interactions of any user, short ones included.
    longest: usize,
}

impl Tables {
    fn new(rows: &Rows, min_interactions: usize) -> PolarsResult<Self> {
        let first = df![
            "user" => &rows.users,
            "item" => &rows.items,
            "timestamp" => &rows.timestamps,
            "line" => &rows.lines,
        ]?
        .lazy()
        .sort(["timestamp", "line"], SortMultipleOptions::default())
        .unique_stable(Some(cols(["user", "item"])), UniqueKeepStrategy::First)
        .collect()?;

        let lengths = first.clone().lazy().group_by([col("user")]).agg([len().alias("length")]);
        let longest = lengths.clone().select([col("length").max()]).collect()?;
        let longest = longest.column("length")?.u32()?.get(0).unwrap_or(0) as usize;

        let long_enough = col("length").gt_eq(lit(min_interactions as u64));
        let users = number(lengths.filter(long_enough), "user", "user_index")?;
        let kept = first.lazy().inner_join(users.clone().lazy(), col("user"), col("user"));
        let items = number(kept.clone(), "item", "item_index")?;
        let interactions = kept
            .inner_join(items.clone().lazy(), col("item"), col("item"))
            .sort(["user_index", "timestamp", "line"], SortMultipleOptions::default())
            .select([col("user_index"), col("item_index")])
            .collect()?;
        Ok(Self { users, items, interactions, longest })
    }
}

/// The distinct ids of a column with their number: whole numbers by value, then the rest by bytes.
fn number(table: LazyFrame, id: &str, index: &str) -> PolarsResult<DataFrame> {
    table
        .select([col(id)])
        .unique(None, UniqueKeepStrategy::Any)
        .with_columns([col(id).cast(DataType::UInt64).alias("number")])
        .sort_by_exprs(
            [col("number"), col(id)],
            SortMultipleOptions::default().with_nulls_last(true),
        )
        .select([col(id)])
        .with_row_index(index, None)
        .collect()
}

fn dataset(name: DatasetName, rows: &Rows, tables: &Tables) -> PolarsResult<Dataset> {
    let mut sequences: Vec<Vec<Item>> = vec![Vec::new(); tables.users.height()];
    let users = tables.interactions.column("user_index")?.u32()?;
    let items = tables.interactions.column("item_index")?.u32()?;
    for (user, item) in users.into_no_null_iter().zip(items.into_no_null_iter()) {
        sequences[user as usize].push(item);
    }
    let mut dataset = Dataset {
        name: name.as_str().to_owned(),
        n_items: tables.items.height(),
        sequences,
        user_ids: ids(&tables.users, "user")?,
        item_ids: ids(&tables.items, "item")?,
        rows_read: rows.read,
        rows_bad: rows.bad,
        rows_dropped: rows.read - rows.bad - tables.interactions.height(),
        preference: None,
        fingerprint: String::new(),
    };
    dataset.fingerprint = dataset.content_fingerprint();
    Ok(dataset)
}

fn ids(table: &DataFrame, column: &str) -> PolarsResult<Vec<String>> {
    Ok(table.column(column)?.str()?.iter().flatten().map(str::to_owned).collect())
}
