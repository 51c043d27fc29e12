//! How much gradient one boundary negative gets, against K.

use super::chart::{Axis, MARGIN, PAGE, Panel, dodged, footer, header, setting};
use super::figure::{Drawn, Figure};
use super::legend::{Item, legend};
use super::looks::look;
use super::over_k::items;
use super::palette::GREY;
use super::scene::{Point, Scene};
use crate::findings::Findings;
use crate::statistics::Estimate;

const NAME: &str = "boundary_weight";
const HEIGHT: f64 = 560.0;
const COLUMN: &str = "boundary_weight";

pub(crate) fn draw(findings: &Findings) -> Drawn {
    let negatives = findings.negatives();
    let end = points(findings, &negatives, true);
    let start = points(findings, &negatives, false);
    let values = end.iter().flat_map(|(_, line)| line.iter().flat_map(ends));
    let thin = start.iter().flat_map(|(_, line)| line.iter().map(|(_, found)| found.mean));
    let title = "Gradient weight of one boundary negative against K".to_owned();
    let y = Axis::logarithmic("mean gradient weight per boundary negative", values.chain(thin))
        .ok_or((NAME, "no run has a boundary weight above zero".to_owned()))?;
    let mut scene = Scene::new(PAGE);
    let intervals = if findings.most_seeds() > 1 {
        "Bars: 95 % t interval over seeds."
    } else {
        "One seed, so no intervals."
    };
    let subtitle = format!(
        "{}. Mean closed-form gradient weight of a negative that the policy scores at or above \
         the positive; log scale. {intervals}",
        setting(findings)
    );
    let top = header(&mut scene, &title, &subtitle) + Panel::top_room();
    let left = MARGIN + Panel::left_room(&y);
    let x = Axis::negatives(&negatives);
    let panel = Panel { left, top, width: PAGE - MARGIN - left, height: HEIGHT, x, y };
    panel.frame(&mut scene, "Thick: end of training. Thin: first evaluation.");
    draw_lines(&mut scene, &panel, findings, &start, &end);
    let mut legend_items = items(findings);
    legend_items.push(Item {
        label: FIRST.to_owned(),
        colour: GREY.lighter(0.4),
        marker: None,
        dash: None,
        width: 2.0,
    });
    let below = top + HEIGHT + Panel::bottom_room() + 10.0;
    let below = legend(&mut scene, below, &legend_items);
    footer(&mut scene, below, &[]);
    let caption = format!(
        "Mean gradient weight dL/dρ of one negative that the policy scores at or above the \
         positive (log scale), at the end of training and, thin, at the first evaluation. A weight \
         that falls steeply with K means that such a negative gets less gradient the more \
         negatives there are. {intervals}"
    );
    Ok(Figure::new(NAME, title, caption, scene))
}

/// The legend's name of the thin lines.
const FIRST: &str = "first evaluation";

type Lines = Vec<(usize, Vec<(f64, Estimate)>)>;

fn points(findings: &Findings, negatives: &[usize], at_end: bool) -> Lines {
    let of = findings.sweep.series.len();
    (0..of)
        .map(|series| {
            let line = findings.of_series(series).filter_map(|(k, group)| {
                let found = if at_end { group.training(COLUMN) } else { group.at_first(COLUMN) };
                let found = found.filter(|found| found.mean > 0.0)?;
                Some((dodged(negatives, k, (series, of)), found))
            });
            (series, line.collect())
        })
        .collect()
}

/// Mean and those ends of the interval that fit on a logarithmic axis without stretching it.
fn ends((_, found): &(f64, Estimate)) -> Vec<f64> {
    let mut values = vec![found.mean];
    if let Some((low, high)) = found.interval() {
        values.extend([low.max(found.mean / 3.0), high.min(found.mean * 3.0)]);
    }
    values
}

fn draw_lines(scene: &mut Scene, panel: &Panel, findings: &Findings, start: &Lines, end: &Lines) {
    let name = |series: usize| findings.sweep.series[series].name.as_str();
    let at = |(x, found): &(f64, Estimate)| panel.at(*x, found.mean.log10());
    for (series, line) in start {
        let look = look(findings, *series);
        let points: Vec<Point> = line.iter().map(at).collect();
        if points.len() > 1 {
            scene.part(name(*series), |scene| {
                scene.part(FIRST, |scene| {
                    scene.dashed(points, look.colour.lighter(0.45), 2.0, look.dash);
                });
            });
        }
    }
    for (series, line) in end {
        let look = look(findings, *series);
        scene.part(name(*series), |scene| {
            for (x, found) in line {
                if let Some((low, high)) = found.interval() {
                    let low = if low > 0.0 { low.log10() } else { panel.y.low };
                    let bar = vec![panel.at(*x, low), panel.at(*x, high.log10())];
                    scene.line(bar, look.colour.lighter(0.25), 2.0);
                }
            }
            let points: Vec<Point> = line.iter().map(at).collect();
            if points.len() > 1 {
                scene.dashed(points.clone(), look.colour, 4.0, look.dash);
            }
            for point in points {
                scene.marker(look.marker, point, 8.0, look.colour);
            }
        });
    }
}
