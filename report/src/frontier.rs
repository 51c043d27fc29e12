//! Ranking against how far the policy has moved: the path of every cell through
//! (KL from the reference, NDCG), and places on it that are fairer than its end.
//!
//! A loss that hardly leaves the reference cannot lose much ranking. Two cells are therefore also
//! read where both are equally far from it, and each at the evaluation that validation picks, by its
//! ranking or by its loss.

use std::collections::{BTreeMap, HashMap};

use polars::prelude::*;

use crate::error::ReportError;
use crate::findings::Findings;
use crate::measure::Measure;
use crate::reading::Reading;
use crate::rows::{CellRow, cell_rows};
use crate::statistics::{BySeed, Estimate, estimate};
use crate::sweep::Sweep;
use crate::tables::VALIDATION_LOSS;

/// One evaluation of one cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) step: u32,
    /// KL(policy || reference); not a number where it was not recorded.
    pub(crate) kl: f64,
    /// The main measure on the test split.
    pub(crate) test: f64,
    /// The main measure on the validation split; not a number where it was not recorded.
    pub(crate) validation: f64,
    /// Mean preference loss over validation instances; none where it was not recorded.
    pub(crate) validation_loss: Option<f64>,
}

/// A place on a path, on the straight line between two of its evaluations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    /// Positions on the path.
    pub(crate) between: [usize; 2],
    /// 0 at the first of the two, 1 at the second.
    pub(crate) share: f64,
}

impl Place {
    /// Between the values at the two evaluations.
    pub(crate) fn mix(&self, first: f64, second: f64) -> f64 {
        (1.0 - self.share) * first + self.share * second
    }

    /// Whether it lies on the straight line from the start to the first evaluation after it, where
    /// nothing was measured.
    fn is_from_start(&self, path: &[Point]) -> bool {
        let [first, second] = self.between;
        first != second && path[first].step == 0 && self.share < 1.0
    }

    fn test(&self, path: &[Point]) -> f64 {
        let [first, second] = self.between.map(|at| path[at].test);
        self.mix(first, second)
    }
}

/// A reading of a cell, with the level at which it is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spot {
    reading: Reading,
    /// KL for equal divergence, an optimiser step for equal budgets.
    level: f64,
}

impl Spot {
    pub(crate) const END: Self = Self { reading: Reading::End, level: 0.0 };
    pub(crate) const SELECTED: Self = Self { reading: Reading::Selected, level: 0.0 };
    pub(crate) const SELECTED_BY_LOSS: Self = Self { reading: Reading::SelectedByLoss, level: 0.0 };

    /// Where the path first is this far from the reference.
    pub(crate) fn divergence(kl: f64) -> Self {
        Self { reading: Reading::EqualDivergence, level: kl }
    }

    /// The last evaluation up to the step at which the budget of a reading is used up, the start
    /// excluded.
    pub(crate) fn step(reading: Reading, step: u32) -> Self {
        Self { reading, level: f64::from(step) }
    }

    /// The place on a path; none where the path does not get that far.
    pub(crate) fn of(self, path: &[Point]) -> Option<Place> {
        let exactly = |at| Place { between: [at, at], share: 0.0 };
        match self.reading {
            Reading::End | Reading::Tuned => path.len().checked_sub(1).map(exactly),
            Reading::EqualSteps | Reading::EqualNegatives | Reading::EqualTime => {
                let within = |point: &Point| point.step > 0 && f64::from(point.step) <= self.level;
                path.iter().rposition(within).map(exactly)
            }
            Reading::EqualDivergence => {
                let reached = path.iter().position(|point| point.kl >= self.level)?;
                let Some(before) = (0..reached).rev().find(|at| !path[*at].kl.is_nan()) else {
                    return Some(exactly(reached));
                };
                let [low, high] = [before, reached].map(|at| path[at].kl.max(0.0).sqrt());
                let share = if high > low { (self.level.sqrt() - low) / (high - low) } else { 1.0 };
                Some(Place { between: [before, reached], share })
            }
            Reading::Selected => {
                let better = |best: usize, at: usize| {
                    if path[at].validation > path[best].validation { at } else { best }
                };
                let recorded = (0..path.len()).filter(|at| !path[*at].validation.is_nan());
                recorded.reduce(better).map(exactly)
            }
            Reading::SelectedByLoss => {
                let losses = path.iter().enumerate();
                let losses = losses.filter_map(|(at, point)| Some((at, point.validation_loss?)));
                let best = losses.reduce(|best, next| if next.1 < best.1 { next } else { best });
                best.map(|(at, _)| exactly(at))
            }
        }
    }
}

type Key = (usize, usize);

/// The paths of all cells, by series and number of negatives, then by seed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frontier {
    pub(crate) paths: BTreeMap<Key, BTreeMap<u64, Vec<Point>>>,
}

