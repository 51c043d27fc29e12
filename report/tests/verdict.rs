//! The verdict of synthetic sweeps with per-user ranks, read back from the files.

use std::fs;
use std::path::Path;

use polars::prelude::*;
use prefsweep_report::verdict::{LossVerdict, Question, VERDICT_FORMAT, Verdict, Verdicts};
use prefsweep_report::write_report;
use prefsweep_store::{
    CellKey, CellStatus, INDEX_FILE, Index, LossKey, RANKS_FILE, TRAJECTORY_FILE,
};

use crate::support::{START, World, write_index};

const USERS: u32 = 200;

/// Where a user's held-out item is without any change, from 2 to 19.
fn base(user: u32) -> u32 {
    2 + (user * 7) % 18
}

/// Writes a world in which every user has the given rank in every cell.
fn with_places(world: &World, dir: &Path, places: impl Fn(&CellKey, u32) -> u32) -> Index {
    let index = world.write(dir);
    for cell in &index.cells {
        write_ranks(&dir.join(&cell.dir).join(RANKS_FILE), &|user| places(&cell.key, user));
    }
    index
}

/// Writes ranks in which dmpo loses `fall` places at K > 1 and other losses win one place.
fn with_ranks(world: &World, dir: &Path, fall: u32) -> Index {
    with_places(world, dir, |key, user| match (key.negatives, &key.loss.name[..]) {
        (1, _) => base(user),
        (_, "dmpo") if !user.is_multiple_of(3) => base(user) + fall + (user + key.seed as u32) % 2,
        (_, "dmpo") => base(user),
        _ => base(user) - 1,
    })
}

/// Writes again how the results are judged.
fn with_margin(dir: &Path, mut index: Index, margin: f64) {
    index.report.margin = margin;
    write_index(dir, &index);
}

/// Mean NDCG@10 of all users.
fn ndcg(places: impl Fn(u32) -> u32) -> f64 {
    let gain = |rank: u32| if rank <= 10 { 1.0 / f64::from(rank + 1).log2() } else { 0.0 };
    (0..USERS).map(|user| gain(places(user))).sum::<f64>() / f64::from(USERS)
}

fn write_ranks(path: &Path, places: &dyn Fn(u32) -> u32) {
    let rows: Vec<(&str, u32)> = ["validation", "test"]
        .into_iter()
        .flat_map(|split| (0..USERS).map(move |user| (split, user)))
        .collect();
    let mut frame = df!(
        "step" => vec![100_u32; rows.len()],
        "split" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        "protocol" => vec!["full"; rows.len()],
        "user" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        "rank" => rows.iter().map(|row| places(row.1) as f32).collect::<Vec<_>>(),
    )
    .unwrap();
    ParquetWriter::new(fs::File::create(path).unwrap()).finish(&mut frame).unwrap();
}

fn verdicts(dir: &Path) -> (Verdicts, String) {
    let files = write_report(dir, &dir.join("out")).unwrap();
    assert!(files.verdict.ends_with("out/verdict.json"));
    let read = serde_json::from_slice(&fs::read(&files.verdict).unwrap()).unwrap();
    (read, fs::read_to_string(&files.report).unwrap())
}

fn of<'a>(verdicts: &'a Verdicts, label: &str) -> &'a LossVerdict {
    verdicts.losses.iter().find(|loss| loss.label == label).unwrap()
}

