//! What remains of the claims at equal divergence and at picked checkpoints, on ranks made by hand.

use std::fs;
use std::path::Path;

use polars::prelude::*;
use prefsweep_report::verdict::{
    BudgetClaim, Claim, Contrast, LossVerdict, Question, TIMES_FILE, Times, Verdicts,
};
use prefsweep_report::{Reading, write_report};
use prefsweep_store::{CellKey, Index, LossKey, RANKS_FILE, TRAJECTORY_FILE};
use serde_json::{Value, json};

use crate::support::{BETA, World, dynamic_po, write_index};

const STEPS: [u32; 3] = [0, 50, 100];

fn dmpo_and_dynamic_po() -> Vec<LossKey> {
    vec![LossKey::new("dmpo"), dynamic_po("dmpo")]
}

/// dmpo and DynamicPO over it. All users of dmpo at K = 10 fall from rank 1 to rank 3 (NDCG 1 to
/// 0.5) between the last two evaluations; everybody else stays at rank 1.
fn world(dir: &Path) {
    let world = World { losses: dmpo_and_dynamic_po(), ..World::small() };
    with_ranks(
        &world,
        dir,
        |loss, negatives, step| {
            if (loss, negatives, step) == ("dmpo", 10, 100) { 3.0 } else { 1.0 }
        },
    );
}

/// Writes a world in which all users have the same rank, by loss, K and step.
fn with_ranks(world: &World, dir: &Path, rank_of: impl Fn(&str, usize, u32) -> f32) -> Index {
    with_ranks_of(world, dir, |key, step| rank_of(&key.loss.to_string(), key.negatives, step))
}

/// The same by everything that tells cells apart.
fn with_ranks_of(world: &World, dir: &Path, rank_of: impl Fn(&CellKey, u32) -> f32) -> Index {
    let index = world.write(dir);
    for cell in &index.cells {
        let rank = |step: u32| rank_of(&cell.key, step);
        let rows: Vec<(u32, &str, u32)> = STEPS
            .into_iter()
            .flat_map(|step| ["validation", "test"].map(|split| (step, split)))
            .flat_map(|(step, split)| (0..20).map(move |user| (step, split, user)))
            .collect();
        let mut frame = df!(
            "step" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
            "split" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
            "protocol" => vec!["full"; rows.len()],
            "user" => rows.iter().map(|row| row.2).collect::<Vec<_>>(),
            "rank" => rows.iter().map(|row| rank(row.0)).collect::<Vec<_>>(),
        )
        .unwrap();
        let file = fs::File::create(dir.join(&cell.dir).join(RANKS_FILE)).unwrap();
        ParquetWriter::new(file).finish(&mut frame).unwrap();
    }
    index
}

fn report(dir: &Path) -> (Verdicts, String) {
    let files = write_report(dir, &dir.join("out")).unwrap();
    let verdicts = serde_json::from_slice(&fs::read(files.verdict).unwrap()).unwrap();
    (verdicts, fs::read_to_string(files.report).unwrap())
}

/// The claims at equal time, which depend on the machine's.
fn equal_time(dir: &Path) -> Vec<BudgetClaim> {
    let times = fs::read(dir.join("out").join(TIMES_FILE)).unwrap();
    serde_json::from_slice::<Times>(&times).unwrap().equal_time
}

fn claim(verdicts: &Verdicts, question: Question, label: &str) -> Claim {
    let mut claims = verdicts.claims.iter();
    claims.find(|c| c.question == question && c.after.label == label).unwrap().clone()
}

fn close(found: Option<prefsweep_report::verdict::Difference>, expected: f64) {
    let found = found.unwrap().difference;
    assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
}

