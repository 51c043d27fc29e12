//! Conclusions that a reader would take away, and in how many experiments and settings each is shown.

use std::fmt;

use prefsweep_store::{LossKey, SeriesKey};

use super::kind::Kind;
use crate::reading::{Reading, start_mark};
use crate::verdict::{
    CONTROL, Difference, Question, Setting, Verdicts, dynamic_po_base, dynamic_po_over,
};

/// A statement that experiments may show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Conclusion {
    /// A loss ranks lower with more negatives.
    Falls(Subject),
    /// A DynamicPO ranks higher than its base loss, at the largest K.
    Fixes(Subject),
    /// A loss at its largest K, or tuned at any K, ranks higher than the reference.
    BeatsReference(Subject),
    /// A loss at its largest K ranks higher than the supervised control.
    BeatsControl(Subject),
}

/// The loss that a conclusion is about, on whatever axes. All variants of DynamicPO with settings of
/// their own over one base loss are one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    loss: LossKey,
    /// Settings of DynamicPO differ from their defaults.
    varied: bool,
}

impl Subject {
    fn of(loss: &LossKey) -> Self {
        match dynamic_po_base(loss) {
            Some(base) if !loss.settings.is_empty() => {
                Self { loss: dynamic_po_over(base), varied: true }
            }
            _ => Self { loss: loss.clone(), varied: false },
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match dynamic_po_base(&self.loss) {
            None => self.loss.fmt(formatter),
            Some(base) if self.varied => {
                write!(formatter, "DynamicPO (ablated) over {base}")
            }
            Some(base) => write!(formatter, "DynamicPO over {base}"),
        }
    }
}

/// What one comparison says about a conclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Shown,
    Opposite,
    NotShown,
}

/// One comparison of one experiment.
#[derive(Debug, Clone)]
pub(super) struct Finding<'a> {
    pub(super) experiment: &'a str,
    pub(super) kind: Kind,
    pub(super) reading: Reading,
    pub(super) before: Side<'a>,
    pub(super) after: Side<'a>,
    pub(super) difference: &'a Difference,
    /// It rests on the straight line from the start to the first evaluation.
    pub(super) from_start: bool,
    /// Level of the experiment's tests.
    pub(super) alpha: f64,
}

/// Behind a number that any of these comparisons is part of, where one of them rests on the straight line
/// from the start to the first evaluation.
pub(super) fn mark<'f, 'a: 'f>(
    findings: impl IntoIterator<Item = &'f Finding<'a>>,
) -> &'static str {
    start_mark(findings.into_iter().any(|finding| finding.from_start))
}

/// One side of a comparison; the reference has no K.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side<'a> {
    /// None for the reference.
    pub(super) series: Option<&'a SeriesKey>,
    pub(super) negatives: Option<usize>,
    /// Where it is read, for budgets.
    pub(super) step: Option<u32>,
}

impl<'a> From<&'a Setting> for Side<'a> {
    fn from(setting: &'a Setting) -> Self {
        Self { series: Some(&setting.series), negatives: Some(setting.negatives), step: None }
    }
}

impl Side<'_> {
    pub(super) fn label(&self) -> String {
        self.series.map_or_else(|| "reference".to_owned(), ToString::to_string)
    }
}

/// The conclusions that any of the experiments bears on, in order of appearance.
pub(super) fn conclusions(experiments: &[Verdicts]) -> Vec<Conclusion> {
    let claims = |question| {
        let all = experiments.iter().flat_map(|verdicts| &verdicts.claims);
        all.filter(move |claim| claim.question == question)
            .map(|claim| Subject::of(&claim.after.series.loss))
    };
    let falls = claims(Question::MoreNegatives).map(Conclusion::Falls);
    let fixes = claims(Question::DynamicPo).map(Conclusion::Fixes);
    let losses = experiments.iter().flat_map(|verdicts| &verdicts.losses);
    let beats = losses.map(|loss| Conclusion::BeatsReference(Subject::of(&loss.series.loss)));
    let gains = claims(Question::AboveControl).map(Conclusion::BeatsControl);
    let mut found = Vec::new();
    for conclusion in falls.chain(fixes).chain(beats).chain(gains) {
        if !found.contains(&conclusion) {
            found.push(conclusion);
        }
    }
    found
}

