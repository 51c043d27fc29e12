//! Effective number of negatives, share of saturated positions, and gradient on liked items.

use super::chart::{Axis, MARGIN, PAGE, Panel, footer, header, setting};
use super::figure::{Drawn, Figure};
use super::legend::legend;
use super::over_k::{Lines, against_k, bars, items, series, y_axis};
use super::scene::Scene;
use crate::findings::Findings;

const NAME: &str = "mechanism";
const HEIGHT: f64 = 420.0;

/// Column, heading and title of the axis.
const QUANTITIES: [(&str, &str, &str); 3] = [
    ("effective_negatives", "Effective negatives", "effective number of negatives"),
    ("saturated", "Saturated positions", "fraction of positions"),
    ("false_share", "Gradient on liked items", "fraction of the gradient weight"),
];

pub(crate) fn draw(findings: &Findings) -> Drawn {
    let negatives = findings.negatives();
    let mut notes = Vec::new();
    let panels: Vec<(&str, Lines, Axis)> = QUANTITIES
        .into_iter()
        .filter_map(|(column, heading, title)| {
            let lines = against_k(findings, &negatives, |group| group.training(column));
            let mut means = lines.iter().flat_map(|(_, points)| points.iter().map(|(_, e)| e.mean));
            if lines.iter().any(|(_, points)| !points.is_empty()) && means.all(|mean| mean == 0.0) {
                notes.push(format!("{heading}: none, under every loss and K."));
                return None;
            }
            let axis = y_axis(title.to_owned(), &lines, &[])?;
            Some((heading, lines, axis))
        })
        .collect();
    if panels.is_empty() {
        return Err((NAME, "no run has these quantities recorded".to_owned()));
    }
    let title = "Gradient allocation against K".to_owned();
    let mut scene = Scene::new(PAGE);
    let subtitle = format!("{}. End of training. {}", setting(findings), bars(findings));
    let top = header(&mut scene, &title, &subtitle) + Panel::top_room();
    let cell = (PAGE - 2.0 * MARGIN) / panels.len() as f64;
    let mut cut = false;
    for (position, (heading, lines, y)) in panels.into_iter().enumerate() {
        let room = Panel::left_room(&y);
        let x = Axis::negatives(&negatives);
        let left = MARGIN + position as f64 * cell + room;
        let panel = Panel { left, top, width: cell - room - 22.0, height: HEIGHT, x, y };
        panel.frame(&mut scene, heading);
        cut |= series(&mut scene, &panel, findings, &lines);
    }
    let below = top + HEIGHT + Panel::bottom_room() + 10.0;
    let below = legend(&mut scene, below, &items(findings));
    if cut {
        notes.push("Bars that end without a cap continue beyond the frame.".to_owned());
    }
    footer(&mut scene, below, &notes);
    let caption = format!(
        "Effective negatives: how many negatives of a position share its gradient (inverse Simpson \
         index; K where all weigh the same). Saturated positions: those whose gradient is below \
         1 % of what it would be at policy = reference. Gradient on liked items, on synthetic data: \
         the share of the negatives' gradient that lands on items the user truly likes. {} {}",
        notes.join(" "),
        bars(findings)
    );
    Ok(Figure::new(NAME, title, caption, scene))
}