#[test]
fn both_sides_are_read_where_they_are_equally_far() {
    let dir = tempfile::tempdir().unwrap();
    world(dir.path());
    let (verdicts, text) = report(dir.path());
    // √KL of this world grows evenly: at step 50 it is half of what it is at step 100. At K = 10,
    // DynamicPO ends at KL 0.2 − 0.03 ln 10 and dmpo at 0.2 + 0.1 ln 10.
    let (near, far) = (0.2 - 0.03 * 10_f64.ln(), 0.2 + 0.1 * 10_f64.ln());
    let mended = claim(&verdicts, Question::DynamicPo, "dynamic_po(dmpo)");
    assert!((mended.kl.unwrap() - near).abs() < 1e-9);
    close(mended.at_end, 0.5);
    close(mended.at_equal_kl, 0.5 * ((near / far).sqrt() - 0.5) / 0.5);
    // Validation of this world is best in the middle, where all are at rank 1.
    close(mended.at_picked, 0.0);
    // K = 1 ends at KL 0.2.
    let hurt = claim(&verdicts, Question::MoreNegatives, "dmpo");
    assert_eq!((hurt.before.negatives, hurt.after.negatives), (1, 10));
    close(hurt.at_end, -0.5);
    close(hurt.at_equal_kl, -0.5 * ((0.2 / far).sqrt() - 0.5) / 0.5);
    close(hurt.at_picked, 0.0);
    for expected in [
        "> DMPO, K = 1 → 10: **−50.0 % [−50.0, −50.0]** NDCG@10 while",
        "> DynamicPO − DMPO, K = 10: **+100.0 % [+100.0, +100.0]**, p \\< 0.001: *significantly higher*.",
        "at the validation-selected checkpoint: nothing",
        "| DynamicPO − DMPO, K = 10 | end of training | +100.0 | +0.5000 (",
    ] {
        assert!(text.contains(expected), "`{expected}` is not in\n{text}");
    }
}

/// K = 2 at step 50 has scored as many negatives as K = 1 at step 100.
#[test]
fn both_sides_are_read_at_equal_budgets() {
    let dir = tempfile::tempdir().unwrap();
    let losses = dmpo_and_dynamic_po();
    let world = World { losses, negatives: vec![1, 2], ..World::small() };
    with_ranks(&world, dir.path(), |loss, negatives, step| match (loss, negatives, step) {
        ("dmpo", 1, 100) => 3.0,
        ("dmpo", 2, 50) | ("dynamic_po(dmpo)", 2, 0) => 2.0,
        ("dynamic_po(dmpo)", 2, 100) => 3.0,
        _ => 1.0,
    });
    let (verdicts, text) = report(dir.path());
    let budgets = verdicts.budgets.as_ref().unwrap();
    let timed = equal_time(dir.path());
    let of = |question: Question, label: &str| -> Vec<&BudgetClaim> {
        let claims = budgets.claims.iter().chain(&timed);
        let claims = claims.filter(|claim| claim.question == question);
        claims.filter(|claim| claim.after.setting.label == label).collect()
    };
    let read = |claims: &[&BudgetClaim]| -> Vec<(Reading, u32, u32, i64)> {
        let rounded = |claim: &BudgetClaim| (1e4 * claim.difference.difference).round() as i64;
        claims.iter().map(|c| (c.reading, c.before.step, c.after.step, rounded(c))).collect()
    };
    // NDCG of ranks 1, 2, 3 is 1, 1 / log2 3 = 0.6309 and 0.5. A step takes 11 ms with K = 1 and 12 ms
    // with K = 2: 1.1 s allow 91 steps with K = 2, of which 50 are evaluated; these 0.6 s are 54 with
    // K = 1, of which 50 are.
    assert_eq!(
        read(&of(Question::MoreNegatives, "dmpo")),
        [
            (Reading::EqualSteps, 100, 100, 5000),
            (Reading::EqualSteps, 50, 50, -3691),
            (Reading::EqualNegatives, 100, 50, 1309),
            (Reading::EqualTime, 50, 50, -3691),
        ]
    );
    assert_eq!(
        read(&of(Question::DynamicPo, "dynamic_po(dmpo)")),
        [
            (Reading::EqualSteps, 100, 100, -5000),
            (Reading::EqualSteps, 50, 50, 3691),
            (Reading::EqualTime, 100, 100, -5000),
        ]
    );
    // Two losses over K, and DynamicPO; the end of training belongs to other families.
    let families = budgets.families;
    assert_eq!((families.steps, families.negatives, timed.len()), (3, 2, 3));
    // Validation has the same ranks: DynamicPO is best at step 50, dmpo at the start.
    let longer = |label: &str| {
        let found = budgets.longer.iter().find(|at| at.setting.label == label).unwrap();
        let rounded = (1e4 * found.difference.difference).round() as i64;
        (found.setting.negatives, found.best_step, found.last_step, rounded)
    };
    assert_eq!(longer("dynamic_po(dmpo)"), (2, 50, 100, -5000));
    assert_eq!(longer("dmpo"), (2, 0, 100, 0));
    assert_eq!(families.longer, 2 * 2);
    let end = of(Question::MoreNegatives, "dmpo")[0];
    assert!(end.repeated);
    let known = verdicts.losses.iter().find(|loss| loss.label == "dmpo").unwrap();
    assert_eq!(end.difference, known.range.unwrap());
    assert!(
        text.contains("| equal negatives | DMPO, K = 1 | 100 | DMPO, K = 2 | 50 | – |"),
        "{text}"
    );
    assert!(
        text.contains("*at equal negatives* significantly higher for DMPO, K = 1 → 2"),
        "{text}"
    );
}

