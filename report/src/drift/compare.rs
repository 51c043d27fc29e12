//! Comparing two results.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use prefsweep_store::PROTOCOLS;

use super::outcome::{Drift, Row, name};
use crate::error::ReportError;
use crate::measure::main_cutoff;
use crate::ranked_cells::{RankedCell, RankedCells, load};
use crate::ranks::{TiedRank, UserRanks};
use crate::statistics::UserMetric;
use crate::verdict::{Difference, Rules, User, UserValues, compare, correct};

/// Compares two results; each is a results folder, its `index.json`, or a folder that
/// `prefsweep export` wrote.
///
/// # Errors
///
/// When a file cannot be read, or the two share no cut-off.
pub fn compare_results(a: &Path, b: &Path) -> Result<Drift, ReportError> {
    let (first, second) = (load(a)?, load(b)?);
    let common: Vec<usize> =
        first.cutoffs.iter().copied().filter(|k| second.cutoffs.contains(k)).collect();
    if common.is_empty() {
        let message = format!(
            "cut-offs {:?}, but those of {} are {:?}: none in common",
            second.cutoffs,
            a.display(),
            first.cutoffs
        );
        return Err(ReportError::Contradiction { path: b.to_owned(), message });
    }
    let rules = Rules::default();
    // Results of earlier versions do not say who is the same person.
    let known = [&first.dataset, &second.dataset].into_iter().find(|data| !data.people.is_empty());
    let people = known.map_or(&[][..], |data| &data.people);
    let cutoff = main_cutoff(&common);
    let mut drift = Drift {
        a: a.display().to_string(),
        b: b.display().to_string(),
        alpha: rules.alpha,
        unpaired: unpaired(&first, &second),
        rows: Vec::new(),
        only_in_a: alone(&first, &second),
        only_in_b: alone(&second, &first),
    };
    for before in groups(&first) {
        let after = |one: &RankedCell| second.cells.iter().find(|other| one.is_same_run(other));
        let pairs: Vec<(&RankedCell, &RankedCell)> =
            before.iter().filter_map(|one| Some((*one, after(one)?))).collect();
        for protocol in PROTOCOLS {
            let paired = !drift.unpaired.contains_key(protocol);
            drift.rows.extend(rows(before[0], protocol, &pairs, (cutoff, people), paired, &rules));
        }
    }
    let size = drift.rows.len();
    let mut tests: Vec<&mut Difference> =
        drift.rows.iter_mut().filter_map(|row| row.difference.as_mut()).collect();
    correct(&mut tests, size, &rules);
    Ok(drift)
}

/// Runs that differ in their seeds alone, in the order of the results; no group is empty.
fn groups(results: &RankedCells) -> Vec<Vec<&RankedCell>> {
    let mut groups: Vec<Vec<&RankedCell>> = Vec::new();
    for cell in &results.cells {
        match groups.iter_mut().find(|group| group[0].is_same_setting(cell)) {
            Some(group) => group.push(cell),
            None => groups.push(vec![cell]),
        }
    }
    groups
}

fn alone(these: &RankedCells, others: &RankedCells) -> Vec<String> {
    let there = |cell: &&RankedCell| others.cells.iter().any(|other| cell.is_same_run(other));
    let alone = these.cells.iter().filter(|cell| !there(cell));
    alone.map(|cell| format!("{}, seed {}", name(&cell.label, cell.negatives), cell.seed)).collect()
}

fn unpaired(a: &RankedCells, b: &RankedCells) -> BTreeMap<String, String> {
    let (a, b) = (&a.dataset, &b.dataset);
    let why = |what: &str, a: &str, b: &str| {
        (a != b).then(|| format!("other {what} (fingerprint {b} in place of {a})"))
    };
    let data = why("data", &a.fingerprint, &b.fingerprint);
    let lists = why("candidate lists", &a.candidates_fingerprint, &b.candidates_fingerprint);
    let candidates = data.clone().or(lists).map(|why| ("candidates".to_owned(), why));
    data.map(|why| ("full".to_owned(), why)).into_iter().chain(candidates).collect()
}

fn rows(
    setting: &RankedCell,
    protocol: &'static str,
    pairs: &[(&RankedCell, &RankedCell)],
    (cutoff, people): (usize, &[u32]),
    paired: bool,
    rules: &Rules,
) -> Vec<Row> {
    let ranks = |cell: &RankedCell| cell.ranks.get(protocol).cloned();
    let pairs: Vec<(u64, UserRanks, UserRanks)> =
        pairs.iter().filter_map(|(a, b)| Some((a.seed, ranks(a)?, ranks(b)?))).collect();
    if pairs.is_empty() {
        return Vec::new();
    }
    let moved = paired.then(|| pairs.iter().map(|(_, a, b)| moved(a, b)).sum::<usize>());
    let metrics = [
        (format!("NDCG@{cutoff}"), UserMetric::Ndcg(cutoff)),
        (format!("HR@{cutoff}"), UserMetric::HitRate(cutoff)),
        ("MRR".to_owned(), UserMetric::ReciprocalRank),
    ];
    let row = |(name, metric): (String, UserMetric)| {
        let (mut before, mut after) = (UserValues::new(), UserValues::new());
        for (seed, a, b) in &pairs {
            before.insert(*seed, values(a, metric, people));
            after.insert(*seed, values(b, metric, people));
        }
        let tested = moved.is_some_and(|moved| moved > 0) && before != after;
        Row {
            label: setting.label.clone(),
            negatives: setting.negatives,
            protocol,
            metric: name,
            seeds: pairs.len(),
            a: mean(&before),
            b: mean(&after),
            identical: moved == Some(0),
            moved,
            difference: tested.then(|| compare(&after, &before, None, rules)).flatten(),
        }
    };
    metrics.into_iter().map(row).collect()
}

