//! Page furniture shared by the figures: header, axes, reference lines, footnotes.

use super::marker::Marker;
use super::palette::{GREY, GRID, Rgb};
use super::scene::{Height, Point, Scene, Side, Words, text_width, wrap};
use crate::findings::Findings;
use crate::numbers::plural;

/// Nominal width of every figure in pixels.
pub(crate) const PAGE: f64 = 1700.0;
/// Distance kept from the edges of the page.
pub(crate) const MARGIN: f64 = 44.0;

const TITLE: f64 = 34.0;
const SUBTITLE: f64 = 22.0;
const HEADING: f64 = 24.0;
const AXIS_TITLE: f64 = 23.0;
const TICK: f64 = 22.0;
const NOTE: f64 = 20.0;

/// Title and subtitle at the top of a page; gives the height below them.
pub(crate) fn header(scene: &mut Scene, title: &str, subtitle: &str) -> f64 {
    let width = scene.width - 2.0 * MARGIN;
    let mut y = MARGIN;
    for line in wrap(title, TITLE, true, width) {
        scene.words(Words::new(line, (MARGIN, y), TITLE).bold().height(Height::Top));
        y += TITLE * 1.3;
    }
    y += 6.0;
    for line in wrap(subtitle, SUBTITLE, false, width) {
        scene.words(Words::new(line, (MARGIN, y), SUBTITLE).colour(GREY).height(Height::Top));
        y += SUBTITLE * 1.4;
    }
    y + 26.0
}

/// Small print at the bottom; sets the height of the page.
pub(crate) fn footer(scene: &mut Scene, y: f64, notes: &[String]) {
    let mut y = y + 22.0;
    for note in notes {
        for line in wrap(note, NOTE, false, scene.width - 2.0 * MARGIN) {
            scene.words(Words::new(line, (MARGIN, y), NOTE).colour(GREY).height(Height::Top));
            y += NOTE * 1.45;
        }
    }
    scene.height = y + MARGIN * 0.6;
}

/// Dataset and number of seeds, for subtitles.
pub(crate) fn setting(findings: &Findings) -> String {
    let facts = &findings.sweep.index.dataset;
    format!("{}, {}", facts.name, plural(findings.most_seeds(), "seed"))
}

/// Limits and ticks of an axis.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    pub(crate) title: String,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) ticks: Vec<(f64, String)>,
    /// Larger values to the left.
    pub(crate) reversed: bool,
}

impl Axis {
    /// A linear axis around some values, with a little room on both sides.
    pub(crate) fn around(
        title: impl Into<String>,
        values: impl IntoIterator<Item = f64>,
    ) -> Option<Self> {
        let (low, high) = extent(values)?;
        let span = (high - low).max(high.abs().max(low.abs()) * 0.02).max(1e-9);
        let room = if high > low { 0.07 * span } else { 0.6 * span };
        let (low, high) = (low - room, high + room);
        let title = title.into();
        Some(Self { title, low, high, ticks: linear_ticks(low, high), reversed: false })
    }

    /// Numbers of negatives at their logarithms, each with a tick.
    pub(crate) fn negatives(negatives: &[usize]) -> Self {
        let (low, high) = extent(negatives.iter().map(|k| k_position(*k))).unwrap_or((0.0, 0.0));
        let room = (0.06 * (high - low)).max(0.3);
        Self {
            title: "negatives per positive, K (log scale)".to_owned(),
            low: low - room,
            high: high + room,
            ticks: negatives.iter().map(|k| (k_position(*k), k.to_string())).collect(),
            reversed: false,
        }
    }

    /// Equally spaced positions 0, 1, … with a text each.
    pub(crate) fn labelled(title: &str, labels: impl IntoIterator<Item = String>) -> Self {
        let ticks: Vec<_> =
            labels.into_iter().enumerate().map(|(at, label)| (at as f64, label)).collect();
        let high = ticks.len() as f64 - 0.5;
        Self { title: title.into(), low: -0.5, high, ticks, reversed: false }
    }