/// Writes the validation loss of every evaluation, by loss, K and step.
fn with_validation_loss(dir: &Path, index: &Index, loss_of: impl Fn(&str, usize, u32) -> f64) {
    const COLUMN: &str = "validation_loss";
    for cell in &index.cells {
        let path = dir.join(&cell.dir).join(TRAJECTORY_FILE);
        let text = fs::read_to_string(&path).unwrap();
        let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let header = lines.next().unwrap();
        let kept = header.iter().position(|name| *name == COLUMN).unwrap_or(header.len());
        let mut written = [&header[..kept], &[COLUMN]].concat().join(",");
        for line in lines {
            let step = line[0].parse().unwrap();
            let loss = loss_of(&cell.key.loss.to_string(), cell.key.negatives, step).to_string();
            written += "\n";
            written += &[&line[..kept], &[&loss]].concat().join(",");
        }
        fs::write(&path, written + "\n").unwrap();
    }
}

/// Preference trainers keep the checkpoint with the lowest validation loss, here not the one with the
/// best ranking.
#[test]
fn both_sides_are_read_where_the_validation_loss_is_lowest() {
    let dir = tempfile::tempdir().unwrap();
    let world = World { losses: dmpo_and_dynamic_po(), ..World::small() };
    let index =
        with_ranks(&world, dir.path(), |loss, negatives, step| match (loss, negatives, step) {
            ("dmpo", 10, 50) => 2.0,
            ("dmpo", 10, 100) => 3.0,
            ("dynamic_po(dmpo)", 10, 50) => 3.0,
            _ => 1.0,
        });
    let (verdicts, text) = report(dir.path());
    assert!(verdicts.claims.iter().all(|claim| claim.at_picked_by_loss.is_none()));
    assert_eq!(verdicts.claim_families.picked_by_loss, 0);
    assert!(!text.contains("validation loss"), "a reading that is not tested is left out\n{text}");

    with_validation_loss(dir.path(), &index, |loss, negatives, step| match (loss, negatives) {
        // Lowest in the middle, twice; the first counts.
        ("dmpo", 10) => f64::from(step.abs_diff(50)),
        ("dynamic_po(dmpo)", 10) => [0.7, 0.5, 0.5][step as usize / 50],
        // Lowest at the end.
        _ => -f64::from(step),
    });
    let (verdicts, text) = report(dir.path());
    let hurt = claim(&verdicts, Question::MoreNegatives, "dmpo");
    let fixed = claim(&verdicts, Question::DynamicPo, "dynamic_po(dmpo)");
    // NDCG of ranks 1, 2 and 3 is 1, 0.6309 and 0.5.
    close(hurt.at_picked_by_loss, 0.630_929_75 - 1.0);
    close(fixed.at_picked_by_loss, 0.5 - 0.630_929_75);
    close(hurt.at_end, -0.5);
    assert_eq!(hurt.at(Reading::SelectedByLoss), hurt.at_picked_by_loss.as_ref());
    // Two losses over K, and DynamicPO.
    assert_eq!(verdicts.claim_families.picked_by_loss, 3);
    assert!(
        text.contains(
            "; at the checkpoint selected by validation loss: DMPO, K = 1 → 10 (−36.9 %)"
        ),
        "{text}"
    );
    // Selected on validation ranks, in the middle of this world, and on the loss.
    assert!(text.contains("| DMPO | 10 | 50, 50, 50 | "), "{text}");
    assert!(text.contains(" | 100, 100, 100 | "), "{text}");
}

