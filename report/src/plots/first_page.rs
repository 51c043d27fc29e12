//! The three figures of the first page, for any paper.

use std::fs;
use std::path::{Path, PathBuf};

use super::figure::{Drawn, Figure};
use super::paper::{Paper, PaperWidth};
use super::scene::Scene;
use super::{forest, matrix, paired, pdf};
use crate::effects::Effect;
use crate::error::ReportError;
use crate::findings::Findings;
use crate::numbers::whole_percent;
use crate::verdict::Verdicts;

/// What the figures are made of.
#[derive(Clone, Copy)]
pub(crate) struct Tested<'a> {
    pub(crate) findings: &'a Findings,
    pub(crate) verdicts: &'a Verdicts,
    pub(crate) effects: &'a [Effect<'a>],
}

/// A figure as it is drawn for a paper.
pub(super) type Draw = fn(Tested<'_>, Paper) -> Option<Scene>;

/// Their names, in the order of the page.
pub(super) const ALL: [(&str, Draw); 3] = [
    ("forest", |tested, paper| forest::scene(tested.effects, tested.verdicts, paper)),
    ("matrix", |tested, paper| matrix::scene(tested.effects, tested.verdicts, paper)),
    ("paired", |tested, paper| paired::scene(tested.verdicts, tested.findings, paper)),
];

/// The figures of a page on a screen.
pub(super) fn draw(tested: Tested<'_>) -> [Drawn; 3] {
    let measure = &tested.verdicts.measure;
    let words = [forest_words(tested), matrix_words(measure), paired_words(tested)];
    let labels = ["Figure 1", "Figure 2", "Figure 3"];
    let mut parts = ALL.into_iter().zip(words).zip(labels);
    std::array::from_fn(|_| {
        let (((name, draw), (title, caption)), label) = parts.next().expect("three of each");
        let one_k = name == "paired"
            && tested.verdicts.losses.iter().all(|loss| loss.smallest_k == loss.largest_k);
        let reason = if one_k { "there is a single K" } else { "no difference was tested" };
        let missing = || (name, reason.to_owned());
        let scene = draw(tested, Paper::SCREEN).ok_or_else(missing)?;
        let narrow = draw(tested, Paper::PHONE);
        Ok(Figure { label: Some(label), narrow, ..Figure::new(name, title, caption, scene) })
    })
}

/// Writes every figure that can be drawn as `<name>-<width>.pdf`.
pub(crate) fn write_for_paper(
    tested: Tested<'_>,
    width: PaperWidth,
    dir: &Path,
) -> Result<Vec<PathBuf>, ReportError> {
    let mut written = Vec::new();
    for (name, draw) in ALL {
        let Some(scene) = draw(tested, width.paper()) else { continue };
        let path = dir.join(format!("{name}-{}.pdf", width.name()));
        let title = format!("{name}, {}", tested.verdicts.experiment);
        let file = pdf::file_of(&scene, &title);
        let fail = |message| ReportError::Plot { path: path.clone(), message };
        fs::write(&path, file.map_err(fail)?).map_err(ReportError::write(&path))?;
        written.push(path);
    }
    Ok(written)
}

fn forest_words(tested: Tested<'_>) -> (String, String) {
    let Tested { verdicts, effects, .. } = tested;
    let left_out = forest::shown(effects, verdicts.rules.alpha).left_out;
    let caption = format!(
        "Paired differences of test {} at the final step, in % of the baseline, with 95 % intervals over \
         seeds and users. Filled: significant after Holm's correction. Grey band: margin of \
         indifference, ±{} % of the reference. K* is best on validation; where that is the largest K, \
         the smallest is compared.{left_out}",
        verdicts.measure,
        whole_percent(verdicts.rules.margin_share)
    );
    (format!("Paired differences of test {} with 95 % intervals", verdicts.measure), caption)
}

fn matrix_words(measure: &str) -> (String, String) {
    let caption = format!(
        "The comparisons of Figure 1 at each evaluation point, difference of test {measure} in %: does a finding \
         depend on where training is evaluated? Coloured: significant after Holm's correction."
    );
    ("Paired differences by evaluation point".to_owned(), caption)
}

fn paired_words(tested: Tested<'_>) -> (String, String) {
    let measure = &tested.verdicts.measure;
    let all = paired::with_curves(tested.verdicts).count();
    let few = match all > paired::MOST_PANELS {
        true => format!(" The first {} of {all} losses.", paired::MOST_PANELS),
        false => String::new(),
    };
    let caption = format!(
        "Test {measure} at each K minus that at K*, in %, paired by seed and user (95 % intervals), and \
         the training loss of the same runs, 1 at its start.{few}"
    );
    (format!("Paired difference of test {measure} to K* over K, and training loss"), caption)
}