impl Frontier {
    pub(crate) fn new(findings: &Findings) -> Result<Self, ReportError> {
        let sweep = &findings.sweep;
        read(sweep, &findings.main(), &findings.selection()).map_err(sweep.grouping())
    }

    /// How far from the reference every seed of a group gets.
    pub(crate) fn reach(&self, key: Key) -> Option<f64> {
        let paths = self.paths.get(&key)?.values();
        let farthest = paths.map(|path| path.iter().map(|point| point.kl).fold(0.0, f64::max));
        farthest.min_by(f64::total_cmp)
    }

    /// How far every cell of the sweep gets.
    pub(crate) fn shared_reach(&self) -> Option<f64> {
        let reaches = self.paths.keys().filter_map(|key| self.reach(*key));
        reaches.min_by(f64::total_cmp).filter(|reach| *reach > 0.0)
    }

    /// The test measure of every seed, where it is read.
    pub(crate) fn by_seed(&self, key: Key, spot: Spot) -> BySeed {
        let paths = self.paths.get(&key).into_iter().flatten();
        paths.filter_map(|(seed, path)| Some((*seed, spot.of(path)?.test(path)))).collect()
    }

    /// Mean over seeds where it is read.
    pub(crate) fn mean(&self, key: Key, spot: Spot) -> Option<Estimate> {
        estimate(self.by_seed(key, spot).into_values())
    }

    /// Whether, under some seed, it is read on the straight line from the start to the first
    /// evaluation after it.
    pub(crate) fn is_from_start(&self, key: Key, spot: Spot) -> bool {
        let mut paths = self.paths.get(&key).into_iter().flat_map(BTreeMap::values);
        paths.any(|path| spot.of(path).is_some_and(|place| place.is_from_start(path)))
    }

    /// Mean path over seeds, at the steps that every seed has: KL and test measure.
    pub(crate) fn mean_path(&self, key: Key) -> Vec<(f64, f64)> {
        let Some(seeds) = self.paths.get(&key) else {
            return Vec::new();
        };
        let mut by_step: BTreeMap<u32, Vec<&Point>> = BTreeMap::new();
        for point in seeds.values().flatten().filter(|point| !point.kl.is_nan()) {
            by_step.entry(point.step).or_default().push(point);
        }
        let mean = |points: &[&Point], value: fn(&Point) -> f64| {
            points.iter().map(|point| value(point)).sum::<f64>() / points.len() as f64
        };
        by_step
            .into_values()
            .filter(|points| points.len() == seeds.len())
            .map(|points| (mean(&points, |p| p.kl), mean(&points, |p| p.test)))
            .collect()
    }
}

