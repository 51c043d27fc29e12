//! The same claims over several experiments: datasets, or settings that might matter.
//!
//! Each experiment's verdicts are taken as they are, tests and corrections included; nothing is
//! pooled. A claim that holds in one setting alone shows as such.

mod conclusions;
mod kind;
mod page;

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::ReportError;
use crate::grid::{Entry, Grid, TableFormat};
use crate::html;
use crate::numbers::NOTHING;
use crate::verdict::{
    Claim, Difference, Pick, Question, READINGS, VERDICT_FILE, VERDICT_FORMAT, Verdicts, p_value,
};

use self::conclusions::{Conclusion, Finding, conclusions};

/// The verdicts of several experiments.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    experiments: Vec<Verdicts>,
}

const WHEN: [&str; 3] = ["end of training", "equal divergence", "picked checkpoint"];

const QUESTIONS: [(Question, &str); 2] = [
    (
        Question::MoreNegatives,
        "at the largest K against K* (against the smallest, where the largest is K*)",
    ),
    (Question::DynamicPo, "of DynamicPO against the loss underneath, at the largest K of both"),
];

impl Survey {
    /// Reads the verdicts of reports: each path is a `verdict.json`, or a folder that holds one
    /// itself or in `report/`.
    ///
    /// # Errors
    /// A [`ReportError`] for a file that is missing, malformed or of another format, for two
    /// experiments of one name, and for experiments that measure different things.
    pub fn read(paths: &[PathBuf]) -> Result<Self, ReportError> {
        let mut experiments: Vec<Verdicts> = Vec::new();
        for path in paths {
            let file = find(path);
            let verdicts = read(&file)?;
            let contradiction =
                |message: String| ReportError::Contradiction { path: file.clone(), message };
            let known = |other: &&Verdicts| other.experiment == verdicts.experiment;
            if experiments.iter().any(|other| known(&other)) {
                let message = format!("a second result of the experiment {}", verdicts.experiment);
                return Err(contradiction(message));
            }
            let measures = experiments.first().map(|first| &first.measure);
            if let Some(measure) = measures.filter(|measure| **measure != verdicts.measure) {
                let found = &verdicts.measure;
                let message = format!("it measures {found}, the results before it {measure}");
                return Err(contradiction(message));
            }
            experiments.push(verdicts);
        }
        Ok(Self { experiments })
    }

    /// As text: Markdown with sentences, or tables alone.
    #[must_use]
    pub fn text(&self, format: TableFormat) -> String {
        let grids = QUESTIONS.iter().filter_map(|question| self.grid(*question));
        match format {
            TableFormat::Markdown => {
                let parts = QUESTIONS.iter().filter_map(|question| self.section(*question));
                parts.collect()
            }
            TableFormat::Latex => grids.map(|grid| grid.latex()).collect::<Vec<_>>().join("\n"),
            TableFormat::Csv => self.numbers().csv(),
        }
    }

    /// Writes the page on which conclusions stand, as `survey.md` and `survey.html`, and all numbers,
    /// as `survey.csv`, into a folder that is made when needed; gives back the files.
    ///
    /// # Errors
    /// A [`ReportError`] for a file that cannot be written.
    pub fn write(&self, out_dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
        fs::create_dir_all(out_dir).map_err(ReportError::write(out_dir))?;
        let markdown = page::page(self);
        let html = html::page(page::TITLE, &markdown, &[])?;
        let csv = self.numbers().csv();
        let mut files = Vec::new();
        for (name, text) in [("survey.md", markdown), ("survey.html", html), ("survey.csv", csv)] {
            let path = out_dir.join(name);
            fs::write(&path, text).map_err(ReportError::write(&path))?;
            files.push(path);
        }
        Ok(files)
    }

    fn section(&self, question: (Question, &str)) -> Option<String> {
        let grid = self.grid(question)?;
        let title = question.0.title();
        Some(format!("**{title}** {}\n\n{}\n", grid.caption, grid.markdown()))
    }

    /// In how many experiments one claim is shown, either way.
    fn count(&self, asked: Question, label: &str, pick: Pick) -> String {
        let mut found = Vec::new();
        for verdicts in &self.experiments {
            let difference = claim(verdicts, asked, label).and_then(pick);
            found.extend(difference.map(|difference| (difference, verdicts.rules.alpha)));
        }
        let falls = found.iter().filter(|(found, alpha)| found.falls(*alpha)).count();
        let rises = found.iter().filter(|(found, alpha)| found.rises(*alpha)).count();
        format!("{falls}, {rises} of {}", found.len())
    }

