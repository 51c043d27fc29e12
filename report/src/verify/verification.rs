//! All that was checked of an experiment, as text.

use serde_json::json;

use super::finding::{Check, Checked, Finding};
use crate::grid::Grid;

/// All that was checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Name of the experiment.
    pub experiment: String,
    /// Every check.
    pub checked: Vec<Checked>,
    /// Runs that the index says are not complete, each once; there is nothing to check.
    pub unfinished: usize,
}

impl Verification {
    /// Whether nothing differs and nothing is missing.
    pub fn passed(&self) -> bool {
        self.problems().next().is_none()
    }

    /// What differs or is missing.
    pub fn problems(&self) -> impl Iterator<Item = &Checked> {
        let is_problem = |checked: &&Checked| {
            matches!(checked.finding, Finding::Missing | Finding::Differs { .. })
        };
        self.checked.iter().filter(is_problem)
    }

    /// A Markdown table of counts, then one line per problem.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}", self.table().markdown(), self.conclusion());
        for checked in self.problems() {
            let file = checked.file.display();
            text.push_str(&match &checked.finding {
                Finding::Differs { found, expected } => {
                    format!("- {file}: found {found}, expected {expected}\n")
                }
                _ => format!("- {file}: missing\n"),
            });
        }
        text
    }

    /// Everything, as JSON.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        let checks = self.checked.iter().map(|checked| {
            let mut check = json!({
                "check": checked.check.name(),
                "file": checked.file.display().to_string(),
                "finding": checked.finding.name(),
            });
            if let Finding::Differs { found, expected } = &checked.finding {
                check["found"] = json!(found);
                check["expected"] = json!(expected);
            }
            check
        });
        let all = json!({
            "experiment": self.experiment,
            "passed": self.passed(),
            "unfinished": self.unfinished,
            "checks": checks.collect::<Vec<_>>(),
        });
        Ok(serde_json::to_string_pretty(&all)? + "\n")
    }

    fn table(&self) -> Grid {
        let header =
            ["check", "checked", "ok", "differs", "missing", "not hashed", "not recomputed"];
        let rows = Check::ALL.into_iter().map(|check| {
            let of_check = || self.checked.iter().filter(move |checked| checked.check == check);
            let count = |wanted: fn(&Finding) -> bool| {
                of_check().filter(|checked| wanted(&checked.finding)).count().to_string().into()
            };
            vec![
                check.name().into(),
                of_check().count().to_string().into(),
                count(|finding| *finding == Finding::Ok),
                count(|finding| matches!(finding, Finding::Differs { .. })),
                count(|finding| *finding == Finding::Missing),
                count(|finding| *finding == Finding::NotHashed),
                count(|finding| *finding == Finding::NotRecomputed),
            ]
        });
        Grid {
            name: "verify",
            caption: String::new(),
            header: header.map(str::to_owned).to_vec(),
            words: 1,
            rows: rows.collect(),
        }
    }

    fn conclusion(&self) -> String {
        let unfinished = match self.unfinished {
            0 => String::new(),
            count => format!(" Not complete and not checked: {count} planned."),
        };
        let name = &self.experiment;
        match self.problems().count() {
            0 => format!("{name}: nothing differs, nothing is missing.{unfinished}\n"),
            count => format!("{name}: {count} of the checks failed.{unfinished}\n"),
        }
    }
}
