//! Which column of a table says what.

use std::path::Path;

use prefsweep_store::training_name;

use super::error::ImportError;
use super::mapping::{Mapping, RunFile};
use super::roles::{Role, TRAINING};

/// Where something is said.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    /// In a column, by its position.
    Column(usize),
    /// In the mapping, for all rows: a text under a key.
    Value { text: String, key: String },
    /// Nowhere.
    Absent,
}

/// The columns of a table.
#[derive(Debug)]
pub(super) struct Columns {
    header: Vec<String>,
    sources: Vec<(Role, Source)>,
    /// Quantities of a trajectory, with the positions of their columns.
    pub(super) training: Vec<(&'static str, usize)>,
    /// Axes, with the positions of the columns that have their values.
    pub(super) axes: Vec<(String, usize)>,
}

impl Columns {
    /// Finds them in a header; `run` is what the mapping says of this file, with its place in the list.
    ///
    /// # Errors
    /// When what is needed is nowhere, or a column is there twice.
    pub(super) fn find(
        path: &Path,
        header: &[String],
        mapping: &Mapping,
        run: Option<(usize, &RunFile)>,
    ) -> Result<Self, ImportError> {
        let twice = header.iter().enumerate().find(|(at, name)| header[..*at].contains(name));
        if let Some((_, name)) = twice {
            let message = format!("found the column `{name}` twice, allowed once");
            return Err(ImportError::of(path, message));
        }
        let named = |usual: &str| {
            let name = mapping.columns.get(usual).map_or(usual, String::as_str);
            header.iter().position(|column| column == name)
        };
        let is_of_one_loss = run.is_some_and(|(_, run)| run.loss.is_some());
        let found = |role: Role| {
            let name = role.name();
            let of_run = run.and_then(|(at, run)| {
                Some(Source::Value { text: of_run(run, role)?, key: format!("runs[{at}].{name}") })
            });
            let of_all = || {
                let text = mapping.values.get(name)?.0.clone();
                Some(Source::Value { text, key: format!("values.{name}") })
            };
            of_run.or_else(of_all).or_else(|| named(name).map(Source::Column)).or_else(|| {
                // Nothing is a K, too: the reference has none.
                let (at, _) = run.filter(|_| role == Role::Negatives && is_of_one_loss)?;
                Some(Source::Value { text: String::new(), key: format!("runs[{at}].{name}") })
            })
        };
        let has_rank = found(Role::Rank).is_some();
        let source = |role: Role| match role {
            // They stand in place of a rank, and say nothing beside one.
            Role::Score | Role::Scores if has_rank => Source::Absent,
            role => found(role).unwrap_or(Source::Absent),
        };
        let training = TRAINING.into_iter();
        let training = training.filter_map(|name| Some((name, named(training_name(name))?)));
        let lacks = |column: &str| {
            let found = header.join(", ");
            let message = format!(
                "found no column `{column}` among {found}; a mapping may say what it is called (`columns`) or \
                 that all rows have one value (`values`)"
            );
            ImportError::of(path, message)
        };
        let mut axes = Vec::new();
        for (axis, column) in &mapping.axes {
            let at = header.iter().position(|name| name == column).ok_or_else(|| lacks(column))?;
            axes.push((axis.clone(), at));
        }
        let columns = Self {
            header: header.to_vec(),
            sources: Role::ALL.map(|role| (role, source(role))).to_vec(),
            training: training.collect(),
            axes,
        };
        let needed = if columns.has(Role::Key) {
            vec![Role::Negatives]
        } else {
            vec![Role::Loss, Role::Negatives, Role::Seed]
        };
        let of_ranks = match columns.has(Role::Score) && columns.has(Role::Scores) {
            true => &[][..],
            false => &[Role::Rank],
        };
        let always = [Role::Split, Role::Protocol, Role::User];
        for role in needed.iter().chain(&always).chain(of_ranks) {
            if !columns.has(*role) {
                return Err(lacks(
                    mapping.columns.get(role.name()).map_or(role.name(), |name| name),
                ));
            }
        }
        Ok(columns)
    }

    /// Where something is said.
    pub(super) fn source(&self, role: Role) -> &Source {
        let found = self.sources.iter().find(|(known, _)| *known == role);
        found.map_or(&Source::Absent, |(_, source)| source)
    }

    pub(super) fn has(&self, role: Role) -> bool {
        *self.source(role) != Source::Absent
    }

    /// The name of a column in the file.
    pub(super) fn name(&self, column: usize) -> &str {
        &self.header[column]
    }

    /// The positions of all columns that say something.
    pub(super) fn used(&self) -> Vec<usize> {
        let of_roles = self.sources.iter().filter_map(|(_, source)| match source {
            Source::Column(at) => Some(*at),
            _ => None,
        });
        let training = self.training.iter().map(|(_, at)| *at);
        let mut used: Vec<usize> =
            of_roles.chain(training).chain(self.axes.iter().map(|(_, at)| *at)).collect();
        used.sort_unstable();
        used.dedup();
        used
    }

    /// The names of the columns that say nothing.
    pub(super) fn unused(&self) -> Vec<String> {
        let used = self.used();
        let names = self.header.iter().enumerate().filter(|(at, _)| !used.contains(at));
        names.map(|(_, name)| name.clone()).collect()
    }
}

/// What the mapping says of all rows of a file.
fn of_run(run: &RunFile, role: Role) -> Option<String> {
    match role {
        Role::Loss => run.loss.clone(),
        Role::Over => run.over.clone(),
        Role::Negatives => run.negatives.map(|negatives| negatives.to_string()),
        Role::Seed => run.seed.map(|seed| seed.to_string()),
        Role::Step => run.step.map(|step| step.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::mapping::Text;
    use super::*;

    fn found(header: &str, mapping: &Mapping, run: Option<(usize, &RunFile)>) -> Columns {
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        Columns::find(Path::new("runs.csv"), &header, mapping, run).unwrap()
    }

    const USUAL: &str = "loss,K,seed,split,protocol,user";

    #[test]
    fn scores_beside_a_rank_are_not_used() {
        let mapping = Mapping::default();
        let both = found(&format!("{USUAL},rank,score,scores"), &mapping, None);
        assert_eq!(both.unused(), ["score", "scores"]);
        assert_eq!(both.used(), [0, 1, 2, 3, 4, 5, 6]);
        let scores = found(&format!("{USUAL},score,scores"), &mapping, None);
        assert!(scores.unused().is_empty() && scores.has(Role::Scores));
    }

    #[test]
    fn a_value_of_the_mapping_has_its_key() {
        let values = [("protocol".to_owned(), Text("full".to_owned()))].into();
        let mapping = Mapping { values, ..Mapping::default() };
        let run: RunFile = serde_json::from_str("{\"loss\": \"DMPO\", \"seed\": 7}").unwrap();
        let columns = found("split,user,rank", &mapping, Some((2, &run)));
        let value = |text: &str, key: &str| Source::Value { text: text.into(), key: key.into() };
        for (role, source) in [
            (Role::Loss, value("DMPO", "runs[2].loss")),
            (Role::Seed, value("7", "runs[2].seed")),
            (Role::Negatives, value("", "runs[2].K")),
            (Role::Protocol, value("full", "values.protocol")),
            (Role::Split, Source::Column(0)),
            (Role::Over, Source::Absent),
        ] {
            assert_eq!(*columns.source(role), source);
        }
    }
}
