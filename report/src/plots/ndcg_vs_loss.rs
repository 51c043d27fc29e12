//! Along training: ranking against training loss, one panel per series, one line per K.

use super::chart::{Axis, MARGIN, PAGE, Panel, footer, header, setting};
use super::figure::{Drawn, Figure};
use super::legend::{Item, REFERENCE_DASH, legend};
use super::looks::look;
use super::palette::{GREY, sequential};
use super::scene::{Point, Scene};
use crate::findings::Findings;

const NAME: &str = "ndcg_vs_loss";
const HEIGHT: f64 = 380.0;

pub(crate) fn draw(findings: &Findings) -> Drawn {
    let metric = findings.main_name();
    let points = || findings.curves.values().flatten();
    let missing = || (NAME, "no run has ranking and normalised loss at the same step".to_owned());
    let series: Vec<usize> = (0..findings.sweep.series.len())
        .filter(|series| findings.curves.keys().any(|(known, _)| known == series))
        .collect();
    // Where each began.
    let reference = |series: usize| {
        let mut largest = findings.curves.keys().rev().filter(|(known, _)| *known == series);
        findings.reference_mean(series, largest.next()?.1, &findings.main())
    };
    let references: Vec<Option<f64>> = series.iter().map(|series| reference(*series)).collect();
    let quality = points().map(|point| point.metric.mean);
    let y =
        Axis::around(format!("test {metric}"), quality.chain(references.iter().flatten().copied()))
            .ok_or_else(missing)?;
    let losses = points().map(|point| point.loss_normalised.mean);
    let x = Axis::around("normalised training loss →", losses).ok_or_else(missing)?;
    let x = x.reversed();

    let title = format!("Test {metric} against training loss, along training");
    let mut scene = Scene::new(PAGE);
    let subtitle = format!(
        "{}. Lines: mean over seeds. Training runs from the ring to the right, as the loss falls; a \
         line that bends down loses ranking quality while the loss still falls.",
        setting(findings)
    );
    let top = header(&mut scene, &title, &subtitle);
    let columns = series.len().clamp(1, 3);
    let rows = series.len().div_ceil(columns);
    let room = Panel::left_room(&y);
    let cell = (PAGE - 2.0 * MARGIN) / columns as f64;
    let negatives = findings.negatives();
    for (position, (series, level)) in series.iter().zip(&references).enumerate() {
        let (row, column) = (position / columns, position % columns);
        let panel = Panel {
            left: MARGIN + column as f64 * cell + room,
            top: top + Panel::top_room() + row as f64 * Panel::outer_height(HEIGHT),
            width: cell - room - 22.0,
            height: HEIGHT,
            x: x.clone(),
            y: y.clone(),
        };
        panel.frame(&mut scene, &findings.sweep.series[*series].name);
        if let Some(level) = *level {
            let ends = vec![panel.at(x.low, level), panel.at(x.high, level)];
            scene
                .part(Item::REFERENCE, |scene| scene.dashed(ends, GREY, 2.0, Some(REFERENCE_DASH)));
        }
        lines(&mut scene, &panel, findings, *series, &negatives);
    }
    let below = top + rows as f64 * Panel::outer_height(HEIGHT) + 10.0;
    let below = legend(
        &mut scene,
        below,
        &items(findings, &negatives, references.iter().any(Option::is_some)),
    );
    let notes = ["Ring: first evaluation, before training. Marker: last evaluation.".to_owned()];
    footer(&mut scene, below, &notes);
    let caption = format!(
        "Each line is one K, mean over seeds; it starts at the ring, where the policy equals the \
         reference, and moves right as the training loss falls. Where it turns down, test {metric} \
         falls while the training loss still falls."
    );
    Ok(Figure::new(NAME, title, caption, scene))
}

fn lines(
    scene: &mut Scene,
    panel: &Panel,
    findings: &Findings,
    series: usize,
    negatives: &[usize],
) {
    let marker = look(findings, series).marker;
    let mut starts = Vec::new();
    for (position, k) in negatives.iter().enumerate() {
        let Some(curve) = findings.curves.get(&(series, *k)) else {
            continue;
        };
        let line: Vec<Point> = curve
            .iter()
            .map(|point| panel.at(point.loss_normalised.mean, point.metric.mean))
            .collect();
        let colour = sequential(position, negatives.len());
        if let (Some(start), Some(end)) = (line.first().copied(), line.last().copied()) {
            scene.part(&Item::of_k(*k), |scene| {
                scene.line(line, colour, 3.0);
                scene.marker(marker, end, 7.0, colour);
            });
            starts.push(start);
        }
    }
    for start in starts {
        scene.ring(start, 8.0, GREY);
    }
}

fn items(findings: &Findings, negatives: &[usize], reference: bool) -> Vec<Item> {
    let shown = negatives
        .iter()
        .enumerate()
        .filter(|(_, k)| findings.curves.keys().any(|(_, known)| known == *k));
    let mut items: Vec<Item> = shown
        .map(|(position, k)| Item {
            label: Item::of_k(*k),
            colour: sequential(position, negatives.len()),
            marker: None,
            dash: None,
            width: 6.0,
        })
        .collect();
    if reference {
        items.push(Item::reference());
    }
    items
}
