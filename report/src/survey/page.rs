//! The survey's page: how robust each conclusion is, in sentences and tables made from the verdicts.

use super::comparisons::comparisons;
use super::conclusions::{Conclusion, Finding, conclusions, mark};
use super::counts::counts;
use super::kind::Kind;
use super::places::{at_end, bullet};
use super::side_by_side::{QUESTIONS, section};
use super::standing::{Count, Standing};
use crate::numbers::plural;
use crate::page::{Block, Prose, prose, set_apart};
use crate::reading::FROM_START_NOTE;
use crate::verdict::Verdicts;

/// The heading.
pub(super) const TITLE: &str = "Robustness of the findings";

/// The whole page.
pub(super) fn page(experiments: &[Verdicts]) -> Vec<Block> {
    let conclusions = conclusions(experiments);
    let found: Vec<(&Conclusion, Vec<Finding<'_>>)> = conclusions
        .iter()
        .map(|conclusion| (conclusion, conclusion.findings(experiments)))
        .filter(|(_, findings)| !findings.is_empty())
        .collect();
    let bullets = found.iter().map(|(conclusion, findings)| bullet(conclusion, findings));
    let mut page = vec![Block::heading(1, TITLE), about(experiments).into()];
    page.extend(standings(&found).map(Block::from));
    page.push(Block::List(bullets.collect()));
    let marked = !mark(found.iter().flat_map(|(_, findings)| findings)).is_empty();
    page.extend(marked.then(|| Block::from(Prose::from(FROM_START_NOTE))));
    page.extend([
        Block::heading(2, "How often"),
        prose!(
            "How many comparisons are significant for each conclusion, of how many: first at the end of \
             training, by what the experiments vary, then in the other analyses, over all experiments."
        )
        .into(),
        Block::table(counts(&found)),
    ]);
    page.extend(datasets(experiments));
    page.push(Block::heading(2, "Every comparison"));
    page.extend(found.iter().map(|(conclusion, findings)| {
        Block::folded_table(conclusion.sentence(), comparisons(conclusion, findings))
    }));
    page.push(prose!("All numbers: [survey.csv](survey.csv).").into());
    set_apart(&mut page);
    page
}

/// What is surveyed, and how to take the counts.
fn about(experiments: &[Verdicts]) -> Prose {
    let of = |kind: Kind| {
        let names = experiments.iter().filter(|verdicts| Kind::of(verdicts) == kind);
        Prose::list(names.map(|verdicts| verdicts.experiment.as_str()))
    };
    let kinds =
        Kind::ALL.into_iter().filter_map(|kind| Some(prose!("{} ({})", kind.title(), of(kind)?)));
    prose!(
        "From the verdicts of {}, by what each varies: {}. Differences are of test {}. *Significant* \
         means p after Holm's correction within the experiment below its level and the interval on one \
         side of zero; nothing is pooled or corrected over experiments. A count is no test: settings of \
         one dataset share users and references, and one training run may be part of several \
         experiments. Not significant does not mean that there is no effect.",
        plural(experiments.len(), "experiment"),
        Prose::join(kinds, "; "),
        experiments.first().map_or("", |verdicts| verdicts.measure.as_str())
    )
}

/// The conclusions by how far they carry, with how often each is significant at the end of training.
fn standings(found: &[(&Conclusion, Vec<Finding<'_>>)]) -> impl Iterator<Item = Prose> {
    Standing::ALL.into_iter().filter_map(|standing| {
        let here = found
            .iter()
            .filter(|(conclusion, findings)| Standing::of(conclusion, findings) == standing);
        let names: Vec<String> = here
            .map(|(conclusion, findings)| {
                let Count { shown, opposite, all } = Count::of(conclusion, at_end(findings));
                let opposite = match opposite {
                    0 => String::new(),
                    opposite => format!(", {opposite} the opposite"),
                };
                format!("{} ({shown} of {all}{opposite})", conclusion.sentence())
            })
            .collect();
        match names.as_slice() {
            [] if standing == Standing::Everything => {
                Some(prose!("**{}**: none.", standing.title()))
            }
            [] => None,
            names => Some(prose!("**{}**: {}.", standing.title(), names.join("; "))),
        }
    })
}

/// The claims of the experiments that vary nothing but data, a column for each.
fn datasets(experiments: &[Verdicts]) -> Vec<Block> {
    let datasets = experiments.iter().filter(|verdicts| Kind::of(verdicts) == Kind::Datasets);
    let datasets: Vec<Verdicts> = datasets.cloned().collect();
    if datasets.len() < 2 {
        return Vec::new();
    }
    let mut blocks = vec![Block::heading(2, "Datasets side by side")];
    blocks.extend(QUESTIONS.into_iter().flat_map(|asked| section(&datasets, asked)));
    blocks
}
