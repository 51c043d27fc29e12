//! Rows of tables: those that hold given words, and which evaluation of which cell each is of.

use polars::prelude::*;

/// The rows whose columns hold these words.
pub(crate) fn rows_with(frame: &DataFrame, words: &[(&str, &str)]) -> PolarsResult<DataFrame> {
    let mut wanted = BooleanChunked::full("wanted".into(), true, frame.height());
    for (column, word) in words {
        wanted = wanted & frame.column(column)?.str()?.equal(*word);
    }
    frame.filter(&wanted)
}

/// The evaluation that a row of a sweep's table is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CellRow {
    /// Position of the series, and number of negatives.
    pub(crate) group: (usize, usize),
    pub(crate) seed: u64,
    pub(crate) step: u32,
}

/// What each row is of, in their order.
pub(crate) fn cell_rows(frame: &DataFrame) -> PolarsResult<Vec<CellRow>> {
    let key = |name: &str| PolarsResult::Ok(frame.column(name)?.u64()?.iter());
    let step = frame.column("step")?.u32()?.iter();
    let rows = key("series")?.zip(key("negatives")?).zip(key("seed")?).zip(step);
    let row = |(((series, negatives), seed), step): (((Option<u64>, Option<u64>), _), _)| CellRow {
        group: (series.unwrap_or_default() as usize, negatives.unwrap_or_default() as usize),
        seed: Option::unwrap_or_default(seed),
        step: Option::unwrap_or_default(step),
    };
    Ok(rows.map(row).collect())
}