/// At K = 20 dmpo passes the KL at which DynamicPO ends before its first evaluation: √(0.11 / 0.5) of
/// the way, of which step 50 is half.
#[test]
fn what_rests_on_the_line_from_the_start_is_marked() {
    let dir = tempfile::tempdir().unwrap();
    let losses = dmpo_and_dynamic_po();
    with_ranks(
        &World { losses, negatives: vec![1, 20], ..World::small() },
        dir.path(),
        |_, _, _| 1.0,
    );
    let (verdicts, text) = report(dir.path());
    let fixed = claim(&verdicts, Question::DynamicPo, "dynamic_po(dmpo)");
    assert!(fixed.kl_from_start && fixed.is_from_start(Reading::EqualDivergence));
    assert!(!fixed.is_from_start(Reading::End) && !fixed.is_from_start(Reading::Selected));
    // K = 1 ends at √(0.2 / 0.5) of the way, behind step 50.
    let hurt = claim(&verdicts, Question::MoreNegatives, "dmpo");
    assert!(!hurt.kl_from_start);
    assert!(
        text.contains("† interpolated on the straight line from the reference (step 0)"),
        "{text}"
    );
    let row = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    row("| DynamicPO − DMPO, K = 20 | matched KL† |");
    row("| DMPO, K = 1 → 20 | matched KL |");
    let tex = fs::read_to_string(dir.path().join("out/tables/claims.tex")).unwrap();
    assert!(tex.contains("$\\dagger$"), "{tex}");
}

/// Nothing is asked of the control over K; against it every loss is read wherever both can be.
#[test]
fn the_control_is_compared_under_every_reading() {
    let dir = tempfile::tempdir().unwrap();
    let losses = ["dmpo", "sft"].map(LossKey::new).to_vec();
    let world = World { losses, negatives: vec![1, 2], ..World::small() };
    let index =
        with_ranks(&world, dir.path(), |loss, negatives, step| match (loss, negatives, step) {
            ("dmpo", 2, 100) => 3.0,
            ("sft", _, 100) => 2.0,
            _ => 1.0,
        });
    with_validation_loss(dir.path(), &index, |_, _, step| -f64::from(step));
    let (verdicts, text) = report(dir.path());
    let above = claim(&verdicts, Question::AboveControl, "dmpo");
    // NDCG of ranks 1, 2 and 3 is 1, 0.6309 and 0.5.
    for reading in [Reading::End, Reading::SelectedByLoss] {
        close(above.at(reading).copied(), 0.5 - 0.630_929_75);
    }
    close(above.at_picked, 0.0);
    assert!(above.at_equal_kl.is_some());
    let of_control = |claim: &Claim| claim.after.label == "sft";
    assert!(!verdicts.claims.iter().any(of_control), "{:?}", verdicts.claims);
    let budgets = verdicts.budgets.as_ref().unwrap();
    assert!(budgets.claims.iter().all(|claim| claim.after.setting.label == "dmpo"));
    assert!(budgets.longer.iter().all(|longer| longer.setting.label == "dmpo"));
    let timed = equal_time(dir.path());
    let against = budgets.claims.iter().chain(&timed);
    let against = against.filter(|claim| claim.question == Question::AboveControl);
    let against: Vec<(Reading, bool)> = against.map(|c| (c.reading, c.repeated)).collect();
    assert_eq!(against, [(Reading::EqualSteps, true), (Reading::EqualTime, false)]);
    assert!(text.contains("**Better than continued supervised training?** Test NDCG@10"), "{text}");
}

