//! Ranking against KL to the reference along training, all losses and K in one picture.

use super::chart::{Axis, MARGIN, PAGE, Panel, footer, header, setting};
use super::figure::{Drawn, Figure};
use super::legend::{Item, legend};
use super::looks::{Look, look};
use super::over_k::only_reference;
use super::palette::GREY;
use super::scene::{Point, Scene, Words, text_width};
use crate::distinct::distinct;
use crate::findings::Findings;
use crate::frontier::Frontier;

const NAME: &str = "frontier";
/// At least.
const HEIGHT: f64 = 760.0;
const LABEL: f64 = 21.0;
/// From one label to the next.
const LINE: f64 = LABEL * 1.4;
/// So many labels are read; of more losses those that end highest and lowest have one.
const MOST_LABELS: usize = 40;

/// The mean path of one loss at one K.
struct Line {
    series: usize,
    negatives: usize,
    look: Look,
    /// √KL and the measure.
    points: Vec<(f64, f64)>,
}

pub(crate) fn draw(findings: &Findings, frontier: &Frontier) -> Drawn {
    let metric = findings.main_name();
    let missing = || (NAME, "no run has ranking and KL at the same step".to_owned());
    let lines: Vec<Line> = frontier
        .paths
        .keys()
        .map(|key| {
            let mean = frontier.mean_path(*key).into_iter();
            Line {
                series: key.0,
                negatives: key.1,
                look: look(findings, key.0),
                points: mean.map(|(kl, metric)| (kl.max(0.0).sqrt(), metric)).collect(),
            }
        })
        .filter(|line| !line.points.is_empty())
        .collect();
    let reference = only_reference(findings);
    let points = || lines.iter().flat_map(|line| line.points.iter());
    let level = reference.as_ref().map(|level| level.value);
    let quality = points().map(|(_, metric)| *metric).chain(level);
    let y = Axis::around(format!("test {metric}"), quality).ok_or_else(missing)?;
    let far = points().map(|(root, _)| root * root);
    let x =
        Axis::square_root("KL(policy || reference), square-root scale", far).ok_or_else(missing)?;

    let title = format!("Test {metric} against KL to the reference, along training");
    let mut scene = Scene::new(PAGE);
    let subtitle = format!(
        "{}. Lines: mean over seeds, from the ring (the reference) to the marker (end of training); \
         the thicker, the larger K. Compare losses vertically, at matched KL: a line that ends at a \
         smaller KL has moved less.",
        setting(findings)
    );
    let top = header(&mut scene, &title, &subtitle) + Panel::top_room();
    let left = MARGIN + Panel::left_room(&y);
    let right = ends(&lines)
        .map(|line| text_width(&label(findings, line), LABEL, false) + 70.0)
        .fold(120.0, f64::max);
    let labels = ends(&lines).count();
    let height = HEIGHT.max(LINE * labels.min(MOST_LABELS) as f64);
    let panel = Panel { left, top, width: PAGE - MARGIN - left - right, height, x, y };
    panel.frame(&mut scene, "Higher at matched KL is better");
    if let Some(level) = &reference {
        let ends = [panel.x.low, panel.x.high].map(|x| panel.at(x, level.value));
        scene.part(Item::REFERENCE, |scene| {
            scene.dashed(ends.to_vec(), GREY, 2.0, Some(level.dash));
        });
    }
    let negatives = findings.negatives();
    for line in &lines {
        let path: Vec<Point> = line.points.iter().map(|(x, y)| panel.at(*x, *y)).collect();
        let weight = weight(line.negatives, &negatives);
        scene.part(&Item::of_k(line.negatives), |scene| {
            scene.dashed(path, line.look.colour, 1.2 + 3.8 * weight, line.look.dash);
        });
    }
    for line in &lines {
        if let Some((x, y)) = line.points.last() {
            let radius = 4.5 + 5.0 * weight(line.negatives, &negatives);
            scene.part(&Item::of_k(line.negatives), |scene| {
                scene.marker(line.look.marker, panel.at(*x, *y), radius, line.look.colour);
            });
        }
    }
    // One for each reference.
    let starts = lines.iter().filter_map(|line| line.points.first());
    let places = starts.map(|(x, y)| panel.at(*x, *y)).map(|(x, y)| (x.round(), y.round()));
    for place in distinct(places) {
        scene.ring(place, 9.0, GREY);
    }
    direct_labels(&mut scene, &panel, findings, &lines);
    let below = top + height + Panel::bottom_room() + 10.0;
    let below = legend(&mut scene, below, &items(&negatives, reference.is_some()));
    let mut note = "Labels mark the largest K of each loss".to_owned();
    if labels > MOST_LABELS {
        let each = MOST_LABELS / 2;
        note.push_str(&format!(
            ", of {labels} the {each} that end highest and the {each} that end lowest"
        ));
    }
    footer(&mut scene, below, &[note + "."]);
    let evaluation = findings.evaluation();
    let caption = format!(
        "Test {metric} ({evaluation}) against KL(policy || reference) along training, mean \
         over seeds; one colour per loss, lines grow thicker with K. Losses that end at a smaller KL \
         have moved less, so compare them vertically: only a difference at the same KL speaks for or \
         against a loss."
    );
    Ok(Figure::new(NAME, title, caption, scene))
}

