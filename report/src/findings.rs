//! Results grouped by series and number of negatives, ready for tables, text and plots.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use polars::prelude::*;
use prefsweep_store::{ReferenceEntry, TRAJECTORY_COLUMNS};
use serde_json::Value;

use crate::error::ReportError;
use crate::experts::{BlockUse, uses};
use crate::measure::{Measure, main_cutoff, protocol_name};
use crate::rows::{CellRow, cell_rows};
use crate::statistics::{BySeed, Estimate, estimate, from_moments};
use crate::sweep::Sweep;
use crate::tuning::Chosen;

/// The seeds of one series at one number of negatives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    /// Every measure at the last evaluation.
    pub(crate) metrics: BTreeMap<Measure, BySeed>,
    /// Every trajectory column at the last evaluation that has it.
    pub(crate) last: BTreeMap<String, BySeed>,
    /// Every trajectory column at the first evaluation that has it.
    pub(crate) first: BTreeMap<String, BySeed>,
}

impl Group {
    pub(crate) fn by_seed(&self, measure: &Measure) -> Option<&BySeed> {
        self.metrics.get(measure)
    }

    pub(crate) fn metric(&self, measure: &Measure) -> Option<Estimate> {
        self.by_seed(measure).and_then(over_seeds)
    }

    pub(crate) fn training(&self, column: &str) -> Option<Estimate> {
        self.last.get(column).and_then(over_seeds)
    }

    pub(crate) fn at_first(&self, column: &str) -> Option<Estimate> {
        self.first.get(column).and_then(over_seeds)
    }

    /// Number of seeds with results.
    pub(crate) fn seeds(&self) -> usize {
        self.metrics.values().map(BTreeMap::len).max().unwrap_or(0)
    }
}

fn over_seeds(values: &BySeed) -> Option<Estimate> {
    estimate(values.values().copied())
}

/// The seeds of the references with the same values on the axes.
#[derive(Debug, Clone)]
pub(crate) struct ReferenceGroup {
    pub(crate) label: String,
    pub(crate) axes: BTreeMap<String, Value>,
    pub(crate) group: Group,
}

impl ReferenceGroup {
    fn of(entry: &ReferenceEntry) -> Self {
        Self { label: entry.label(), axes: entry.axes.clone(), group: Group::default() }
    }
}

/// A baseline's metrics.
#[derive(Debug, Clone)]
pub(crate) struct Baseline {
    /// The name in files.
    pub(crate) name: String,
    /// The name in text.
    pub(crate) title: String,
    pub(crate) metrics: BTreeMap<Measure, f64>,
}

impl Baseline {
    /// A metric, which has no interval.
    pub(crate) fn metric(&self, measure: &Measure) -> Option<Estimate> {
        estimate(self.metrics.get(measure).copied())
    }
}

/// One evaluation step of a series at one number of negatives, over seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CurvePoint {
    pub(crate) step: u32,
    /// The primary ranking measure on the test split.
    pub(crate) metric: Estimate,
    pub(crate) loss_normalised: Estimate,
}

/// What the sweep found, as typed groups.
pub(crate) struct Findings {
    pub(crate) sweep: Sweep,
    /// By series and number of negatives; only groups with at least one complete cell.
    pub(crate) groups: BTreeMap<(usize, usize), Group>,
    /// The references that have results, in the order of the plan.
    pub(crate) references: Vec<ReferenceGroup>,
    /// The baselines that have results, in the order of the index.
    pub(crate) baselines: Vec<Baseline>,
    /// By series and number of negatives, in order of steps.
    pub(crate) curves: BTreeMap<(usize, usize), Vec<CurvePoint>>,
    /// The cut-off of the report's main measure: 10, or else the largest.
    pub(crate) cutoff: usize,
    /// The protocol of the report's main measure: full ranking, unless what was imported has none.
    pub(crate) protocol: &'static str,
    /// The measure that chooses the best K, of the runs on which values of axes are chosen.
    pub(crate) tuning: Chosen,
    /// How the references use their experts; empty where no model has some.
    pub(crate) experts: Vec<BlockUse>,
    /// Metrics of each reference at its last step, by position in the index.
    reference_metrics: BTreeMap<usize, BTreeMap<Measure, f64>>,
}

