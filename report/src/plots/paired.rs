//! Ranking over K as a paired difference to K*, a panel for each loss, with the training loss beside it.

use super::chart::Axis;
use super::key::{Sign, dashes, dot, key};
use super::marker::Fill;
use super::palette::{BAND, BLUE, GREY, GRID, INK, VERMILLION};
use super::paper::Paper;
use super::scale::{direction, scale, upwards};
use super::scene::{Height, Scene, Side, Words, text_width, wrap};
use crate::effects::Percent;
use crate::findings::Findings;
use crate::names::series_name;
use crate::numbers::{p_relation, whole_percent};
use crate::verdict::{Difference, LossVerdict, Verdicts};

/// More panels than these are not told apart.
pub(crate) const MOST_PANELS: usize = 8;

/// The curve of one loss.
struct Curve<'a> {
    name: String,
    best_k: usize,
    /// Ascending in K; the difference at K* is none.
    points: Vec<(usize, Option<(&'a Difference, Percent)>)>,
    /// Normalised training loss by K.
    loss: Vec<(usize, f64)>,
}

/// The losses that have a curve, by position.
pub(crate) fn with_curves(verdicts: &Verdicts) -> impl Iterator<Item = (usize, &LossVerdict)> {
    let losses = verdicts.losses.iter().enumerate();
    losses.filter(|(_, loss)| loss.over_k().any(|(_, found)| Percent::of(found).is_some()))
}

/// The picture; none where no loss has two K.
pub(crate) fn scene(verdicts: &Verdicts, findings: &Findings, paper: Paper) -> Option<Scene> {
    let text = paper.text;
    let losses = with_curves(verdicts).take(MOST_PANELS);
    let curves: Vec<Curve<'_>> =
        losses.filter_map(|(series, loss)| curve(series, loss, findings)).collect();
    let found: Vec<Percent> = curves
        .iter()
        .flat_map(|curve| curve.points.iter().filter_map(|(_, found)| found.map(|(_, p)| p)))
        .collect();
    let margin = 100.0 * verdicts.rules.margin_share;
    let y = scale(&found, margin).filter(|_| !curves.is_empty())?;
    let most = if paper.is_wide() { if curves.len() == 4 { 4 } else { 3 } } else { 2 };
    let columns = curves.len().min(most);
    let widest = y.ticks.iter().map(|(_, label)| text_width(label, text, false));
    let room = Room { left: widest.fold(0.0, f64::max) + 2.2 * text, right: 3.6 * text };
    let gap = 1.1 * text;
    let inside = paper.width - 2.0 * paper.margin() - room.left - room.right;
    let width = (inside - gap * (columns - 1) as f64) / columns as f64;
    let width = width.min(26.0 * text);
    let height = (0.7 * width).max(7.5 * text);
    let names: Vec<Vec<String>> =
        curves.iter().map(|curve| wrap(&curve.name, text, true, width)).collect();
    let heading = names.iter().map(Vec::len).max().unwrap_or(1) as f64 * 1.25 * text + 0.3 * text;
    let all: Vec<usize> = curves.iter().flat_map(|c| c.points.iter().map(|(k, _)| *k)).collect();
    let x = KScale::around(&all)?;
    let losses = LossScale::around(&curves);

    let mut scene = Scene::new(paper.width);
    let mut below = 0.0;
    for (position, (curve, name)) in curves.iter().zip(&names).enumerate() {
        let (row, column) = (position / columns, position % columns);
        let step = heading + height + 2.1 * text;
        let top = paper.margin() + heading + row as f64 * step;
        let left = paper.margin() + room.left + column as f64 * (width + gap);
        let panel = Panel { left, top, width, height, x: &x, y: &y, losses, paper };
        for (line, words) in name.iter().rev().enumerate() {
            let at = (left, top - 1.1 * text - line as f64 * 1.25 * text);
            scene.words(Words::new(words, at, text).bold().colour(INK).height(Height::Top));
        }
        panel.ground(&mut scene, margin);
        if column == 0 {
            panel.left_axis(&mut scene);
        }
        let last = column + 1 == columns || position + 1 == curves.len();
        if last && curves.iter().any(|curve| !curve.loss.is_empty()) {
            panel.right_axis(&mut scene);
        }
        panel.curve(&mut scene, curve, verdicts.rules.alpha);
        below = top + height + 1.9 * text;
    }
    titles(&mut scene, paper, below, verdicts);
    let signs = signs(&curves, verdicts);
    let top = below + 1.7 * text;
    scene.height = key(&mut scene, paper, top, &signs) + paper.margin();
    Some(scene)
}

struct Room {
    left: f64,
    right: f64,
}

fn curve<'a>(series: usize, loss: &'a LossVerdict, findings: &Findings) -> Option<Curve<'a>> {
    let best_k = loss.best_k?;
    let mut points: Vec<_> = loss
        .over_k()
        .filter_map(|(k, found)| Some((k, Some((found, Percent::of(found)?)))))
        .chain([(best_k, None)])
        .collect();
    points.sort_by_key(|(k, _)| *k);
    let of_loss = findings.of_series(series);
    let loss_at =
        of_loss.filter_map(|(k, group)| Some((k, group.training("loss_normalised")?.mean)));
    Some(Curve { name: series_name(&loss.series), best_k, points, loss: loss_at.collect() })
}