#[test]
fn only_steps_of_a_size_are_tuned() {
    let dir = tempfile::tempdir().unwrap();
    let world = World { betas: vec![0.5, 1.0], ..World::small() };
    let mut index = world.write(dir.path());
    let (verdicts, text) = report(dir.path());
    let tuned = verdicts.tuned.as_ref().unwrap();
    // Two losses at two K each, of two betas.
    assert_eq!((tuned.settings, tuned.cells.len(), tuned.left_out.len()), (2, 4, 0));
    assert!(text.contains("<summary>Tuned settings</summary>"), "{text}");
    for cell in &mut index.cells {
        let value = cell.key.axes.remove(BETA).unwrap();
        cell.key.axes.insert("preference.sampler".into(), value);
    }
    write_index(dir.path(), &index);
    let (verdicts, text) = report(dir.path());
    assert_eq!(verdicts.tuned, None);
    assert!(!text.contains("<summary>Tuned settings</summary>"), "{text}");
}

#[test]
fn gains_of_few_users_are_shown_where_their_number_is_an_axis() {
    const FEW: &str = "<summary>Few users</summary>";
    let dir = tempfile::tempdir().unwrap();
    let losses = ["sft", "dmpo"].map(LossKey::new).to_vec();
    let world = World { losses, betas: vec![100.0, 1000.0], ..World::small() };
    let mut index = world.write(dir.path());
    let (verdicts, text) = report(dir.path());
    assert_eq!(verdicts.few_users, None);
    assert!(!text.contains(FEW), "{text}");
    for cell in &mut index.cells {
        let value = cell.key.axes.remove(BETA).unwrap();
        cell.key.axes.insert("training.users".into(), value);
    }
    write_index(dir.path(), &index);
    let (verdicts, text) = report(dir.path());
    assert!(text.contains(FEW), "{text}");
    // The control once and two K of DMPO, for both numbers of users.
    let few = verdicts.few_users.unwrap();
    assert_eq!(few.gains.len(), 2 * 3);
    for gain in few.gains.iter().filter(|gain| gain.repeated) {
        let own = |loss: &&LossVerdict| loss.series == gain.setting.series;
        let loss = verdicts.losses.iter().find(own).unwrap();
        assert_eq!(gain.over_control, loss.against_control, "one test per difference");
    }
    let smaller = few.gains.iter().filter(|gain| !gain.repeated);
    assert_eq!(smaller.filter(|gain| gain.over_control.is_some()).count(), 2);
}

/// Gives the cells of the two values of beta these values on another axis.
fn on_axis(dir: &Path, index: &mut Index, axis: &str, values: [Value; 2]) {
    for cell in &mut index.cells {
        let first = cell.key.axes.remove(BETA).unwrap() == BETAS[0];
        cell.key.axes.insert(axis.into(), values[usize::from(!first)].clone());
    }
    write_index(dir, index);
}

const BETAS: [f64; 2] = [0.5, 1.0];

/// Two losses with K 1 and 10 at both values of beta, of which ranks of all users at the end are given.
fn on_both(dir: &Path, losses: [&str; 2], rank_of: impl Fn(&str, bool) -> f32) -> Index {
    let losses = losses.map(LossKey::new).to_vec();
    let world = World { losses, betas: BETAS.to_vec(), ..World::small() };
    with_ranks_of(&world, dir, |key, step| {
        let first = key.axes[BETA] == BETAS[0];
        if step == 100 { rank_of(&key.loss.name, first) } else { 1.0 }
    })
}