    /// One row per loss and reading, one column per experiment.
    fn grid(&self, (asked, what): (Question, &str)) -> Option<Grid> {
        let labels = self.labels(asked);
        let measure = &self.experiments.first()?.measure;
        if labels.is_empty() {
            return None;
        }
        let mut header = vec!["loss".to_owned(), "reading".to_owned()];
        header.extend(self.experiments.iter().map(|verdicts| verdicts.experiment.clone()));
        header.push("lower, higher".to_owned());
        let mut rows = Vec::new();
        for label in &labels {
            for (when, pick) in WHEN.into_iter().zip(READINGS) {
                let mut row: Vec<Entry> = vec![label.as_str().into(), when.into()];
                row.extend(self.experiments.iter().map(|verdicts| {
                    let found = claim(verdicts, asked, label).and_then(pick);
                    found.map_or(NOTHING.into(), |found| entry(found, verdicts.rules.alpha))
                }));
                row.push(self.count(asked, label, pick).into());
                rows.push(row);
            }
        }
        let caption = format!(
            "Change of test {measure} {what}, in percent of the value before; in brackets p after \
             Holm's correction within each experiment, bold where a change is shown. Last: in how \
             many experiments a fall or a rise is shown."
        );
        let name = match asked {
            Question::MoreNegatives => "survey-negatives",
            Question::DynamicPo => "survey-dynamic-po",
        };
        Some(Grid { name, caption, header, words: 2, rows })
    }

    /// Every comparison of every experiment with its numbers.
    fn numbers(&self) -> Grid {
        let header = [
            "experiment",
            "varies",
            "question",
            "reading",
            "before",
            "before_k",
            "before_step",
            "after",
            "after_k",
            "after_step",
            "seeds",
            "users",
            "before_mean",
            "after_mean",
            "difference",
            "low",
            "high",
            "p",
            "p_holm",
            "shown",
        ];
        let conclusions = conclusions(&self.experiments);
        let of = |conclusion: &Conclusion| {
            let findings = conclusion.findings(&self.experiments);
            let rows = findings.iter().map(|finding| numbers_of(conclusion, finding));
            rows.collect::<Vec<_>>()
        };
        let rows = conclusions.iter().flat_map(of).collect();
        let header = header.map(str::to_owned).to_vec();
        Grid { name: "survey", caption: String::new(), header, words: 4, rows }
    }

    /// The losses that are judged anywhere, in order of appearance.
    fn labels(&self, asked: Question) -> Vec<String> {
        let mut labels: Vec<String> = Vec::new();
        let claims = self.experiments.iter().flat_map(|verdicts| &verdicts.claims);
        for claim in claims.filter(|claim| claim.question == asked) {
            if !labels.contains(&claim.after.label) {
                labels.push(claim.after.label.clone());
            }
        }
        labels
    }
}

fn claim<'a>(verdicts: &'a Verdicts, asked: Question, label: &str) -> Option<&'a Claim> {
    verdicts.claims.iter().find(|claim| claim.question == asked && claim.after.label == label)
}

/// In percent.
fn change(found: &Difference) -> String {
    let percent = found.percent;
    percent.map_or(NOTHING.to_owned(), |percent| format!("{percent:+.1} %").replace('-', "−"))
}

fn numbers_of(conclusion: &Conclusion, finding: &Finding<'_>) -> Vec<Entry> {
    let question = match conclusion {
        Conclusion::Falls(_) => "more_negatives",
        Conclusion::Mends(_) => "dynamic_po",
        Conclusion::BeatsReference(_) => "reference",
    };
    let found = finding.difference;
    let shown = match (found.falls(finding.alpha), found.rises(finding.alpha)) {
        (true, _) => "lower",
        (_, true) => "higher",
        _ => "",
    };
    let mut row: Vec<Entry> = vec![
        finding.experiment.into(),
        finding.kind.title().into(),
        question.into(),
        finding.reading.title().into(),
    ];
    for side in [&finding.before, &finding.after] {
        row.push(side.label.into());
        row.push(side.negatives.map_or(String::new(), |k| k.to_string()).into());
        row.push(side.step.map_or(String::new(), |step| step.to_string()).into());
    }
    row.extend([found.seeds, found.users].map(|count| Entry::from(count.to_string())));
    let (low, high) = found.interval;
    let numbers = [found.before, found.after, found.difference, low, high, found.p, found.p_holm];
    row.extend(numbers.map(|number| Entry::from(number.to_string())));
    row.push(shown.into());
    row
}

fn entry(found: &Difference, alpha: f64) -> Entry {
    let text = format!("{} ({})", change(found), p_value(found.p_holm));
    Entry { text, bold: found.falls(alpha) || found.rises(alpha) }
}

fn find(path: &Path) -> PathBuf {
    let places = [path.join(VERDICT_FILE), path.join("report").join(VERDICT_FILE)];
    let found = places.into_iter().find(|place| place.is_file());
    found.unwrap_or_else(|| path.to_owned())
}

fn read(file: &Path) -> Result<Verdicts, ReportError> {
    /// What every format has.
    #[derive(serde::Deserialize)]
    struct Versioned {
        format: u64,
    }
    let bytes = fs::read(file).map_err(ReportError::read(file))?;
    let malformed = |cause: serde_json::Error| ReportError::json(file, &cause);
    let Versioned { format } = serde_json::from_slice(&bytes).map_err(malformed)?;
    if format != u64::from(VERDICT_FORMAT) {
        let path = file.to_owned();
        return Err(ReportError::Format { path, found: format, expected: VERDICT_FORMAT });
    }
    serde_json::from_slice(&bytes).map_err(malformed)
}

#[cfg(test)]
mod tests;
