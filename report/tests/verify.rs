//! `verify` on a store made by hand: what it accepts, and what it finds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use prefsweep_report::verify::{Check, Finding, Verification, verify};
use prefsweep_store::{
    BaselineEntry, BaselineStatus, CellEntry, CellFile, CellKey, CellStatus, DatasetFacts,
    Direction, Draft, INDEX_FILE, INDEX_FORMAT, Index, Kind, LISTS_FILE, ListTable, LossKey,
    MARKER_FILE, METRICS_COLUMNS, METRICS_FILE, MetricFacts, PROTOCOLS, PROVENANCE_FILE,
    PopularityEntry, Provenance, RANKS_FILE, RankTable, ReferenceEntry, ReportSettings, SPEC_FILE,
    SPLITS, Store, Table, id_of, write_json,
};
use prefsweep_store::{IDENTITY_FILE, LIST_LENGTH};
use serde_json::{Value, json};

const ITEMS: usize = 6;
const CUTOFFS: [usize; 2] = [1, 2];
const STEP: usize = 30;
const BETA: &str = "preference.beta";
const FINGERPRINT: &str = "0123456789abcdef0123";

/// Expected rank and number of competitors of each user, and how many tie with the item.
const RANKS: [(f32, u32, u32); 3] = [(1.0, 5, 0), (2.5, 4, 1), (4.0, 5, 0)];
/// The items recommended to each user.
const LISTS: [[u32; 2]; 3] = [[0, 4], [0, 2], [4, 0]];

/// A results folder with one reference and four cells, dmpo and s_dpo at two K; with one negative
/// they are the same run.
struct Results {
    root: tempfile::TempDir,
}

impl Results {
    fn new() -> Self {
        let results = Self { root: tempfile::tempdir().unwrap() };
        let store = Store::open(&results.root.path().join("store")).unwrap();
        let folder = results.folder();
        fs::create_dir_all(folder.join("popularity")).unwrap();
        fs::write(folder.join("popularity").join(METRICS_FILE), "").unwrap();
        let data = store.draft(Kind::Dataset, &FINGERPRINT[..16]).unwrap();
        fs::write(data.file("sequences.bin"), "data").unwrap();
        data.publish().unwrap();

        let settings = json!({
            "data_fingerprint": FINGERPRINT,
            "candidates_fingerprint": "fedcba",
            "model": {"dim": 8},
            "seed": 7,
        });
        let reference = "reference=1\nseed=7\n";
        write_entry(&store, Kind::Reference, reference, &settings);
        let cells = [("s_dpo", 1), ("s_dpo", 5), ("dmpo", 1), ("dmpo", 5)];
        let cells =
            cells.map(|(loss, negatives)| cell(&store, loss, negatives, reference, &settings));
        results.write(&Index {
            format: INDEX_FORMAT,
            experiment: "exp".into(),
            title: String::new(),
            question: String::new(),
            predictions: Vec::new(),
            command: None,
            source: None,
            imported: None,
            dataset: DatasetFacts {
                name: "synthetic".into(),
                trained_on: None,
                users: RANKS.len(),
                items: ITEMS,
                interactions: 20,
                fingerprint: FINGERPRINT.into(),
                with_more: Vec::new(),
                candidates_fingerprint: "fedcba".into(),
                source: String::new(),
                left_out: None,
                dropped: None,
                leaks: Vec::new(),
                evaluated: None,
                published: Vec::new(),
                people: Vec::new(),
                cold: None,
            },
            model: None,
            cutoffs: CUTOFFS.to_vec(),
            metrics: facts(),
            report: ReportSettings::default(),
            tuning_seeds: Vec::new(),
            cells: cells.to_vec(),
            references: vec![ReferenceEntry {
                id: id_of(reference),
                seed: 7,
                axes: BTreeMap::from([("model.dim".to_owned(), 8.into())]),
                dir: PathBuf::from("../store/references").join(id_of(reference)),
                status: CellStatus::Complete,
            }],
            baselines: Vec::new(),
            popularity: Some(PopularityEntry { dir: "popularity".into() }),
        });
        results
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join("exp")
    }

    fn index(&self) -> Index {
        serde_json::from_slice(&fs::read(self.folder().join(INDEX_FILE)).unwrap()).unwrap()
    }

    fn write(&self, index: &Index) {
        write_json(&self.folder().join(INDEX_FILE), index).unwrap();
    }

    /// With another index.
    fn with(change: impl Fn(&mut Index)) -> Verification {
        let results = Self::new();
        let mut index = results.index();
        change(&mut index);
        results.write(&index);
        verify(&results.folder()).unwrap()
    }

