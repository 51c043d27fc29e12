//! The matrix of claims by datasets, the comparisons of a claim, and `claims.csv`.

use super::effect::Pooled;
use super::numbers::Numbers;
use super::outcome::{Bearing, Outcome};
use super::results::{AtReading, ClaimResult, InExperiment, Made, OnDataset, Results};
use crate::grid::{Entry, Grid};
use crate::numbers::{NOTHING, p_value, plain};
use crate::reading::{FROM_START_NOTE, start_mark};

/// A row per claim, a column per dataset, and the pooled effect: of the claims about what was trained in another domain, or
/// of all others. None without a dataset of that kind.
pub(super) fn matrix(results: &Results, across_domains: bool) -> Option<Grid> {
    let places = results.across_domains.iter().enumerate();
    let places = places.filter(|(_, across)| **across == across_domains);
    let places: Vec<usize> = places.map(|(place, _)| place).collect();
    if places.is_empty() {
        return None;
    }
    let claims = results.claims.iter();
    let claims: Vec<&ClaimResult> =
        claims.filter(|found| found.claim.is_across_domains() == across_domains).collect();
    let mut header = vec!["claim".to_owned()];
    header.extend(places.iter().map(|place| results.datasets[*place].clone()));
    let pooled = claims.iter().any(|found| found.pooled.is_some());
    if pooled {
        header.push("pooled".to_owned());
    }
    let row = |found: &&ClaimResult| -> Vec<Entry> {
        let mut row: Vec<Entry> = vec![found.claim.title.into()];
        let tests = found.claim.comparisons.len();
        row.extend(places.iter().map(|place| on_dataset(&found.datasets[*place], tests)));
        if pooled {
            let text = found.pooled.as_ref().map_or(NOTHING.to_owned(), |pooled| pooled.text());
            row.push(text.into());
        }
        row
    };
    let signs = Outcome::ALL.map(|outcome| format!("{} {}", outcome.sign(), outcome.word()));
    let mut caption = format!(
        "Each claim on each dataset, at the end of training: {}. Beside it the change in % that it is \
         about (of test {} unless it names something else) in the largest experiment that says so, or how many of several \
         comparisons support it; in parentheses how many of its experiments say so by themselves, where not all do.",
        signs.join(", "),
        results.measure
    );
    if pooled {
        caption.push_str(
            " Pooled: random-effects mean of the (first) change over datasets, with its 95 % interval.",
        );
    }
    let words = header.len();
    let rows = claims.iter().map(row).collect();
    let name = if across_domains { "claims-across-domains" } else { "claims-matrix" };
    Some(Grid { name, caption, header, words, rows })
}

/// The outcome of a claim with so many comparisons.
fn on_dataset(found: &OnDataset, tests: usize) -> Entry {
    if found.outcome == Outcome::NotTestable {
        return found.outcome.sign().into();
    }
    let behind = match (tests, found.agreed_effect, &found.experiments[..]) {
        (1, Some(effect), _) => format!(" {}", effect.short()),
        // Several experiments need not have the same comparisons.
        (2.., _, [only]) => {
            let at = only.at_end();
            format!(" {} of {}", at.that(Bearing::Supports).count(), at.comparisons.len())
        }
        _ => String::new(),
    };
    // Those that are not clear do not stand against the others.
    let tested = found.experiments.iter().filter(|experiment| experiment.is_tested());
    let agree = tested.clone().filter(|one| one.at_end().outcome == found.outcome).count();
    let of = match (agree, tested.count()) {
        (agree, all) if agree < all => format!(" ({agree}/{all})"),
        _ => String::new(),
    };
    let text = format!("{}{behind}{of}", found.outcome.sign());
    Entry { text, bold: matches!(found.outcome, Outcome::Holds | Outcome::DoesNotHold) }
}

