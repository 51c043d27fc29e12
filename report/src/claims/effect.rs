//! A difference in percent of the side before, and what is pooled of it over datasets.

use serde::Serialize;

use crate::effects::Percent;
use crate::numbers::percent;
use crate::statistics::pool_effects;
use crate::verdict::Change;

/// A difference in percent, with its 95 % interval and standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Effect {
    pub(super) percent: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) error: f64,
}

/// The mean effect over datasets, by random-effects meta-analysis.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Pooled {
    pub(super) datasets: usize,
    pub(super) percent: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) p: f64,
    /// Standard deviation of the effect between datasets, in percent.
    pub(super) between: f64,
    /// Share of the variance that lies between datasets.
    pub(super) inconsistency: f64,
}

impl Effect {
    /// None where the side before is not positive.
    pub(super) fn of(found: &Change) -> Option<Self> {
        let percent = |value: f64| 100.0 * value / found.before;
        let (low, high) = found.interval;
        (found.before > 0.0).then(|| Self {
            percent: percent(found.difference),
            low: percent(low),
            high: percent(high),
            error: percent(found.error),
        })
    }

    /// `−3.4`.
    pub(super) fn short(&self) -> String {
        percent(self.percent)
    }

    /// `−3.4 % [−5.0, −1.8]`.
    pub(super) fn text(&self) -> String {
        Percent { mean: self.percent, low: self.low, high: self.high }.text()
    }
}

impl Pooled {
    /// One effect per dataset; none for fewer than two with an error.
    pub(super) fn of(effects: &[Effect]) -> Option<Self> {
        let usable = effects.iter().filter(|effect| effect.error > 0.0);
        let pairs: Vec<(f64, f64)> = usable.map(|effect| (effect.percent, effect.error)).collect();
        let found = pool_effects(&pairs)?;
        let [low, high] = found.interval;
        Some(Self {
            datasets: found.experiments,
            percent: found.effect,
            low,
            high,
            p: found.p,
            between: found.between,
            inconsistency: found.inconsistency,
        })
    }

    /// `−3.4 % [−5.0, −1.8]`.
    pub(super) fn text(&self) -> String {
        Percent { mean: self.percent, low: self.low, high: self.high }.text()
    }
}