impl Conclusion {
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::Falls(subject) => format!("{subject} ranks lower with more negatives"),
            Self::Fixes(subject) => {
                let base = subject.loss.base.iter().map(ToString::to_string).collect::<String>();
                format!("{subject} ranks higher than {base}")
            }
            Self::BeatsReference(subject) => format!("{subject} ranks higher than the reference"),
            Self::BeatsControl(subject) => format!("{subject} ranks higher than {CONTROL}"),
        }
    }

    pub(super) fn outcome(&self, finding: &Finding<'_>) -> Outcome {
        let falls = finding.difference.falls(finding.alpha);
        let rises = finding.difference.rises(finding.alpha);
        match self {
            Self::Falls(_) if falls => Outcome::Shown,
            Self::Fixes(_) | Self::BeatsReference(_) | Self::BeatsControl(_) if rises => {
                Outcome::Shown
            }
            _ if falls || rises => Outcome::Opposite,
            _ => Outcome::NotShown,
        }
    }

    /// Every comparison that bears on it, by experiment and reading.
    pub(super) fn findings<'a>(&self, experiments: &'a [Verdicts]) -> Vec<Finding<'a>> {
        let mut found = Vec::new();
        for verdicts in experiments {
            let kind = Kind::of(verdicts);
            let mut add = |Compared { reading, before, after, difference, from_start }| {
                found.push(Finding {
                    experiment: &verdicts.experiment,
                    kind,
                    reading,
                    before,
                    after,
                    difference,
                    from_start,
                    alpha: verdicts.rules.alpha,
                });
            };
            match self {
                Self::BeatsReference(subject) => reference(verdicts, subject, &mut add),
                _ => self.claims(verdicts, &mut add),
            }
        }
        found.sort_by_key(|finding| finding.reading);
        found
    }

    fn claims<'a>(&self, verdicts: &'a Verdicts, add: &mut Add<'_, 'a>) {
        for claim in verdicts.claims.iter().filter(|c| self.concerns(c.question, &c.after)) {
            for reading in Reading::CLAIMS {
                if let Some(difference) = claim.at(reading) {
                    let sides = [(&claim.before).into(), (&claim.after).into()];
                    let from_start = claim.is_from_start(reading);
                    add(Compared { from_start, ..Compared::new(reading, sides, difference) });
                }
            }
        }
        let budgets = verdicts.budgets.iter().flat_map(|budgets| &budgets.claims);
        for claim in budgets.filter(|c| self.concerns(c.question, &c.after.setting)) {
            // Equal steps at the end are the end of training; early ones are in the report alone.
            if claim.reading != Reading::EqualSteps {
                let sides = [&claim.before, &claim.after]
                    .map(|at| Side { step: Some(at.step), ..Side::from(&at.setting) });
                add(Compared::new(claim.reading, sides, &claim.difference));
            }
        }
        let tuned = verdicts.tuned.iter().flat_map(|tuned| tuned.headlines());
        for claim in tuned.filter(|c| self.concerns(c.question, &c.after)) {
            let sides = [(&claim.before).into(), (&claim.after).into()];
            add(Compared::new(Reading::Tuned, sides, &claim.difference));
        }
    }

    fn concerns(&self, question: Question, judged: &Setting) -> bool {
        let about = |subject: &Subject| Subject::of(&judged.series.loss) == *subject;
        match self {
            Self::Falls(subject) => question == Question::MoreNegatives && about(subject),
            Self::Fixes(subject) => question == Question::DynamicPo && about(subject),
            Self::BeatsReference(_) => false,
            Self::BeatsControl(subject) => question == Question::AboveControl && about(subject),
        }
    }
}

/// A comparison, before it is known which experiment it is of.
struct Compared<'a> {
    reading: Reading,
    before: Side<'a>,
    after: Side<'a>,
    difference: &'a Difference,
    from_start: bool,
}

impl<'a> Compared<'a> {
    fn new(reading: Reading, [before, after]: [Side<'a>; 2], difference: &'a Difference) -> Self {
        Self { reading, before, after, difference, from_start: false }
    }
}

type Add<'f, 'a> = dyn FnMut(Compared<'a>) + 'f;

fn reference<'a>(verdicts: &'a Verdicts, subject: &Subject, add: &mut Add<'_, 'a>) {
    let before = Side { series: None, negatives: None, step: None };
    let about = |series: &SeriesKey| Subject::of(&series.loss) == *subject;
    for loss in verdicts.losses.iter().filter(|loss| about(&loss.series)) {
        if let Some(difference) = &loss.against_reference {
            let after = Side { series: Some(&loss.series), negatives: loss.largest_k, step: None };
            add(Compared::new(Reading::End, [before, after], difference));
        }
    }
    let tuned = verdicts.tuned.iter().flat_map(|tuned| &tuned.cells);
    for cell in tuned.filter(|cell| about(&cell.series)) {
        if let Some(difference) = &cell.against_reference {
            let negatives = Some(cell.negatives);
            let after = Side { series: Some(&cell.series), negatives, step: None };
            add(Compared::new(Reading::Tuned, [before, after], difference));
        }
    }
}
