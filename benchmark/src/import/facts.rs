//! What the index says of the data and of the metrics.

use prefsweep_store::{DatasetFacts, Direction, Evaluated, MetricFacts};

use super::entries::{Entries, VALID};
use super::mapping::Mapping;
use super::prepared::Prepared;
use super::read::Found;
use super::users::in_order;
use crate::data::Split;
use crate::evaluation::metrics::metric_facts;

/// What is known of the data. Files of the same dataset's name and users are taken to be of the same data.
pub(super) fn dataset(mapping: &Mapping, found: &Found, prepared: &Prepared) -> DatasetFacts {
    let known = &mapping.dataset;
    let name = known.name.clone().unwrap_or_else(|| "imported".into());
    let users = |split| prepared.users.get(&split).map_or(0, Vec::len);
    let (validation, test) = (users(Split::Validation), users(Split::Test));
    let hash = |what: &str| {
        let mut text = format!("{what} {name} {:?}", prepared.users);
        // Users without numbers of their own are 0, 1, 2 …, whoever they are.
        if let Some(names) = in_order(&found.runs.users, &prepared.numbers) {
            text.push_str(&format!(" {names:?}"));
        }
        blake3::hash(text.as_bytes()).to_hex().to_string()
    };
    let files: Vec<&str> = found.files.iter().take(3).map(|file| file.file.as_str()).collect();
    let more = if found.files.len() > files.len() { " and others" } else { "" };
    let source = || {
        format!(
            "ranks of runs that were trained elsewhere, imported from {}{more}",
            files.join(", ")
        )
    };
    DatasetFacts {
        trained_on: known.trained_on.clone(),
        users: validation.max(test),
        items: prepared.items,
        interactions: 0,
        fingerprint: known.fingerprint.clone().unwrap_or_else(|| hash("users of")),
        with_more: Vec::new(),
        candidates_fingerprint: known
            .candidates_fingerprint
            .clone()
            .unwrap_or_else(|| hash("candidates of")),
        source: known.source.clone().unwrap_or_else(source),
        left_out: None,
        dropped: None,
        leaks: Vec::new(),
        evaluated: (validation != test).then_some(Evaluated { validation, test, sampled_of: None }),
        published: Vec::new(),
        people: Vec::new(),
        cold: None,
        name,
    }
}

/// The metrics that are recorded.
pub(super) fn metrics(entries: &Entries<'_>) -> Vec<MetricFacts> {
    let recorded = entries.metrics();
    let mut facts = metric_facts();
    facts.retain(|facts| recorded.contains(&facts.name));
    facts.extend(entries.found.knows.first_alone.then(|| MetricFacts {
        name: VALID.into(),
        title: "valid ratio".into(),
        meaning: "share of the generated texts that name exactly one candidate, from 0 to 1".into(),
        per_cutoff: false,
        direction: Direction::HigherIsBetter,
    }));
    facts
}