#[test]
fn a_fall_is_collapse_and_a_rise_improves() {
    let dir = tempfile::tempdir().unwrap();
    with_ranks(&World::small(), dir.path(), 4);
    let (found, text) = verdicts(dir.path());
    assert_eq!(found.format, VERDICT_FORMAT);
    // For each of two losses three primary comparisons and one pair of K.
    assert_eq!((found.families.primary, found.families.over_negatives), (6, 2));
    let dmpo = of(&found, "dmpo");
    assert_eq!((dmpo.verdict, dmpo.best_k, dmpo.onset_k), (Verdict::Collapse, Some(1), Some(10)));
    let depth = dmpo.larger[0].difference.unwrap();
    assert!(depth.difference < 0.0 && depth.interval.1 < 0.0 && depth.p_holm < 0.05, "{depth:?}");
    assert_eq!((depth.seeds, depth.users), (3, USERS as usize));
    let s_dpo = of(&found, "s_dpo");
    assert_eq!((s_dpo.verdict, s_dpo.best_k), (Verdict::Improves, Some(10)));
    assert!(s_dpo.larger.is_empty());
    assert!(text.find("## Answer").unwrap() < text.find("<summary>Results").unwrap());
    let row = text.lines().find(|line| line.starts_with("| DMPO | 1 | 0.0520 | 0.0463 | **−"));
    assert!(row.is_some_and(|row| row.ends_with(" | collapse |")), "{text}");
    assert!(
        text.contains("| DMPO | 1 | 0.6500 ± 0.0248 | 10 | 0.3046 ± 0.0248 | −0.3454 | 10 |"),
        "{text}"
    );
    assert!(text.contains("> DMPO, K = 1 → 10: **−"), "{text}");
    // Of S-DPO the largest K is the best: the smallest is below it by the same test.
    let below = s_dpo.smaller[0].difference.unwrap();
    let range = s_dpo.range.unwrap();
    assert_eq!((below.p_holm, s_dpo.smaller.len()), (range.p_holm, 1));
    assert!((below.difference + range.difference).abs() < 1e-12);
    assert!((below.interval.0 + range.interval.1).abs() < 1e-9, "{below:?} {range:?}");
}

/// The same significant change of ranking is small or not by the margin alone.
#[test]
fn the_margin_tells_small_changes_from_others() {
    let world = World { seeds: vec![2, 4, 6], ..World::small() };
    let dir = tempfile::tempdir().unwrap();
    let change = |after: &dyn Fn(u32) -> u32| (ndcg(after) - ndcg(base)).abs();
    let fallen =
        |user: u32| if user.is_multiple_of(3) { base(user) } else { base(user) + 1 + user % 2 };
    let (drop, rise) = (change(&fallen), change(&|user| base(user) - 1));
    // Margins are shares of the reference's value.
    let cases = [
        (0.99 * drop, "dmpo", Verdict::Collapse),
        (1.01 * drop, "dmpo", Verdict::SmallDrop),
        (0.99 * rise, "s_dpo", Verdict::Improves),
        (1.01 * rise, "s_dpo", Verdict::SmallRise),
    ];
    for (margin, label, expected) in cases {
        let index = with_ranks(&world, dir.path(), 1);
        with_margin(dir.path(), index, margin / START);
        let (found, text) = verdicts(dir.path());
        assert!((found.rules.margin_share - margin / START).abs() < 1e-12);
        let loss = of(&found, label);
        assert_eq!(loss.verdict, expected, "{margin}: {loss:?}");
        assert!((loss.equivalence.unwrap().margin - margin).abs() < 1e-9);
        let drops = matches!(expected, Verdict::Collapse | Verdict::SmallDrop);
        assert_eq!(loss.onset_k, drops.then_some(10));
        assert!(text.contains(&format!(" | {} |", expected.word())), "{text}");
    }
}

