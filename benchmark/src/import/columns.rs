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
    /// In the mapping, for all rows.
    Value(String),
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
    /// Finds them in a header; `run` is what the mapping says of this file.
    ///
    /// # Errors
    /// When what is needed is nowhere, or a column is there twice.
    pub(super) fn find(
        path: &Path,
        header: &[String],
        mapping: &Mapping,
        run: Option<&RunFile>,
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
        let is_of_one_loss = run.is_some_and(|run| run.loss.is_some());
        let source = |role: Role| {
            let given = run
                .and_then(|run| of_run(run, role))
                .or_else(|| mapping.values.get(role.name()).map(|text| text.0.clone()));
            match (given, named(role.name())) {
                (Some(value), _) => Source::Value(value),
                (None, Some(column)) => Source::Column(column),
                // Nothing is a K, too: the reference has none.
                (None, None) if role == Role::Negatives && is_of_one_loss => {
                    Source::Value(String::new())
                }
                (None, None) => Source::Absent,
            }
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
