//! Which comparison of an experiment's verdicts is meant, by typed keys.

use prefsweep_store::{LossKey, SeriesKey};
use serde_json::Value;

use crate::reading::Reading;
use crate::verdict::{Claim, Contrast, Difference, LossVerdict, Question, Setting, Verdicts};

/// A loss, at the values that the experiment fixes for everything else: series on axes do not count.
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

    /// DynamicPO over a loss, with the settings that differ from their defaults.
    pub(super) const fn dynamic_po(
        over: &'static str,
        settings: &'static [(&'static str, Given)],
    ) -> Self {
        Self { name: "dynamic_po", over: Some(over), settings }
    }

    fn series(self) -> SeriesKey {
        let mut key = LossKey::new(self.name);
        key.base = self.over.map(|base| Box::new(LossKey::new(base)));
        let value = |given: &Given| match given {
            Given::Word(word) => Value::from(*word),
            Given::On => Value::Bool(true),
        };
        key.settings =
            self.settings.iter().map(|(name, given)| ((*name).to_owned(), value(given))).collect();
        key.into()
    }

    /// Its verdict.
    pub(super) fn verdict(self, verdicts: &Verdicts) -> Option<&LossVerdict> {
        let series = self.series();
        verdicts.losses.iter().find(|loss| loss.series == series)
    }
}

/// A comparison: what is asked, and the loss that is judged.
#[derive(Debug, Clone, Copy)]
pub(super) enum Compared {
    /// One of the questions of every report.
    Asked(Question, Loss),
    /// One that claims alone need.
    Contrasted(Contrast, Loss),
}

/// A comparison as it was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) after: &'a Setting,
    pub(super) before: &'a Setting,
    pub(super) difference: &'a Difference,
    /// It rests on the straight line from the start to the first evaluation.
    pub(super) from_start: bool,
}

impl Compared {
    /// The comparison in an experiment; none where it was not made.
    pub(super) fn find(self, verdicts: &Verdicts, reading: Reading) -> Option<Found<'_>> {
        match self {
            Self::Asked(question, loss) => {
                found(&verdicts.claims, reading, &loss.series(), |claim| claim.question == question)
            }
            Self::Contrasted(contrast, loss) => {
                found(&verdicts.contrasts.tested, reading, &loss.series(), |claim| {
                    // Several negatives are compared with one, not with fewer.
                    let one = contrast != Contrast::SeveralNegatives || claim.before.negatives == 1;
                    claim.question == contrast && one
                })
            }
        }
    }

    fn loss(self) -> Loss {
        let (Self::Asked(_, loss) | Self::Contrasted(_, loss)) = self;
        loss
    }

    /// The margin of indifference: a share of the value of the reference that the judged loss started
    /// from; none where that has no results.
    pub(super) fn margin(self, verdicts: &Verdicts) -> Option<f64> {
        let loss = self.loss().verdict(verdicts)?;
        let of_reference = loss.against_reference.map(|found| found.before);
        loss.equivalence
            .map(|test| test.margin)
            .or_else(|| of_reference.map(|value| verdicts.rules.margin_share * value))
    }
}

fn found<'a, Q>(
    claims: &'a [Claim<Q>],
    reading: Reading,
    series: &SeriesKey,
    asked: impl Fn(&Claim<Q>) -> bool,
) -> Option<Found<'a>> {
    let claim = claims.iter().find(|claim| claim.after.series == *series && asked(claim))?;
    let difference = claim.at(reading)?;
    let from_start = claim.is_from_start(reading);
    Some(Found { after: &claim.after, before: &claim.before, difference, from_start })
}
