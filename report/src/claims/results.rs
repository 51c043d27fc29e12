//! Every claim against every experiment.

use std::collections::BTreeMap;

use prefsweep_store::SeriesKey;
use serde::Serialize;
use serde_json::Value;

use super::claim::{Combine, Comparison, Condition, Expected, PaperClaim};
use super::compared::Place;
use super::effect::{Effect, Pooled};
use super::numbers::Numbers;
use super::outcome::{Bearing, Outcome};
use crate::distinct::distinct;
use crate::reading::Reading;
use crate::verdict::Verdicts;

/// Everything that the page says, as in `claims.json`.
#[derive(Debug, Serialize)]
pub(super) struct Results {
    /// Version of this layout.
    pub(super) format: u32,
    /// What is measured, for example `NDCG@10`: test split, full ranking.
    pub(super) measure: String,
    /// Datasets in order of appearance.
    pub(super) datasets: Vec<String>,
    /// Whether what is tested on each of them was trained in another domain.
    #[serde(skip)]
    pub(super) across_domains: Vec<bool>,
    pub(super) claims: Vec<ClaimResult>,
}

/// A claim, dataset by dataset.
#[derive(Debug, Serialize)]
pub(super) struct ClaimResult {
    pub(super) claim: &'static PaperClaim,
    /// All datasets, in the order of [`Results::datasets`].
    pub(super) datasets: Vec<OnDataset>,
    /// The effect of the first comparison at the end of training; none for fewer than two datasets, and
    /// where comparisons are of different losses.
    pub(super) pooled: Option<Pooled>,
    /// In experiments that vary settings, at the end of training: none of these counts above.
    pub(super) settings: Vec<InSetting>,
}

/// A claim in an experiment at one value of each axis.
#[derive(Debug, Serialize)]
pub(super) struct InSetting {
    pub(super) dataset: String,
    pub(super) experiment: String,
    /// By dotted key.
    pub(super) axes: BTreeMap<String, Value>,
    pub(super) at_end: AtReading,
}

/// A claim on a dataset, at the end of training.
#[derive(Debug, Serialize)]
pub(super) struct OnDataset {
    pub(super) dataset: String,
    pub(super) outcome: Outcome,
    /// Of the first comparison, in the experiment with the most seeds, then users, then numbers of negatives
    /// compared, then the first. It is pooled.
    pub(super) effect: Option<Effect>,
    /// The same among the experiments that have the dataset's outcome; it stands beside the sign.
    #[serde(skip)]
    pub(super) agreed_effect: Option<Effect>,
    /// Those that test the claim under some reading.
    pub(super) experiments: Vec<InExperiment>,
}

/// A claim in an experiment.
#[derive(Debug, Serialize)]
pub(super) struct InExperiment {
    pub(super) experiment: String,
    /// Numbers of negatives that are compared with another, over all losses without axes.
    #[serde(skip)]
    pub(super) compared: usize,
    /// The first is the end of training.
    pub(super) readings: Vec<AtReading>,
}

/// A claim in an experiment, evaluated somewhere.
#[derive(Debug, Serialize)]
pub(super) struct AtReading {
    pub(super) reading: Reading,
    pub(super) outcome: Outcome,
    /// Whether the claim's condition is met; none where it has none.
    pub(super) condition_met: Option<bool>,
    pub(super) comparisons: Vec<Made>,
}

/// A comparison with what it says.
#[derive(Debug, Serialize)]
pub(super) struct Made {
    pub(super) name: &'static str,
    pub(super) expected: Expected,
    pub(super) bearing: Bearing,
    pub(super) after: SeriesKey,
    pub(super) after_k: usize,
    pub(super) before: SeriesKey,
    pub(super) before_k: usize,
    pub(super) from_start: bool,
    pub(super) margin: Option<f64>,
    pub(super) effect: Option<Effect>,
    pub(super) seeds: usize,
    pub(super) users: Option<usize>,
    pub(super) p: f64,
    pub(super) p_holm: f64,
    /// As in the experiment's `verdict.json`.
    #[serde(skip)]
    pub(super) numbers: Numbers,
}

