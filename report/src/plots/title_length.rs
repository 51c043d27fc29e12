//! Length of the titles that policies recommend, against K, with the reference's.

use super::chart::{Axis, Level, MARGIN, PAGE, Panel, footer, header, level_room, levels, setting};
use super::figure::{Drawn, Figure};
use super::legend::legend;
use super::over_k::{Lines, against_k, bars, items, reference_start, series, y_axis};
use super::scene::Scene;
use crate::findings::Findings;

const NAME: &str = "title_length";
const HEIGHT: f64 = 480.0;

/// Column and heading.
const LENGTHS: [(&str, &str); 2] = [
    ("candidate_length", "Most probable candidate"),
    ("expected_length", "Expected of a drawn title"),
];

/// The figure; none where no policy writes titles.
pub(crate) fn draw(findings: &Findings) -> Option<Drawn> {
    let negatives = findings.negatives();
    let panel = |(column, heading): (&str, &'static str)| {
        let lines = against_k(findings, &negatives, |group| group.training(column));
        let reference: Vec<Level> = reference_start(findings, column).into_iter().collect();
        let y = y_axis("tokens, the end included".to_owned(), &lines, &reference)?;
        Some((heading, lines, reference, y))
    };
    let panels: Vec<(&str, Lines, Vec<Level>, Axis)> =
        LENGTHS.into_iter().filter_map(panel).collect();
    if panels.is_empty() {
        return None;
    }
    let title = "Length of recommended titles against K".to_owned();
    let mut scene = Scene::new(PAGE);
    let subtitle = format!(
        "{}. After the users' validation histories, end of training. {}",
        setting(findings),
        bars(findings)
    );
    let top = header(&mut scene, &title, &subtitle) + Panel::top_room();
    let cell = (PAGE - 2.0 * MARGIN) / panels.len() as f64;
    let mut notes = Vec::new();
    let mut cut = false;
    for (position, (heading, lines, reference, y)) in panels.into_iter().enumerate() {
        let room = Panel::left_room(&y);
        let x = Axis::negatives(&negatives);
        let left = MARGIN + position as f64 * cell + room;
        let width = cell - room - 22.0 - level_room(&reference);
        let panel = Panel { left, top, width, height: HEIGHT, x, y };
        panel.frame(&mut scene, heading);
        notes.extend(levels(&mut scene, &panel, &reference));
        cut |= series(&mut scene, &panel, findings, &lines);
    }
    let below = legend(&mut scene, top + HEIGHT + Panel::bottom_room() + 10.0, &items(findings));
    if cut {
        notes.push("Bars that end without a cap continue beyond the frame.".to_owned());
    }
    footer(&mut scene, below, &notes);
    let caption = format!(
        "Mean number of tokens of the title that a policy finds most probable among a user's candidates, and of \
         titles of the catalogue that are drawn with its probabilities. Below the reference's line a loss has made \
         recommended titles shorter, above it longer. {}",
        bars(findings)
    );
    Some(Ok(Figure::new(NAME, title, caption, scene)))
}