    /// A linear axis from zero, with room above the largest value.
    pub(crate) fn from_zero(title: &str, largest: f64) -> Self {
        let high = 1.1 * largest;
        Self {
            title: title.into(),
            low: 0.0,
            high,
            ticks: linear_ticks(0.0, high),
            reversed: false,
        }
    }

    /// An axis of powers of ten around some positive values; positions are logarithms.
    pub(crate) fn logarithmic(
        title: impl Into<String>,
        values: impl IntoIterator<Item = f64>,
    ) -> Option<Self> {
        let logs = values.into_iter().filter(|value| *value > 0.0).map(f64::log10);
        let (low, high) = extent(logs)?;
        let room = 0.07 * (high - low).max(0.5);
        let (low, high) = (low - room, high + room);
        let factors: &[f64] = match high - low {
            span if span > 4.0 => &[1.0],
            span if span > 1.2 => &[1.0, 3.0],
            _ => &[1.0, 2.0, 3.0, 5.0, 7.0],
        };
        let mut ticks = Vec::new();
        for decade in low.floor() as i32..=high.ceil() as i32 {
            for factor in factors {
                let at = f64::from(decade) + factor.log10();
                if (low..=high).contains(&at) {
                    ticks.push((at, power(*factor, decade)));
                }
            }
        }
        Some(Self { title: title.into(), low, high, ticks, reversed: false })
    }

    /// An axis of square roots around 0 and some values; positions are roots.
    pub(crate) fn square_root(
        title: impl Into<String>,
        values: impl IntoIterator<Item = f64>,
    ) -> Option<Self> {
        let (_, high) = extent(values).filter(|(_, high)| *high > 0.0)?;
        let root = high.sqrt();
        let all = linear_ticks(0.0, high);
        // Beside the round values, two small ones, where the scale is widest.
        let step = all.get(1).map(|(value, _)| *value).unwrap_or(high);
        let small = [0.1, 0.4].into_iter().flat_map(|part| {
            let wanted = part * step;
            linear_ticks(0.0, wanted * 1.05).into_iter().next_back()
        });
        let mut ticks: Vec<(f64, String)> = all.iter().cloned().chain(small).collect();
        ticks.sort_by(|first, second| first.0.total_cmp(&second.0));
        ticks.dedup_by(|later, earlier| later.0 == earlier.0);
        let short = |label: String| match label.split_once('.') {
            Some(_) => label.trim_end_matches('0').trim_end_matches('.').to_owned(),
            None => label,
        };
        let ticks = ticks.into_iter().map(|(value, label)| (value.sqrt(), short(label))).collect();
        let title = title.into();
        Some(Self { title, low: -0.04 * root, high: 1.04 * root, ticks, reversed: false })
    }

    pub(crate) fn reversed(mut self) -> Self {
        self.reversed = true;
        self
    }

    /// Width of the widest tick label.
    pub(crate) fn label_width(&self) -> f64 {
        self.ticks.iter().map(|(_, label)| text_width(label, TICK, false)).fold(0.0, f64::max)
    }

    /// Where a value lies, 0 at the low and 1 at the high end.
    pub(crate) fn share(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        if self.reversed { 1.0 - share } else { share }
    }
}

fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|value| value.is_finite()).fold(None, |extent, value| {
        Some(
            extent.map_or((value, value), |(low, high): (f64, f64)| {
                (low.min(value), high.max(value))
            }),
        )
    })
}

fn power(factor: f64, decade: i32) -> String {
    if (-3..=4).contains(&decade) {
        let value = factor * 10f64.powi(decade);
        return format!("{value:.*}", usize::try_from(-decade).unwrap_or(0));
    }
    let digits: String = decade
        .to_string()
        .chars()
        .map(|digit| match digit {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            other => char::from_u32(0x2070 + other.to_digit(10).unwrap_or(0)).unwrap_or(other),
        })
        .collect();
    if factor == 1.0 { format!("10{digits}") } else { format!("{factor}·10{digits}") }
}