/// What the axes are, once for all panels.
fn titles(scene: &mut Scene, paper: Paper, y: f64, verdicts: &Verdicts) {
    let text = paper.text;
    let margin = paper.margin();
    let width = paper.width - 2.0 * margin;
    let title = "negatives per positive, K (log scale)";
    let words = Words::new(title, (margin + width / 2.0, y), text).side(Side::Centre);
    scene.words(words.height(Height::Top).colour(INK));
    let middle = (y - 1.9 * text) / 2.0;
    let room = y - 2.0 * text;
    let title = format!("{} − that at K*, %", verdicts.measure);
    if text_width(&title, text, false) <= room {
        scene.words(
            Words::new(title, (margin + 0.4 * text, middle), text).side(Side::Centre).upwards(),
        );
    }
    let title = "normalised training loss";
    if text_width(title, text, false) <= room {
        let at = (paper.width - margin - 0.4 * text, middle);
        scene.words(Words::new(title, at, text).side(Side::Centre).upwards().colour(GREY));
    }
}

fn signs(curves: &[Curve<'_>], verdicts: &Verdicts) -> Vec<(Sign, String)> {
    let alpha = verdicts.rules.alpha;
    let found = || curves.iter().flat_map(|curve| curve.points.iter().filter_map(|(_, f)| *f));
    let best = "K* (best on validation)".to_owned();
    let mut signs = vec![(Sign::Dot(Fill::Dotted, INK), best)];
    if found().any(|(found, _)| found.falls(alpha)) {
        signs.push((Sign::Dot(Fill::Full, VERMILLION), "significantly lower".to_owned()));
    }
    if found().any(|(found, _)| found.rises(alpha)) {
        signs.push((Sign::Dot(Fill::Full, BLUE), "significantly higher".to_owned()));
    }
    signs.push((Sign::Dot(Fill::Open, GREY), "not significant".to_owned()));
    let beyond = LossScale::note(curves);
    signs.push((Sign::Dashes(GREY), format!("training loss (right axis{beyond})")));
    signs.push((Sign::Band, format!("margin ±{} %", whole_percent(verdicts.rules.margin_share))));
    signs
}

/// The normalised training loss, from 0 to 1 and as far beyond as losses go, within limits: one that multiplies would
/// flatten all others.
#[derive(Clone, Copy)]
struct LossScale {
    low: f64,
    high: f64,
}

impl LossScale {
    const LIMITS: [f64; 2] = [-0.5, 1.5];

    fn around(curves: &[Curve<'_>]) -> Self {
        let losses = || curves.iter().flat_map(|curve| curve.loss.iter().map(|(_, loss)| *loss));
        let [least, most] = Self::LIMITS;
        let (low, high) = (losses().fold(0.0, f64::min), losses().fold(1.0, f64::max));
        Self { low: 1.05 * low.max(least), high: 1.05 * high.min(most) }
    }

    fn share(self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    fn ticks(self) -> impl Iterator<Item = f64> {
        [-0.5, 0.0, 0.5, 1.0, 1.5]
            .into_iter()
            .filter(move |tick| (self.low..=self.high).contains(tick))
    }

    /// What a reader has to know where some lie beyond the edge.
    fn note(curves: &[Curve<'_>]) -> String {
        let [least, most] = Self::LIMITS;
        let mut losses = curves.iter().flat_map(|curve| &curve.loss);
        match losses.any(|(_, loss)| !(least..=most).contains(loss)) {
            true => format!(", at the edge where beyond {least} to {most}").replace('-', "−"),
            false => String::new(),
        }
    }
}

/// The logarithm of K.
struct KScale {
    low: f64,
    high: f64,
    all: Vec<usize>,
}

impl KScale {
    fn around(all: &[usize]) -> Option<Self> {
        let mut all = all.to_vec();
        all.sort_unstable();
        all.dedup();
        let ends = [*all.first()?, *all.last()?].map(|k| (k.max(1) as f64).ln());
        let room = 0.07 * (ends[1] - ends[0]).max(0.5);
        Some(Self { low: ends[0] - room, high: ends[1] + room, all })
    }

    fn share(&self, negatives: usize) -> f64 {
        ((negatives.max(1) as f64).ln() - self.low) / (self.high - self.low)
    }
}

/// One loss.
struct Panel<'a> {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    x: &'a KScale,
    y: &'a Axis,
    losses: LossScale,
    paper: Paper,
}

impl Panel<'_> {
    fn x(&self, negatives: usize) -> f64 {
        self.left + self.x.share(negatives) * self.width
    }

    fn y(&self, value: f64) -> f64 {
        self.top + (1.0 - self.y.share(value).clamp(0.0, 1.0)) * self.height
    }

    fn loss(&self, value: f64) -> f64 {
        self.top + (1.0 - self.losses.share(value).clamp(0.0, 1.0)) * self.height
    }

    /// The band of the margin, the grid, the ticks of K and the line at zero.
    fn ground(&self, scene: &mut Scene, margin: f64) {
        let text = self.paper.text;
        let hair = self.paper.hair();
        let (right, bottom) = (self.left + self.width, self.top + self.height);
        let (high, low) = (self.y(margin), self.y(-margin));
        scene.area(
            vec![(self.left, high), (right, high), (right, low), (self.left, low)],
            BAND,
            1.0,
        );
        for (value, _) in self.y_ticks() {
            let y = self.y(value);
            let colour = if value == 0.0 { INK } else { GRID };
            scene.line(vec![(self.left, y), (right, y)], colour, hair);
        }
        let frame = vec![(self.left, self.top), (self.left, bottom), (right, bottom)];
        scene.line(frame, GREY, hair);
        for negatives in &self.x.all {
            let x = self.x(*negatives);
            scene.line(vec![(x, bottom), (x, bottom + 0.3 * text)], GREY, hair);
        }
        for negatives in self.labelled() {
            let at = (self.x(negatives), bottom + 0.55 * text);
            let words = Words::new(negatives.to_string(), at, text).colour(GREY);
            scene.words(words.side(Side::Centre).height(Height::Top));
        }
    }

    fn y_ticks(&self) -> Vec<(f64, String)> {
        upwards(self.y, self.height, self.paper.text)
    }

    /// The K whose labels stay apart: the ends first, then from the smallest.
    fn labelled(&self) -> Vec<usize> {
        let text = self.paper.text;
        let half = |k: usize| text_width(&k.to_string(), text, false) / 2.0 + 0.15 * text;
        let mut kept: Vec<usize> = Vec::new();
        let ends = [self.x.all.first(), self.x.all.last()].into_iter().flatten();
        for negatives in ends.chain(&self.x.all) {
            let apart = |other: &usize| {
                (self.x(*other) - self.x(*negatives)).abs() >= half(*other) + half(*negatives)
            };
            if kept.iter().all(apart) {
                kept.push(*negatives);
            }
        }
        kept
    }

    fn left_axis(&self, scene: &mut Scene) {
        for (value, label) in self.y_ticks() {
            let at = (self.left - 0.5 * self.paper.text, self.y(value));
            scene.words(Words::new(label, at, self.paper.text).side(Side::Right).colour(GREY));
        }
    }

    fn right_axis(&self, scene: &mut Scene) {
        let text = self.paper.text;
        let right = self.left + self.width;
        for value in self.losses.ticks() {
            let y = self.loss(value);
            scene.line(vec![(right, y), (right + 0.3 * text, y)], GREY, self.paper.hair());
            let label = value.to_string().replace('-', "−");
            scene.words(Words::new(label, (right + 0.5 * text, y), text).colour(GREY));
        }
    }

    fn curve(&self, scene: &mut Scene, curve: &Curve<'_>, alpha: f64) {
        let (text, hair) = (self.paper.text, self.paper.hair());
        let loss = curve.loss.iter().map(|(k, loss)| (self.x(*k), self.loss(*loss)));
        scene.dashed(loss.collect(), GREY, 1.2 * hair, Some(dashes(self.paper)));
        let level = |found: &Option<(&Difference, Percent)>| found.map_or(0.0, |(_, p)| p.mean);
        let line: Vec<_> =
            curve.points.iter().map(|(k, found)| (self.x(*k), self.y(level(found)))).collect();
        scene.line(line, INK, 1.3 * hair);
        for (negatives, found) in &curve.points {
            let x = self.x(*negatives);
            let half = 0.7 * text;
            let corners = [(x - half, self.top), (x + half, self.top + self.height)];
            let Some((difference, percent)) = *found else {
                scene.marker(dot(Fill::Dotted), (x, self.y(0.0)), 0.3 * text, INK);
                scene.hint(corners, format!("{}: K* = {}", curve.name, curve.best_k));
                continue;
            };
            let Percent { mean, low, high } = percent;
            let (colour, significant) = direction(difference, alpha);
            let width = hair * if significant { 2.2 } else { 1.5 };
            scene.line(vec![(x, self.y(low)), (x, self.y(high))], colour, width);
            let fill = if significant { Fill::Full } else { Fill::Open };
            scene.marker(dot(fill), (x, self.y(mean)), 0.27 * text, colour);
            let hint = format!(
                "{}, K = {negatives} − K* = {}: {}, {}",
                curve.name,
                curve.best_k,
                percent.text(),
                p_relation(difference.p_holm)
            );
            scene.hint(corners, hint);
        }
    }
}