/// Five users of 200 lose a place under every seed: t is about √5, p 0.03, which six comparisons make
/// 0.16, while the interval lies below zero.
#[test]
fn nothing_is_equivalent_whose_interval_excludes_zero() {
    let dir = tempfile::tempdir().unwrap();
    let judged = |fallen: u32, risen: u32| {
        let index = with_places(&World::small(), dir.path(), |key, user| {
            let dmpo = key.loss.name == "dmpo" && key.negatives > 1;
            match user {
                _ if dmpo && user < fallen => 4,
                _ if dmpo && user >= USERS - risen => 2,
                _ => 3,
            }
        });
        // Far beyond any of these differences.
        with_margin(dir.path(), index, 2.0);
        verdicts(dir.path()).0
    };
    let found = judged(5, 0);
    let dmpo = of(&found, "dmpo");
    let depth = dmpo.larger[0].difference.unwrap();
    assert!(depth.p < 0.05 && depth.p_holm > 0.05 && depth.interval.1 < 0.0, "{depth:?}");
    assert!(dmpo.equivalence.unwrap().p_holm < 0.05, "{dmpo:?}");
    assert_eq!(dmpo.verdict, Verdict::Undecided);
    assert!(dmpo.reason.contains("its interval excludes zero"), "{}", dmpo.reason);
    // Two users down and one up: 2 · (0.5 − 0.4307) is more than 0.6309 − 0.5 by a little.
    let found = judged(2, 1);
    let depth = of(&found, "dmpo").larger[0].difference.unwrap();
    assert!(depth.difference < 0.0 && depth.holds_zero(), "{depth:?}");
    assert_eq!(of(&found, "dmpo").verdict, Verdict::Equivalent);
}

#[test]
fn a_fall_with_a_loss_that_rises_is_a_worse_fit() {
    let dir = tempfile::tempdir().unwrap();
    let index = with_ranks(&World::small(), dir.path(), 4);
    let at_ten = |cell: &&prefsweep_store::CellEntry| {
        cell.key.loss.name == "dmpo" && cell.key.negatives == 10
    };
    for cell in index.cells.iter().filter(at_ten) {
        let path = dir.path().join(&cell.dir).join(TRAJECTORY_FILE);
        let text = fs::read_to_string(&path).unwrap();
        let mut lines = text.lines();
        let mut raised = vec![lines.next().unwrap().to_owned()];
        for line in lines {
            let mut fields: Vec<&str> = line.split(',').collect();
            fields[2] = "1.5";
            raised.push(fields.join(","));
        }
        fs::write(&path, raised.join("\n") + "\n").unwrap();
    }
    let (found, text) = verdicts(dir.path());
    let dmpo = of(&found, "dmpo");
    assert!(dmpo.larger[0].difference.unwrap().falls(0.05), "{dmpo:?}");
    assert_eq!((dmpo.verdict, dmpo.onset_k), (Verdict::Undecided, None));
    assert!(dmpo.reason.contains("worse fit"), "{}", dmpo.reason);
    let mut rows =
        text.lines().filter(|line| line.starts_with("| DMPO | ") && line.contains("+0.85"));
    assert!(rows.next().is_some_and(|row| row.contains("worse fit")), "{text}");
}

#[test]
fn without_a_reference_there_is_no_margin() {
    let dir = tempfile::tempdir().unwrap();
    let mut index = with_ranks(&World::small(), dir.path(), 4);
    for reference in &mut index.references {
        reference.status = CellStatus::Missing;
    }
    write_index(dir.path(), &index);
    let (found, _) = verdicts(dir.path());
    for label in ["dmpo", "s_dpo"] {
        let loss = of(&found, label);
        let change = loss.range.unwrap();
        assert!(change.falls(0.05) || change.rises(0.05), "{change:?}");
        assert_eq!(loss.verdict, Verdict::Undecided);
        assert!(loss.reason.contains("the margin is not known"), "{}", loss.reason);
    }
}

/// Indexes of before have no settings of the report.
#[test]
fn an_index_without_a_margin_has_the_default() {
    let dir = tempfile::tempdir().unwrap();
    let index = with_ranks(&World::small(), dir.path(), 4);
    let mut old = serde_json::to_value(&index).unwrap();
    assert!(old.as_object_mut().unwrap().remove("report").is_some());
    fs::write(dir.path().join(INDEX_FILE), old.to_string()).unwrap();
    assert_eq!(verdicts(dir.path()).0.rules.margin_share, 0.02);
}