fn values(ranks: &UserRanks, metric: UserMetric, people: &[u32]) -> Vec<(User, f64)> {
    ranks.iter().map(|(user, rank)| (User::of(*user, people), rank.worth(metric))).collect()
}

fn mean(values: &UserValues) -> f64 {
    let all = || values.values().flatten();
    all().map(|(_, value)| value).sum::<f64>() / all().count() as f64
}

/// Users whose rank, or ties, are not the same bits on both sides, or who are on one side only.
fn moved(a: &UserRanks, b: &UserRanks) -> usize {
    let by_user =
        |ranks: &UserRanks| -> BTreeMap<u32, TiedRank> { ranks.iter().copied().collect() };
    let (a, b) = (by_user(a), by_user(b));
    // Files of before ties were counted say nothing of them.
    let other_ties = |a: TiedRank, b: TiedRank| a.ties.zip(b.ties).is_some_and(|(a, b)| a != b);
    let differ =
        |a: TiedRank, b: TiedRank| a.rank.to_bits() != b.rank.to_bits() || other_ties(a, b);
    let users: BTreeSet<&u32> = a.keys().chain(b.keys()).collect();
    let sides = users.into_iter().map(|user| a.get(user).zip(b.get(user)));
    sides.filter(|sides| sides.is_none_or(|(a, b)| differ(*a, *b))).count()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use prefsweep_store::{CellKey, LossKey, ReferenceEntry, RunKey};

    use super::*;
    use crate::ranked_cells;

    /// The synthetic reference results, exported when runs were known by labels.
    fn labelled() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/export-format-1")
    }

    /// What a run of that experiment is.
    fn key(cell: &RankedCell) -> RunKey {
        let dynamic_po = |base| LossKey::over("dynamic_po", LossKey::new(base));
        let loss = match &cell.label[..] {
            "reference" => {
                let entry = ReferenceEntry {
                    id: cell.id.clone(),
                    seed: cell.seed,
                    axes: BTreeMap::new(),
                    dir: PathBuf::new(),
                    status: prefsweep_store::CellStatus::Complete,
                };
                return (&entry).into();
            }
            "dynamic_po(dmpo)" => dynamic_po("dmpo"),
            "dynamic_po(s_dpo)" => dynamic_po("s_dpo"),
            plain => LossKey::new(plain),
        };
        let negatives = cell.negatives.expect("a cell has a K");
        RunKey::Cell(CellKey { loss, negatives, seed: cell.seed, axes: BTreeMap::new() })
    }

    #[test]
    fn exports_of_the_first_format_are_read() {
        let results = load(&labelled()).unwrap();
        assert_eq!((results.cells.len(), results.dataset.users), (185, 800));
        assert!(results.cells.iter().all(|cell| cell.key.is_none() && cell.ranks.len() == 2));
        let found = compare_results(&labelled(), &labelled()).unwrap();
        assert_eq!(found.reasons(true), Vec::<String>::new());
        // References, and six losses at six K; two protocols and three metrics.
        assert_eq!(found.rows.len(), 37 * 2 * 3);
        assert!(found.rows.iter().all(|row| row.identical && row.seeds == 5));
    }

    #[test]
    fn runs_with_keys_are_paired_with_labelled_ones() {
        let mut results = load(&labelled()).unwrap();
        for cell in &mut results.cells {
            cell.key = Some(key(cell));
        }
        let folder = tempfile::tempdir().unwrap();
        ranked_cells::write(&results, folder.path()).unwrap();
        assert_eq!(load(folder.path()).unwrap(), results, "an export loses nothing");
        for [a, b] in [[folder.path(), &labelled()], [&labelled(), folder.path()]] {
            let found = compare_results(a, b).unwrap();
            assert_eq!(found.reasons(true), Vec::<String>::new());
            assert!(found.only_in_b.is_empty());
            assert_eq!(found.rows.len(), 37 * 2 * 3);
        }
    }

    #[test]
    fn other_ties_of_one_rank_have_moved() {
        let user = |rank, ties| vec![(0, TiedRank { rank, ties })];
        let of = |a: (f32, Option<u32>), b| moved(&user(a.0, a.1), &b);
        assert_eq!(of((3.0, Some(0)), user(3.0, Some(0))), 0);
        assert_eq!(of((3.0, Some(0)), user(3.0, Some(4))), 1);
        assert_eq!(of((3.0, None), user(3.0, Some(4))), 0, "not recorded on one side");
        assert_eq!(of((3.0, None), user(2.0, None)), 1);
        assert_eq!(of((3.0, None), Vec::new()), 1);
    }

    #[test]
    fn exports_of_no_known_format_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = labelled().join("export.json");
        let text = std::fs::read_to_string(file).unwrap().replace("\"format\": 1", "\"format\": 3");
        std::fs::write(folder.path().join("export.json"), text).unwrap();
        let message = load(folder.path()).unwrap_err().to_string();
        assert!(
            message.contains("format 3; this version of prefsweep reads format 2"),
            "{message}"
        );
    }
}
