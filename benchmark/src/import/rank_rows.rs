//! A table with one row per run, evaluation and user.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use prefsweep_store::{CellKey, ReferenceKey, RunKey};
use serde_json::Value;

use super::columns::{Columns, Source};
use super::error::{ImportError, Place};
use super::field::Field;
use super::limits::{MOST, MOST_EXACT, MOST_RANK};
use super::losses::{CONTROL, loss};
use super::mapping::{Mapping, RunFile};
use super::record::Record;
use super::roles::Role;
use super::runs::{END, Runs, UserRow};
use super::table::Table;
use crate::data::Split;
use crate::evaluation::{Competitors, Protocol};

/// Words for the splits and protocols, those of this program first.
const SPLIT_WORDS: [(&str, Split); 5] = [
    ("validation", Split::Validation),
    ("test", Split::Test),
    ("val", Split::Validation),
    ("valid", Split::Validation),
    ("dev", Split::Validation),
];
const PROTOCOL_WORDS: [(&str, Protocol); 4] = [
    ("full", Protocol::Full),
    ("candidates", Protocol::Candidates),
    ("full-sort", Protocol::Full),
    ("sampled", Protocol::Candidates),
];

/// Reads a file into `runs`; gives back the names of the columns that say nothing. `run` is what the mapping says of the
/// file, with its place in the list.
///
/// # Errors
/// When it is no table, lacks a column, or has a value that cannot be.
pub(super) fn read(
    path: &Path,
    file: usize,
    mapping: &Mapping,
    run: Option<(usize, &RunFile)>,
    runs: &mut Runs,
) -> Result<Vec<String>, ImportError> {
    let table = Table::open(path)?;
    runs.columns.extend(table.header().iter().cloned());
    let columns = Columns::find(path, table.header(), mapping, run)
        .map_err(|error| error.placed(table.header_place()))?;
    // What says which run a row is of, as text, to the run's position.
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut rows = 0;
    table.rows(&columns.used(), &mut |place, record| {
        rows += 1;
        let row = Row { path, file: file as u32, place, columns: &columns, record };
        let text = row.run_text();
        let at = match known.get(&text) {
            Some(at) => *at,
            None => {
                let key = row.key(mapping, &mut runs.losses)?;
                let at = runs.place(key, file);
                known.insert(text, at);
                at
            }
        };
        let user = runs.user(&row.text(Role::User)?);
        let one = row.rank(user)?;
        let part =
            (row.word(Role::Split, &SPLIT_WORDS)?, row.word(Role::Protocol, &PROTOCOL_WORDS)?);
        let evaluation = runs.runs[at].evaluations.entry(row.step()?).or_default();
        evaluation.parts.entry(part).or_default().rows.push(one);
        row.training(&mut evaluation.training)
    })?;
    if rows == 0 {
        return Err(ImportError::of(path, "holds a header and no rows"));
    }
    Ok(columns.unused())
}

/// A number on an axis. `1` and `1.0` are one setting, whatever a column of numbers makes of it.
fn setting(number: Value) -> Value {
    let whole = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < MOST_EXACT);
    whole.filter(|_| number.is_f64()).map_or(number, |float| Value::from(float as i64))
}

struct Row<'a, 'r> {
    path: &'a Path,
    file: u32,
    place: Place,
    columns: &'a Columns,
    record: Record<'r>,
}