    /// With another file of dmpo's cell at K = 5, whose hash in the marker is made to agree.
    fn with_file(name: &str, change: impl Fn(&str) -> String) -> Verification {
        let results = Self::new();
        let dir = results.folder().join(&results.index().cells[3].dir);
        let (path, marker) = (dir.join(name), dir.join(MARKER_FILE));
        let before = fs::read(&path).unwrap();
        let after = change(&String::from_utf8(before.clone()).unwrap());
        assert_ne!(before, after.as_bytes(), "nothing was changed");
        fs::write(&path, &after).unwrap();
        let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
        let hashes = fs::read_to_string(&marker).unwrap();
        fs::write(&marker, hashes.replace(&hash(&before), &hash(after.as_bytes()))).unwrap();
        verify(&results.folder()).unwrap()
    }
}

fn cell(store: &Store, loss: &str, negatives: usize, reference: &str, start: &Value) -> CellEntry {
    let loss = LossKey::new(loss);
    let trained = if negatives == 1 { LossKey::new("dpo") } else { loss.clone() };
    let key = |loss, axes| CellKey { loss, negatives, seed: 7, axes };
    let settings = json!({
        "start": start,
        "start_id": id_of(reference),
        "preference": {"beta": 0.5},
    });
    let file = CellFile { key: key(trained.clone(), BTreeMap::new()), settings };
    let identity = format!("cell=1\nloss={trained}\nnegatives={negatives}\n");
    // The same run under another name is there already.
    if !store.is_complete(Kind::Cell, &id_of(&identity)) {
        write_entry(store, Kind::Cell, &identity, &serde_json::to_value(file).unwrap());
    }
    CellEntry {
        dir: PathBuf::from("../store/cells").join(id_of(&identity)),
        id: id_of(&identity),
        trained_as: (trained != loss).then_some(trained),
        resolved: Vec::new(),
        key: key(loss, BTreeMap::from([(BETA.to_owned(), 0.5.into())])),
        reference: id_of(reference),
        status: CellStatus::Complete,
    }
}

fn write_entry(store: &Store, kind: Kind, identity: &str, spec: &Value) {
    let draft = store.draft(kind, &id_of(identity)).unwrap();
    fs::write(draft.file(IDENTITY_FILE), identity).unwrap();
    write_json(&draft.file(SPEC_FILE), spec).unwrap();
    write_json(&draft.file(PROVENANCE_FILE), &provenance()).unwrap();
    let mut ranks = RankTable::default();
    for (split, protocol) in evaluations() {
        let users = (0..).zip(RANKS).map(|(user, (rank, of, ties))| (user, rank, of, ties));
        ranks.add(STEP, split, protocol, users);
    }
    ranks.write(&draft.file(RANKS_FILE)).unwrap();
    let mut lists = ListTable::default();
    (0..).zip(LISTS).for_each(|(user, items)| lists.add(user, &items));
    lists.write(&draft.file(LISTS_FILE), STEP).unwrap();
    write_metrics(&draft);
    draft.publish().unwrap();
}

fn evaluations() -> impl Iterator<Item = (&'static str, &'static str)> {
    SPLITS.into_iter().flat_map(|split| PROTOCOLS.map(|protocol| (split, protocol)))
}

/// Values straight from their definitions.
fn write_metrics(draft: &Draft) {
    let mut table = Table::create(&draft.file(METRICS_FILE), &METRICS_COLUMNS).unwrap();
    let mut row = |split: &str, protocol: &str, metric: &str, cutoff: usize, value: f64| {
        let texts = [STEP.to_string(), split.into(), protocol.into(), metric.into()];
        table.row(texts.into_iter().chain([cutoff.to_string(), value.to_string()])).unwrap();
    };
    // The second user's item is second or third.
    let places = [(1.0, 5.0, 1.0), (2.0, 4.0, 0.5), (3.0, 4.0, 0.5), (4.0, 5.0, 1.0)];
    let mean = |gain: &dyn Fn(f64, f64) -> f64| {
        let gains = places.map(|(place, competitors, weight)| weight * gain(place, competitors));
        gains.iter().sum::<f64>() / RANKS.len() as f64
    };
    for (split, protocol) in evaluations() {
        for k in CUTOFFS {
            let within = |rank: f64| f64::from(u8::from(rank <= k as f64));
            row(split, protocol, "hr", k, mean(&|rank, _| within(rank)));
            row(split, protocol, "ndcg", k, mean(&|rank, _| within(rank) / (1.0 + rank).log2()));
        }
        row(split, protocol, "mrr", 0, mean(&|rank, _| 1.0 / rank));
        row(split, protocol, "auc", 0, mean(&|rank, n| (n - (rank - 1.0)) / n));
        row(split, protocol, "ties", 0, 1.0 / 3.0);
    }
    let mut counts = [0.0; ITEMS];
    LISTS.iter().flatten().for_each(|item| counts[*item as usize] += 1.0);
    let recommended = counts.iter().filter(|count| **count > 0.0).count();
    let total: f64 = counts.iter().sum();
    let pairs = counts.iter().flat_map(|one| counts.map(|other| (one - other).abs()));
    let gini = pairs.sum::<f64>() / (2.0 * ITEMS as f64 * total);
    row("test", "full", "coverage", LIST_LENGTH, recommended as f64 / ITEMS as f64);
    row("test", "full", "gini", LIST_LENGTH, gini);
    row("test", "full", "mean_popularity", LIST_LENGTH, 3.5);
}

