//! The interactions of a file, column by column.

use polars::prelude::PlHashMap;

use crate::error::{BadRow, start_of};

/// Original ids, indexed in the order of their first occurrence.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    indices: PlHashMap<String, u32>,
    names: Vec<String>,
}

impl Ids {
    /// The original ids by index.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether an id has occurred.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.indices.contains_key(id)
    }

    fn index(&mut self, id: &str) -> u32 {
        if let Some(&index) = self.indices.get(id) {
            return index;
        }
        let index = self.names.len() as u32;
        self.indices.insert(id.to_owned(), index);
        self.names.push(id.to_owned());
        index
    }
}

/// The well-formed interactions of a file in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) user_ids: Ids,
    pub(crate) item_ids: Ids,
    /// Index into `user_ids`.
    pub(crate) users: Vec<u32>,
    /// Index into `item_ids`.
    pub(crate) items: Vec<u32>,
    /// Always finite; all zero where the file itself is in chronological order.
    pub(crate) timestamps: Vec<f64>,
    /// Number of malformed lines.
    pub(crate) bad: usize,
    /// The first few of them.
    pub(crate) first_bad: Vec<BadRow>,
    /// Number of well-formed interactions dropped for a rating below `min_rating`.
    pub(crate) low: usize,
    min_rating: Option<f64>,
    /// Of the first row that has a time.
    times: Option<TimeForm>,
}

/// How the times of a file are written. The unit of numbers is not known, so they have no order in common with dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeForm {
    Number,
    Date,
}

impl TimeForm {
    fn plural(self) -> &'static str {
        match self {
            Self::Number => "numbers",
            Self::Date => "dates",
        }
    }
}

impl Rows {
    /// Keeps rows with a rating of at least `min_rating`; without it also rows without a rating.
    pub(super) fn new(min_rating: Option<f64>) -> Self {
        Self { min_rating, ..Self::default() }
    }

    /// Refuses a time that is written otherwise than those before.
    pub(super) fn check_time(&self, form: TimeForm, text: &str) -> Result<(), String> {
        match self.times {
            Some(before) if before != form => Err(format!(
                "timestamp {:?} in a file whose first times are {}",
                start_of(text),
                before.plural()
            )),
            _ => Ok(()),
        }
    }

    /// Remembers how the times of this file are written.
    pub(super) fn keep_time_form(&mut self, form: Option<TimeForm>) {
        self.times = self.times.or(form);
    }

    /// Number of interactions read, malformed lines included.
    pub(crate) fn read(&self) -> usize {
        self.users.len() + self.low + self.bad
    }

    /// Whether ratings are used.
    pub(super) fn needs_ratings(&self) -> bool {
        self.min_rating.is_some()
    }

    /// Adds an interaction, or says what is wrong with it.
    pub(super) fn push(
        &mut self,
        user: &str,
        item: &str,
        timestamp: f64,
        rating: Option<f64>,
    ) -> Result<(), String> {
        // Blanks around an id are no part of it.
        let (user, item) = (user.trim(), item.trim());
        if user.is_empty() || item.is_empty() {
            return Err("empty user or item".to_owned());
        }
        match (self.min_rating, rating) {
            (Some(_), None) => return Err("no rating".to_owned()),
            (Some(_), Some(rating)) if !rating.is_finite() => {
                return Err(format!("rating {rating} is not a number"));
            }
            (Some(least), Some(rating)) if rating < least => {
                self.low += 1;
                return Ok(());
            }
            _ => {}
        }
        self.users.push(self.user_ids.index(user));
        self.items.push(self.item_ids.index(item));
        self.timestamps.push(timestamp);
        Ok(())
    }
}
