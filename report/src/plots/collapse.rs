//! Ranking and training loss against K, side by side: the picture of the question.

use prefsweep_store::axis_values;

use super::chart::{
    Axis, Dots, Level, MARGIN, PAGE, Panel, covered, dodge, dots, footer, header, level_room,
    levels, setting,
};
use super::figure::{Drawn, Figure};
use super::legend::{Item, legend};
use super::looks::look;
use super::scene::Scene;
use crate::findings::{Findings, Group, ReferenceGroup};
use crate::measure::Measure;
use crate::statistics::Estimate;

const NAME: &str = "collapse";
const HEIGHT: f64 = 520.0;

pub(crate) fn draw(findings: &Findings) -> Drawn {
    let main = findings.main();
    let metric = findings.name(&main);
    let negatives = findings.negatives();
    let ranking = against_k(findings, &negatives, |group| group.metric(&main));
    let loss = against_k(findings, &negatives, |group| group.training("loss_normalised"));
    let baselines = baselines(findings, &main);
    let y = y_axis(format!("test {}", metric), &ranking, &baselines)
        .ok_or_else(|| (NAME, format!("no run has a test {} value", metric)))?;

    let title = "Ranking quality and training loss against the number of negatives K".to_owned();
    let mut scene = Scene::new(PAGE);
    let subtitle = format!(
        "{}. Points: mean over seeds at the end of training. {}",
        setting(findings),
        bars(findings)
    );
    let top = header(&mut scene, &title, &subtitle) + Panel::top_room();
    let loss_axis = loss_axis(&loss);
    let right_room = level_room(&baselines);
    let left = MARGIN + Panel::left_room(&y);
    let middle = loss_axis.as_ref().map_or(0.0, |axis| Panel::left_room(axis) + 24.0);
    let panels = if loss_axis.is_some() { 2.0 } else { 1.0 };
    let width = (PAGE - MARGIN - left - right_room - middle) / panels;
    let x = Axis::categories("negatives per positive, K", &negatives);
    let panel = Panel { left, top, width, height: HEIGHT, x: x.clone(), y };
    panel.frame(&mut scene, &format!("Test {}, full-sort evaluation: higher is better", metric));
    let mut notes = levels(&mut scene, &panel, &baselines);
    let mut cut = series(&mut scene, &panel, findings, &ranking);
    if let Some(y) = loss_axis {
        let left = left + width + right_room + middle;
        let panel = Panel { left, top, width, height: HEIGHT, x, y };
        panel.frame(&mut scene, "Normalised training loss: lower is better");
        cut |= series(&mut scene, &panel, findings, &loss);
    } else {
        notes.push("No run has a normalised training loss.".to_owned());
    }
    if cut {
        notes.push("Bars that end without a cap continue beyond the frame.".to_owned());
    }
    notes.push(
        "Normalised loss: training loss divided by its value where the policy equals the \
         reference. Points are dodged horizontally."
            .to_owned(),
    );
    let below = top + HEIGHT + Panel::bottom_room() + 10.0;
    let below = legend(&mut scene, below, &items(findings));
    footer(&mut scene, below, &notes);
    let caption = format!(
        "Left: test {} (full-sort evaluation) at the end of training against K, with the reference \
         (dashed, band: its interval over seeds). Right: the training loss of the same runs, \
         divided by its value at the start. A line that falls on the left while it falls on the \
         right is what collapse looks like. {}",
        metric,
        bars(findings)
    );
    Ok(Figure { name: NAME, title, caption, scene })
}

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
            let points = findings.of_series(series).filter_map(|(k, group)| {
                let position = negatives.iter().position(|known| *known == k)?;
                Some((position as f64 + dodge(series, of), value(group)?))
            });
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
            dash: (16.0, 8.0),
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

fn loss_axis(lines: &Lines) -> Option<Axis> {
    let estimates: Vec<Estimate> =
        lines.iter().flat_map(|(_, points)| points.iter().map(|(_, found)| *found)).collect();
    Axis::around("normalised training loss", covered(&estimates))
}

/// Draws every series; says whether an interval was cut at the frame.
pub(crate) fn series(scene: &mut Scene, panel: &Panel, findings: &Findings, lines: &Lines) -> bool {
    let mut cut = false;
    for (series, points) in lines {
        let look = look(findings, *series);
        let line = Dots { points, colour: look.colour, marker: look.marker, dash: look.dash };
        cut |= dots(scene, panel, &line);
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
            label: known.label.clone(),
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