/// NDCG of ranks 1, 2, 3 and 4 is 1, 0.6309, 0.5 and 0.4307: with few users DMPO gains 0.5 over the control, with all
/// 0.2003.
#[test]
fn gains_of_few_users_are_compared_with_those_of_all() {
    let dir = tempfile::tempdir().unwrap();
    let mut index = on_both(dir.path(), ["sft", "dmpo"], |loss, few| match (loss, few) {
        ("sft", true) => 3.0,
        ("sft", false) => 4.0,
        (_, true) => 1.0,
        (_, false) => 2.0,
    });
    on_axis(dir.path(), &mut index, "training.users", [100.into(), "all".into()]);
    let (verdicts, _) = report(dir.path());
    let mut tested = verdicts.contrasts.tested.iter();
    let found = tested.find(|claim| claim.question == Contrast::FewMinusAll).unwrap();
    assert_eq!(found.after.series.axes["training.users"], 100);
    assert_eq!(found.before.series.axes["training.users"], "all");
    assert_eq!((found.after.negatives, found.before.negatives), (10, 10));
    let second = 0.630_929_75;
    close(found.at_end, (1.0 - 0.5) - (second - 0.430_676_56));
    let before = found.at_end.unwrap().before;
    assert!((before - second).abs() < 1e-6, "{before}");
    assert!(found.at_picked.is_none() && found.at_equal_kl.is_none());
    let tested = verdicts.contrasts.tested.iter();
    assert_eq!(tested.filter(|claim| claim.question == Contrast::FewMinusAll).count(), 1);
    // Beside the one K above the smallest, for both numbers of users, whose test the verdicts have.
    let families = verdicts.contrasts.families;
    assert_eq!([families.at_end, families.picked], [3, 0]);
}

#[test]
fn one_active_expert_is_compared_with_none() {
    let tested = |value: Value| {
        let dir = tempfile::tempdir().unwrap();
        let mut index = on_both(dir.path(), ["dpo", "ro_dpo"], |_, sparse| match sparse {
            true => 2.0,
            false => 3.0,
        });
        on_axis(dir.path(), &mut index, "model.experts", [value, Value::Null]);
        report(dir.path()).0.contrasts.tested
    };
    let mut found = tested(json!({"experts": 4, "active": 1}));
    found.retain(|claim| claim.question == Contrast::SparseMinusDense);
    let [found] = &found[..] else { panic!("{} contrasts", found.len()) };
    assert_eq!((&found.after.series.loss.name[..], found.after.negatives), ("ro_dpo", 10));
    assert_eq!(found.before.series.axes["model.experts"], Value::Null);
    close(found.at_end, 0.630_929_75 - 0.5);
    close(found.at_picked, 0.0);
    let more = tested(json!({"experts": 4, "active": 2}));
    assert!(more.iter().all(|claim| claim.question != Contrast::SparseMinusDense));
}

#[test]
fn nothing_significant_is_said_as_such() {
    let dir = tempfile::tempdir().unwrap();
    World { losses: vec![LossKey::new("dmpo")], negatives: vec![1, 20], ..World::standard() }
        .write(dir.path());
    let (verdicts, text) = report(dir.path());
    assert!(verdicts.claims.iter().all(|claim| claim.question == Question::MoreNegatives));
    assert!(
        text.contains(
            "> **No significant drop of NDCG@10 from K\\* to the largest K.** Lowest: DMPO, K ="
        ),
        "{text}"
    );
    assert!(!text.contains("> DynamicPO −"), "{text}");
}

/// Entries of earlier versions lack the last columns.
#[test]
fn files_without_the_newer_columns_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let index = World::small().write(dir.path());
    let (_, before) = report(dir.path());
    assert!(!before.contains("not recorded |") && before.contains("Oracle preference"));
    for cell in &index.cells {
        let path = dir.path().join(&cell.dir).join(TRAJECTORY_FILE);
        let text = fs::read_to_string(&path).unwrap();
        let old = text.lines().map(|line| line.split(',').take(12).collect::<Vec<_>>().join(","));
        fs::write(&path, old.collect::<Vec<_>>().join("\n") + "\n").unwrap();
    }
    let (verdicts, text) = report(dir.path());
    assert!(text.contains("| not recorded | 2.5000 ± 0 | not recorded | not recorded |"), "{text}");
    assert!(!text.contains("Oracle preference"), "{text}");
    assert!(text.contains("No `frontier` plot: "), "{text}");
    assert!(verdicts.claims.iter().all(|claim| claim.at_equal_kl.is_none()));
}

