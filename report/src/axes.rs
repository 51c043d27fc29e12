//! The swept settings as columns of tables: one for each axis, between the loss and the rest.

use std::collections::{BTreeMap, BTreeSet};

use prefsweep_store::{SeriesKey, axis_name, value_name};
use serde_json::Value;

use crate::grid::Entry;
use crate::names::loss_name;
use crate::numbers::NOTHING;

/// The axes of some runs, by dotted key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Axes {
    keys: BTreeSet<String>,
}

impl Axes {
    /// All axes that any of the runs has a value on.
    pub(crate) fn of<'a>(runs: impl IntoIterator<Item = &'a BTreeMap<String, Value>>) -> Self {
        Self { keys: runs.into_iter().flat_map(|axes| axes.keys().cloned()).collect() }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// How many columns say of which series a row is: the loss and every axis.
    pub(crate) fn words(&self) -> usize {
        1 + self.len()
    }

    /// The axes by dotted key.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }

    /// The axes with names for their columns, in a table that has others: one that is called like
    /// these keeps its whole key.
    pub(crate) fn columns(&self, others: &[&str]) -> impl Iterator<Item = (&str, &str)> {
        self.keys().map(|axis| {
            let short = axis_name(axis);
            (axis, if others.contains(&short) { axis } else { short })
        })
    }

    /// Names of columns: the first, one per axis, and the others.
    pub(crate) fn header<const N: usize>(&self, names: [&str; N]) -> Vec<String> {
        let mut header: Vec<String> = names.into_iter().map(str::to_owned).collect();
        header.splice(1..1, self.keys().map(|axis| axis_name(axis).to_owned()));
        header
    }

    /// The value of a run on each axis, and `absent` where it has none.
    pub(crate) fn values(&self, run: &BTreeMap<String, Value>, absent: &str) -> Vec<Entry> {
        let value = |axis| run.get(axis).map_or(absent.to_owned(), value_name);
        self.keys().map(|axis| value(axis).into()).collect()
    }

    /// The first entries of a row: a name, then the value on each axis.
    pub(crate) fn row(
        &self,
        name: impl Into<String>,
        run: &BTreeMap<String, Value>,
        absent: &str,
    ) -> Vec<Entry> {
        let mut row = vec![Entry::from(name)];
        row.extend(self.values(run, absent));
        row
    }

    /// The first entries of a row that people read: a loss by its name, then its value on each axis.
    pub(crate) fn named(&self, key: &SeriesKey) -> Vec<Entry> {
        self.row(loss_name(&key.loss), &key.axes, NOTHING)
    }

    /// The first entries of a row in a file: a loss by its key, then its value on each axis.
    pub(crate) fn series(&self, key: &SeriesKey, absent: &str) -> Vec<Entry> {
        self.row(key.loss.to_string(), &key.axes, absent)
    }
}
