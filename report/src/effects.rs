//! The paired differences that the first page shows: one row each in the forest, the matrix, the table
//! and the answer, all with the interval and the p of the verdict.

use prefsweep_store::SeriesKey;

use crate::findings::Findings;
use crate::names::{loss_name, modifier_name, series_name, with_axes};
use crate::numbers::percent;
use crate::reading::{FROM_START, Reading};
use crate::verdict::{Claim, Difference, Question, Setting, Verdicts};

/// What is compared with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A loss at its largest K with itself at K*.
    Negatives,
    /// DynamicPO with its base loss.
    DynamicPo,
    /// A loss at its largest K with the reference it started from.
    Reference,
    /// A loss at its largest K with continued supervised training.
    Control,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] =
        [Self::Negatives, Self::DynamicPo, Self::Reference, Self::Control];

    /// As a heading.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Negatives => "More negatives: largest K − K*",
            Self::DynamicPo => "DynamicPO − its base loss",
            Self::Reference => "Loss − reference",
            Self::Control => "Loss − continued supervised training",
        }
    }
}

/// A paired difference at one evaluation point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point<'a> {
    pub(crate) difference: &'a Difference,
    /// It is from the smallest K, although K* is another.
    pub(crate) from_smallest: bool,
    /// It is interpolated between the start and the first evaluation after it.
    pub(crate) from_start: bool,
}

/// Stands behind a difference from the smallest K, where K* is another.
pub(crate) const FROM_SMALLEST: &str = "¹";

/// What stands behind a difference.
pub(crate) fn marks(point: &Point<'_>) -> String {
    let marks = [(point.from_smallest, FROM_SMALLEST), (point.from_start, FROM_START)];
    marks.into_iter().filter(|(here, _)| *here).map(|(_, mark)| mark).collect()
}

/// Position of a series, and K.
pub(crate) type Side = (usize, usize);

/// A paired difference at every evaluation point at which it was tested.
#[derive(Debug, Clone)]
pub(crate) struct Effect<'a> {
    pub(crate) kind: Kind,
    pub(crate) series: &'a SeriesKey,
    /// What is compared: `DMPO, K = 1 → 20`.
    pub(crate) name: String,
    /// Position of the series and K of the side that is judged.
    pub(crate) after: Side,
    /// The same of the side it is compared with; none for the reference.
    pub(crate) before: Option<Side>,
    at: Vec<(Reading, Point<'a>)>,
}

impl<'a> Effect<'a> {
    /// The difference at an evaluation point; none where it was not tested.
    pub(crate) fn at(&self, reading: Reading) -> Option<&Point<'a>> {
        self.at.iter().find(|(at, _)| *at == reading).map(|(_, point)| point)
    }

    /// Whether it is significant at any evaluation point.
    pub(crate) fn is_significant(&self, alpha: f64) -> bool {
        self.at.iter().any(|(_, point)| point.difference.is_significant(alpha))
    }

    /// The difference at the end of training.
    pub(crate) fn at_end(&self) -> Option<&'a Difference> {
        self.at(Reading::End).map(|point| point.difference)
    }
}

#[cfg(test)]
impl<'a> Effect<'a> {
    /// Tested at the end alone.
    pub(crate) fn of_end(kind: Kind, series: &'a SeriesKey, difference: &'a Difference) -> Self {
        let point = Point { difference, from_smallest: false, from_start: false };
        let at = vec![(Reading::End, point)];
        Self { kind, series, name: series_name(series), after: (0, 20), before: None, at }
    }
}

/// A difference in percent of its baseline, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Percent {
    pub(crate) mean: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Percent {
    /// None where the baseline is zero.
    pub(crate) fn of(found: &Difference) -> Option<Self> {
        let of_baseline = |value: f64| 100.0 * value / found.before;
        let (low, high) = found.interval;
        found.percent.map(|mean| Self { mean, low: of_baseline(low), high: of_baseline(high) })
    }

    /// `−2.8 [−4.0, −1.5]`.
    pub(crate) fn interval(self) -> String {
        let [mean, low, high] = [self.mean, self.low, self.high].map(percent);
        format!("{mean} [{low}, {high}]")
    }

    /// `−2.8 % [−4.0, −1.5]`.
    pub(crate) fn text(self) -> String {
        let [mean, low, high] = [self.mean, self.low, self.high].map(percent);
        format!("{mean} % [{low}, {high}]")
    }
}

