//! Metrics at other cut-offs, from the ranks of runs that are in the store: nothing is trained for them.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use prefsweep_store::{
    CellFile, Draft, IDENTITY_FILE, Kind, METRICS_FILE, RANKS_FILE, SPEC_FILE, Store, StoreError,
    at, read_rank_rows,
};

use super::entry::{add_metrics, metrics_table, write_spec};
use crate::data::Split;
use crate::evaluation::metrics::{MetricValue, of_ranks};
use crate::evaluation::{Protocol, Rank, Ranks};
use crate::experiment::Plan;

/// An entry of the plan that is not in the store.
struct Wanted<'a> {
    kind: Kind,
    id: &'a str,
    /// What it shares with its kin.
    kin: String,
    cutoffs: &'a [usize],
    write_spec: Box<WriteSpec<'a>>,
}

/// Writes settings and identity.
type WriteSpec<'a> = dyn Fn(&Draft) -> Result<(), StoreError> + 'a;
/// The ranks of an evaluation, with its step.
type Evaluated = (usize, Vec<Ranks>);

/// Makes what is planned and not in the store from runs that differ in their cut-offs alone; gives how many.
///
/// # Errors
/// When an entry cannot be read or written.
pub fn rescore(plan: &Plan, store: &Store) -> Result<usize, StoreError> {
    let wanted: Vec<Wanted<'_>> =
        all(plan).filter(|wanted| !store.is_complete(wanted.kind, wanted.id)).collect();
    let mut made = 0;
    for kind in [Kind::Reference, Kind::Baseline, Kind::Cell] {
        let mut wanted = wanted.iter().filter(|wanted| wanted.kind == kind).peekable();
        if wanted.peek().is_none() {
            continue;
        }
        let known = by_kin(store, kind);
        for wanted in wanted {
            // A damaged file must not be given a new hash.
            let mut kin = known.get(&wanted.kin).into_iter().flatten();
            if let Some(from) = kin.find(|from| store.is_intact(kind, from)) {
                made += usize::from(derive(store, wanted, &store.entry(kind, from))?);
            }
        }
    }
    Ok(made)
}

/// The complete entries that differ from one of `ids` of the plan in their cut-offs alone, without these.
pub(super) fn kin_of(plan: &Plan, store: &Store, ids: &[(Kind, &str)]) -> Vec<(Kind, String)> {
    let mut found = Vec::new();
    for kind in [Kind::Reference, Kind::Baseline, Kind::Cell] {
        let mut meant = all(plan).filter(|one| ids.contains(&(kind, one.id))).peekable();
        if meant.peek().is_none() {
            continue;
        }
        let known = by_kin(store, kind);
        let kin = meant.flat_map(|one| known.get(&one.kin).into_iter().flatten());
        let kin = kin.filter(|id| !ids.contains(&(kind, id.as_str())));
        found.extend(kin.map(|id| (kind, id.clone())));
    }
    found
}

/// Every entry of a plan, references first: cells look for their own.
fn all(plan: &Plan) -> impl Iterator<Item = Wanted<'_>> {
    let references = plan.references.iter().map(|reference| {
        let spec = &reference.spec;
        Wanted {
            kind: Kind::Reference,
            id: &reference.id,
            kin: kin(spec.identity().text(), None),
            cutoffs: &spec.cutoffs,
            write_spec: Box::new(|draft| write_spec(draft, spec, &spec.identity())),
        }
    });
    let baselines = plan.computed_baselines().map(|baseline| {
        let spec = &baseline.spec;
        Wanted {
            kind: Kind::Baseline,
            id: &baseline.id,
            kin: kin(spec.identity().text(), None),
            cutoffs: &spec.cutoffs,
            write_spec: Box::new(|draft| write_spec(draft, spec, &spec.identity())),
        }
    });
    let cells = plan.distinct_cells().into_iter().map(|cell| {
        let spec = &cell.spec;
        let start = kin(spec.start.identity().text(), None);
        Wanted {
            kind: Kind::Cell,
            id: &cell.id,
            kin: kin(spec.identity().text(), Some(&start)),
            cutoffs: &spec.evaluation.cutoffs,
            write_spec: Box::new(move |draft| {
                let file = CellFile { key: spec.key(), settings: spec };
                write_spec(draft, &file, &spec.identity())
            }),
        }
    });
    references.chain(baselines).chain(cells)
}

/// An identity without its cut-offs; where it starts from another run, with that one's `start` for its id.
fn kin(identity: &str, start: Option<&str>) -> String {
    let key = |line: &'_ str| line.split('=').next().unwrap_or_default().to_owned();
    let kept =
        identity.lines().filter(|line| !matches!(&key(line)[..], "cutoffs" | "evaluation.cutoffs"));
    let named = kept.map(|line| match start {
        Some(start) if key(line) == "start" => start,
        _ => line,
    });
    named.collect::<Vec<_>>().join("\n")
}

