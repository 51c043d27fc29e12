//! Sampled evaluation, as the papers describe it: HR@1 among each user's candidates, against K.

use super::chart::{Axis, MARGIN, PAGE, Panel, footer, header, level_room, levels, setting};
use super::figure::{Drawn, Figure};
use super::legend::legend;
use super::over_k::{against_k, bars, baselines, items, series, y_axis};
use super::scene::Scene;
use crate::findings::Findings;

const NAME: &str = "candidates";
const HEIGHT: f64 = 560.0;

pub(crate) fn draw(findings: &Findings) -> Drawn {
    let measure = findings.candidates();
    let metric = findings.name(&measure);
    let negatives = findings.negatives();
    let lines = against_k(findings, &negatives, |group| group.metric(&measure));
    let baselines = baselines(findings, &measure);
    let y = y_axis(format!("test {}", metric), &lines, &baselines).ok_or_else(|| {
        (NAME, format!("no run has a test {} value in sampled evaluation", metric))
    })?;
    let title = format!("{} in sampled evaluation against K", metric);
    let mut scene = Scene::new(PAGE);
    let subtitle = format!(
        "{}. Candidates: the positive and sampled items, the same for every method. {}",
        setting(findings),
        bars(findings)
    );
    let top = header(&mut scene, &title, &subtitle) + Panel::top_room();
    let left = MARGIN + Panel::left_room(&y);
    let width = PAGE - MARGIN - left - level_room(&baselines);
    let x = Axis::negatives(&negatives);
    let panel = Panel { left, top, width, height: HEIGHT, x, y };
    let heading = format!("Test {}, sampled evaluation: higher is better", metric);
    panel.frame(&mut scene, &heading);
    let mut notes = levels(&mut scene, &panel, &baselines);
    if series(&mut scene, &panel, findings, &lines) {
        notes.push("Bars that end without a cap continue beyond the frame.".to_owned());
    }
    let below = legend(&mut scene, top + HEIGHT + Panel::bottom_room() + 10.0, &items(findings));
    footer(&mut scene, below, &notes);
    let caption = format!(
        "Test {} in sampled evaluation, which the papers report. It is easier than full-sort \
         evaluation and can hide a drop that full-sort evaluation shows. {}",
        metric,
        bars(findings)
    );
    Ok(Figure::new(NAME, title, caption, scene))
}
