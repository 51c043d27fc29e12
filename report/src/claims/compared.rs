//! Which comparison of an experiment's verdicts is meant, by typed keys.

use std::collections::BTreeMap;

use prefsweep_store::{LossKey, SeriesKey};
use serde_json::Value;

use super::numbers::Numbers;
use crate::reading::Reading;
use crate::verdict::{
    Claim, Contrast, LossVerdict, Measured, Quantity, Question, Setting, Verdicts,
};

/// An experiment at one value of each of its axes; it may have none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) verdicts: &'a Verdicts,
    pub(super) axes: &'a BTreeMap<String, Value>,
}

/// A loss, at the values that the experiment fixes for everything else.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loss {
    name: &'static str,
    over: Option<&'static str>,
    settings: &'static [(&'static str, Given)],
}

/// The value of a setting.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given {
    Word(&'static str),
    On,
}

impl Loss {
    /// With default settings.
    pub(super) const fn plain(name: &'static str) -> Self {
        Self { name, over: None, settings: &[] }
    }

    /// With settings that differ from their defaults.
    pub(super) const fn with(
        name: &'static str,
        settings: &'static [(&'static str, Given)],
    ) -> Self {
        Self { name, over: None, settings }
    }

    /// DynamicPO over a loss, with the settings that differ from their defaults.
    pub(super) const fn dynamic_po(
        over: &'static str,
        settings: &'static [(&'static str, Given)],
    ) -> Self {
        Self { name: "dynamic_po", over: Some(over), settings }
    }

    /// AdaDPO's coefficients over a loss.
    pub(super) const fn ada(over: &'static str) -> Self {
        Self { name: "ada", over: Some(over), settings: &[] }
    }

    fn series(self, axes: &BTreeMap<String, Value>) -> SeriesKey {
        let mut key = LossKey::new(self.name);
        key.base = self.over.map(|base| Box::new(LossKey::new(base)));
        let value = |given: &Given| match given {
            Given::Word(word) => Value::from(*word),
            Given::On => Value::Bool(true),
        };
        key.settings =
            self.settings.iter().map(|(name, given)| ((*name).to_owned(), value(given))).collect();
        SeriesKey { loss: key, axes: axes.clone() }
    }

    /// Its verdict.
    pub(super) fn verdict(self, place: Place<'_>) -> Option<&LossVerdict> {
        let series = self.series(place.axes);
        place.verdicts.losses.iter().find(|loss| loss.series == series)
    }
}

/// A comparison: what is asked, and the loss that is judged.
#[derive(Debug, Clone, Copy)]
pub(super) enum Compared {
    /// One of the questions of every report.
    Asked(Question, Loss),
    /// One that claims alone need. Of one between values of an axis an experiment counts by the first that it holds.
    Contrasted(Contrast, Loss),
    /// One of what training costs or draws, with the loss that is compared with; at the end alone.
    Measured(Quantity, Loss, Loss),
}

/// A comparison as it was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) after: &'a Setting,
    pub(super) before: &'a Setting,
    pub(super) numbers: Numbers,
    /// It rests on the straight line from the start to the first evaluation.
    pub(super) from_start: bool,
}

impl Compared {
    /// The comparison in an experiment; none where it was not made.
    pub(super) fn find(self, place: Place<'_>, reading: Reading) -> Option<Found<'_>> {
        let Place { verdicts, axes } = place;
        match self {
            Self::Asked(question, loss) => {
                let series = loss.series(axes);
                found(&verdicts.claims, reading, |claim| {
                    claim.question == question && claim.after.series == series
                })
            }
            Self::Contrasted(contrast, loss) => {
                let series = loss.series(axes);
                let any = contrast.is_of_axes() && axes.is_empty();
                found(&verdicts.contrasts.tested, reading, |claim| {
                    let after = &claim.after.series;
                    let is_it = if any { after.loss == series.loss } else { *after == series };
                    // Several negatives are compared with one, not with fewer.
                    let one = contrast != Contrast::SeveralNegatives || claim.before.negatives == 1;
                    claim.question == contrast && is_it && one
                })
            }
            Self::Measured(quantity, after, before) => {
                let sides = [after.series(axes), before.series(axes)];
                let is_it = |found: &&Measured| {
                    found.quantity == quantity
                        && [&found.after.series, &found.before.series] == [&sides[0], &sides[1]]
                };
                let found = verdicts.measured.iter().find(is_it);
                found.filter(|_| reading == Reading::End).map(|found| Found {
                    after: &found.after,
                    before: &found.before,
                    numbers: Numbers::from(&found.change),
                    from_start: false,
                })
            }
        }
    }

    /// The margin of indifference: a share of the value of the reference that the judged loss started
    /// from, and between values of an axis that with which it is compared; none where that has no results, and of what
    /// is not ranking.
    pub(super) fn margin(self, place: Place<'_>, found: &Found<'_>) -> Option<f64> {
        let side = match self {
            Self::Measured(..) => return None,
            Self::Contrasted(contrast, _) if contrast.is_of_axes() => found.before,
            Self::Asked(..) | Self::Contrasted(..) => found.after,
        };
        let loss = place.verdicts.losses.iter().find(|loss| loss.series == side.series)?;
        let of_reference = loss.against_reference.map(|found| found.before);
        loss.equivalence
            .map(|test| test.margin)
            .or_else(|| of_reference.map(|value| place.verdicts.rules.margin_share * value))
    }

    /// Whether values of an axis are compared.
    pub(super) fn is_of_axes(self) -> bool {
        matches!(self, Self::Contrasted(contrast, _) if contrast.is_of_axes())
    }

    /// What is compared, where that is not ranking.
    pub(super) fn quantity(self) -> Option<Quantity> {
        match self {
            Self::Measured(quantity, ..) => Some(quantity),
            Self::Asked(..) | Self::Contrasted(..) => None,
        }
    }
}

fn found<'a, Q>(
    claims: &'a [Claim<Q>],
    reading: Reading,
    asked: impl Fn(&Claim<Q>) -> bool,
) -> Option<Found<'a>> {
    let claim = claims.iter().find(|claim| asked(claim))?;
    let difference = claim.at(reading)?;
    let from_start = claim.is_from_start(reading);
    let numbers = Numbers::from(difference);
    Some(Found { after: &claim.after, before: &claim.before, numbers, from_start })
}