impl Findings {
    /// Groups what was loaded.
    pub(crate) fn new(sweep: Sweep) -> Result<Self, ReportError> {
        let cutoffs = &sweep.index.cutoffs;
        let cutoff = main_cutoff(cutoffs);
        let fail = sweep.grouping();
        let mut groups = BTreeMap::new();
        add_metrics(&sweep, &mut groups).map_err(&fail)?;
        add_training(&sweep, &mut groups).map_err(&fail)?;
        let reference_metrics = last_metrics(&sweep.references).map_err(&fail)?;
        let baselines = baselines(&sweep).map_err(&fail)?;
        let protocol = main_protocol(&sweep).map_err(&fail)?;
        let main = Measure::new("test", protocol, "ndcg", cutoff);
        let curves = curves(&sweep, &main).map_err(&fail)?;
        let references = group_references(&sweep, &reference_metrics);
        let selection = Measure::new("validation", protocol, "ndcg", cutoff);
        let tuning = sweep.tuning.read(&sweep.dir, &sweep.index.metrics, &selection)?;
        let experts = uses(&sweep);
        Ok(Self {
            sweep,
            experts,
            groups,
            references,
            baselines,
            curves,
            cutoff,
            protocol,
            tuning,
            reference_metrics,
        })
    }

    /// The report's main measure: NDCG at the main cut-off, full ranking, test split.
    pub(crate) fn main(&self) -> Measure {
        Measure::new("test", self.protocol, "ndcg", self.cutoff)
    }

    /// The measure that chooses the best K: as [`Self::main`], on the validation split.
    pub(crate) fn selection(&self) -> Measure {
        Measure { split: "validation".to_owned(), ..self.main() }
    }

    /// HR on the candidates protocol at the smallest recorded cut-off, test split.
    pub(crate) fn candidates(&self) -> Measure {
        let smallest = self.sweep.index.cutoffs.iter().copied().min().unwrap_or(1);
        Measure::new("test", "candidates", "hr", smallest)
    }

    /// What a measure is called, for example `NDCG@10`.
    pub(crate) fn name(&self, measure: &Measure) -> String {
        measure.name(&self.sweep.index.metrics)
    }

    /// How the main measure is evaluated.
    pub(crate) fn evaluation(&self) -> String {
        format!("{} evaluation", protocol_name(self.protocol))
    }

    /// HR@1 is NDCG@1, and what it is known as.
    pub(crate) fn main_is_hit_rate(&self) -> bool {
        self.cutoff == 1
    }

    /// What the main measure is called.
    pub(crate) fn main_name(&self) -> String {
        let name = match self.main_is_hit_rate() {
            true => self.name(&Measure { metric: "hr".to_owned(), ..self.main() }),
            false => self.name(&self.main()),
        };
        if self.protocol == "full" { name } else { format!("sampled {name}") }
    }

    /// Numbers of negatives for which any series has results, ascending.
    pub(crate) fn negatives(&self) -> Vec<usize> {
        let all: BTreeSet<usize> = self.groups.keys().map(|(_, negatives)| *negatives).collect();
        all.into_iter().collect()
    }

    /// The groups of one series, by number of negatives.
    pub(crate) fn of_series(&self, series: usize) -> impl Iterator<Item = (usize, &Group)> {
        self.groups
            .range((series, 0)..=(series, usize::MAX))
            .map(|((_, negatives), group)| (*negatives, group))
    }

    /// Mean of the references that the cells of a group started from.
    pub(crate) fn reference_mean(
        &self,
        series: usize,
        negatives: usize,
        measure: &Measure,
    ) -> Option<f64> {
        over_seeds(&self.references_of(series, negatives, measure)).map(|found| found.mean)
    }

    fn references_of(&self, series: usize, negatives: usize, measure: &Measure) -> BySeed {
        let mut references = BySeed::new();
        for cell in self.sweep.cells_at(series, negatives) {
            let mut entries = self.sweep.index.references.iter();
            let value = entries
                .position(|entry| entry.id == cell.reference)
                .and_then(|position| self.reference_metrics.get(&position))
                .and_then(|metrics| metrics.get(measure));
            if let Some(value) = value {
                references.insert(cell.key.seed, *value);
            }
        }
        references
    }

    /// The largest number of seeds in any group.
    pub(crate) fn most_seeds(&self) -> usize {
        self.groups.values().map(Group::seeds).max().unwrap_or(0)
    }
}

