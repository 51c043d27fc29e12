//! Quantities of every series against K, with the reference and popularity as levels.

use prefsweep_store::axis_values;

use super::chart::{Axis, Dots, Level, Panel, covered, dodged, dots};
use super::legend::{Item, REFERENCE_DASH};
use super::looks::look;
use super::scene::Scene;
use crate::findings::{Findings, Group, ReferenceGroup};
use crate::measure::Measure;
use crate::statistics::Estimate;

/// Positions on the K axis and estimates of each series.
pub(crate) type Lines = Vec<(usize, Vec<(f64, Estimate)>)>;

/// Estimates of every series at every K, dodged horizontally.
pub(crate) fn against_k(
    findings: &Findings,
    negatives: &[usize],
    value: impl Fn(&Group) -> Option<Estimate>,
) -> Lines {
    let of = findings.sweep.series.len();
    (0..of)
        .map(|series| {
            let points = findings
                .of_series(series)
                .filter_map(|(k, group)| Some((dodged(negatives, k, (series, of)), value(group)?)));
            (series, points.collect())
        })
        .collect()
}

/// The reference and popularity as horizontal lines.
pub(crate) fn baselines(findings: &Findings, measure: &Measure) -> Vec<Level> {
    let lines = |reference: &ReferenceGroup| -> Vec<String> {
        let name = std::iter::once("reference".to_owned());
        name.chain(axis_values(&reference.axes)).collect()
    };
    let references = findings.references.iter().filter_map(|reference| {
        reference.group.metric(measure).map(|found| Level {
            label: reference.label.clone(),
            lines: lines(reference),
            value: found.mean,
            half_width: found.half_width,
            dash: REFERENCE_DASH,
            essential: true,
        })
    });
    // The others stand in a table; more lines would hide the curves.
    let popularity = findings.baselines.iter().find(|baseline| baseline.name == "popularity");
    let popularity = popularity.and_then(|baseline| baseline.metrics.get(measure));
    let popularity = popularity.map(|value| Level {
        label: "popularity".to_owned(),
        lines: vec!["popularity".to_owned()],
        value: *value,
        half_width: None,
        dash: (3.0, 6.0),
        essential: false,
    });
    references.chain(popularity).collect()
}

/// The reference, where there is only one: of several, one line would be wrong for most losses.
pub(crate) fn only_reference(findings: &Findings) -> Option<Level> {
    let mut references = baselines(findings, &findings.main()).into_iter();
    let first = references.next().filter(|level| level.essential)?;
    references.all(|level| !level.essential).then_some(first)
}

/// Where training began in a quantity recorded along it, as a horizontal line: the reference's mean over all runs.
pub(crate) fn reference_start(findings: &Findings, column: &str) -> Option<Level> {
    let starts = findings.groups.values().filter_map(|group| group.at_first(column));
    let starts: Vec<f64> = starts.map(|start| start.mean).collect();
    (!starts.is_empty()).then(|| Level {
        label: "reference".to_owned(),
        lines: vec!["reference".to_owned()],
        value: starts.iter().sum::<f64>() / starts.len() as f64,
        half_width: None,
        dash: REFERENCE_DASH,
        essential: true,
    })
}

/// A y axis that covers the series and the reference, and popularity where it is near.
pub(crate) fn y_axis(title: String, lines: &Lines, baselines: &[Level]) -> Option<Axis> {
    let estimates: Vec<Estimate> =
        lines.iter().flat_map(|(_, points)| points.iter().map(|(_, found)| *found)).collect();
    if estimates.is_empty() {
        return None;
    }
    let mut values = covered(&estimates);
    for level in baselines.iter().filter(|level| level.essential) {
        values.push(level.value);
    }
    Axis::around(title, values)
}

/// Draws every series; says whether an interval was cut at the frame.
pub(crate) fn series(scene: &mut Scene, panel: &Panel, findings: &Findings, lines: &Lines) -> bool {
    let mut cut = false;
    for (series, points) in lines {
        let look = look(findings, *series);
        let line = Dots { points, colour: look.colour, marker: look.marker, dash: look.dash };
        let name = &findings.sweep.series[*series].name;
        scene.part(name, |scene| cut |= dots(scene, panel, &line));
    }
    cut
}

/// One legend entry per series with results.
pub(crate) fn items(findings: &Findings) -> Vec<Item> {
    let mut items = Vec::new();
    for (series, known) in findings.sweep.series.iter().enumerate() {
        if findings.of_series(series).next().is_none() {
            continue;
        }
        let look = look(findings, series);
        items.push(Item {
            label: known.name.clone(),
            colour: look.colour,
            marker: Some(look.marker),
            dash: look.dash,
            width: 3.0,
        });
    }
    items
}

/// What the bars mean.
pub(crate) fn bars(findings: &Findings) -> &'static str {
    if findings.most_seeds() > 1 {
        "Bars: 95 % t interval over seeds."
    } else {
        "One seed, so no intervals."
    }
}
