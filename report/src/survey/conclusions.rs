//! Conclusions that a reader would take away, and in how many experiments and settings each is shown.

use super::kind::{Kind, split};
use crate::verdict::{
    Budget, BudgetClaim, Difference, Question, READINGS, Setting, Verdicts, underneath,
};

/// How a comparison is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reading {
    End,
    EqualKl,
    Picked,
    EqualNegatives,
    EqualTime,
    Tuned,
}

impl Reading {
    pub(super) const ALL: [Self; 6] = [
        Self::End,
        Self::EqualKl,
        Self::Picked,
        Self::EqualNegatives,
        Self::EqualTime,
        Self::Tuned,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::End => "end of training",
            Self::EqualKl => "equal divergence",
            Self::Picked => "picked checkpoint",
            Self::EqualNegatives => "equal negatives",
            Self::EqualTime => "equal time",
            Self::Tuned => "tuned settings",
        }
    }

    pub(super) fn when(self) -> &'static str {
        match self {
            Self::End => "at the end of training",
            Self::EqualKl => "at equal divergence",
            Self::Picked => "at the picked checkpoint",
            Self::EqualNegatives => "at equal negatives",
            Self::EqualTime => "at equal time",
            Self::Tuned => "with tuned settings",
        }
    }
}

/// A statement that experiments may show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Conclusion {
    /// A loss ranks lower with more negatives.
    Falls(String),
    /// A DynamicPO ranks higher than the loss underneath, at the largest K.
    Mends(String),
    /// A loss at its largest K, or tuned at any K, ranks higher than the reference.
    BeatsReference(String),
}

/// The loss of a label, without axes; all variants of DynamicPO with settings of their own over one
/// loss are one.
fn plain(label: &str) -> String {
    let (loss, _) = split(label);
    match underneath(loss) {
        Some(base) if loss.contains(',') => format!("dynamic_po({base}, …)"),
        _ => loss.to_owned(),
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
    /// Level of the experiment's tests.
    pub(super) alpha: f64,
}

/// One side of a comparison; the reference has no K.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) label: &'a str,
    pub(super) negatives: Option<usize>,
    /// Where it is read, for budgets.
    pub(super) step: Option<u32>,
}

impl<'a> From<&'a Setting> for Side<'a> {
    fn from(setting: &'a Setting) -> Self {
        Self { label: &setting.label, negatives: Some(setting.negatives), step: None }
    }
}

/// The conclusions that any of the experiments bears on, in order of appearance.
pub(super) fn conclusions(experiments: &[Verdicts]) -> Vec<Conclusion> {
    let claims = |question| {
        let all = experiments.iter().flat_map(|verdicts| &verdicts.claims);
        all.filter(move |claim| claim.question == question).map(|claim| &claim.after.label)
    };
    let falls = claims(Question::MoreNegatives).map(|label| Conclusion::Falls(plain(label)));
    let mends = claims(Question::DynamicPo).map(|label| Conclusion::Mends(plain(label)));
    let losses = experiments.iter().flat_map(|verdicts| &verdicts.losses);
    let beats = losses.map(|loss| Conclusion::BeatsReference(plain(&loss.label)));
    let mut found = Vec::new();
    for conclusion in falls.chain(mends).chain(beats) {
        if !found.contains(&conclusion) {
            found.push(conclusion);
        }
    }
    found
}

fn spoken(loss: &str) -> String {
    match underneath(loss) {
        None => loss.to_owned(),
        Some(base) if loss.contains(',') => format!("DynamicPO over {base}, parts varied,"),
        Some(base) => format!("DynamicPO over {base}"),
    }
}

impl Conclusion {
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::Falls(loss) => format!("{} ranks lower with more negatives", spoken(loss)),
            Self::Mends(loss) => {
                format!(
                    "{} ranks higher than {}",
                    spoken(loss),
                    underneath(loss).unwrap_or_default()
                )
            }
            Self::BeatsReference(loss) => {
                format!("{} ranks higher than the reference", spoken(loss))
            }
        }
    }

    pub(super) fn outcome(&self, finding: &Finding<'_>) -> Outcome {
        let falls = finding.difference.falls(finding.alpha);
        let rises = finding.difference.rises(finding.alpha);
        match self {
            Self::Falls(_) if falls => Outcome::Shown,
            Self::Mends(_) | Self::BeatsReference(_) if rises => Outcome::Shown,
            _ if falls || rises => Outcome::Opposite,
            _ => Outcome::NotShown,
        }
    }

    /// Every comparison that bears on it, by experiment and reading.
    pub(super) fn findings<'a>(&self, experiments: &'a [Verdicts]) -> Vec<Finding<'a>> {
        let mut found = Vec::new();
        for verdicts in experiments {
            let kind = Kind::of(verdicts);
            let mut add = |reading, before, after, difference| {
                found.push(Finding {
                    experiment: &verdicts.experiment,
                    kind,
                    reading,
                    before,
                    after,
                    difference,
                    alpha: verdicts.rules.alpha,
                });
            };
            match self {
                Self::BeatsReference(loss) => reference(verdicts, loss, &mut add),
                _ => self.claims(verdicts, &mut add),
            }
        }
        found.sort_by_key(|finding| finding.reading);
        found
    }

    fn claims<'a>(&self, verdicts: &'a Verdicts, add: &mut Add<'_, 'a>) {
        for claim in verdicts.claims.iter().filter(|c| self.concerns(c.question, &c.after.label)) {
            let readings = [Reading::End, Reading::EqualKl, Reading::Picked];
            for (reading, pick) in readings.into_iter().zip(READINGS) {
                if let Some(difference) = pick(claim) {
                    add(reading, (&claim.before).into(), (&claim.after).into(), difference);
                }
            }
        }
        let budgets = verdicts.budgets.iter().flat_map(|budgets| &budgets.claims);
        for claim in budgets.filter(|c| self.concerns(c.question, &c.after.setting.label)) {
            if let Some(reading) = of_budget(claim) {
                let [before, after] = [&claim.before, &claim.after]
                    .map(|at| Side { step: Some(at.step), ..Side::from(&at.setting) });
                add(reading, before, after, &claim.difference);
            }
        }
        let tuned = verdicts.tuned.iter().flat_map(|tuned| tuned.headlines());
        for claim in tuned.filter(|c| self.concerns(c.question, &c.after.label)) {
            let (before, after) = ((&claim.before).into(), (&claim.after).into());
            add(Reading::Tuned, before, after, &claim.difference);
        }
    }

    fn concerns(&self, question: Question, label: &str) -> bool {
        match self {
            Self::Falls(loss) => question == Question::MoreNegatives && plain(label) == *loss,
            Self::Mends(loss) => question == Question::DynamicPo && plain(label) == *loss,
            Self::BeatsReference(_) => false,
        }
    }
}