/// Round numbers between two limits, about five of them.
fn linear_ticks(low: f64, high: f64) -> Vec<(f64, String)> {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 {
        return Vec::new();
    }
    let magnitude = 10f64.powf((span / 5.0).log10().floor());
    let wanted = |step: f64| (span / step - 5.5).abs();
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * magnitude)
        .min_by(|first, second| wanted(*first).total_cmp(&wanted(*second)))
        .unwrap_or(magnitude);
    let decimals = (0..=10)
        .find(|decimals| {
            let scaled = step * 10f64.powi(*decimals);
            (scaled - scaled.round()).abs() < 1e-6 * scaled
        })
        .unwrap_or(10) as usize;
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last)
        .map(|multiple| {
            let value = multiple as f64 * step;
            let label = if value.abs() >= 10_000.0 && decimals == 0 {
                crate::numbers::count(value.abs() as u64)
            } else {
                format!("{value:.decimals$}")
            };
            (value, label.replace('-', "−"))
        })
        .collect()
}

/// A rectangle with two axes.
#[derive(Debug, Clone)]
pub(crate) struct Panel {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
}

impl Panel {
    /// Room needed left of a panel for the labels and the title of its y axis.
    pub(crate) fn left_room(y: &Axis) -> f64 {
        y.label_width() + 16.0 + AXIS_TITLE * 1.5
    }

    /// Room needed below a panel for the labels and the title of its x axis.
    pub(crate) const fn bottom_room() -> f64 {
        92.0
    }

    /// Room needed above a panel for its heading.
    pub(crate) const fn top_room() -> f64 {
        48.0
    }

    /// Pixels of a point; points outside are moved to the frame.
    pub(crate) fn at(&self, x: f64, y: f64) -> Point {
        let across = self.x.share(x).clamp(0.0, 1.0);
        let up = self.y.share(y).clamp(0.0, 1.0);
        (self.left + across * self.width, self.top + (1.0 - up) * self.height)
    }

    /// Whether a value lies within the y axis.
    pub(crate) fn shows(&self, y: f64) -> bool {
        (self.y.low..=self.y.high).contains(&y)
    }

    /// Grid, ticks, labels, axis titles and heading.
    pub(crate) fn frame(&self, scene: &mut Scene, heading: &str) {
        let (right, bottom) = (self.left + self.width, self.top + self.height);
        for (value, label) in &self.y.ticks {
            let (_, y) = self.at(self.x.low, *value);
            scene.line(vec![(self.left, y), (right, y)], GRID, 1.5);
            let at = (self.left - 14.0, y);
            scene.words(Words::new(label, at, TICK).side(Side::Right).colour(GREY));
        }
        for (value, label) in self.spaced_ticks() {
            let (x, _) = self.at(value, self.y.low);
            scene.line(vec![(x, bottom), (x, bottom + 8.0)], GREY, 1.5);
            let at = (x, bottom + 16.0);
            let words = Words::new(label, at, TICK).side(Side::Centre).height(Height::Top);
            scene.words(words.colour(GREY));
        }
        scene.line(vec![(self.left, self.top), (self.left, bottom), (right, bottom)], GREY, 1.5);
        let middle = (self.left + self.width / 2.0, bottom + 56.0);
        let title = Words::new(&self.x.title, middle, AXIS_TITLE);
        scene.words(title.side(Side::Centre).height(Height::Top));
        let room = self.left - self.y.label_width() - 16.0 - AXIS_TITLE * 0.95;
        let title = Words::new(&self.y.title, (room, self.top + self.height / 2.0), AXIS_TITLE);
        scene.words(title.side(Side::Centre).upwards());
        let at = (self.left, self.top - 34.0);
        let fitting = HEADING * (self.width + 18.0) / text_width(heading, HEADING, true).max(1.0);
        let em = fitting.min(HEADING);
        scene.words(Words::new(heading, at, em).bold().height(Height::Top));
    }