/// Every comparison of a claim, wherever it was evaluated.
pub(super) fn comparisons(found: &ClaimResult) -> Grid {
    let header = [
        "dataset",
        "experiment",
        "evaluated at",
        "compared",
        "expected",
        "change [95 % CI]",
        "p (Holm)",
        "says",
    ];
    let mut rows = Vec::new();
    let mut marked = false;
    for (on, experiment) in found.experiments() {
        for at in &experiment.readings {
            marked |= at.comparisons.iter().any(|made| made.from_start);
            rows.extend(at.comparisons.iter().map(|made| row(on, experiment, at, made)));
        }
    }
    let caption = if marked { FROM_START_NOTE.to_owned() } else { String::new() };
    let header = header.map(str::to_owned).to_vec();
    Grid { name: "claim-comparisons", caption, header, words: 5, rows }
}

fn row(on: &OnDataset, experiment: &InExperiment, at: &AtReading, made: &Made) -> Vec<Entry> {
    let mark = start_mark(made.from_start);
    let effect = made.effect.map_or(NOTHING.to_owned(), |effect| effect.text());
    let k = match made.before_k == made.after_k {
        true => format!("K = {}", made.after_k),
        false => format!("K = {} → {}", made.before_k, made.after_k),
    };
    vec![
        on.dataset.as_str().into(),
        experiment.experiment.as_str().into(),
        at.reading.title().into(),
        format!("{}, {k}", made.name).into(),
        made.expected.words().into(),
        format!("{effect}{mark}").into(),
        p_value(made.numbers.change.p_holm).into(),
        Entry { text: made.bearing.word().to_owned(), bold: made.bearing != Bearing::Unclear },
    ]
}

/// Every comparison with its numbers, in percent of the side before where it says so.
pub(super) fn numbers(results: &Results) -> Grid {
    let comparison = [
        "claim",
        "source",
        "dataset",
        "outcome_on_dataset",
        "experiment",
        "evaluated_at",
        "outcome",
        "condition_met",
        "compared",
        "expected",
        "says",
        "after",
        "after_k",
        "before",
        "before_k",
    ];
    let judged = [
        "margin",
        "percent",
        "percent_low",
        "percent_high",
        "percent_error",
        "from_start",
        "pooled_percent",
        "pooled_low",
        "pooled_high",
        "pooled_p",
        "pooled_between",
        "pooled_inconsistency",
    ];
    let header = [&comparison[..], &Numbers::COLUMNS, &judged].concat();
    let mut rows: Vec<Vec<Entry>> = Vec::new();
    for claim in &results.claims {
        for (on, experiment) in claim.experiments() {
            for at in &experiment.readings {
                let made = at.comparisons.iter();
                rows.extend(made.map(|made| numbers_of(claim, on, experiment, at, made)));
            }
        }
    }
    let header = header.into_iter().map(str::to_owned).collect();
    Grid { name: "claims", caption: String::new(), header, words: 6, rows }
}

fn numbers_of(
    claim: &ClaimResult,
    on: &OnDataset,
    experiment: &InExperiment,
    at: &AtReading,
    made: &Made,
) -> Vec<Entry> {
    let yes = |given: bool| if given { "yes" } else { "no" };
    let mut row: Vec<String> = [
        claim.claim.id,
        claim.claim.source,
        &on.dataset,
        on.outcome.word(),
        &experiment.experiment,
        at.reading.title(),
        at.outcome.word(),
        at.condition_met.map_or("", yes),
        made.name,
        &made.expected.words(),
        made.bearing.word(),
    ]
    .map(str::to_owned)
    .to_vec();
    row.extend([made.after.to_string(), made.after_k.to_string()]);
    row.extend([made.before.to_string(), made.before_k.to_string()]);
    row.extend(made.numbers.columns());
    row.push(plain(made.margin));
    let percents =
        made.effect.map(|effect| [effect.percent, effect.low, effect.high, effect.error]);
    row.extend(percents.map_or([None; 4], |numbers| numbers.map(Some)).map(plain));
    row.push(if made.from_start { "yes" } else { "" }.to_owned());
    let pooled = claim.pooled.map(|pooled| {
        let Pooled { percent, low, high, p, between, inconsistency, .. } = pooled;
        [percent, low, high, p, between, inconsistency]
    });
    row.extend(pooled.map_or([None; 6], |numbers| numbers.map(Some)).map(plain));
    row.into_iter().map(Entry::from).collect()
}