fn facts() -> Vec<MetricFacts> {
    let names = ["hr", "ndcg", "mrr", "auc", "ties", "coverage", "gini", "mean_popularity"];
    let facts = |name: &str| MetricFacts {
        name: name.into(),
        title: name.to_uppercase(),
        meaning: String::new(),
        per_cutoff: matches!(name, "hr" | "ndcg"),
        direction: Direction::Neither,
    };
    names.map(facts).to_vec()
}

fn provenance() -> Provenance {
    Provenance {
        prefsweep_version: String::new(),
        git_revision: None,
        device: String::new(),
        adapter: None,
        threads: 1,
        os: String::new(),
        cpu: String::new(),
        started_unix: 0,
        wall_seconds: 1.0,
        parameters: None,
        active_parameters: None,
        peak_memory_mib: None,
        steps: 30,
        negatives_scored: 0,
        at_once: None,
        resumed: None,
        imported: None,
        seconds: None,
    }
}

/// What differs, as `found ≠ expected`, without the file.
fn differences(found: &Verification, check: Check) -> BTreeSet<String> {
    let of_check = found.problems().filter(|problem| problem.check == check);
    of_check
        .map(|problem| match &problem.finding {
            Finding::Differs { found, expected } => format!("{found} ≠ {expected}"),
            other => format!("{other:?}"),
        })
        .collect()
}

fn set<const N: usize>(texts: [&str; N]) -> BTreeSet<String> {
    texts.map(str::to_owned).into()
}

#[test]
fn an_untouched_store_passes() {
    let found = verify(&Results::new().folder()).unwrap();
    assert!(found.passed(), "{}", found.text());
    let count = |check, finding: &Finding| {
        found.checked.iter().filter(|c| c.check == check && c.finding == *finding).count()
    };
    // One reference and three cells; each with two splits and protocols, of which users, HR and NDCG
    // at two cut-offs, MRR, AUC and the share of ties are checked, and coverage and Gini.
    assert_eq!(count(Check::Metrics, &Finding::Ok), 4 * (4 * 8 + 2));
    // Mean popularity.
    assert_eq!(count(Check::Metrics, &Finding::NotRecomputed), 4);
    // The reference's seed and axis; seed, K, loss, reference and axis of every cell of the index.
    assert_eq!(count(Check::Index, &Finding::Ok), 2 + 4 * 5);
    assert_eq!(count(Check::Identity, &Finding::Ok), 1 + 4);
    let row = "| metrics follow from per-user ranks and lists | 140 | 136 | 0 | 0 | 0 | 4 |";
    assert!(found.text().contains(row), "{}", found.text());
}