impl Row<'_, '_> {
    fn field(&self, role: Role) -> Field<'_> {
        match self.columns.source(role) {
            Source::Column(at) => (self.record)(*at),
            Source::Value { text, .. } => Field::of_text(text),
            Source::Absent => Field::Empty,
        }
    }

    fn refuse(&self, role: Role, allowed: &str) -> ImportError {
        let message = format!("found {}, allowed {allowed}", self.field(role).shown());
        let error = ImportError::at(self.path, self.place, message);
        match self.columns.source(role) {
            Source::Column(at) => error.in_column(self.columns.name(*at)),
            Source::Value { key, .. } => error.of_key(key),
            Source::Absent => error.in_column(role.name()),
        }
    }

    fn text(&self, role: Role) -> Result<String, ImportError> {
        let field = self.field(role);
        let text = field.text().filter(|text| !text.chars().any(char::is_control));
        text.map(String::from).ok_or_else(|| self.refuse(role, "a text"))
    }

    fn whole(&self, role: Role, least: u64, most: u64) -> Result<u64, ImportError> {
        match self.field(role).whole() {
            Some(found) if found > most => {
                Err(self.refuse(role, &format!("a whole number up to {most}")))
            }
            Some(found) if found >= least => Ok(found),
            _ => Err(self.refuse(role, &format!("a whole number from {least}"))),
        }
    }

    fn word<T: Copy>(&self, role: Role, words: &[(&str, T)]) -> Result<T, ImportError> {
        let field = self.field(role);
        let text = field.text().unwrap_or_default();
        let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(&text));
        let allowed = || {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            words.join(", ")
        };
        found.map(|(_, found)| *found).ok_or_else(|| self.refuse(role, &allowed()))
    }

    /// Everything that says which run it is of.
    fn run_text(&self) -> String {
        let mut all = String::new();
        let mut add = |field: Field<'_>| {
            all.push_str(&field.text().unwrap_or_default());
            all.push('\0');
        };
        for role in [Role::Key, Role::Loss, Role::Over, Role::Negatives, Role::Seed] {
            add(self.field(role));
        }
        for (_, at) in &self.columns.axes {
            add((self.record)(*at));
        }
        all
    }

    fn key(&self, mapping: &Mapping, losses: &mut BTreeSet<String>) -> Result<RunKey, ImportError> {
        losses.extend(self.field(Role::Loss).text().map(String::from));
        let has_k = self.field(Role::Negatives) != Field::Empty;
        if let Some(json) = self.field(Role::Key).text() {
            let allowed = "the key of a run, as `prefsweep export --runs` writes it";
            let key = RunKey::read(&json, has_k).map_err(|_| self.refuse(Role::Key, allowed))?;
            return match &key {
                RunKey::Cell(cell) if !(1..=MOST as usize).contains(&cell.negatives) => {
                    let allowed = format!("a key with `negatives` from 1 to {MOST}");
                    Err(self.refuse(Role::Key, &allowed))
                }
                _ => Ok(key),
            };
        }
        let name = self.text(Role::Loss)?;
        let over = self.field(Role::Over).text().map(String::from);
        let seed = self.whole(Role::Seed, 0, u64::MAX)?;
        let value = |at: &usize| match (self.record)(*at) {
            Field::Whole(whole) => Some(Value::from(whole)),
            Field::Number(number) => Some(setting(number.into())),
            Field::Text(text) => {
                let number = serde_json::from_str(&text).ok().filter(Value::is_number);
                Some(number.map_or_else(|| Value::from(text.as_ref()), setting))
            }
            Field::Empty | Field::List(_) => None,
        };
        let axes: BTreeMap<String, Value> = self
            .columns
            .axes
            .iter()
            .filter_map(|(axis, at)| Some((axis.clone(), value(at)?)))
            .collect();
        let Some(loss) = loss(mapping, &name, over.as_deref()) else {
            return Ok(RunKey::Reference(ReferenceKey { seed, axes }));
        };
        // The control has no negatives.
        let least = u64::from(loss.name != CONTROL);
        let negatives = match has_k || least > 0 {
            true => self.whole(Role::Negatives, least, MOST.into())? as usize,
            false => 0,
        };
        Ok(RunKey::Cell(CellKey { loss, negatives, seed, axes }))
    }

    fn step(&self) -> Result<u32, ImportError> {
        match self.columns.has(Role::Step) {
            true => Ok(self.whole(Role::Step, 0, MOST.into())? as u32),
            false => Ok(END),
        }
    }

    fn rank(&self, user: u32) -> Result<UserRow, ImportError> {
        if !self.columns.has(Role::Rank) {
            return self.rank_of_scores(user);
        }
        let count = |role| match self.field(role) {
            Field::Empty => Ok(None),
            _ => self.whole(role, 0, u64::from(MOST) - 1).map(|count| Some(count as u32)),
        };
        let (ties, competitors) = (count(Role::Ties)?, count(Role::Competitors)?);
        let number = self.field(Role::Rank).number().filter(|rank| *rank >= 1.0);
        let rank = number.ok_or_else(|| self.refuse(Role::Rank, "a number from 1"))?;
        let first = rank - 0.5 * f64::from(ties.unwrap_or(0));
        if first < 1.0 || first.fract() != 0.0 {
            let allowed = match ties {
                Some(ties) => {
                    format!("the middle of {} places, since {ties} items tie with it", ties + 1)
                }
                None => "a whole number; an expected rank between two needs the column `ties`"
                    .to_owned(),
            };
            return Err(self.refuse(Role::Rank, &allowed));
        }
        let (file, place) = (self.file, self.place);
        let one = UserRow { user, rank: rank as f32, ties, competitors, file, place };
        let last = one.last_place();
        match competitors {
            Some(0) => Err(self.refuse(Role::Competitors, "a whole number from 1")),
            Some(competitors) if last > competitors + 1 => {
                let allowed = format!("at most {} with {competitors} competitors", competitors + 1);
                Err(self.refuse(Role::Rank, &allowed))
            }
            _ if last > MOST_RANK => {
                Err(self.refuse(Role::Rank, &format!("at most {MOST_RANK}, with its ties")))
            }
            // The middle of two places that are both far behind.
            _ if f64::from(one.rank) != rank => {
                let allowed = format!("no half above {}, since it would be rounded", MOST_RANK / 2);
                Err(self.refuse(Role::Rank, &allowed))
            }
            _ => Ok(one),
        }
    }

    /// Counts the competitors above and beside the held-out item.
    fn rank_of_scores(&self, user: u32) -> Result<UserRow, ImportError> {
        // Scores are compared as the models give them, in single precision.
        let is_finite = |score: &f64| (*score as f32).is_finite();
        let score = self.field(Role::Score).number().filter(is_finite);
        let allowed = format!("a number from {:e} to {:e}", f32::MIN, f32::MAX);
        let score = score.ok_or_else(|| self.refuse(Role::Score, &allowed))? as f32;
        let scores = self.field(Role::Scores).numbers();
        let scores = scores.filter(|all| !all.is_empty() && all.iter().all(is_finite));
        let scores = scores.ok_or_else(|| {
            self.refuse(Role::Scores, "the scores of the competitors, as in [0.5, -1.25]")
        })?;
        let scores: Vec<f32> = scores.into_iter().map(|score| score as f32).collect();
        let found = Competitors::of(score, &scores).rank();
        let (ties, competitors) = (Some(found.ties), Some(found.competitors));
        let (file, place) = (self.file, self.place);
        Ok(UserRow { user, rank: found.rank, ties, competitors, file, place })
    }

    /// The quantities of the evaluation, of which any row may have the value.
    fn training(&self, known: &mut BTreeMap<&'static str, f64>) -> Result<(), ImportError> {
        for (quantity, at) in &self.columns.training {
            let field = (self.record)(*at);
            if field == Field::Empty {
                continue;
            }
            let refuse = |allowed: &str| {
                let message = format!("found {}, allowed {allowed}", field.shown());
                ImportError::at(self.path, self.place, message).in_column(self.columns.name(*at))
            };
            let Some(value) = field.number() else {
                // A run that diverged.
                match field.text().is_some_and(|text| text.parse::<f64>().is_ok()) {
                    true => continue,
                    false => return Err(refuse("a number")),
                }
            };
            let before = *known.entry(quantity).or_insert(value);
            if before.to_bits() != value.to_bits() {
                return Err(refuse(&format!("`{before}`, as in another row of this evaluation")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_is_one_setting_however_it_is_written() {
        let read = |text: &str| setting(serde_json::from_str(text).unwrap());
        for (text, whole) in [("1", 1), ("1.0", 1), ("1e0", 1), ("-3.0", -3), ("-0.0", 0)] {
            assert_eq!(read(text), Value::from(whole), "{text}");
        }
        for text in ["0.5", "1e300", "18446744073709551615"] {
            assert_eq!(read(text), serde_json::from_str::<Value>(text).unwrap());
        }
    }
}
