//! The forest of a claim: a row per experiment, and the pooled effect.

use super::figure::Figure;
use super::marker::{Fill, Form, Marker};
use super::palette::{BLACK, BLUE, GREY, GRID, Rgb, VERMILLION};
use super::scene::{Height, Scene, Side, Words, text_width};

const WIDTH: f64 = 960.0;
const TEXT: f64 = 15.0;
const ROW: f64 = 28.0;
const MARGIN: f64 = 10.0;

/// An effect in percent with its interval.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ForestRow {
    pub(crate) label: String,
    pub(crate) percent: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// What stands right of the picture.
    pub(crate) text: String,
    pub(crate) kind: RowKind,
}

/// How a row is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowKind {
    Lower,
    Higher,
    NotSignificant,
    Pooled,
}

impl RowKind {
    fn is_bold(self) -> bool {
        self == Self::Pooled
    }

    fn look(self) -> (Rgb, Marker) {
        let disc = |fill| Marker { form: Form::Disc, fill };
        match self {
            Self::Lower => (VERMILLION, disc(Fill::Full)),
            Self::Higher => (BLUE, disc(Fill::Full)),
            Self::NotSignificant => (GREY, disc(Fill::Open)),
            Self::Pooled => (BLACK, Marker { form: Form::Diamond, fill: Fill::Full }),
        }
    }
}

/// The axis: percent to pixels.
struct Scale {
    left: f64,
    width: f64,
    reach: f64,
}

impl Scale {
    fn at(&self, percent: f64) -> f64 {
        let share = (percent.clamp(-self.reach, self.reach) / self.reach + 1.0) / 2.0;
        self.left + share * self.width
    }

    /// Round numbers on both sides of zero, with their labels.
    fn ticks(&self) -> Vec<(f64, String)> {
        let magnitude = 10_f64.powf((self.reach / 3.0).log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * magnitude);
        let step = steps.into_iter().find(|step| self.reach / step <= 4.0).unwrap_or(self.reach);
        let most = (self.reach / step).floor() as i64;
        let decimals = if step < 1.0 { (-step.log10()).ceil() as usize } else { 0 };
        let label = |value: f64| {
            let text = format!("{:.decimals$}", value.abs());
            let sign = if value > 0.0 { "+" } else { "−" };
            if value == 0.0 { "0".to_owned() } else { format!("{sign}{text}") }
        };
        let values = (-most..=most).map(|multiple| multiple as f64 * step);
        values.map(|value| (value, label(value))).collect()
    }
}

/// The figure of some rows, at least one; `margin` is that of indifference in percent.
pub(crate) fn claim_forest(
    name: &'static str,
    title: &str,
    axis: &str,
    margin: Option<f64>,
    rows: &[ForestRow],
) -> Figure {
    let widest = |text_of: fn(&ForestRow) -> &str| {
        let widths = rows.iter().map(|row| text_width(text_of(row), TEXT, row.kind.is_bold()));
        MARGIN + widths.fold(0.0, f64::max) + TEXT
    };
    let (left, right) = (widest(|row| &row.label), widest(|row| &row.text));
    let width = (WIDTH - left - right).max(120.0);
    let scale = Scale { left, width, reach: reach(rows, margin.unwrap_or(0.0)) };
    let bottom = MARGIN + ROW * rows.len() as f64;
    let mut scene = Scene::new(WIDTH);
    ground(&mut scene, &scale, bottom, margin);
    for (place, row) in rows.iter().enumerate() {
        draw(&mut scene, &scale, row, MARGIN + ROW * (place as f64 + 0.5));
    }
    let title_at = (left + scale.width / 2.0, bottom + 34.0);
    let words = Words::new(axis, title_at, TEXT).side(Side::Centre).height(Height::Top);
    scene.words(words.colour(GREY));
    scene.height = bottom + 34.0 + 1.6 * TEXT;
    Figure::new(name, title.to_owned(), format!("{title}: {axis}."), scene)
}