    /// The x ticks whose labels stay apart: the ends first, then from the left.
    fn spaced_ticks(&self) -> Vec<(f64, String)> {
        let half = |label: &str| text_width(label, TICK, false) / 2.0 + 8.0;
        let ticks = &self.x.ticks;
        let mut kept: Vec<(f64, String)> = Vec::new();
        for (value, label) in ticks.first().into_iter().chain(ticks.last()).chain(ticks) {
            let x = self.at(*value, self.y.low).0;
            let apart = |other: &(f64, String)| {
                let between = (self.at(other.0, self.y.low).0 - x).abs();
                between >= half(&other.1) + half(label)
            };
            if kept.iter().all(apart) {
                kept.push((*value, label.clone()));
            }
        }
        kept
    }

    /// Height of a whole panel with its surroundings.
    pub(crate) fn outer_height(height: f64) -> f64 {
        Self::top_room() + height + Self::bottom_room()
    }
}

/// A horizontal line over a panel, with its label right of it.
pub(crate) struct Level {
    pub(crate) label: String,
    /// The label in parts, one below the other.
    pub(crate) lines: Vec<String>,
    pub(crate) value: f64,
    pub(crate) half_width: Option<f64>,
    pub(crate) dash: (f64, f64),
    /// Whether an axis has to reach it; otherwise it is drawn where it happens to lie within.
    pub(crate) essential: bool,
}

/// Draws levels that lie within the panel; gives back the labels of those that do not.
pub(crate) fn levels(scene: &mut Scene, panel: &Panel, levels: &[Level]) -> Vec<String> {
    let mut outside = Vec::new();
    let mut shown = Vec::new();
    for level in levels {
        if !panel.shows(level.value) {
            let side = if level.value < panel.y.low { "below" } else { "above" };
            outside.push(format!(
                "Not shown: {} at {}, {side} the frame.",
                level.label,
                crate::numbers::metric(level.value)
            ));
            continue;
        }
        let (left, y) = panel.at(panel.x.low, level.value);
        let right = panel.left + panel.width;
        if let Some(half) = level.half_width {
            let (_, top) = panel.at(panel.x.low, level.value + half);
            let (_, bottom) = panel.at(panel.x.low, level.value - half);
            let corners = vec![(left, top), (right, top), (right, bottom), (left, bottom)];
            scene.area(corners, GREY, 0.13);
        }
        scene.dashed(vec![(left, y), (right, y)], GREY, 2.0, Some(level.dash));
        shown.push((y, level));
    }
    shown.sort_by(|first, second| first.0.total_cmp(&second.0));
    let mut lowest = f64::NEG_INFINITY;
    for (y, level) in shown {
        let value = crate::numbers::metric(level.value);
        let lines: Vec<String> = level.lines.iter().cloned().chain([value]).collect();
        let block = lines.len() as f64 * NOTE * 1.25;
        let mut line_y = (y - block / 2.0 + NOTE * 0.62).max(lowest);
        for line in lines {
            let at = (panel.left + panel.width + 12.0, line_y);
            scene.words(Words::new(line, at, NOTE).colour(GREY));
            line_y += NOTE * 1.25;
        }
        lowest = line_y + 6.0;
    }
    outside
}

/// Room right of a panel for the labels of its levels.
pub(crate) fn level_room(levels: &[Level]) -> f64 {
    let lines = levels.iter().flat_map(|level| &level.lines);
    lines.map(|line| text_width(line, NOTE, false) + 20.0).fold(90.0, f64::max)
}

/// A line with interval bars and a marker at every point.
pub(crate) struct Dots<'a> {
    pub(crate) points: &'a [(f64, crate::statistics::Estimate)],
    pub(crate) colour: Rgb,
    pub(crate) marker: Marker,
    pub(crate) dash: Option<(f64, f64)>,
}

