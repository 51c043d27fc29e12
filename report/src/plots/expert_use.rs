//! How much the experts of the references are used: a bar for every block, divided among its experts.

use super::chart::{MARGIN, PAGE, footer, header, setting};
use super::figure::{Drawn, Figure};
use super::palette::{GREY, WHITE, sequential};
use super::scene::{Scene, Side, Words, text_width, wrap};
use crate::experts::BlockUse;
use crate::findings::Findings;

const NAME: &str = "expert_use";
const TEXT: f64 = 22.0;
const BAR: f64 = 44.0;
const GAP: f64 = 14.0;
/// Width that labels may take, as a share of the page's.
const LABELS: f64 = 0.4;

/// The figure; none where no model has experts.
pub(crate) fn draw(findings: &Findings) -> Option<Drawn> {
    let uses = &findings.experts;
    if uses.is_empty() {
        return None;
    }
    let title = "Use of experts by the reference".to_owned();
    let mut scene = Scene::new(PAGE);
    let subtitle = format!(
        "{}. Share of a block's positions that each expert has, the most used first. Mean over seeds.",
        setting(findings)
    );
    let mut y = header(&mut scene, &title, &subtitle);
    let labels: Vec<Vec<String>> =
        uses.iter().map(|found| wrap(&label(found), TEXT, false, LABELS * PAGE)).collect();
    let widths = labels.iter().flatten().map(|line| text_width(line, TEXT, false));
    let left = MARGIN + widths.fold(0.0, f64::max) + TEXT;
    let width = PAGE - MARGIN - left;
    for (found, label) in uses.iter().zip(&labels) {
        let height = BAR.max(label.len() as f64 * 1.25 * TEXT);
        let first = y + height / 2.0 - (label.len() - 1) as f64 * 0.625 * TEXT;
        for (line, words) in label.iter().enumerate() {
            let at = (left - 0.7 * TEXT, first + line as f64 * 1.25 * TEXT);
            scene.words(Words::new(words, at, TEXT).side(Side::Right));
        }
        bar(&mut scene, found, (left, y + (height - BAR) / 2.0), width);
        y += height + GAP;
    }
    footer(
        &mut scene,
        y,
        &["Dashed: where the bars would be divided if all experts were used evenly.".into()],
    );
    let caption = "Share of a block's positions that each expert of the reference has, after the users' \
                   validation histories, the most used expert first; mean over seeds. Dashed lines: all \
                   experts used evenly."
        .to_owned();
    Some(Ok(Figure::new(NAME, title, caption, scene)))
}

fn label(found: &BlockUse) -> String {
    format!("{}, block {}", found.reference, found.block + 1)
}

fn bar(scene: &mut Scene, found: &BlockUse, (left, top): (f64, f64), width: f64) {
    let experts = found.shares.len();
    let mut from = left;
    for (place, share) in found.shares.iter().enumerate() {
        let to = from + share * width;
        let corners = vec![(from, top), (to, top), (to, top + BAR), (from, top + BAR)];
        // From dark to light, since the first has most.
        scene.area(corners, sequential(experts - 1 - place, experts), 1.0);
        let text = format!("{:.0} %", 100.0 * share);
        if text_width(&text, TEXT, true) + 0.4 * TEXT < to - from {
            let at = ((from + to) / 2.0, top + BAR / 2.0);
            let colour = if 2 * place < experts { WHITE } else { super::palette::INK };
            scene.words(Words::new(text, at, TEXT).bold().side(Side::Centre).colour(colour));
        }
        from = to;
    }
    for even in 1..experts {
        let x = left + width * even as f64 / experts as f64;
        scene.dashed(vec![(x, top - 5.0), (x, top + BAR + 5.0)], GREY, 2.0, Some((7.0, 5.0)));
    }
}