/// What the axis shows on each side of zero: all effects, and intervals as long as they do not dwarf
/// them.
fn reach(rows: &[ForestRow], margin: f64) -> f64 {
    let effects = rows.iter().map(|row| row.percent.abs()).fold(2.0 * margin, f64::max);
    let ends = rows.iter().map(|row| row.low.abs().max(row.high.abs())).fold(effects, f64::max);
    1.08 * ends.min(2.5 * effects).max(0.1)
}

/// The band of the margin, the grid and the numbers below.
fn ground(scene: &mut Scene, scale: &Scale, bottom: f64, margin: Option<f64>) {
    if let Some(margin) = margin {
        let (low, high) = (scale.at(-margin), scale.at(margin));
        scene.area(vec![(low, MARGIN), (high, MARGIN), (high, bottom), (low, bottom)], GREY, 0.12);
    }
    for (tick, label) in scale.ticks() {
        let x = scale.at(tick);
        let colour = if tick == 0.0 { GREY } else { GRID };
        scene.line(vec![(x, MARGIN), (x, bottom)], colour, 1.2);
        let words = Words::new(label, (x, bottom + 10.0), TEXT).side(Side::Centre);
        scene.words(words.height(Height::Top).colour(GREY));
    }
}

fn draw(scene: &mut Scene, scale: &Scale, row: &ForestRow, y: f64) {
    let label = Words::new(&row.label, (scale.left - TEXT, y), TEXT).side(Side::Right);
    let text = Words::new(&row.text, (WIDTH - MARGIN, y), TEXT).side(Side::Right);
    for words in [label, text] {
        scene.words(if row.kind.is_bold() { words.bold() } else { words });
    }
    let (colour, marker) = row.kind.look();
    let (start, end) = (scale.at(row.low), scale.at(row.high));
    scene.line(vec![(start, y), (end, y)], colour, 2.0);
    for (x, value, outwards) in [(start, row.low, -1.0), (end, row.high, 1.0)] {
        if value.abs() <= scale.reach {
            scene.line(vec![(x, y - 4.0), (x, y + 4.0)], colour, 2.0);
        } else {
            // An arrow head: the interval goes on.
            let back = x - outwards * 8.0;
            scene.area(vec![(x, y), (back, y - 5.0), (back, y + 5.0)], colour, 1.0);
        }
    }
    scene.marker(marker, (scale.at(row.percent), y), 5.5, colour);
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_legible;
    use super::*;

    #[test]
    fn rows_of_every_kind_are_legible() {
        let kinds = [RowKind::Lower, RowKind::Higher, RowKind::NotSignificant, RowKind::Pooled];
        let row = |(place, kind): (usize, &RowKind)| {
            let percent = place as f64 * 3.0 - 4.0;
            ForestRow {
                label: format!("a dataset, experiment-{place}"),
                percent,
                low: percent - 1.0,
                high: percent + 60.0 * place as f64,
                text: "−3.4 % [−5.0, −1.8]".to_owned(),
                kind: *kind,
            }
        };
        let rows: Vec<ForestRow> = kinds.iter().enumerate().map(row).collect();
        assert_legible(&claim_forest("claim", "A claim", "difference in %", Some(2.0), &rows));
        assert_legible(&claim_forest("claim", "A claim", "difference in %", Some(2.0), &rows[..1]));
    }

    #[test]
    fn ticks_are_round_and_zero_is_one() {
        let labels = |reach| -> Vec<String> {
            let scale = Scale { left: 0.0, width: 1.0, reach };
            scale.ticks().into_iter().map(|(_, label)| label).collect()
        };
        assert_eq!(labels(4.3), ["−4", "−2", "0", "+2", "+4"]);
        assert_eq!(labels(0.35), ["−0.3", "−0.2", "−0.1", "0", "+0.1", "+0.2", "+0.3"]);
        assert_eq!(labels(27.0), ["−20", "−10", "0", "+10", "+20"]);
    }
}
