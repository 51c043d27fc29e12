//! Ranking and training loss over training steps, at the largest K of each series.

use super::chart::{Axis, MARGIN, PAGE, Panel, footer, header, setting};
use super::figure::{Drawn, Figure};
use super::legend::{Item, legend};
use super::looks::look;
use super::over_k::only_reference;
use super::palette::GREY;
use super::scene::{Point, Scene};
use crate::findings::{CurvePoint, Findings};
use crate::statistics::Estimate;

const NAME: &str = "trajectory";
const HEIGHT: f64 = 520.0;

/// Which quantity of a curve a panel shows.
type Quantity = fn(&CurvePoint) -> Estimate;

pub(crate) fn draw(findings: &Findings) -> Drawn {
    let metric = findings.main_name();
    let missing = || (NAME, "no run has ranking and normalised loss at the same step".to_owned());
    let curves: Vec<(usize, usize, &[CurvePoint])> = (0..findings.sweep.series.len())
        .filter_map(|series| {
            let mut of_series = findings.curves.range((series, 0)..=(series, usize::MAX));
            let ((_, negatives), curve) = of_series.next_back()?;
            Some((series, *negatives, curve.as_slice()))
        })
        .collect();
    let ranking: Quantity = |point| point.metric;
    let loss: Quantity = |point| point.loss_normalised;
    let reference = only_reference(findings);
    let level = reference.as_ref().map(|level| level.value);
    let ranking_axis = axis(format!("test {metric}"), &curves, ranking, level);
    let loss_axis = axis("normalised training loss".to_owned(), &curves, loss, None);
    let (y, loss_y) = (ranking_axis.ok_or_else(missing)?, loss_axis.ok_or_else(missing)?);
    let steps = curves.iter().flat_map(|(_, _, curve)| curve.iter());
    let x = Axis::around("training step", steps.map(|point| f64::from(point.step)));
    let x = x.ok_or_else(missing)?;

    let title = "Ranking quality and training loss along training, at the largest K".to_owned();
    let mut scene = Scene::new(PAGE);
    let bands = if findings.most_seeds() > 1 {
        "Lines: mean over seeds. Bands: 95 % t interval over seeds."
    } else {
        "One seed, so no bands."
    };
    let subtitle = format!("{}. Largest K with results of each loss. {bands}", setting(findings));
    let top = header(&mut scene, &title, &subtitle) + Panel::top_room();
    let rooms = (Panel::left_room(&y), Panel::left_room(&loss_y));
    let width = (PAGE - 2.0 * MARGIN - rooms.0 - rooms.1 - 60.0) / 2.0;
    let left = MARGIN + rooms.0;
    let first = Panel { left, top, width, height: HEIGHT, x: x.clone(), y };
    let left = left + width + 40.0 + rooms.1;
    let second = Panel { left, top, width, height: HEIGHT, x, y: loss_y };
    first.frame(&mut scene, &format!("Test {metric}, {}: higher is better", findings.evaluation()));
    if let Some(level) = &reference {
        let ends = [first.x.low, first.x.high].map(|x| first.at(x, level.value));
        scene.part(Item::REFERENCE, |scene| {
            scene.dashed(ends.to_vec(), GREY, 2.0, Some(level.dash));
        });
    }
    second.frame(&mut scene, "Normalised training loss: lower is better");
    for (panel, quantity) in [(&first, ranking), (&second, loss)] {
        bands_and_lines(&mut scene, panel, findings, &curves, quantity);
    }
    let below = top + HEIGHT + Panel::bottom_room() + 10.0;
    let below = legend(&mut scene, below, &items(findings, &curves, reference.is_some()));
    footer(&mut scene, below, &[]);
    let caption = format!(
        "Test {metric} and normalised training loss over training, at the largest K of each loss. \
         {bands} A falling line on the left with a falling line on the right means that the loss \
         keeps improving while the ranking gets worse."
    );
    Ok(Figure::new(NAME, title, caption, scene))
}

fn axis(
    title: String,
    curves: &[(usize, usize, &[CurvePoint])],
    quantity: Quantity,
    level: Option<f64>,
) -> Option<Axis> {
    let points = curves.iter().flat_map(|(_, _, curve)| curve.iter());
    let estimates: Vec<Estimate> = points.map(quantity).collect();
    if estimates.is_empty() {
        return None;
    }
    Axis::around(title, super::chart::covered(&estimates).into_iter().chain(level))
}

fn bands_and_lines(
    scene: &mut Scene,
    panel: &Panel,
    findings: &Findings,
    curves: &[(usize, usize, &[CurvePoint])],
    quantity: Quantity,
) {
    for (series, negatives, curve) in curves {
        let end = |upper: bool| {
            move |point: &CurvePoint| {
                let (low, high) = quantity(point).interval()?;
                Some(panel.at(f64::from(point.step), if upper { high } else { low }))
            }
        };
        let mut band: Vec<Point> = curve.iter().filter_map(end(true)).collect();
        band.extend(curve.iter().rev().filter_map(end(false)));
        scene.part(&label(findings, *series, *negatives), |scene| {
            scene.area(band, look(findings, *series).colour, 0.10);
        });
    }
    let mut lines = Vec::new();
    for (series, negatives, curve) in curves {
        let label = label(findings, *series, *negatives);
        let look = look(findings, *series);
        let line: Vec<Point> = curve
            .iter()
            .map(|point| panel.at(f64::from(point.step), quantity(point).mean))
            .collect();
        scene.part(&label, |scene| scene.dashed(line.clone(), look.colour, 3.0, look.dash));
        lines.push((label, look, line));
    }
    // Markers sit at different places along the lines, so that a line under another still shows.
    let of = lines.len().max(1);
    for (position, (label, look, line)) in lines.into_iter().enumerate() {
        let stride = (line.len() / 4).max(1);
        let first = (line.len() - 1) % stride.max(1) + position * stride / of;
        scene.part(&label, |scene| {
            for point in line.iter().skip(first.min(line.len() - 1)).step_by(stride) {
                scene.marker(look.marker, *point, 8.0, look.colour);
            }
        });
    }
}

fn label(findings: &Findings, series: usize, negatives: usize) -> String {
    format!("{} (K = {negatives})", findings.sweep.series[series].name)
}

fn items(
    findings: &Findings,
    curves: &[(usize, usize, &[CurvePoint])],
    reference: bool,
) -> Vec<Item> {
    let mut items: Vec<Item> = curves
        .iter()
        .map(|(series, negatives, _)| {
            let look = look(findings, *series);
            Item {
                label: label(findings, *series, *negatives),
                colour: look.colour,
                marker: Some(look.marker),
                dash: look.dash,
                width: 3.0,
            }
        })
        .collect();
    if reference {
        items.push(Item::reference());
    }
    items
}
