//! A histogram of counts, for the description of a dataset.

use std::path::{Path, PathBuf};

use super::chart::{Axis, MARGIN, PAGE, Panel, footer, header};
use super::figure::Figure;
use super::palette::{BLUE, GREY};
use super::scene::{Height, Scene, Side, Words};
use crate::error::ReportError;
use crate::numbers::count;

const HEIGHT: f64 = 520.0;
/// Share of its place that a bar leaves free on each side.
const GAP: f64 = 0.06;
const LABEL: f64 = 20.0;

/// A histogram as it is to be drawn.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// Name of the files, without ending.
    pub name: &'static str,
    /// Headline.
    pub title: String,
    /// What it was made of.
    pub subtitle: String,
    /// What the bars range over.
    pub x: &'static str,
    /// What is counted.
    pub y: &'static str,
    /// Label and count of each bar.
    pub bars: Vec<(String, u64)>,
}

/// Writes `<name>.svg` and `<name>.png` into a folder, which is made where it is missing.
///
/// # Errors
/// When there is nothing to draw, or a file cannot be written.
pub fn write_histogram(histogram: &Histogram, dir: &Path) -> Result<[PathBuf; 2], ReportError> {
    std::fs::create_dir_all(dir).map_err(ReportError::write(dir))?;
    draw(histogram).write(dir)
}

fn draw(histogram: &Histogram) -> Figure {
    let Histogram { title, bars, .. } = histogram;
    let mut scene = Scene::new(PAGE);
    let top = header(&mut scene, title, &histogram.subtitle) + Panel::top_room();
    let most = bars.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let y = Axis::from_zero(histogram.y, most as f64);
    let x = Axis::labelled(histogram.x, bars.iter().map(|(label, _)| label.clone()));
    let left = MARGIN + Panel::left_room(&y);
    let panel = Panel { left, top, width: PAGE - MARGIN - left, height: HEIGHT, x, y };
    panel.frame(&mut scene, "");
    for (place, (_, number)) in bars.iter().enumerate() {
        let (from, to) = (place as f64 - 0.5 + GAP, place as f64 + 0.5 - GAP);
        let height = *number as f64;
        let corners = [(from, 0.0), (from, height), (to, height), (to, 0.0)];
        scene.area(corners.map(|(x, y)| panel.at(x, y)).to_vec(), BLUE, 0.85);
        let (x, y) = panel.at(place as f64, height);
        let label = Words::new(count(*number), (x, y - LABEL * 1.3), LABEL);
        scene.words(label.side(Side::Centre).height(Height::Top).colour(GREY));
    }
    footer(&mut scene, top + HEIGHT + Panel::bottom_room(), &[]);
    let caption = histogram.subtitle.clone();
    Figure::new(histogram.name, title.clone(), caption, scene)
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_legible;
    use super::*;

    #[test]
    fn bars_are_as_high_as_their_counts_and_texts_are_legible() {
        let bars = [("1", 3_u64), ("2–3", 12), ("4–7", 0), ("8–15", 250_000)];
        let histogram = Histogram {
            name: "popularity",
            title: "Items by number of interactions".into(),
            subtitle: "invented".into(),
            x: "interactions",
            y: "items",
            bars: bars.map(|(label, count)| (label.to_owned(), count)).to_vec(),
        };
        let figure = draw(&histogram);
        assert_legible(&figure);
        let folder = tempfile::tempdir().unwrap();
        for path in write_histogram(&histogram, &folder.path().join("plots")).unwrap() {
            assert!(path.metadata().unwrap().len() > 1000, "{}", path.display());
        }
    }
}
