//! The page: where each claim holds, then each claim with its figure and comparisons.

use super::claim::{Combine, PaperClaim};
use super::outcome::{Bearing, Outcome};
use super::results::{ClaimResult, InExperiment, Results};
use super::tables::{comparisons, matrix};
use crate::distinct::distinct;
use crate::links::Linked;
use crate::numbers::{p_relation, plural, whole_percent};
use crate::page::{Block, Prose, prose, set_apart};
use crate::plots::{Figure, ForestRow, RowKind, claim_forest};
use crate::verdict::Rules;

/// The heading.
pub(super) const TITLE: &str = "Claims of the literature";

/// The whole page.
pub(super) fn page(
    results: &Results,
    rules: &Rules,
    figures: &[Option<Figure>],
    links: &[Linked],
) -> Vec<Block> {
    let mut page = vec![Block::heading(1, TITLE), about(results, links).into()];
    page.push(Block::List(standings(results)));
    page.push(Block::Folded {
        title: "Experiments".into(),
        blocks: vec![Block::List(links.iter().map(Linked::prose).collect())],
    });
    page.push(Block::heading(2, "Claims by datasets"));
    for across_domains in [false, true] {
        let Some(matrix) = matrix(results, across_domains) else { continue };
        let caption = match across_domains {
            false => prose!("{}", matrix.caption),
            true => "The same of what was trained in another domain than it is tested in.".into(),
        };
        page.push(caption.into());
        page.push(Block::table(matrix));
    }
    page.push(Block::Folded {
        title: "How a claim is judged".into(),
        blocks: vec![Block::List(rules_of_judging(rules))],
    });
    page.push(Block::heading(2, "Each claim"));
    page.push(
        prose!(
            "Figures: paired differences at the end of training with 95 % intervals; filled: significant \
             after Holm's correction in its experiment; band: margin of indifference; diamond: pooled."
        )
        .into(),
    );
    for (found, figure) in results.claims.iter().zip(figures) {
        if found.is_tested() {
            page.push(Block::heading(3, found.claim.title));
            page.extend(claim(found, figure.clone(), links));
        }
    }
    page.push(prose!("All numbers: [claims.csv](claims.csv), [claims.json](claims.json).").into());
    set_apart(&mut page);
    page
}

fn about(results: &Results, links: &[Linked]) -> Prose {
    prose!(
        "Test {}, from the reports of {} on {}.",
        results.measure,
        plural(links.len(), "experiment"),
        plural(results.datasets.len(), "dataset")
    )
}

/// The claims by where they hold.
fn standings(results: &Results) -> Vec<Prose> {
    const STANDINGS: [&str; 7] = [
        "Holds on every dataset that tests it",
        "Holds on some datasets, inconclusive on others",
        "Holds on some datasets, does not hold on others",
        "Does not hold on some datasets, inconclusive on others",
        "Holds on no dataset that tests it",
        "Inconclusive",
        "Not testable here",
    ];
    let standing = |found: &ClaimResult| {
        let any = |outcome| found.datasets.iter().any(|on| on.outcome == outcome);
        let [holds, fails, unclear] =
            [Outcome::Holds, Outcome::DoesNotHold, Outcome::Inconclusive].map(any);
        match (holds, fails, unclear) {
            (true, false, false) => 0,
            (true, false, true) => 1,
            (true, true, _) => 2,
            (false, true, true) => 3,
            (false, true, false) => 4,
            (false, false, true) => 5,
            (false, false, false) => 6,
        }
    };
    let item = |(place, title): (usize, &str)| {
        let here = results.claims.iter().filter(|found| standing(found) == place);
        let names: Vec<&str> = here.map(|found| found.claim.title).collect();
        (!names.is_empty()).then(|| prose!("**{}**: {}.", title, names.join("; ")))
    };
    STANDINGS.into_iter().enumerate().filter_map(item).collect()
}

fn rules_of_judging(rules: &Rules) -> Vec<Prose> {
    vec![
        prose!(
            "A comparison *supports* a claim if it is significant in the expected direction: p after \
             Holm's correction within its experiment below {} and the 95 % interval on one side of zero.",
            rules.alpha
        ),
        prose!(
            "It *contradicts* it if it is significant the other way, or if its interval holds zero and lies \
             within the margin of indifference ({} % of the reference's value). Otherwise it is \
             *unclear*. What is expected not to be higher is supported by significantly lower or by \
             equivalent, and contradicted by higher beyond the margin only.",
            whole_percent(rules.margin_share)
        ),
        "A claim with several comparisons holds if all support it, and does not hold if one contradicts it; an \
         experiment without all of them does not test it. For the one claim about any loss, one \
         suffices, and it does not hold where all of them contradict it."
            .into(),
        "Experiments on one dataset have to agree; they may share runs. Settings on axes (beta, learning rate, \
         samplers) do not count, and are counted beside it: a claim is about the setting that an experiment \
         fixes. Where a claim compares values of an axis (experts, users trained on), the experiment's first \
         setting of the others counts."
            .into(),
        "Pooled: DerSimonian and Laird's random effects with Hartung and Knapp's interval, of the change in percent \
         of the first comparison, one experiment per dataset (the most seeds, then users, then numbers of negatives). Over few datasets the \
         interval is wide. Nothing is corrected over claims."
            .into(),
    ]
}