/// What claims between losses, and of several negatives with one, need beside the questions.
#[test]
fn contrasts_are_tested_apart() {
    let dir = tempfile::tempdir().unwrap();
    let mut deterministic = LossKey::new("ro_dpo");
    deterministic.settings.insert("deterministic".into(), true.into());
    let mut losses = ["dpo", "s_dpo", "dmpo", "ro_dpo", "ada_dpo"].map(LossKey::new).to_vec();
    losses.extend([deterministic, LossKey::over("ada", LossKey::new("dmpo"))]);
    let world = World { losses, negatives: vec![1, 5, 10], ..World::small() };
    with_ranks(&world, dir.path(), |loss, negatives, step| match (loss, negatives, step) {
        (_, 1, 100) | ("ro_dpo(deterministic=true)", _, 100) => 2.0,
        ("dmpo" | "dpo", _, 100) => 3.0,
        _ => 1.0,
    });
    let (verdicts, _) = report(dir.path());
    let contrasts = &verdicts.contrasts;
    let sides = contrasts.tested.iter().map(|claim| {
        let (after, before) = (&claim.after, &claim.before);
        let (many, few) = (after.negatives, before.negatives);
        (claim.question, &after.label[..], many, &before.label[..], few)
    });
    // Validation of this world falls with K for dmpo and rises with it for s_dpo.
    let expected = [
        (Contrast::SeveralNegatives, "s_dpo", 10, "s_dpo", 1),
        (Contrast::DmpoMinusSDpo, "dmpo", 10, "s_dpo", 10),
        (Contrast::SeveralNegatives, "dmpo", 5, "dmpo", 1),
        (Contrast::StochasticPool, "ro_dpo", 10, "ro_dpo(deterministic=true)", 10),
        (Contrast::PoolMinusUniform, "ro_dpo", 10, "dpo", 10),
        (Contrast::AdaMinusBase, "ada_dpo", 10, "dpo", 10),
        (Contrast::AdaMinusBase, "ada(dmpo)", 10, "dmpo", 10),
    ];
    assert_eq!(sides.collect::<Vec<_>>(), expected);
    // NDCG of ranks 1, 2 and 3 is 1, 0.6309 and 0.5.
    let second = 0.630_929_75;
    let differences = [1.0 - second, -0.5, 0.5 - second, 1.0 - second, 0.5, 0.5, 0.5];
    // Validation picks the middle, where all are at rank 1, but the end for the deterministic pool.
    let at_picked = [0.0, 0.0, 0.0, 1.0 - second, 0.0, 0.0, 0.0];
    for ((claim, at_end), at_picked) in contrasts.tested.iter().zip(differences).zip(at_picked) {
        close(claim.at_end, at_end);
        close(claim.at_picked, at_picked);
    }
    // Five between losses, and two losses with two K that could have been picked.
    let families = contrasts.families;
    assert_eq!([families.at_end, families.equal_kl, families.picked], [9; 3]);
    // A difference that is tested elsewhere keeps its p.
    let hurt = claim(&verdicts, Question::MoreNegatives, "s_dpo");
    assert_eq!(contrasts.tested[0].at_end, hurt.at_end);
    assert_eq!(contrasts.tested[0].at_picked, hurt.at_picked);
    let dmpo = verdicts.losses.iter().find(|loss| loss.label == "dmpo").unwrap();
    assert_eq!(dmpo.larger[0].negatives, 5);
    assert_eq!(contrasts.tested[2].at_end, dmpo.larger[0].difference);
    // They enter no family of before: three primary comparisons per loss, three pairs of K.
    assert_eq!((verdicts.families.primary, verdicts.families.over_negatives), (21, 21));
    assert_eq!(verdicts.claim_families.picked, 7);
}