/// A baseline in the store is checked as a run is.
#[test]
fn baselines_are_recomputed_from_their_ranks() {
    let results = Results::new();
    let store = Store::open(&results.root.path().join("store")).unwrap();
    let identity = "baseline=1\nname=\"ease\"\n";
    let spec = json!({
        "baseline": "ease",
        "data_fingerprint": FINGERPRINT,
        "candidates_fingerprint": "fedcba",
    });
    write_entry(&store, Kind::Baseline, identity, &spec);
    let of = |name: &str, id: &str, status| BaselineEntry {
        id: Some(id.into()),
        name: name.into(),
        title: name.into(),
        dir: PathBuf::from("../store/baselines").join(id),
        status,
    };
    let skipped = || of("big", "none", BaselineStatus::Skipped { reason: "too large".into() });
    let verified = |name: &str, id: &str| {
        let mut index = results.index();
        index.popularity = None;
        index.baselines = vec![of(name, id, BaselineStatus::Complete), skipped()];
        results.write(&index);
        verify(&results.folder()).unwrap()
    };
    let found = verified("ease", &id_of(identity));
    assert!(found.passed(), "{}", found.text());
    let ok = |check| {
        let of_check = found.checked.iter().filter(|checked| checked.check == check);
        of_check.filter(|checked| checked.finding == Finding::Ok).count()
    };
    assert_eq!(ok(Check::Metrics), 5 * (4 * 8 + 2));
    assert_eq!((ok(Check::Index), ok(Check::Identity)), (2 + 1 + 4 * 5, 2 + 4));
    assert_eq!(found.unfinished, 0, "what is left out is not planned");

    let found = verified("markov", &id_of(identity));
    assert_eq!(differences(&found, Check::Index), set(["baseline ease ≠ baseline markov"]));
    let found = verified("ease", "elsewhere");
    let marker = Path::new("elsewhere").join("complete.json");
    let said = format!("{}: missing", marker.display());
    assert!(found.text().contains(&said), "{}", found.text());
}

/// The numbers of dmpo would be shown as those of s_dpo.
#[test]
fn exchanged_losses_are_found() {
    let found = Results::with(|index| {
        let (loss, other) = (index.cells[1].key.loss.clone(), index.cells[3].key.loss.clone());
        (index.cells[1].key.loss, index.cells[3].key.loss) = (other, loss);
    });
    let expected = set(["loss s_dpo ≠ loss dmpo", "loss dmpo ≠ loss s_dpo"]);
    assert_eq!(differences(&found, Check::Index), expected, "{}", found.text());
    assert!(found.text().contains("spec.json: found loss s_dpo, expected loss dmpo"));
}

#[test]
fn exchanged_folders_and_ids_are_found() {
    let found = Results::with(|index| {
        let swapped = [3, 1].map(|at| (index.cells[at].dir.clone(), index.cells[at].id.clone()));
        for (at, (dir, id)) in [1, 3].into_iter().zip(swapped) {
            (index.cells[at].dir, index.cells[at].id) = (dir, id);
        }
    });
    let expected = set(["loss s_dpo ≠ loss dmpo", "loss dmpo ≠ loss s_dpo"]);
    assert_eq!(differences(&found, Check::Index), expected, "{}", found.text());
    // Folders alone: now the ids are wrong too.
    let found = Results::with(|index| {
        let swapped = [3, 1].map(|at| index.cells[at].dir.clone());
        [index.cells[1].dir, index.cells[3].dir] = swapped;
    });
    assert_eq!(differences(&found, Check::Identity).len(), 2, "{}", found.text());
}

#[test]
fn whatever_the_index_says_is_compared() {
    let found = Results::with(|index| {
        let key = &mut index.cells[3].key;
        (key.negatives, key.seed) = (6, 8);
        key.axes.insert(BETA.into(), 1.0.into());
        key.axes.insert("preference.steps".into(), 9.into());
        index.cells[1].key.loss.settings.insert("pool".into(), 9.into());
        index.references[0].seed = 8;
        index.references[0].axes.insert("model.dim".into(), 16.into());
        index.dataset.candidates_fingerprint = "other".into();
        let mut other = index.references[0].clone();
        (other.id, other.status) = ("elsewhere".into(), CellStatus::Missing);
        index.references.push(other);
        index.cells[0].reference = "elsewhere".into();
    });
    let start = id_of("reference=1\nseed=7\n");
    let reference = format!("reference {start} ≠ reference elsewhere");
    let expected = set([
        "K = 5 ≠ K = 6",
        "seed 7 ≠ seed 8",
        "beta 0.5 ≠ beta 1",
        "steps absent ≠ steps 9",
        "loss s_dpo ≠ loss s_dpo(pool=9)",
        "model.dim 8 ≠ model.dim 16",
        &reference,
    ]);
    assert_eq!(differences(&found, Check::Index), expected, "{}", found.text());
    let data = set(["candidates fingerprint fedcba ≠ candidates fingerprint other"]);
    assert_eq!(differences(&found, Check::Data), data);
    assert_eq!(found.unfinished, 1);
}