/// A world with the control, in which dmpo falls and s_dpo at K = 10 is one place above the reference;
/// the control is `lift` places above it.
fn with_control(dir: &Path, lift: u32) -> Verdicts {
    let losses = ["dmpo", "s_dpo", "sft"].map(LossKey::new).to_vec();
    let world = World { losses, ..World::small() };
    let index = with_places(&world, dir, |key, user| match (&key.loss.name[..], key.negatives) {
        ("sft", _) => base(user) - lift,
        (_, 1) => base(user),
        ("dmpo", _) => base(user) + 4,
        _ => base(user) - 1,
    });
    for reference in &index.references {
        write_ranks(&dir.join(&reference.dir).join(RANKS_FILE), &base);
    }
    verdicts(dir).0
}

#[test]
fn every_loss_is_compared_with_the_control() {
    let dir = tempfile::tempdir().unwrap();
    let found = with_control(dir.path(), 0);
    // Two losses with four primary comparisons each; the control with the reference.
    assert_eq!((found.families.primary, found.families.over_negatives), (9, 2));
    assert_eq!(found.families.equivalence, 2);
    let sft = of(&found, "sft");
    assert_eq!(sft.verdict, Verdict::Control);
    assert_eq!((sft.larger.len(), sft.range, sft.onset_k), (0, None, None));
    assert_eq!((&sft.equivalence, &sft.over_training, &sft.against_control), (&None, &None, &None));
    assert_eq!(sft.against_reference.unwrap().difference, 0.0);
    let asked = |question: Question| -> Vec<(&str, &str)> {
        let claims = found.claims.iter().filter(|claim| claim.question == question);
        claims.map(|claim| (&claim.after.label[..], &claim.before.label[..])).collect()
    };
    assert_eq!(asked(Question::MoreNegatives), [("dmpo", "dmpo"), ("s_dpo", "s_dpo")]);
    assert_eq!(asked(Question::AboveControl), [("dmpo", "sft"), ("s_dpo", "sft")]);
    for claim in found.claims.iter().filter(|claim| claim.question == Question::AboveControl) {
        // One test and one interval per difference.
        assert_eq!(claim.at_end, of(&found, &claim.after.label).against_control);
        assert_eq!((claim.after.negatives, claim.at_end.unwrap().seeds), (10, 3));
    }
    let gain = ndcg(|user| base(user) - 1) - ndcg(base);
    let s_dpo = of(&found, "s_dpo");
    assert!((s_dpo.against_control.unwrap().difference - gain).abs() < 1e-6, "{s_dpo:?}");
    assert!(s_dpo.is_gain(0.05) && !of(&found, "dmpo").is_gain(0.05));
    let text = fs::read_to_string(dir.path().join("out/report.md")).unwrap();
    assert!(text.contains("; against continued supervised training ("), "{text}");
    assert!(text.contains(" **Gain over both: S-DPO.**"), "{text}");
    assert!(text.contains("| S-DPO − SFT, K = 10 | end of training |"), "{text}");
    let row = text.lines().find(|line| line.starts_with("| SFT | – | 0.0")).unwrap();
    assert!(row.ends_with(" | – | – | control |"), "{row}");
}

#[test]
fn what_the_control_reaches_too_is_no_gain() {
    let dir = tempfile::tempdir().unwrap();
    let found = with_control(dir.path(), 1);
    let s_dpo = of(&found, "s_dpo");
    assert!(s_dpo.against_reference.unwrap().rises(0.05), "{s_dpo:?}");
    assert_eq!(s_dpo.against_control.unwrap().difference, 0.0);
    assert!(!s_dpo.is_gain(0.05));
    assert_eq!(s_dpo.verdict, Verdict::Improves, "over K it is what it is");
    let text = fs::read_to_string(dir.path().join("out/report.md")).unwrap();
    assert!(text.contains(" **Gain over both: none.**"), "{text}");
}