/// Draws the line of a series and its interval bars, then its markers; says whether a bar was cut.
pub(crate) fn dots(scene: &mut Scene, panel: &Panel, dots: &Dots<'_>) -> bool {
    let mut cut = false;
    let at = |x: f64, y: f64| panel.at(x, y);
    for (x, estimate) in dots.points {
        if let Some((low, high)) = estimate.interval() {
            cut |= low < panel.y.low || high > panel.y.high;
            let (bottom, top) = (at(*x, low), at(*x, high));
            let colour = dots.colour.lighter(0.25);
            scene.line(vec![bottom, top], colour, 2.0);
            for (end, value) in [(bottom, low), (top, high)] {
                if panel.shows(value) {
                    scene.line(vec![(end.0 - 6.0, end.1), (end.0 + 6.0, end.1)], colour, 2.0);
                }
            }
        }
    }
    let line: Vec<Point> = dots.points.iter().map(|(x, found)| at(*x, found.mean)).collect();
    if line.len() > 1 {
        scene.dashed(line.clone(), dots.colour, 3.0, dots.dash);
    }
    for point in line {
        scene.marker(dots.marker, point, 8.0, dots.colour);
    }
    cut
}

/// What a y axis should cover: every mean, and the intervals as long as they do not dwarf them.
pub(crate) fn covered(estimates: &[crate::statistics::Estimate]) -> Vec<f64> {
    let means: Vec<f64> = estimates.iter().map(|found| found.mean).collect();
    let Some((low, high)) = extent(means.iter().copied()) else {
        return Vec::new();
    };
    let span = (high - low).max(0.02 * high.abs().max(low.abs()));
    let mut values = means;
    for (bottom, top) in estimates.iter().filter_map(|found| found.interval()) {
        values.push(bottom.max(low - 1.2 * span));
        values.push(top.min(high + 1.2 * span));
    }
    values
}

/// Where a number of negatives lies on the axis of K.
fn k_position(negatives: usize) -> f64 {
    (negatives.max(1) as f64).ln()
}

/// The position of K for one series of several, which stand a little apart where they fit between
/// this K and the next.
pub(crate) fn dodged(negatives: &[usize], k: usize, (series, of): (usize, usize)) -> f64 {
    let positions = negatives.windows(2).map(|two| k_position(two[1]) - k_position(two[0]));
    let closest = positions.fold(0.5, f64::min);
    let step = (0.62 / of.max(1) as f64).min(0.12) * closest;
    k_position(k) + (series as f64 - (of.max(1) - 1) as f64 / 2.0) * step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let labels = |low, high| -> Vec<String> {
            linear_ticks(low, high).into_iter().map(|(_, label)| label).collect()
        };
        assert_eq!(labels(0.0401, 0.0523), ["0.042", "0.044", "0.046", "0.048", "0.050", "0.052"]);
        assert_eq!(labels(-1.0, 1.0), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(labels(0.0, 40_000.0), ["0", "10,000", "20,000", "30,000", "40,000"]);
        assert!(linear_ticks(f64::NAN, 1.0).is_empty());
        assert!(linear_ticks(1.0, 1.0).is_empty());
    }

    #[test]
    fn one_value_still_has_an_axis() {
        let axis = Axis::around("y", [0.05, f64::NAN]).unwrap();
        assert!(axis.low < 0.05 && axis.high > 0.05 && axis.ticks.len() > 2);
        assert!(Axis::around("y", [f64::NAN]).is_none());
        assert!(Axis::logarithmic("y", [0.0, -1.0]).is_none());
    }

    #[test]
    fn powers_of_ten_have_labels() {
        assert_eq!(power(1.0, -2), "0.01");
        assert_eq!(power(3.0, 0), "3");
        assert_eq!(power(1.0, -12), "10⁻¹²");
    }
}