fn read(sweep: &Sweep, test: &Measure, validation: &Measure) -> PolarsResult<Frontier> {
    let mut frontier = Frontier::default();
    if sweep.metrics.height() == 0 || sweep.trajectory.height() == 0 {
        return Ok(frontier);
    }
    let column = |name: &str| sweep.trajectory.column(name)?.f64();
    let (kl, loss) = (column("kl")?, column(VALIDATION_LOSS)?);
    let training = cell_rows(&sweep.trajectory)?.into_iter().zip(kl.iter().zip(loss.iter()));
    let training: HashMap<CellRow, (Option<f64>, Option<f64>)> = training.collect();
    let validation: HashMap<CellRow, f64> =
        validation.values(&sweep.metrics)?.into_iter().collect();
    let mut tested = test.values(&sweep.metrics)?;
    tested.sort_by_key(|(at, _)| at.step);
    for (at, test) in tested {
        let (kl, validation_loss) = training.get(&at).copied().unwrap_or_default();
        let point = Point {
            step: at.step,
            kl: kl.unwrap_or(f64::NAN),
            test,
            validation: validation.get(&at).copied().unwrap_or(f64::NAN),
            validation_loss,
        };
        frontier.paths.entry(at.group).or_default().entry(at.seed).or_default().push(point);
    }
    Ok(frontier)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(points: &[(f64, f64, f64)]) -> Vec<Point> {
        let point = |(at, &(kl, test, validation)): (usize, &(f64, f64, f64))| Point {
            step: 10 * at as u32,
            kl,
            test,
            validation,
            validation_loss: None,
        };
        points.iter().enumerate().map(point).collect()
    }

    #[test]
    fn divergence_is_read_linearly_in_its_root() {
        // √KL 0, 1, 3: KL = 4 lies half-way between the last two.
        let path = path(&[(0.0, 0.5, 0.0), (1.0, 0.6, 0.0), (9.0, 0.2, 0.0), (5.0, 0.9, 0.0)]);
        let at = |level| Spot::divergence(level).of(&path).map(|place| place.test(&path));
        assert!((at(4.0).unwrap() - 0.4).abs() < 1e-12);
        assert!((at(0.25).unwrap() - 0.55).abs() < 1e-12);
        assert_eq!(at(9.0), Some(0.2));
        assert_eq!(at(0.0), Some(0.5));
        assert_eq!(at(9.1), None, "the path never gets there");
    }

    /// An evaluation without a number is no evaluation for the reading that needs it, and one for all others.
    #[test]
    fn what_was_not_recorded_is_left_out_where_it_is_needed() {
        let path = path(&[
            (0.0, 0.5, 0.3),
            (f64::NAN, 0.9, f64::NAN),
            (4.0, 0.1, 0.4),
            (f64::NAN, 0.7, 0.1),
        ]);
        let place = |spot: Spot| spot.of(&path).map(|place| place.between);
        assert_eq!(place(Spot::END), Some([3, 3]));
        assert_eq!(place(Spot::SELECTED), Some([2, 2]));
        assert_eq!(place(Spot::divergence(1.0)), Some([0, 2]));
        assert_eq!(place(Spot::divergence(9.0)), None);
        let without: Vec<Point> =
            path.iter().map(|point| Point { validation: f64::NAN, ..*point }).collect();
        assert_eq!(Spot::SELECTED.of(&without), None);
    }

    #[test]
    fn the_picked_evaluation_is_the_first_of_the_best() {
        let path = path(&[(0.0, 0.5, 0.3), (1.0, 0.6, 0.4), (2.0, 0.1, 0.4)]);
        assert_eq!(Spot::SELECTED.of(&path).map(|place| place.between), Some([1, 1]));
        assert_eq!(Spot::END.of(&path).map(|place| place.between), Some([2, 2]));
        assert_eq!(Spot::SELECTED.of(&[]), None);
        assert_eq!(
            Spot::step(Reading::EqualSteps, 19).of(&path).map(|place| place.between),
            Some([1, 1])
        );
        assert_eq!(Spot::step(Reading::EqualTime, 9).of(&path), None, "only the start lies before");
    }

    #[test]
    fn the_lowest_validation_loss_selects_whatever_the_ranking() {
        let mut path = path(&[(0.0, 0.5, 0.3), (1.0, 0.6, 0.9), (2.0, 0.1, 0.1), (3.0, 0.2, 0.2)]);
        let selected = |path: &[Point]| Spot::SELECTED_BY_LOSS.of(path).map(|place| place.between);
        assert_eq!(selected(&path), None, "no loss was recorded");
        for (point, loss) in path.iter_mut().zip([0.7, 0.6, 0.4, 0.4]) {
            point.validation_loss = Some(loss);
        }
        assert_eq!(selected(&path), Some([2, 2]), "the first of the lowest");
        assert_eq!(Spot::SELECTED.of(&path).map(|place| place.between), Some([1, 1]));
        path[2].validation_loss = None;
        assert_eq!(selected(&path), Some([3, 3]), "among those that were recorded");
    }

    #[test]
    fn a_place_before_the_first_evaluation_is_told() {
        let mut frontier = Frontier::default();
        let path = path(&[(0.0, 0.5, 0.0), (1.0, 0.6, 0.0), (9.0, 0.2, 0.0)]);
        frontier.paths.insert((0, 1), BTreeMap::from([(1, path)]));
        let from_start = |kl| frontier.is_from_start((0, 1), Spot::divergence(kl));
        // The start and the evaluations themselves are measured; what lies beyond the first is between
        // two evaluations.
        assert_eq!([0.0, 0.5, 1.0, 4.0].map(from_start), [false, true, false, false]);
        assert!(!frontier.is_from_start((0, 1), Spot::END));
        assert!(!frontier.is_from_start((1, 1), Spot::divergence(0.5)));
    }

    #[test]
    fn what_is_shared_is_what_every_seed_reaches() {
        let mut frontier = Frontier::default();
        let far = |kl: f64| path(&[(0.0, 0.0, 0.0), (kl, 1.0, 0.0)]);
        frontier.paths.insert((0, 1), BTreeMap::from([(1, far(4.0)), (2, far(3.0))]));
        frontier.paths.insert((1, 1), BTreeMap::from([(1, far(16.0)), (2, far(9.0))]));
        assert_eq!((frontier.reach((0, 1)), frontier.shared_reach()), (Some(3.0), Some(3.0)));
        // √(2.25 / 9) = 1/2, √(2.25 / 16) = 3/8.
        let found = frontier.by_seed((1, 1), Spot::divergence(2.25));
        assert_eq!(found, BySeed::from([(1, 0.375), (2, 0.5)]));
        let mean = frontier.mean_path((0, 1));
        assert_eq!(mean, [(0.0, 0.0), (3.5, 1.0)]);
    }
}