type Add<'f, 'a> = dyn FnMut(Reading, Side<'a>, Side<'a>, &'a Difference) + 'f;

/// Equal steps at the end are the end of training; early ones are in the report alone.
fn of_budget(claim: &BudgetClaim) -> Option<Reading> {
    match claim.budget {
        Budget::Steps => None,
        Budget::Negatives => Some(Reading::EqualNegatives),
        Budget::Time => Some(Reading::EqualTime),
    }
}

fn reference<'a>(verdicts: &'a Verdicts, of: &str, add: &mut Add<'_, 'a>) {
    let before = Side { label: "reference", negatives: None, step: None };
    for loss in verdicts.losses.iter().filter(|loss| plain(&loss.label) == of) {
        if let Some(difference) = &loss.against_reference {
            let after = Side { label: &loss.label, negatives: loss.largest_k, step: None };
            add(Reading::End, before, after, difference);
        }
    }
    let tuned = verdicts.tuned.iter().flat_map(|tuned| &tuned.cells);
    for cell in tuned.filter(|cell| plain(&cell.loss) == of) {
        if let Some(difference) = &cell.against_reference {
            let after = Side { label: &cell.loss, negatives: Some(cell.negatives), step: None };
            add(Reading::Tuned, before, after, difference);
        }
    }
}

/// How often something is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) shown: usize,
    pub(super) opposite: usize,
    pub(super) all: usize,
}

impl Count {
    pub(super) fn of<'f, 'a: 'f>(
        conclusion: &Conclusion,
        findings: impl IntoIterator<Item = &'f Finding<'a>>,
    ) -> Self {
        let mut count = Self::default();
        for finding in findings {
            let outcome = conclusion.outcome(finding);
            count.shown += usize::from(outcome == Outcome::Shown);
            count.opposite += usize::from(outcome == Outcome::Opposite);
            count.all += 1;
        }
        count
    }
}

/// How far a conclusion carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// Shown wherever and however it is read.
    Everything,
    /// Shown everywhere at the end of training, not under every reading.
    EveryEnd,
    /// Shown somewhere at the end of training, the opposite nowhere.
    Part,
    /// Shown under other readings alone, the opposite nowhere.
    Otherwise,
    /// Shown somewhere, and somewhere the opposite.
    Both,
    /// The opposite alone.
    Opposite,
    /// Neither.
    Nowhere,
}

impl Standing {
    pub(super) const ALL: [Self; 6] =
        [Self::Everything, Self::EveryEnd, Self::Part, Self::Both, Self::Opposite, Self::Nowhere];

    pub(super) fn of(conclusion: &Conclusion, findings: &[Finding<'_>]) -> Self {
        let all = Count::of(conclusion, findings);
        let at_end = findings.iter().filter(|finding| finding.reading == Reading::End);
        let end = Count::of(conclusion, at_end);
        match (all.shown, all.opposite) {
            (0, 0) => Self::Nowhere,
            (0, _) => Self::Opposite,
            (_, 1..) => Self::Both,
            (shown, 0) if shown == all.all => Self::Everything,
            _ if end.all > 0 && end.shown == end.all => Self::EveryEnd,
            _ if end.shown > 0 => Self::Part,
            _ => Self::Otherwise,
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Everything => "Survives everything",
            Self::EveryEnd => "Shown everywhere at the end of training, not under every reading",
            Self::Part => "Shown in part",
            Self::Otherwise => "Not shown at the end of training, only otherwise read",
            Self::Both => "Shown in part, elsewhere the opposite",
            Self::Opposite => "Nowhere shown, and somewhere the opposite",
            Self::Nowhere => "Nowhere shown",
        }
    }
}
