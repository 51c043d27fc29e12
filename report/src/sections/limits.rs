//! What the experiment does not say, in three lines or four, and what its data lacked.

use std::collections::BTreeSet;

use prefsweep_store::{DatasetFacts, Index, axis_name};

use crate::numbers::{count, plural};
use crate::page::{Prose, prose};
use crate::sections::evidence::Evidence;
use crate::verdict::LossVerdict;

/// What was not varied, what was not measured, and how few seeds there are.
pub(super) fn lines(found: &Evidence<'_>) -> Vec<Prose> {
    let mut lines = vec![varied(found), prose!("{}", MEASURED), seeds(found)];
    let data = &found.findings.sweep.index.dataset;
    let people = (!data.people.is_empty()).then(|| people(data));
    lines.extend(people);
    lines
        .extend(data.left_out.as_ref().map(|rows| prose!("Malformed data: {}.", rows.to_string())));
    lines.extend(data.dropped.as_ref().map(|rows| prose!("Preprocessing: {}.", rows.to_string())));
    lines
}

/// Whom tests and intervals take for drawn at random.
fn people(data: &DatasetFacts) -> Prose {
    let (ranked, people) = (data.ranked("test"), data.people.len());
    prose!(
        "The {} tests are of {} at several times: values are means over tests, while errors, intervals and p take the \
         users for drawn at random, each with all tests.",
        count(ranked as u64),
        plural(people, "user")
    )
}

const MEASURED: &str = "Offline only: the rank of one held-out item, not other qualities of a list, nor \
                        how users respond; sampled evaluation uses one candidate list per user.";

fn varied(found: &Evidence<'_>) -> Prose {
    let sweep = &found.findings.sweep;
    let negatives: BTreeSet<usize> =
        sweep.index.cells.iter().map(|cell| cell.key.negatives).collect();
    let negatives = Prose::list(negatives.iter().map(usize::to_string));
    let axes = sweep.axes.keys().map(|axis| Prose::code(axis_name(axis)));
    let varied = ["loss", "K", "seed"].map(Prose::from).into_iter().chain(axes);
    let negatives = negatives.unwrap_or_else(|| "none".into());
    let varied = Prose::list(varied).unwrap_or_default();
    if sweep.index.imported.is_some() {
        return prose!(
            "One dataset, K = {}; what was imported says {} of each run, and not what else differs between them.",
            negatives,
            varied
        );
    }
    prose!(
        "One dataset, one model ({}), K = {}; only {} varied, and other learning rates or numbers of steps \
         may favour other losses.",
        model(&sweep.index),
        negatives,
        varied
    )
}

/// What was trained, in a phrase.
fn model(index: &Index) -> &'static str {
    match index.model.as_deref() {
        Some("titles") => "a small transformer that writes titles",
        // Set only where features are read.
        _ if index.dataset.cold.is_some() => "a small SASRec that reads features of items",
        _ => "a small SASRec over item ids",
    }
}

fn seeds(found: &Evidence<'_>) -> Prose {
    let losses = || found.verdicts.losses.iter();
    let over_k = losses().filter_map(LossVerdict::headline).map(|(_, found)| found);
    let others = losses().flat_map(|loss| [&loss.against_reference, &loss.against_control]);
    let claims = found.verdicts.claims.iter().filter_map(|claim| claim.at_end.as_ref());
    let tested = over_k.chain(others.flatten()).chain(claims);
    let fewest = tested.map(|found| found.seeds).min().unwrap_or(0);
    let caution = match fewest {
        0 => "nothing is tested yet.".to_owned(),
        1 => "intervals and p cover other users, not other training runs: a conclusion may well change \
              with another seed."
            .to_owned(),
        2..5 => "intervals cover seeds and users, and only large differences can be significant."
            .to_owned(),
        _ => "intervals cover seeds and users of this dataset, not other data.".to_owned(),
    };
    let planned = plural(found.findings.sweep.seeds().len(), "seed");
    match found.gaps.len() {
        0 => prose!("{}: {}", planned, caution),
        gaps => prose!("{}, {} missing: {}", planned, plural(gaps, "planned result"), caution),
    }
}