/// Even where the marker was made to agree.
#[test]
fn changed_metrics_are_found_by_computing_them_again() {
    for (row, name) in [
        ("30,test,full,hr,1,", "HR@1 at step 30, test, full"),
        ("30,test,candidates,ndcg,2,", "NDCG@2 at step 30, test, candidates"),
        ("30,validation,full,auc,0,", "AUC at step 30, validation, full"),
        ("30,test,full,coverage,20,", "COVERAGE@20 at step 30, test, full"),
        ("30,test,full,gini,20,", "GINI@20 at step 30, test, full"),
    ] {
        let found = Results::with_file(METRICS_FILE, |text| text.replace(row, &format!("{row}0")));
        let found = differences(&found, Check::Metrics);
        assert!(found.is_empty(), "a leading zero changes nothing: {found:?}");
        let found = Results::with_file(METRICS_FILE, |text| text.replace(row, &format!("{row}1")));
        let found = differences(&found, Check::Metrics);
        assert!(found.len() == 1 && found.first().unwrap().starts_with(name), "{found:?}");
    }
    let more = |text: &str| format!("{text}60,test,full,gini,20,0.5\n");
    let found = differences(&Results::with_file(METRICS_FILE, more), Check::Metrics);
    let expected = "GINI@20 at step 60, test, full = 0.5 ≠ no such row: there are no lists for it";
    assert_eq!(found, set([expected]));
    let unknown = |text: &str| format!("{text}30,test,full,novelty,20,0.5\n");
    let found = differences(&Results::with_file(METRICS_FILE, unknown), Check::Metrics);
    let [problem] = &Vec::from_iter(found)[..] else { panic!("one problem") };
    assert!(problem.contains("`novelty` in column `metric` is not one of hr, ndcg"), "{problem}");
}

#[test]
fn another_identity_has_another_id() {
    let found =
        Results::with_file(IDENTITY_FILE, |text| text.replace("negatives=5", "negatives=6"));
    assert_eq!(differences(&found, Check::Identity).len(), 1, "{}", found.text());
    let other = |text: &str| text.replace("\"negatives\": 5", "\"negatives\": 6");
    let found = Results::with_file(SPEC_FILE, other);
    assert_eq!(differences(&found, Check::Index), set(["K = 6 ≠ K = 5"]));
    let found = Results::with_file(SPEC_FILE, |_| "{}".to_owned());
    let [problem] = &Vec::from_iter(differences(&found, Check::Index))[..] else {
        panic!("{}", found.text())
    };
    assert!(problem.ends_with("the key `key` is missing ≠ a specification"), "{problem}");
}

#[test]
fn files_that_are_gone_are_missing() {
    for (name, check) in [
        (LISTS_FILE, Check::Metrics),
        (RANKS_FILE, Check::Metrics),
        (IDENTITY_FILE, Check::Identity),
        (SPEC_FILE, Check::Index),
        (PROVENANCE_FILE, Check::Provenance),
    ] {
        let results = Results::new();
        fs::remove_file(results.folder().join(&results.index().cells[3].dir).join(name)).unwrap();
        let found = verify(&results.folder()).unwrap();
        assert_eq!(differences(&found, check), set(["Missing"]), "{}", found.text());
        assert_eq!(differences(&found, Check::Content), set(["Missing"]), "{}", found.text());
    }
}

/// One byte of a table: said once, as damage, and not read.
#[test]
fn a_damaged_byte_is_found() {
    for name in [RANKS_FILE, LISTS_FILE] {
        let results = Results::new();
        let path = results.folder().join(&results.index().cells[3].dir).join(name);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
        let found = verify(&results.folder()).unwrap();
        assert_eq!(found.problems().count(), 1, "{}", found.text());
        assert_eq!(differences(&found, Check::Content).len(), 1);
    }
}

/// Ranks that are worth the same on average, but are not those of these users.
#[test]
fn impossible_ranks_are_found() {
    let results = Results::new();
    let dir = results.folder().join(&results.index().cells[3].dir);
    let rewrite = |path: &Path| {
        let mut frame = ParquetReader::new(fs::File::open(path).unwrap()).finish().unwrap();
        let whole = |name: &str| frame.column(name).unwrap().u32().unwrap().iter().flatten();
        let pairs = whole("user").zip(whole("competitors"));
        let few: Vec<u32> = pairs.map(|(user, all)| if user == 2 { 2 } else { all }).collect();
        frame.with_column(Column::new("competitors".into(), few)).unwrap();
        ParquetWriter::new(fs::File::create(path).unwrap()).finish(&mut frame).unwrap();
    };
    rewrite(&dir.join(RANKS_FILE));
    // Without hashes nothing but the content speaks.
    fs::write(dir.join(MARKER_FILE), "{}").unwrap();
    let found = differences(&verify(&results.folder()).unwrap(), Check::Metrics);
    assert!(found.iter().any(|text| text.contains("beyond the competitors")), "{found:?}");
}
