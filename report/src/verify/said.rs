//! What the index says of a run against what its specification says.

use prefsweep_store::{
    BaselineEntry, CellEntry, CellFile, DatasetFacts, LossKey, ReferenceEntry, axis_name,
    compare_values, setting, value_name,
};
use serde_json::Value;

use super::finding::{Finding, differs, same};

/// Seed, K, loss, values on the axes and reference of a cell.
pub(super) fn of_cell(file: &CellFile<Value>, entry: &CellEntry) -> Vec<Finding> {
    let key = &entry.key;
    let start = file.settings["start_id"].as_str().unwrap_or("none");
    let resolved = |name: &str| entry.resolved.iter().any(|known| known == name);
    let negatives = match resolved("negatives") {
        true => Finding::Ok,
        false => number("K =", Some(file.key.negatives as u64), key.negatives as u64),
    };
    let mut findings = vec![
        number("seed", Some(file.key.seed), key.seed),
        negatives,
        loss(&file.key.loss, entry.trained_loss()),
        same(&format!("reference {start}"), &format!("reference {}", entry.reference)),
    ];
    let held = key.axes.iter().filter(|(axis, _)| !resolved(axis));
    findings.extend(axes(&file.settings, held));
    findings
}

/// Seed and values on the axes of a reference.
pub(super) fn of_reference(settings: &Value, entry: &ReferenceEntry) -> Vec<Finding> {
    let mut findings = vec![number("seed", settings["seed"].as_u64(), entry.seed)];
    findings.extend(axes(settings, &entry.axes));
    findings
}

/// The name of a baseline.
pub(super) fn of_baseline(settings: &Value, entry: &BaselineEntry) -> Vec<Finding> {
    let found = settings["baseline"].as_str().unwrap_or("none");
    vec![same(&format!("baseline {found}"), &format!("baseline {}", entry.name))]
}

/// The fingerprints that a reference's settings hold.
pub(super) fn of_data(settings: &Value, facts: &DatasetFacts) -> Vec<Finding> {
    [("data", &facts.fingerprint), ("candidates", &facts.candidates_fingerprint)]
        .into_iter()
        .map(|(name, expected)| {
            let found = settings[format!("{name}_fingerprint")].as_str().unwrap_or("none");
            same(&format!("{name} fingerprint {found}"), &format!("{name} fingerprint {expected}"))
        })
        .collect()
}

fn number(name: &str, found: Option<u64>, expected: u64) -> Finding {
    let found = found.map_or("none".to_owned(), |found| found.to_string());
    same(&format!("{name} {found}"), &format!("{name} {expected}"))
}

fn loss(found: &LossKey, expected: &LossKey) -> Finding {
    if found == expected {
        return Finding::Ok;
    }
    match (found.to_string(), expected.to_string()) {
        (one, other) if one != other => differs(format!("loss {one}"), format!("loss {other}")),
        _ => differs(format!("loss {found:?}"), format!("loss {expected:?}")),
    }
}

fn axes<'a>(
    settings: &Value,
    axes: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> Vec<Finding> {
    let check = |(axis, expected): (&String, &Value)| {
        let found = setting(settings, axis);
        if found.is_some_and(|found| compare_values(found, expected).is_eq()) {
            return Finding::Ok;
        }
        let found = found.map_or("absent".to_owned(), value_name);
        let name = axis_name(axis);
        differs(format!("{name} {found}"), format!("{name} {}", value_name(expected)))
    };
    axes.into_iter().map(check).collect()
}
