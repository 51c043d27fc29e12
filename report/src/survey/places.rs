//! Where a conclusion is significant and where not, in words.

use prefsweep_store::axis_values;

use super::conclusions::{Conclusion, Finding, Outcome, mark};
use super::standing::Count;
use crate::page::{Prose, prose};
use crate::reading::Reading;

/// So many settings are named.
const NAMED: usize = 2;

/// The experiments by outcome at the end of training, and how often it is significant in the other
/// analyses.
pub(super) fn bullet(conclusion: &Conclusion, findings: &[Finding<'_>]) -> Prose {
    let at_end: Vec<&Finding<'_>> = at_end(findings).collect();
    let end = Count::of(conclusion, at_end.iter().copied());
    let mut text = prose!(
        "**{}**: significant at the end of training in {} of {} experiments and settings",
        conclusion.sentence(),
        end.shown,
        end.all
    );
    let outcomes = [
        (Outcome::Shown, Prose::from("in")),
        (Outcome::Opposite, prose!("**the opposite** in")),
        (Outcome::NotShown, Prose::from("n.s. in")),
    ];
    let places = outcomes.into_iter().filter_map(|(outcome, how)| {
        Some(prose!("{} {}", how, places(conclusion, &at_end, outcome)?))
    });
    let places = Prose::join(places, "; ");
    if !places.is_empty() {
        text.push(prose!(" ({})", places));
    }
    let others = Reading::ALL.into_iter().filter(|reading| *reading != Reading::End);
    let others = others.filter_map(|reading| {
        let here = || findings.iter().filter(|finding| finding.reading == reading);
        let count = Count::of(conclusion, here());
        (count.all > 0).then(|| prose!("{}{} {}", counted(count), mark(here()), reading.when()))
    });
    let others = Prose::join(others, "; ");
    if !others.is_empty() {
        text.push(prose!(". Other analyses: {}", others));
    }
    text.push(".");
    text
}

/// The comparisons at the end of training.
pub(super) fn at_end<'f, 'a>(
    findings: &'f [Finding<'a>],
) -> impl Iterator<Item = &'f Finding<'a>> + use<'f, 'a> {
    findings.iter().filter(|finding| finding.reading == Reading::End)
}

/// `3 of 6 (1 the opposite)`.
pub(super) fn counted(count: Count) -> String {
    let opposite = match count.opposite {
        0 => String::new(),
        opposite => format!(" ({opposite} the opposite)"),
    };
    format!("{} of {}{opposite}", count.shown, count.all)
}

/// The experiments with an outcome, with how many of their comparisons have it.
fn places(conclusion: &Conclusion, findings: &[&Finding<'_>], outcome: Outcome) -> Option<String> {
    let mut experiments: Vec<&str> = Vec::new();
    for finding in findings {
        if !experiments.contains(&finding.experiment) {
            experiments.push(finding.experiment);
        }
    }
    let name = |experiment: &str| {
        let here: Vec<_> = findings.iter().filter(|f| f.experiment == experiment).collect();
        let with: Vec<_> = here.iter().filter(|f| conclusion.outcome(f) == outcome).collect();
        match (with.len(), here.len()) {
            (0, _) => None,
            (_, 1) => Some(experiment.to_owned()),
            (some, all) if some <= NAMED && some < all => {
                let settings: Vec<String> = with.iter().map(|finding| setting(finding)).collect();
                Some(format!("{experiment} {some} of {all} ({})", settings.join(" and ")))
            }
            (some, all) => Some(format!("{experiment} {some} of {all}")),
        }
    };
    let names: Vec<String> = experiments.into_iter().filter_map(name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// What sets a comparison apart from others of its experiment.
fn setting(finding: &Finding<'_>) -> String {
    let series = finding.after.series.iter();
    let axes: Vec<String> = series.flat_map(|series| axis_values(&series.axes)).collect();
    if axes.is_empty() { finding.after.label() } else { axes.join(", ") }
}