impl Results {
    /// Judges claims by experiments, of which there is at least one.
    pub(super) fn of(claims: &'static [PaperClaim], experiments: &[&Verdicts]) -> Self {
        let datasets: Vec<String> =
            distinct(experiments.iter().map(|verdicts| verdicts.dataset.clone()));
        let across_domains = datasets.iter().map(|dataset| {
            let mut here = experiments.iter().filter(|verdicts| verdicts.dataset == *dataset);
            here.all(|verdicts| verdicts.trained_on.is_some())
        });
        let across_domains = across_domains.collect();
        let claims = claims.iter().map(|claim| ClaimResult::of(claim, &datasets, experiments));
        let measure = experiments.first().map_or(String::new(), |first| first.measure.clone());
        Self { format: 1, measure, claims: claims.collect(), across_domains, datasets }
    }
}

impl ClaimResult {
    fn of(claim: &'static PaperClaim, datasets: &[String], experiments: &[&Verdicts]) -> Self {
        let experiments: Vec<&Verdicts> =
            experiments.iter().copied().filter(|verdicts| claim.is_about(verdicts)).collect();
        let on = |dataset: &String| {
            let here = experiments.iter().filter(|verdicts| verdicts.dataset == *dataset);
            OnDataset::of(claim, dataset, here.copied())
        };
        let datasets: Vec<OnDataset> = datasets.iter().map(on).collect();
        let effects: Vec<Effect> = datasets.iter().filter_map(|found| found.effect).collect();
        let settings = experiments.iter().flat_map(|verdicts| InSetting::all(claim, verdicts));
        Self { claim, pooled: Pooled::of(&effects), settings: settings.collect(), datasets }
    }

    /// Whether any experiment tests it.
    pub(super) fn is_tested(&self) -> bool {
        self.experiments().next().is_some()
    }

    /// All experiments that test it.
    pub(super) fn experiments(&self) -> impl Iterator<Item = (&OnDataset, &InExperiment)> {
        self.datasets.iter().flat_map(|on| on.experiments.iter().map(move |found| (on, found)))
    }
}

impl OnDataset {
    fn of<'a>(
        claim: &'static PaperClaim,
        dataset: &str,
        experiments: impl Iterator<Item = &'a Verdicts>,
    ) -> Self {
        let experiments: Vec<InExperiment> =
            experiments.filter_map(|verdicts| InExperiment::of(claim, verdicts)).collect();
        let outcome = Outcome::agreed(experiments.iter().map(|found| found.at_end().outcome));
        let effect = effect_of(claim, experiments.iter());
        let agreeing = experiments.iter().filter(|found| found.at_end().outcome == outcome);
        // None agrees where they stand against one another.
        let agreed_effect = effect_of(claim, agreeing).or(effect);
        Self { dataset: dataset.to_owned(), outcome, effect, agreed_effect, experiments }
    }
}

/// The effect that stands for a dataset.
fn effect_of<'a>(
    claim: &PaperClaim,
    experiments: impl Iterator<Item = &'a InExperiment>,
) -> Option<Effect> {
    // One of several losses is not the effect of all.
    if claim.combine == Combine::Any {
        return None;
    }
    let first = claim.comparisons.first()?;
    let mut largest: Option<(_, &Made)> = None;
    for found in experiments.filter(|found| found.is_tested()) {
        let made = found.at_end().comparisons.iter().find(|made| made.name == first.name);
        let Some(made) = made else { continue };
        let size = (made.seeds, made.users, found.compared);
        if largest.is_none_or(|(other, _)| size > other) {
            largest = Some((size, made));
        }
    }
    largest?.1.effect
}

impl InSetting {
    /// Every setting of the axes that tests the claim; nothing where there are no axes.
    fn all(claim: &PaperClaim, verdicts: &Verdicts) -> Vec<Self> {
        let settings = verdicts.losses.iter().map(|loss| &loss.series.axes);
        // What compares values of an axis has counted the first of these.
        let none = BTreeMap::new();
        let counted = claim.comparisons.iter().filter(|comparison| comparison.of.is_of_axes());
        let counted = counted.filter_map(|comparison| {
            let found = comparison.of.find(Place { verdicts, axes: &none }, Reading::End)?;
            Some(&found.after.series.axes)
        });
        let counted: Vec<_> = counted.collect();
        let settings = distinct(settings.filter(|axes| !axes.is_empty()));
        let settings = settings.into_iter().filter(|axes| !counted.contains(axes));
        let found = settings.map(|axes| Self {
            dataset: verdicts.dataset.clone(),
            experiment: verdicts.experiment.clone(),
            axes: axes.clone(),
            at_end: AtReading::of(claim, Place { verdicts, axes }, Reading::End),
        });
        found.filter(|found| found.at_end.is_tested()).collect()
    }
}

