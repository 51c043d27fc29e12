//! Results grouped by series and number of negatives, ready for tables, text and plots.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;
use prefsweep_store::{ReferenceEntry, TRAJECTORY_COLUMNS};
use serde_json::Value;

use crate::error::ReportError;
use crate::experts::{BlockUse, uses};
use crate::measure::{Measure, main_cutoff, protocol_name};
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

    /// What the main measure is called.
    pub(crate) fn main_name(&self) -> String {
        // HR@1 is NDCG@1, and what it is known as.
        let name = match self.cutoff {
            1 => self.name(&Measure { metric: "hr".to_owned(), ..self.main() }),
            _ => self.name(&self.main()),
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

const KEYS: [&str; 3] = ["series", "negatives", "seed"];
const MEASURE: [&str; 4] = ["split", "protocol", "metric", "cutoff"];

fn columns(names: &[&str]) -> Vec<Expr> {
    names.iter().map(|name| col(*name)).collect()
}

fn by_step(column: &str) -> Expr {
    col(column).sort_by([col("step")], SortMultipleOptions::default())
}

fn add_metrics(sweep: &Sweep, groups: &mut BTreeMap<(usize, usize), Group>) -> PolarsResult<()> {
    if sweep.metrics.height() == 0 {
        return Ok(());
    }
    let last = sweep
        .metrics
        .clone()
        .lazy()
        .group_by(columns(&[&KEYS[..], &MEASURE[..]].concat()))
        .agg([by_step("value").last()])
        .collect()?;
    let keys = Keys::of(&last)?;
    let measures = measures(&last)?;
    let values = last.column("value")?.f64()?;
    for (row, (measure, value)) in measures.into_iter().zip(values.iter()).enumerate() {
        let (series, negatives, seed) = keys.row(row);
        let group = groups.entry((series, negatives)).or_default();
        if let Some(value) = value {
            group.metrics.entry(measure).or_default().insert(seed, value);
        }
    }
    Ok(())
}

fn add_training(sweep: &Sweep, groups: &mut BTreeMap<(usize, usize), Group>) -> PolarsResult<()> {
    if sweep.trajectory.height() == 0 {
        return Ok(());
    }
    let quantities: Vec<&str> =
        TRAJECTORY_COLUMNS.into_iter().filter(|name| *name != "step").collect();
    let ends = quantities.iter().flat_map(|name| {
        let present = by_step(name).drop_nulls();
        [
            present.clone().first().alias(format!("first_{name}")),
            present.last().alias(format!("last_{name}")),
        ]
    });
    let frame = sweep
        .trajectory
        .clone()
        .lazy()
        .group_by(columns(&KEYS))
        .agg(ends.collect::<Vec<_>>())
        .collect()?;
    let keys = Keys::of(&frame)?;
    for name in quantities {
        let first = frame.column(&format!("first_{name}"))?.f64()?.clone();
        let last = frame.column(&format!("last_{name}"))?.f64()?.clone();
        for (row, (first, last)) in first.iter().zip(last.iter()).enumerate() {
            let (series, negatives, seed) = keys.row(row);
            let group = groups.entry((series, negatives)).or_default();
            if let Some(value) = first {
                group.first.entry(name.to_owned()).or_default().insert(seed, value);
            }
            if let Some(value) = last {
                group.last.entry(name.to_owned()).or_default().insert(seed, value);
            }
        }
    }
    Ok(())
}

fn last_metrics(frame: &DataFrame) -> PolarsResult<BTreeMap<usize, BTreeMap<Measure, f64>>> {
    let mut found: BTreeMap<usize, BTreeMap<Measure, f64>> = BTreeMap::new();
    if frame.height() == 0 {
        return Ok(found);
    }
    let last = frame
        .clone()
        .lazy()
        .group_by(columns(&[&["reference"][..], &MEASURE[..]].concat()))
        .agg([by_step("value").last()])
        .collect()?;
    let references = last.column("reference")?.u64()?.clone();
    let values = last.column("value")?.f64()?;
    let rows = references.iter().zip(measures(&last)?).zip(values.iter());
    for ((reference, measure), value) in rows {
        if let (Some(reference), Some(value)) = (reference, value) {
            found.entry(reference as usize).or_default().insert(measure, value);
        }
    }
    Ok(found)
}

fn baselines(sweep: &Sweep) -> PolarsResult<Vec<Baseline>> {
    let of = sweep.baselines.iter().map(|(entry, frame)| {
        let measures = measures(frame)?.into_iter();
        let values = frame.column("value")?.f64()?;
        let metrics = measures
            .zip(values.iter())
            .filter_map(|(measure, value)| value.map(|value| (measure, value)))
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

fn curves(
    sweep: &Sweep,
    main: &Measure,
) -> PolarsResult<BTreeMap<(usize, usize), Vec<CurvePoint>>> {
    let mut curves: BTreeMap<(usize, usize), Vec<CurvePoint>> = BTreeMap::new();
    if sweep.metrics.height() == 0 || sweep.trajectory.height() == 0 {
        return Ok(curves);
    }
    let at = columns(&["series", "negatives", "seed", "step"]);
    let metric = sweep
        .metrics
        .clone()
        .lazy()
        .filter(main.rows())
        .select([&at[..], &[col("value")]].concat());
    let loss =
        sweep.trajectory.clone().lazy().select([&at[..], &[col("loss_normalised")]].concat());
    let frame = metric
        .join(loss, &at, &at, JoinArgs::new(JoinType::Inner))
        .drop_nulls(None)
        .group_by(columns(&["series", "negatives", "step"]))
        .agg([
            col("value").mean().alias("metric_mean"),
            col("value").std(1).alias("metric_sd"),
            col("loss_normalised").mean().alias("loss_mean"),
            col("loss_normalised").std(1).alias("loss_sd"),
            len().alias("seeds"),
        ])
        .sort(["series", "negatives", "step"], SortMultipleOptions::default())
        .collect()?;
    let number = |name: &str| frame.column(name)?.f64().cloned();
    let series = frame.column("series")?.u64()?;
    let negatives = frame.column("negatives")?.u64()?;
    let step = frame.column("step")?.u32()?;
    let seeds = frame.column("seeds")?.cast(&DataType::UInt64)?;
    let seeds = seeds.u64()?;
    let (metric_mean, metric_sd) = (number("metric_mean")?, number("metric_sd")?);
    let (loss_mean, loss_sd) = (number("loss_mean")?, number("loss_sd")?);
    for row in 0..frame.height() {
        let (Some(metric), Some(loss)) = (metric_mean.get(row), loss_mean.get(row)) else {
            continue;
        };
        let n = seeds.get(row).unwrap_or(1) as usize;
        let key = (
            series.get(row).unwrap_or_default() as usize,
            negatives.get(row).unwrap_or_default() as usize,
        );
        curves.entry(key).or_default().push(CurvePoint {
            step: step.get(row).unwrap_or_default(),
            metric: from_moments(metric, metric_sd.get(row), n),
            loss_normalised: from_moments(loss, loss_sd.get(row), n),
        });
    }
    // A step that only some seeds reached would make the curve jump for no reason of its own.
    for curve in curves.values_mut() {
        let most = curve.iter().map(|point| point.metric.n).max().unwrap_or(0);
        curve.retain(|point| point.metric.n == most);
    }
    Ok(curves)
}

struct Keys {
    series: UInt64Chunked,
    negatives: UInt64Chunked,
    seed: UInt64Chunked,
}

impl Keys {
    fn of(frame: &DataFrame) -> PolarsResult<Self> {
        Ok(Self {
            series: frame.column("series")?.u64()?.clone(),
            negatives: frame.column("negatives")?.u64()?.clone(),
            seed: frame.column("seed")?.u64()?.clone(),
        })
    }

    fn row(&self, row: usize) -> (usize, usize, u64) {
        (
            self.series.get(row).unwrap_or_default() as usize,
            self.negatives.get(row).unwrap_or_default() as usize,
            self.seed.get(row).unwrap_or_default(),
        )
    }
}

fn measures(frame: &DataFrame) -> PolarsResult<Vec<Measure>> {
    let split = frame.column("split")?.str()?;
    let protocol = frame.column("protocol")?.str()?;
    let metric = frame.column("metric")?.str()?;
    let cutoff = frame.column("cutoff")?.u32()?;
    Ok((0..frame.height())
        .map(|row| Measure {
            split: split.get(row).unwrap_or_default().to_owned(),
            protocol: protocol.get(row).unwrap_or_default().to_owned(),
            metric: metric.get(row).unwrap_or_default().to_owned(),
            cutoff: cutoff.get(row).unwrap_or_default() as usize,
        })
        .collect())
}