/// Full ranking, unless runs are ranked among candidates alone.
fn main_protocol(sweep: &Sweep) -> PolarsResult<&'static str> {
    if sweep.metrics.height() == 0 {
        return Ok("full");
    }
    let protocols = sweep.metrics.column("protocol")?.str()?;
    Ok(if protocols.iter().flatten().any(|name| name == "full") { "full" } else { "candidates" })
}

/// A measure in a row of a table, its cut-off last.
type MeasureRow<'a> = (&'a str, &'a str, &'a str, u32);

/// The measure in every row of a table with the columns of `metrics.csv`.
fn measure_rows(frame: &DataFrame) -> PolarsResult<Vec<MeasureRow<'_>>> {
    let word = |name: &str| PolarsResult::Ok(frame.column(name)?.str()?.iter());
    let words = word("split")?.zip(word("protocol")?).zip(word("metric")?);
    let rows = words.zip(frame.column("cutoff")?.u32()?.iter());
    let row = |(((split, protocol), metric), cutoff): (((Option<_>, Option<_>), Option<_>), _)| {
        let [split, protocol, metric] = [split, protocol, metric].map(Option::unwrap_or_default);
        (split, protocol, metric, Option::unwrap_or_default(cutoff))
    };
    Ok(rows.map(row).collect())
}

fn measure((split, protocol, metric, cutoff): MeasureRow<'_>) -> Measure {
    Measure::new(split, protocol, metric, cutoff as usize)
}

/// The value of every key at its last step; none where it was not recorded there.
fn at_last_step<K: Eq + Hash>(
    rows: impl Iterator<Item = (K, u32, Option<f64>)>,
) -> HashMap<K, Option<f64>> {
    let mut last: HashMap<K, (u32, Option<f64>)> = HashMap::new();
    for (key, step, value) in rows {
        let known = last.entry(key).or_insert((step, value));
        if step >= known.0 {
            *known = (step, value);
        }
    }
    last.into_iter().map(|(key, (_, value))| (key, value)).collect()
}

fn add_metrics(sweep: &Sweep, groups: &mut BTreeMap<(usize, usize), Group>) -> PolarsResult<()> {
    if sweep.metrics.height() == 0 {
        return Ok(());
    }
    let cells = cell_rows(&sweep.metrics)?;
    let values = sweep.metrics.column("value")?.f64()?;
    let rows = cells.into_iter().zip(measure_rows(&sweep.metrics)?).zip(values.iter());
    let last = at_last_step(
        rows.map(|((at, measure), value)| ((at.group, at.seed, measure), at.step, value)),
    );
    for ((group, seed, row), value) in last {
        let group = groups.entry(group).or_default();
        if let Some(value) = value {
            group.metrics.entry(measure(row)).or_default().insert(seed, value);
        }
    }
    Ok(())
}

fn add_training(sweep: &Sweep, groups: &mut BTreeMap<(usize, usize), Group>) -> PolarsResult<()> {
    if sweep.trajectory.height() == 0 {
        return Ok(());
    }
    let cells = cell_rows(&sweep.trajectory)?;
    let mut order: Vec<usize> = (0..cells.len()).collect();
    order.sort_by_key(|row| cells[*row].step);
    for name in TRAJECTORY_COLUMNS.into_iter().filter(|name| *name != "step") {
        let values: Vec<Option<f64>> = sweep.trajectory.column(name)?.f64()?.iter().collect();
        let mut ends: BTreeMap<(usize, usize), [BySeed; 2]> = BTreeMap::new();
        for row in &order {
            if let Some(value) = values[*row] {
                let [first, last] = ends.entry(cells[*row].group).or_default();
                first.entry(cells[*row].seed).or_insert(value);
                last.insert(cells[*row].seed, value);
            }
        }
        for (group, [first, last]) in ends {
            let group = groups.entry(group).or_default();
            group.first.insert(name.to_owned(), first);
            group.last.insert(name.to_owned(), last);
        }
    }
    Ok(())
}