impl InExperiment {
    /// None where no reading tests the claim.
    fn of(claim: &PaperClaim, verdicts: &Verdicts) -> Option<Self> {
        let place = Place { verdicts, axes: &BTreeMap::new() };
        let readings = Reading::CLAIMS.map(|reading| AtReading::of(claim, place, reading));
        let fixed = verdicts.losses.iter().filter(|loss| loss.series.axes.is_empty());
        readings.iter().any(AtReading::is_tested).then(|| Self {
            experiment: verdicts.experiment.clone(),
            compared: fixed.map(|loss| loss.smaller.len() + loss.larger.len()).sum(),
            readings: Vec::from(readings),
        })
    }

    pub(super) fn at_end(&self) -> &AtReading {
        &self.readings[0]
    }

    /// Whether it tests the claim at the end of training.
    pub(super) fn is_tested(&self) -> bool {
        self.at_end().is_tested()
    }
}

impl AtReading {
    /// Whether the claim can be tested there.
    fn is_tested(&self) -> bool {
        self.outcome != Outcome::NotTestable
    }

    /// The comparisons that say this.
    pub(super) fn that(&self, bearing: Bearing) -> impl Iterator<Item = &Made> {
        self.comparisons.iter().filter(move |made| made.bearing == bearing)
    }

    fn of(claim: &PaperClaim, place: Place<'_>, reading: Reading) -> Self {
        let made = |comparison: &Comparison| Made::of(comparison, place, reading);
        let all: Vec<Option<Made>> = claim.comparisons.iter().map(made).collect();
        let bearings: Vec<_> =
            all.iter().map(|made| made.as_ref().map(|made| made.bearing)).collect();
        let condition_met = claim.condition.map(|condition| condition.is_met(place));
        let outcome = match Outcome::of(claim.combine, &bearings) {
            Outcome::Holds if condition_met == Some(false) => Outcome::Inconclusive,
            outcome => outcome,
        };
        let comparisons = all.into_iter().flatten().collect();
        Self { reading, outcome, condition_met, comparisons }
    }
}

impl Made {
    fn of(comparison: &Comparison, place: Place<'_>, reading: Reading) -> Option<Self> {
        let found = comparison.of.find(place, reading)?;
        let change = found.numbers.change;
        let margin = comparison.of.margin(place, &found);
        let (expected, alpha) = (comparison.expected, place.verdicts.rules.alpha);
        Some(Self {
            name: comparison.name,
            expected,
            bearing: Bearing::of(expected, &change, margin, alpha),
            after: found.after.series.clone(),
            after_k: found.after.negatives,
            before: found.before.series.clone(),
            before_k: found.before.negatives,
            from_start: found.from_start,
            margin,
            effect: Effect::of(&change),
            seeds: change.seeds,
            users: found.numbers.users,
            p: change.p,
            p_holm: change.p_holm,
            numbers: found.numbers,
        })
    }

    /// Significantly lower or higher.
    pub(super) fn significant(&self, alpha: f64) -> bool {
        self.numbers.change.is_significant(alpha)
    }
}

impl Condition {
    fn is_met(self, place: Place<'_>) -> bool {
        match self {
            Self::LossDoesNotRise(loss) => {
                let largest = loss.verdict(place).and_then(|loss| loss.larger.last());
                let difference = largest.and_then(|at| at.loss_difference);
                difference.is_some_and(|difference| difference <= 0.0)
            }
            Self::BestIsThreeToFive(loss) => {
                let best = loss.verdict(place).and_then(|loss| loss.best_k);
                best.is_some_and(|k| (3..=5).contains(&k))
            }
            Self::AcrossDomains => place.verdicts.trained_on.is_some(),
        }
    }

    /// As part of a sentence.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::LossDoesNotRise(_) => {
                "its normalised training loss at the largest K is not higher"
            }
            Self::BestIsThreeToFive(_) => "the best K on validation is 3 to 5",
            Self::AcrossDomains => "training was in another domain",
        }
    }
}
