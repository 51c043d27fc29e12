//! What imported runs do not say, and what follows for the report.

use std::collections::{BTreeMap, BTreeSet};

use prefsweep_store::RunKey;

use super::prepared::Prepared;
use crate::data::Split;
use crate::evaluation::Protocol;

/// A sentence for everything that is not there.
pub(super) fn absent(found: &Prepared, has_references: bool) -> Vec<String> {
    let protocols = |wanted: Protocol| {
        let mut parts = found.evaluations().flat_map(|(_, one)| one.parts.keys());
        parts.any(|(_, protocol)| *protocol == wanted)
    };
    let has_cells = found.evaluations().next().is_some();
    let several =
        found.runs.iter().any(|run| run.evaluations.keys().filter(|step| **step > 0).count() > 1);
    let cells = || found.runs.iter().filter(|run| matches!(run.key, RunKey::Cell(_)));
    let ends: BTreeSet<_> = cells().filter_map(|run| run.evaluations.keys().last()).collect();
    let mut seeds: BTreeMap<_, BTreeSet<u64>> = BTreeMap::new();
    for run in cells() {
        let key = (run.key.loss(), run.key.negatives());
        seeds.entry(key).or_default().insert(run.key.seed());
    }
    let seeds: BTreeSet<_> = seeds.into_values().collect();
    let loss = found.has("loss_normalised");
    let sentences = [
        (
            !has_references,
            "There is no reference (rows of the loss reference, or of step 0): nothing is compared with it, and no \
             change is called a collapse or an improvement, since the margin is a share of the reference's value.",
        ),
        (
            !found.users.contains_key(&Split::Validation),
            "There are no ranks of the validation split: the best K is not chosen, and there is no verdict over K.",
        ),
        (
            !loss && !found.has("loss"),
            "The training loss is not there: whether it falls while ranking gets worse is not known, so that no drop is \
             called a collapse.",
        ),
        (
            !loss && found.has("loss"),
            "The training loss at step 0 is not there, nor the normalised one: losses of different K cannot be \
             compared, so that no drop is called a collapse.",
        ),
        (
            ends.len() > 1,
            "Runs end at different steps: what is compared at the final step was not trained for equally long.",
        ),
        (
            seeds.len() > 1,
            "Not every loss and K has the same seeds: differences are over those that both sides have.",
        ),
        (
            !found.has("kl"),
            "KL from the reference is not there: nothing is compared at equal divergence.",
        ),
        (
            !found.has("validation_loss"),
            "The validation loss is not there: no checkpoint is chosen by it.",
        ),
        (
            has_cells && !several,
            "Every run is evaluated once after its start: nothing is said over training, and nothing at equal steps or \
             negatives.",
        ),
        (
            !protocols(Protocol::Full),
            "There is no full-sort evaluation: what is judged is the ranking among sampled candidates.",
        ),
        (
            found.knows.first_alone,
            "A generated text names one candidate: of the others no order is known, and HR@1 is judged.",
        ),
        (
            !found.knows.competitors,
            "The numbers of competitors are not there: the AUC is not computed.",
        ),
        (!found.knows.ties, "Ties were not counted: every rank is taken as it is."),
    ];
    let always = "Lists of recommended items, baselines and what training cost are not there.";
    let said = sentences.into_iter().filter(|(is_absent, _)| *is_absent).map(|(_, text)| text);
    said.chain([always]).map(str::to_owned).collect()
}