/// 0 for the smallest K, 1 for the largest.
fn weight(negatives: usize, all: &[usize]) -> f64 {
    let position = all.iter().position(|known| *known == negatives).unwrap_or_default();
    if all.len() > 1 { position as f64 / (all.len() - 1) as f64 } else { 1.0 }
}

/// The line of the largest K of each loss.
fn ends(lines: &[Line]) -> impl Iterator<Item = &Line> {
    let largest = |line: &&Line| {
        lines.iter().all(|other| other.series != line.series || other.negatives <= line.negatives)
    };
    lines.iter().filter(largest)
}

fn label(findings: &Findings, line: &Line) -> String {
    format!("{}, K = {}", findings.sweep.series[line.series].name, line.negatives)
}

/// Names right of the panel, at the height of the lines' ends as far as they do not overlap, with a
/// thin line from each to its end.
fn direct_labels(scene: &mut Scene, panel: &Panel, findings: &Findings, lines: &[Line]) {
    let mut wanted: Vec<(Point, &Line)> = ends(lines)
        .filter_map(|line| line.points.last().map(|(x, y)| (panel.at(*x, *y), line)))
        .collect();
    wanted.sort_by(|first, second| first.0.1.total_cmp(&second.0.1));
    if wanted.len() > MOST_LABELS {
        wanted.drain(MOST_LABELS / 2..wanted.len() - MOST_LABELS / 2);
    }
    let mut heights: Vec<f64> = Vec::new();
    for ((_, y), _) in &wanted {
        let least = heights.last().map_or(panel.top, |above| above + LINE);
        heights.push(y.max(least));
    }
    // What was pushed below the panel moves up again.
    let mut most = panel.top + panel.height;
    for height in heights.iter_mut().rev() {
        *height = height.min(most);
        most = *height - LINE;
    }
    let edge = panel.left + panel.width;
    for ((end, line), height) in wanted.into_iter().zip(heights) {
        let colour = line.look.colour;
        let way = vec![end, (edge + 8.0, height), (edge + 30.0, height)];
        let at = (edge + 36.0, height);
        scene.part(&Item::of_k(line.negatives), |scene| {
            scene.line(way, colour.lighter(0.5), 1.2);
            scene.words(Words::new(label(findings, line), at, LABEL).colour(colour));
        });
    }
}

fn items(all: &[usize], reference: bool) -> Vec<Item> {
    let mut items: Vec<Item> = all
        .iter()
        .map(|negatives| Item {
            label: Item::of_k(*negatives),
            colour: GREY,
            marker: None,
            dash: None,
            width: 1.2 + 3.8 * weight(*negatives, all),
        })
        .collect();
    if reference {
        items.push(Item::reference());
    }
    items
}
