//! A legend below the panels, in as many rows as it needs.

use super::chart::MARGIN;
use super::marker::Marker;
use super::palette::{GREY, Rgb};
use super::scene::{Scene, Words, text_width};

const SIZE: f64 = 23.0;
const SAMPLE: f64 = 62.0;
const GAP: f64 = 40.0;
const ROW: f64 = 42.0;

/// How a line at the reference is dashed.
pub(crate) const REFERENCE_DASH: (f64, f64) = (16.0, 8.0);

/// One entry.
pub(crate) struct Item {
    pub(crate) label: String,
    pub(crate) colour: Rgb,
    pub(crate) marker: Option<Marker>,
    pub(crate) dash: Option<(f64, f64)>,
    pub(crate) width: f64,
}

impl Item {
    /// The name of the reference's line.
    pub(crate) const REFERENCE: &'static str = "reference";

    /// What lines of so many negatives are called.
    pub(crate) fn of_k(negatives: usize) -> String {
        format!("K = {negatives}")
    }

    /// The dashed line of the reference.
    pub(crate) fn reference() -> Self {
        Self {
            label: Self::REFERENCE.to_owned(),
            colour: GREY,
            marker: None,
            dash: Some(REFERENCE_DASH),
            width: 2.0,
        }
    }
}

/// Draws the entries from left to right, wrapping; gives the height below them.
pub(crate) fn legend(scene: &mut Scene, top: f64, items: &[Item]) -> f64 {
    let (mut x, mut y) = (MARGIN, top + ROW / 2.0);
    for item in items {
        let width = SAMPLE + 12.0 + text_width(&item.label, SIZE, false);
        if x > MARGIN && x + width > scene.width - MARGIN {
            (x, y) = (MARGIN, y + ROW);
        }
        scene.entry(&item.label, |scene| {
            scene.dashed(vec![(x, y), (x + SAMPLE, y)], item.colour, item.width, item.dash);
            if let Some(marker) = item.marker {
                scene.marker(marker, (x + SAMPLE / 2.0, y), 9.0, item.colour);
            }
            scene.words(Words::new(&item.label, (x + SAMPLE + 12.0, y), SIZE));
        });
        x += width + GAP;
    }
    y + ROW / 2.0
}
