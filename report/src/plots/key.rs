//! A line or two below a figure that say what its signs mean.

use super::marker::{Fill, Form, Marker};
use super::palette::{BAND, GREY, Rgb};
use super::paper::Paper;
use super::scene::{Height, Scene, Words, text_width};

/// What stands before an explanation.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sign {
    /// A point with its interval.
    Dot(Fill, Rgb),
    /// The band of the margin.
    Band,
    /// A line of strokes.
    Dashes(Rgb),
    /// A coloured cell.
    Cell(Rgb),
    /// Nothing: the explanation names its sign.
    Bare,
}

/// The marker of every difference.
pub(crate) fn dot(fill: Fill) -> Marker {
    Marker { form: Form::Disc, fill }
}

/// Strokes and gaps of the second quantity of a panel.
pub(crate) fn dashes(paper: Paper) -> (f64, f64) {
    (0.45 * paper.text, 0.3 * paper.text)
}

/// Draws the explanations from left to right, as many to a line as fit; gives the height below them.
pub(crate) fn key(scene: &mut Scene, paper: Paper, top: f64, items: &[(Sign, String)]) -> f64 {
    let text = paper.text;
    let (mut x, mut y) = (paper.margin(), top + 0.7 * text);
    for (sign, words) in items {
        let sample = if matches!(sign, Sign::Bare) { 0.0 } else { 2.0 * text };
        let width = sample + text_width(words, text, false);
        if x > paper.margin() && x + width > paper.width - paper.margin() {
            (x, y) = (paper.margin(), y + 1.45 * text);
        }
        let middle = (x + 0.75 * text, y);
        let half = 0.32 * text;
        let corners = |wide: f64| {
            let (left, right) = (middle.0 - wide, middle.0 + wide);
            vec![(left, y - half), (right, y - half), (right, y + half), (left, y + half)]
        };
        match sign {
            Sign::Dot(fill, colour) => {
                let ends = vec![(x, y), (x + 1.5 * text, y)];
                scene.line(ends, *colour, 1.5 * paper.hair());
                scene.marker(dot(*fill), middle, 0.27 * text, *colour);
            }
            Sign::Band => scene.area(corners(0.6 * text), BAND, 1.0),
            Sign::Cell(colour) => scene.area(corners(0.6 * text), *colour, 1.0),
            Sign::Dashes(colour) => {
                let ends = vec![(x, y), (x + 1.5 * text, y)];
                scene.dashed(ends, *colour, 1.2 * paper.hair(), Some(dashes(paper)));
            }
            Sign::Bare => {}
        }
        let at = (x + sample, y - 0.365 * text);
        scene.words(Words::new(words, at, text).height(Height::Top).colour(GREY));
        x += width + 1.4 * text;
    }
    y + 0.9 * text
}
