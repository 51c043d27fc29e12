//! The same claims over several experiments: datasets, or settings that might matter.
//!
//! Each experiment's verdicts are taken as they are, tests and corrections included; nothing is
//! pooled. A claim that holds in one setting alone shows as such.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::ReportError;
use crate::grid::{Entry, Grid, TableFormat};
use crate::numbers::NOTHING;
use crate::verdict::{
    Claim, Difference, Pick, Question, READINGS, VERDICT_FILE, VERDICT_FORMAT, Verdicts, p_value,
};

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

    /// All numbers, one row per experiment, claim and reading.
    fn numbers(&self) -> Grid {
        let header = [
            "experiment",
            "question",
            "before",
            "before_k",
            "after",
            "after_k",
            "reading",
            "seeds",
            "users",
            "before_mean",
            "after_mean",
            "difference",
            "low",
            "high",
            "p",
            "p_holm",
        ];
        let mut rows = Vec::new();
        for verdicts in &self.experiments {
            for claim in &verdicts.claims {
                let question = match claim.question {
                    Question::MoreNegatives => "more_negatives",
                    Question::DynamicPo => "dynamic_po",
                };
                for (when, pick) in WHEN.into_iter().zip(READINGS) {
                    let Some(found) = pick(claim) else { continue };
                    let (low, high) = found.interval;
                    rows.push(vec![
                        verdicts.experiment.as_str().into(),
                        question.into(),
                        claim.before.label.as_str().into(),
                        claim.before.negatives.to_string().into(),
                        claim.after.label.as_str().into(),
                        claim.after.negatives.to_string().into(),
                        when.into(),
                        found.seeds.to_string().into(),
                        found.users.to_string().into(),
                        found.before.to_string().into(),
                        found.after.to_string().into(),
                        found.difference.to_string().into(),
                        low.to_string().into(),
                        high.to_string().into(),
                        found.p.to_string().into(),
                        found.p_holm.to_string().into(),
                    ]);
                }
            }
        }
        let header = header.map(str::to_owned).to_vec();
        Grid { name: "survey", caption: String::new(), header, words: 7, rows }
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

fn entry(found: &Difference, alpha: f64) -> Entry {
    let change = found
        .percent
        .map_or(NOTHING.to_owned(), |percent| format!("{percent:+.1} %").replace('-', "−"));
    let text = format!("{change} ({})", p_value(found.p_holm));
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
mod tests {
    use super::*;
    use crate::verdict::{ClaimFamilies, Families, Rules, Setting};

    fn difference(percent: f64, p: f64) -> Difference {
        let difference = 0.1 * percent / 100.0;
        Difference {
            seeds: 5,
            users: 100,
            before: 0.1,
            after: 0.1 + difference,
            difference,
            percent: Some(percent),
            interval: (difference - 0.001, difference + 0.001),
            percentile_interval: (difference - 0.001, difference + 0.001),
            error: 0.0005,
            df: 10.0,
            p: p / 2.0,
            p_holm: p,
            minimum_detectable: 0.002,
            minimum_detectable_in_family: 0.003,
            cohen_dz: None,
            p_sign_flip: p,
            p_wilcoxon: None,
        }
    }

    fn claim(question: Question, label: &str, percent: f64, p: f64) -> Claim {
        let setting = |negatives| Setting { label: label.into(), negatives };
        Claim {
            question,
            after: setting(20),
            before: setting(1),
            at_end: Some(difference(percent, p)),
            kl: None,
            at_equal_kl: None,
            at_picked: Some(difference(percent / 2.0, 1.0)),
        }
    }

    fn verdicts(experiment: &str, claims: Vec<Claim>) -> Verdicts {
        Verdicts {
            format: VERDICT_FORMAT,
            experiment: experiment.into(),
            measure: "NDCG@10".into(),
            rules: Rules::default(),
            families: Families { primary: 1, over_negatives: 1, equivalence: 1, over_training: 1 },
            claims,
            claim_families: ClaimFamilies { dynamic_po: 0, equal_kl: 0, picked: 1 },
            losses: Vec::new(),
            tuned: None,
            budgets: None,
        }
    }

    fn written(folder: &Path, name: &str, verdicts: &Verdicts) -> PathBuf {
        let folder = folder.join(name);
        fs::create_dir_all(folder.join("report")).unwrap();
        let text = serde_json::to_vec(verdicts).unwrap();
        fs::write(folder.join("report").join(VERDICT_FILE), text).unwrap();
        folder
    }

    #[test]
    fn claims_stand_side_by_side_and_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let dmpo = |percent, p| claim(Question::MoreNegatives, "dmpo", percent, p);
        let gain = claim(Question::DynamicPo, "dynamic_po(dmpo)", 7.5, 0.001);
        let paths = [
            written(folder.path(), "a", &verdicts("a", vec![dmpo(-4.0, 0.01), gain])),
            written(folder.path(), "b", &verdicts("b", vec![dmpo(-2.0, 0.3)])),
        ];
        let survey = Survey::read(&paths).unwrap();
        let text = survey.text(TableFormat::Markdown);
        for line in [
            "| dmpo | end of training | **−4.0 % (0.010)** | −2.0 % (0.300) | 1, 0 of 2 |",
            "| dmpo | equal divergence | – | – | 0, 0 of 0 |",
            "| dmpo | picked checkpoint | −2.0 % (1.000) | −1.0 % (1.000) | 0, 0 of 2 |",
            "| dynamic_po(dmpo) | end of training | **+7.5 % (0.001)** | – | 0, 1 of 1 |",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        let csv = survey.text(TableFormat::Csv);
        assert_eq!(csv.lines().count(), 1 + 2 * 3, "a header, and a line per claim and reading");
    }

    #[test]
    fn what_cannot_stand_side_by_side_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let one = written(folder.path(), "a", &verdicts("a", Vec::new()));
        let message = |paths: &[PathBuf]| Survey::read(paths).unwrap_err().to_string();
        assert!(message(&[one.clone(), one.clone()]).contains("a second result"));
        let mut other = verdicts("b", Vec::new());
        other.measure = "NDCG@5".into();
        let other = written(folder.path(), "b", &other);
        assert!(message(&[one.clone(), other]).contains("it measures NDCG@5"));
        let mut old = verdicts("c", Vec::new());
        old.format = 1;
        let old = written(folder.path(), "c", &old);
        assert!(message(&[old]).contains("has format 1"));
        assert!(message(&[folder.path().join("nothing")]).contains("cannot read"));
    }
}