fn last_metrics(frame: &DataFrame) -> PolarsResult<BTreeMap<usize, BTreeMap<Measure, f64>>> {
    let mut found: BTreeMap<usize, BTreeMap<Measure, f64>> = BTreeMap::new();
    if frame.height() == 0 {
        return Ok(found);
    }
    let reference = frame.column("reference")?.u64()?.iter();
    let values = frame.column("step")?.u32()?.iter().zip(frame.column("value")?.f64()?.iter());
    let rows = reference.zip(measure_rows(frame)?).zip(values);
    let last = at_last_step(rows.filter_map(|((reference, measure), (step, value))| {
        Some(((reference? as usize, measure), step?, value))
    }));
    for ((reference, row), value) in last {
        if let Some(value) = value {
            found.entry(reference).or_default().insert(measure(row), value);
        }
    }
    Ok(found)
}

fn baselines(sweep: &Sweep) -> PolarsResult<Vec<Baseline>> {
    let of = sweep.baselines.iter().map(|(entry, frame)| {
        let measures = measure_rows(frame)?.into_iter();
        let values = frame.column("value")?.f64()?;
        let metrics = measures
            .zip(values.iter())
            .filter_map(|(row, value)| value.map(|value| (measure(row), value)))
            .collect();
        Ok::<_, PolarsError>(Baseline {
            name: entry.name.clone(),
            title: entry.title.clone(),
            metrics,
        })
    });
    of.collect()
}

fn group_references(
    sweep: &Sweep,
    metrics: &BTreeMap<usize, BTreeMap<Measure, f64>>,
) -> Vec<ReferenceGroup> {
    let mut groups: Vec<ReferenceGroup> = Vec::new();
    for (position, entry) in sweep.index.references.iter().enumerate() {
        let Some(values) = metrics.get(&position) else {
            continue;
        };
        let known = groups.iter().position(|known| known.axes == entry.axes);
        let known = known.unwrap_or_else(|| {
            groups.push(ReferenceGroup::of(entry));
            groups.len() - 1
        });
        for (measure, value) in values {
            let by_seed = groups[known].group.metrics.entry(measure.clone()).or_default();
            by_seed.insert(entry.seed, *value);
        }
    }
    groups
}

/// Mean by Kahan's sum and standard deviation by Welford's update, whose last digits the tables of curves have.
fn in_one_pass(values: &[f64]) -> Estimate {
    let (mut sum, mut lost) = (0.0, 0.0);
    let (mut mean, mut squares) = (0.0, 0.0);
    for (before, value) in values.iter().enumerate() {
        let added = value - lost;
        let next: f64 = sum + added;
        lost = (next - sum) - added;
        sum = next;
        let from_mean = value - mean;
        mean += from_mean / (before + 1) as f64;
        squares += from_mean * (value - mean);
    }
    let n = values.len();
    let sd = (n > 1).then(|| (squares / (n as f64 - 1.0)).sqrt());
    from_moments(sum / n as f64, sd, n)
}

fn curves(
    sweep: &Sweep,
    main: &Measure,
) -> PolarsResult<BTreeMap<(usize, usize), Vec<CurvePoint>>> {
    let mut curves: BTreeMap<(usize, usize), Vec<CurvePoint>> = BTreeMap::new();
    if sweep.metrics.height() == 0 || sweep.trajectory.height() == 0 {
        return Ok(curves);
    }
    let loss = sweep.trajectory.column("loss_normalised")?.f64()?;
    let losses = cell_rows(&sweep.trajectory)?.into_iter().zip(loss.iter());
    let losses: HashMap<CellRow, Option<f64>> = losses.collect();
    let mut values = BTreeMap::new();
    for (at, metric) in main.values(&sweep.metrics)? {
        if let Some(loss) = losses.get(&at).copied().flatten() {
            let [metrics, losses] =
                values.entry((at.group, at.step)).or_insert([const { Vec::new() }; 2]);
            metrics.push(metric);
            losses.push(loss);
        }
    }
    for ((group, step), [metrics, losses]) in values {
        let (metric, loss_normalised) = (in_one_pass(&metrics), in_one_pass(&losses));
        curves.entry(group).or_default().push(CurvePoint { step, metric, loss_normalised });
    }
    // A step that only some seeds reached would make the curve jump for no reason of its own.
    for curve in curves.values_mut() {
        let most = curve.iter().map(|point| point.metric.n).max().unwrap_or(0);
        curve.retain(|point| point.metric.n == most);
    }
    Ok(curves)
}