/// All rows, by kind, then in the order of the experiment.
pub(crate) fn effects<'a>(verdicts: &'a Verdicts, findings: &Findings) -> Vec<Effect<'a>> {
    let gathering = Gathering { verdicts, findings };
    let mut effects: Vec<Effect<'a>> =
        verdicts.claims.iter().filter_map(|claim| gathering.claim(claim)).collect();
    effects.extend(verdicts.losses.iter().enumerate().filter_map(|(series, loss)| {
        let difference = loss.against_reference.as_ref()?;
        let name = format!("{} − reference, K = {}", series_name(&loss.series), loss.largest_k?);
        let point = Point { difference, from_smallest: false, from_start: false };
        let at = vec![(Reading::End, point)];
        let after = (series, loss.largest_k?);
        let kind = Kind::Reference;
        Some(Effect { kind, series: &loss.series, name, after, before: None, at })
    }));
    effects.retain(|effect| !effect.at.is_empty());
    effects.sort_by_key(|effect| Kind::ALL.iter().position(|kind| *kind == effect.kind));
    effects
}

/// The evaluation points at which any row was tested, in the order of the report.
pub(crate) fn readings(effects: &[Effect<'_>]) -> Vec<Reading> {
    let tested = |reading: &Reading| effects.iter().any(|effect| effect.at(*reading).is_some());
    Reading::ALL.into_iter().filter(tested).collect()
}

struct Gathering<'a, 'f> {
    verdicts: &'a Verdicts,
    findings: &'f Findings,
}

impl<'a> Gathering<'a, '_> {
    fn claim(&self, claim: &'a Claim) -> Option<Effect<'a>> {
        let (after, before) = (&claim.after, &claim.before);
        let SeriesKey { loss, axes } = &after.series;
        let kind = match claim.question {
            Question::MoreNegatives => Kind::Negatives,
            Question::DynamicPo => Kind::DynamicPo,
            Question::AboveControl => Kind::Control,
        };
        let name = match claim.question {
            Question::MoreNegatives => {
                let (few, many) = (before.negatives, after.negatives);
                format!("{}, K = {few} → {many}", series_name(&after.series))
            }
            Question::DynamicPo => {
                let base = series_name(&before.series.loss.clone().into());
                let name = format!("{} − {base}", modifier_name(loss));
                format!("{}, K = {}", with_axes(&name, axes), after.negatives)
            }
            Question::AboveControl => {
                let control = loss_name(&before.series.loss);
                format!("{} − {control}, K = {}", series_name(&after.series), after.negatives)
            }
        };
        let mut at: Vec<(Reading, Point<'a>)> = Reading::CLAIMS
            .into_iter()
            .filter_map(|reading| {
                let from_start = claim.is_from_start(reading);
                let difference = claim.at(reading)?;
                Some((reading, Point { difference, from_smallest: false, from_start }))
            })
            .collect();
        at.extend(self.equal_time(claim));
        let sides = [self.side(after)?, self.side(before)?];
        Some(Effect {
            kind,
            series: &after.series,
            name,
            after: sides[0],
            before: Some(sides[1]),
            at,
        })
    }

    /// The comparison after the same time, which has the smallest K in place of K*.
    fn equal_time(&self, claim: &Claim) -> Option<(Reading, Point<'a>)> {
        let mut claims = self.verdicts.budgets.iter().flat_map(|budgets| &budgets.claims);
        let found = claims.find(|found| {
            found.reading == Reading::EqualTime
                && found.question == claim.question
                && found.after.setting == claim.after
                && found.before.setting.series == claim.before.series
        })?;
        let from_smallest = found.before.setting != claim.before;
        let point = Point { difference: &found.difference, from_smallest, from_start: false };
        Some((Reading::EqualTime, point))
    }

    fn side(&self, setting: &Setting) -> Option<Side> {
        let mut series = self.findings.sweep.series.iter();
        Some((series.position(|known| known.key == setting.series)?, setting.negatives))
    }
}