/// The complete entries of a kind, by what they share with their kin.
fn by_kin(store: &Store, kind: Kind) -> HashMap<String, Vec<String>> {
    let identity =
        |kind, id: &str| fs::read_to_string(store.entry(kind, id).join(IDENTITY_FILE)).ok();
    let mut starts: HashMap<String, Option<String>> = HashMap::new();
    let mut known: HashMap<String, Vec<String>> = HashMap::new();
    for id in store.complete(kind) {
        let Some(text) = identity(kind, &id) else { continue };
        let start = text.lines().find_map(|line| line.strip_prefix("start=")?.split('"').nth(1));
        let start = start.map(|start| {
            let read = || Some(kin(&identity(Kind::Reference, start)?, None));
            starts.entry(start.to_owned()).or_insert_with(read).as_deref()
        });
        match start {
            // What it started from is gone.
            Some(None) => {}
            start => known.entry(kin(&text, start.flatten())).or_default().push(id),
        }
    }
    known
}

/// Makes an entry from one of its kin, unless that one is of a version that did not keep all that is needed.
fn derive(store: &Store, wanted: &Wanted<'_>, from: &Path) -> Result<bool, StoreError> {
    let Some(evaluations) = evaluations(&from.join(RANKS_FILE))? else { return Ok(false) };
    let draft = store.draft(wanted.kind, wanted.id)?;
    draft.take_over(from, &[SPEC_FILE, IDENTITY_FILE, METRICS_FILE])?;
    (wanted.write_spec)(&draft)?;
    let of_lists = rows_of_lists(&from.join(METRICS_FILE))?;
    let mut table = metrics_table(&draft.file(METRICS_FILE))?;
    for (step, ranks) in &evaluations {
        add_metrics(&mut table, *step, &of_ranks(ranks, wanted.cutoffs))?;
        for row in of_lists.iter().filter(|row| row[0] == step.to_string()) {
            table.row(row.iter().map(str::to_owned))?;
        }
    }
    drop(table);
    draft.publish()?;
    Ok(true)
}

/// The ranks of every evaluation, by step; None where ties were not counted yet.
fn evaluations(path: &Path) -> Result<Option<Vec<Evaluated>>, StoreError> {
    let Some(rows) = read_rank_rows(path)? else { return Ok(None) };
    let mut evaluations: Vec<Evaluated> = Vec::new();
    for row in rows {
        let split = Split::ALL.into_iter().find(|split| split.name() == row.split);
        let protocol = Protocol::ALL.into_iter().find(|protocol| protocol.name() == row.protocol);
        let Some((split, protocol)) = split.zip(protocol) else { return Ok(None) };
        let step = row.step as usize;
        if evaluations.last().is_none_or(|(last, _)| *last != step) {
            evaluations.push((step, Vec::new()));
        }
        let (_, parts) = evaluations.last_mut().expect("one was just added");
        if parts.last().is_none_or(|last| (last.split, last.protocol) != (split, protocol)) {
            let (users, ranks, shown) = (Vec::new(), Vec::new(), Vec::new());
            parts.push(Ranks { split, protocol, users, ranks, shown });
        }
        let part = parts.last_mut().expect("one was just added");
        part.users.push(row.user);
        part.ranks.push(Rank { rank: row.rank, ties: row.ties, competitors: row.competitors });
    }
    Ok(Some(evaluations))
}

/// The rows of a table of metrics that are not of ranks: they know no cut-off.
fn rows_of_lists(path: &Path) -> Result<Vec<csv::StringRecord>, StoreError> {
    // Which those are does not depend on the ranks.
    let one = Rank { rank: 1.0, ties: 0, competitors: 1 };
    let of_one = Ranks {
        split: Split::Test,
        protocol: Protocol::Full,
        users: vec![0],
        ranks: vec![one],
        shown: Vec::new(),
    };
    let of_ranks: Vec<&str> =
        of_ranks(&[of_one], &[1]).iter().map(|value: &MetricValue| value.name).collect();
    let rows = csv::Reader::from_path(path).and_then(|mut reader| reader.records().collect());
    let rows: Vec<csv::StringRecord> = rows.map_err(|error| at(path)(error.into()))?;
    Ok(rows.into_iter().filter(|row| !of_ranks.contains(&&row[3])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kin_differ_in_cut_offs_and_in_those_of_their_start_alone() {
        let cell = |cutoffs: &str, start: &str| {
            format!(
                "cell=3\nstart=\"{start}\"\nevaluation.every=4\nevaluation.cutoffs={cutoffs}\nnegatives=1\n"
            )
        };
        let start = "reference=3\nseed=1";
        let of = |cutoffs, id| kin(&cell(cutoffs, id), Some(start));
        assert_eq!(of("[1,10]", "a"), of("[5,10]", "b"));
        assert_eq!(of("[1]", "a"), "cell=3\nreference=3\nseed=1\nevaluation.every=4\nnegatives=1");
        assert_ne!(of("[1]", "a"), kin(&cell("[1]", "a"), Some("reference=3\nseed=2")));
        assert_eq!(kin("reference=3\ncutoffs=[1]\nseed=1", None), start);
    }
}