/// A claim: what it says, where it holds, the forest, the comparisons.
fn claim(found: &ClaimResult, figure: Option<Figure>, links: &[Linked]) -> Vec<Block> {
    let PaperClaim { sentence, source, condition, combine, comparisons: tests, .. } = found.claim;
    let tests = tests.iter().map(|test| format!("{} ({})", test.name, test.expected.words()));
    let tests: Vec<String> = tests.collect();
    let how = match (combine, tests.len()) {
        (_, 1) => "Tested by",
        (Combine::All, _) => "Tested by all of",
        (Combine::Any, _) => "Tested by any of",
    };
    let condition =
        condition.map_or(String::new(), |condition| format!(", where {}", condition.words()));
    let mut blocks: Vec<Block> = vec![
        prose!("{} ({}). {}: {}{}.", sentence, origin(source), how, tests.join("; "), condition)
            .into(),
        outcomes(found, links).into(),
    ];
    blocks.extend(robustness(found, links).map(Block::from));
    blocks.extend(figure.map(Block::Figure));
    blocks.push(Block::folded_table("Every comparison", comparisons(found)));
    blocks
}

/// Who says so.
fn origin(source: &str) -> Prose {
    match source {
        "" => prose!("a question of our own"),
        paper => prose!("[arXiv {}](https://arxiv.org/abs/{})", paper, paper),
    }
}

/// What speaks against it in an experiment, where that is one of several comparisons.
fn against(found: &InExperiment) -> Prose {
    let at = found.at_end();
    let against = at.that(Bearing::Contradicts).map(|made| made.name);
    match Prose::list(against).filter(|_| at.comparisons.len() > 1) {
        Some(names) => prose!(", contradicted by {}", names),
        None => Prose::default(),
    }
}

/// In how many settings of the experiments that vary some it holds, and does not.
fn robustness(found: &ClaimResult, links: &[Linked]) -> Option<Prose> {
    let experiments = distinct(found.settings.iter().map(|setting| setting.experiment.as_str()));
    let counts = experiments.into_iter().map(|experiment| {
        let here = || found.settings.iter().filter(move |found| found.experiment == experiment);
        let count = |outcome| here().filter(|found| found.at_end.outcome == outcome).count();
        let linked = links.iter().find(|linked| linked.experiment == experiment);
        prose!(
            "{} of {} ({}; does not hold in {})",
            count(Outcome::Holds),
            here().count(),
            linked.map_or(Prose::from(experiment), Linked::prose),
            count(Outcome::DoesNotHold)
        )
    });
    Prose::list(counts).map(|counts| prose!("With other settings it holds in {}.", counts))
}

/// Where it holds, with the experiments, and the pooled effect.
fn outcomes(found: &ClaimResult, links: &[Linked]) -> Prose {
    let tested = found.datasets.iter().filter(|on| !on.experiments.is_empty());
    let on = tested.map(|on| {
        let experiments = on.experiments.iter().map(|here| {
            let linked = links.iter().find(|linked| linked.experiment == here.experiment);
            let name = linked.map_or(Prose::from(here.experiment.as_str()), Linked::prose);
            prose!("{}{}", name, against(here))
        });
        let experiments = Prose::join(experiments, "; ");
        prose!("{}: **{}** ({})", on.dataset, on.outcome.word(), experiments)
    });
    let mut text = Prose::join(on, "; ");
    if let Some(pooled) = &found.pooled {
        text.push(prose!(
            ". Pooled over {}: {}, {}, I² = {} %",
            plural(pooled.datasets, "dataset"),
            pooled.text(),
            p_relation(pooled.p),
            format!("{:.0}", 100.0 * pooled.inconsistency)
        ));
    }
    text.push(".");
    text
}

/// The forest of each claim, in their order; none where nothing was measured at the end of training.
pub(super) fn figures(results: &Results, rules: &Rules) -> Vec<Option<Figure>> {
    results.claims.iter().map(|found| figure(found, &results.measure, rules)).collect()
}

fn figure(found: &ClaimResult, measure: &str, rules: &Rules) -> Option<Figure> {
    let several = found.claim.comparisons.len() > 1;
    let mut rows = Vec::new();
    for (on, here) in found.experiments() {
        for made in &here.at_end().comparisons {
            let Some(effect) = made.effect else { continue };
            let what = if several { format!(": {}", made.name) } else { String::new() };
            let kind = match made.significant(rules.alpha) {
                false => RowKind::NotSignificant,
                true if effect.percent < 0.0 => RowKind::Lower,
                true => RowKind::Higher,
            };
            rows.push(ForestRow {
                label: format!("{}{what}", place(&on.dataset, &here.experiment)),
                percent: effect.percent,
                low: effect.low,
                high: effect.high,
                text: effect.text(),
                kind,
            });
        }
    }
    if rows.is_empty() {
        return None;
    }
    rows.extend(found.pooled.as_ref().map(|pooled| ForestRow {
        label: match several {
            true => format!("pooled: {}", found.claim.comparisons[0].name),
            false => "pooled".to_owned(),
        },
        percent: pooled.percent,
        low: pooled.low,
        high: pooled.high,
        text: pooled.text(),
        kind: RowKind::Pooled,
    }));
    let axis = match found.claim.quantities()[..] {
        [None] => format!("paired difference of test {measure}, %"),
        [Some(quantity)] => format!("paired difference of {}, %", quantity.title()),
        _ => "paired difference, %".to_owned(),
    };
    // Of the measure alone: nobody has said which change of a time or a length is indifferent.
    let of_measure = found.claim.quantities().iter().all(Option::is_none);
    let margin = of_measure.then_some(100.0 * rules.margin_share);
    Some(claim_forest(found.claim.id, found.claim.title, &axis, margin, &rows))
}

/// `ml-1m`, or with the experiment where that has another name.
fn place(dataset: &str, experiment: &str) -> String {
    if dataset == experiment { dataset.to_owned() } else { format!("{dataset}, {experiment}") }
}