/// Without the control the same losses have the same comparisons, each in a smaller family.
#[test]
fn the_control_changes_no_other_difference() {
    let [with, without] = [true, false].map(|control| {
        let dir = tempfile::tempdir().unwrap();
        if control {
            return with_control(dir.path(), 0);
        }
        let index = with_places(&World::small(), dir.path(), |key, user| {
            match (&key.loss.name[..], key.negatives) {
                (_, 1) => base(user),
                ("dmpo", _) => base(user) + 4,
                _ => base(user) - 1,
            }
        });
        for reference in &index.references {
            write_ranks(&dir.path().join(&reference.dir).join(RANKS_FILE), &base);
        }
        verdicts(dir.path()).0
    });
    assert_eq!(without.families.primary, 6);
    assert_eq!(with.families.over_training, without.families.over_training);
    assert!(without.claims.iter().all(|claim| claim.question != Question::AboveControl));
    for loss in &without.losses {
        let other = of(&with, &loss.label);
        assert_eq!((loss.verdict, loss.best_k), (other.verdict, other.best_k));
        assert_eq!(loss.against_control, None);
        let pairs = [(loss.range, other.range), (loss.against_reference, other.against_reference)];
        for (one, two) in pairs.map(|(one, two)| (one.unwrap(), two.unwrap())) {
            assert_eq!(
                (one.difference, one.interval, one.p),
                (two.difference, two.interval, two.p)
            );
        }
    }
}

#[test]
fn equal_ranks_are_equivalent() {
    let dir = tempfile::tempdir().unwrap();
    let index = World::small().write(dir.path());
    for cell in &index.cells {
        write_ranks(&dir.path().join(&cell.dir).join(RANKS_FILE), &|user| 1 + user % 20);
    }
    let (found, _) = verdicts(dir.path());
    assert!(found.losses.iter().all(|loss| loss.verdict == Verdict::Equivalent), "{found:?}");
}

#[test]
fn without_ranks_there_is_no_claim() {
    let dir = tempfile::tempdir().unwrap();
    let index = with_ranks(&World::small(), dir.path(), 4);
    let cell =
        index.cells.iter().find(|c| c.key.loss.name == "dmpo" && c.key.negatives == 10).unwrap();
    fs::remove_file(dir.path().join(&cell.dir).join(RANKS_FILE)).unwrap();
    let (found, text) = verdicts(dir.path());
    let dmpo = of(&found, "dmpo");
    assert_eq!(dmpo.verdict, Verdict::Undecided);
    assert!(text.contains("| no per-user ranks |"), "{text}");
    assert_eq!(of(&found, "s_dpo").verdict, Verdict::Improves);
}

#[test]
fn one_seed_says_that_it_covers_users_only() {
    let dir = tempfile::tempdir().unwrap();
    with_ranks(&World { seeds: vec![7], ..World::small() }, dir.path(), 4);
    let (found, text) = verdicts(dir.path());
    assert_eq!(of(&found, "dmpo").larger[0].difference.unwrap().seeds, 1);
    assert!(text.contains(" | collapse (one seed) |"), "{text}");
    assert!(text.contains("- 1 seed: intervals and p cover other users"), "{text}");
}

#[test]
fn one_k_has_no_verdict() {
    let dir = tempfile::tempdir().unwrap();
    with_ranks(&World { negatives: vec![3], ..World::standard() }, dir.path(), 4);
    let (found, text) = verdicts(dir.path());
    assert!(found.losses.iter().all(|loss| loss.verdict == Verdict::NotApplicable));
    let row = text.lines().find(|line| line.starts_with("| DMPO | 3 | 0.05")).unwrap();
    assert!(row.ends_with(" | – | – | no verdict |"), "{row}");
}

#[test]
fn the_same_results_give_the_same_file() {
    let dir = tempfile::tempdir().unwrap();
    with_ranks(&World::small(), dir.path(), 1);
    let read = || {
        let files = write_report(dir.path(), &dir.path().join("out")).unwrap();
        fs::read(files.verdict).unwrap()
    };
    assert_eq!(read(), read());
}
