//! Claims on verdicts made by hand.

use std::fs;
use std::path::{Path, PathBuf};

use prefsweep_store::{LossKey, SeriesKey};
use serde_json::Value;

use super::claim::{Combine, Expected};
use super::outcome::{Bearing, Outcome};
use super::registry::CLAIMS;
use super::results::{ClaimResult, Results};
use super::write_claims;
use crate::error::ReportError;
use crate::verdict::fixtures::{self, difference, loss};
use crate::verdict::{
    Change, Claim, Contrast, Difference, Measured, Quantity, Question, Setting, VERDICT_FILE,
    Verdicts,
};

fn claim<Q>(question: Q, after: (&SeriesKey, usize), before: usize, found: Difference) -> Claim<Q> {
    let setting = |negatives| Setting::new(after.0.clone(), negatives);
    Claim {
        question,
        after: setting(after.1),
        before: setting(before),
        at_end: Some(found),
        kl: None,
        at_equal_kl: None,
        kl_from_start: false,
        at_picked: None,
        at_picked_by_loss: None,
    }
}

/// Nothing but what is asked.
fn verdicts(experiment: &str, dataset: &str, claims: Vec<Claim>) -> Verdicts {
    let losses = claims.iter().map(|claim| loss(&claim.after.series, -0.1)).collect();
    Verdicts { claims, ..fixtures::verdicts(experiment, dataset, losses) }
}

fn plain(name: &str) -> SeriesKey {
    LossKey::new(name).into()
}

fn dynamic_po(settings: &[(&str, Value)]) -> SeriesKey {
    let mut key = LossKey::over("dynamic_po", LossKey::new("dmpo"));
    key.settings =
        settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    key.into()
}

/// What the experiments say of a claim.
fn result(id: &str, experiments: &[Verdicts]) -> ClaimResult {
    let all = Results::of(CLAIMS, &experiments.iter().collect::<Vec<_>>());
    all.claims.into_iter().find(|found| found.claim.id == id).expect("the claim is registered")
}

/// The outcome on the only dataset.
fn outcome(id: &str, verdicts: Verdicts) -> Outcome {
    let found = result(id, &[verdicts]);
    assert_eq!(found.datasets.len(), 1);
    found.datasets[0].outcome
}

/// One experiment with DynamicPO over DMPO.
fn fixed(experiment: &str, dataset: &str, found: Difference) -> Verdicts {
    let claim = claim(Question::DynamicPo, (&dynamic_po(&[]), 20), 20, found);
    verdicts(experiment, dataset, vec![claim])
}

#[test]
fn a_comparison_has_every_outcome() {
    let of = |percent, half, p| {
        outcome("dynamic-po-dmpo", fixed("a", "a", difference(percent, half, p)))
    };
    assert_eq!(of(5.0, 2.0, 0.01), Outcome::Holds);
    // Significant, however small.
    assert_eq!(of(1.0, 0.5, 0.01), Outcome::Holds);
    assert_eq!(of(-5.0, 2.0, 0.01), Outcome::DoesNotHold);
    // Within 2 %.
    assert_eq!(of(0.2, 0.5, 0.8), Outcome::DoesNotHold);
    // Within 2 %, but not zero; and beyond 2 %, without being significant.
    assert_eq!(of(1.0, 0.5, 0.08), Outcome::Inconclusive);
    assert_eq!(of(3.0, 4.0, 0.2), Outcome::Inconclusive);
    // The interval alone is not significance.
    assert_eq!(of(5.0, 2.0, 0.06), Outcome::Inconclusive);
    // The same policy on both sides.
    assert_eq!(of(0.0, 0.0, 1.0), Outcome::Inconclusive);
    // Without a margin nothing is equivalent.
    let mut unknown = fixed("a", "a", difference(0.2, 0.5, 0.8));
    unknown.losses.clear();
    assert_eq!(outcome("dynamic-po-dmpo", unknown), Outcome::Inconclusive);
    assert_eq!(outcome("dynamic-po-dmpo", verdicts("a", "a", Vec::new())), Outcome::NotTestable);
}

#[test]
fn what_is_not_expected_to_rise_may_fall_or_stay() {
    let of = |percent, half, p| {
        Bearing::of(Expected::NotHigher, &difference(percent, half, p).change(), Some(0.002), 0.05)
    };
    assert_eq!(of(-5.0, 2.0, 0.01), Bearing::Supports);
    assert_eq!(of(0.2, 0.5, 0.8), Bearing::Supports);
    assert_eq!(of(5.0, 2.0, 0.01), Bearing::Contradicts);
    assert_eq!(of(1.0, 3.0, 0.5), Bearing::Unclear);
    // Significant, and too small to matter.
    assert_eq!(of(0.5, 0.4, 0.01), Bearing::Unclear);
}

#[test]
fn comparisons_combine() {
    use Bearing::{Contradicts, Supports, Unclear};
    let of = |combine, bearings: &[Option<Bearing>]| Outcome::of(combine, bearings);
    let [yes, no, unclear] = [Supports, Contradicts, Unclear].map(Some);
    assert_eq!(of(Combine::All, &[yes, yes]), Outcome::Holds);
    assert_eq!(of(Combine::All, &[yes, no]), Outcome::DoesNotHold);
    assert_eq!(of(Combine::All, &[yes, unclear]), Outcome::Inconclusive);
    assert_eq!(of(Combine::All, &[no, None]), Outcome::NotTestable);
    assert_eq!(of(Combine::Any, &[no, yes, None]), Outcome::Holds);
    assert_eq!(of(Combine::Any, &[no, None]), Outcome::Inconclusive);
    assert_eq!(of(Combine::Any, &[no, no]), Outcome::DoesNotHold);
    assert_eq!(of(Combine::Any, &[no, unclear]), Outcome::Inconclusive);
    assert_eq!(of(Combine::Any, &[None]), Outcome::NotTestable);
}

/// The arms of `mechanism.yaml` over DMPO.
#[test]
fn the_cause_takes_all_arms() {
    let arms = |boundary, floor, random, easiest| {
        let fixed = ("margin", Value::from("fixed"));
        let selection = |name: &str| ("selection", Value::from(name));
        let floored = [fixed.clone(), selection("all"), ("floor", Value::Bool(true))];
        let series = [
            dynamic_po(std::slice::from_ref(&fixed)),
            dynamic_po(&floored),
            dynamic_po(&[fixed.clone(), selection("random")]),
            dynamic_po(&[fixed.clone(), selection("easiest")]),
        ];
        let found = [boundary, floor, random, easiest];
        let claims = series.iter().zip(found).filter_map(|(series, found)| {
            Some(claim(Question::DynamicPo, (series, 20), 20, found?))
        });
        outcome("suppression-dmpo", verdicts("mechanism", "a", claims.collect()))
    };
    let up = Some(difference(5.0, 2.0, 0.01));
    let down = Some(difference(-5.0, 2.0, 0.01));
    let same = Some(difference(0.0, 1.0, 1.0));
    assert_eq!(arms(up, up, same, down), Outcome::Holds);
    assert_eq!(arms(up, up, up, down), Outcome::DoesNotHold);
    assert_eq!(arms(up, same, same, down), Outcome::DoesNotHold);
    assert_eq!(arms(up, up, Some(difference(0.0, 5.0, 1.0)), down), Outcome::Inconclusive);
    assert_eq!(arms(up, up, None, down), Outcome::NotTestable);
}

#[test]
fn a_worse_fit_is_no_collapse() {
    let dmpo = plain("dmpo");
    let mut found = verdicts(
        "a",
        "a",
        vec![claim(Question::MoreNegatives, (&dmpo, 20), 1, difference(-5.0, 2.0, 0.01))],
    );
    assert_eq!(outcome("more-negatives-dmpo", found.clone()), Outcome::Holds);
    found.losses = vec![loss(&dmpo, 0.1)];
    assert_eq!(outcome("more-negatives-dmpo", found.clone()), Outcome::Inconclusive);
    found.losses[0].larger.clear();
    assert_eq!(outcome("more-negatives-dmpo", found), Outcome::Inconclusive);
}

/// DMPO with K = `best` minus K = 1, minus its largest K, and minus more training, where training sees few users.
fn few_users(best: usize, several: Difference, most: Difference, sft: Difference) -> Verdicts {
    let dmpo = SeriesKey {
        axes: [("training.users".to_owned(), Value::from(100))].into(),
        ..plain("dmpo")
    };
    let asked = vec![
        claim(Question::MoreNegatives, (&dmpo, 20), best, most),
        claim(Question::AboveControl, (&dmpo, 20), 20, sft),
    ];
    let mut found = verdicts("few", "a", asked);
    found.losses[0].best_k = Some(best);
    found.contrasts.tested = vec![claim(Contrast::SeveralNegatives, (&dmpo, best), 1, several)];
    found
}

#[test]
fn what_several_negatives_do_is_said_for_every_number_of_users() {
    let (up, down) = (difference(5.0, 2.0, 0.01), difference(-5.0, 2.0, 0.01));
    let at = |id: &str, found: Verdicts| {
        let found = result(id, &[found]);
        let [setting] = &found.settings[..] else { panic!("{} settings", found.settings.len()) };
        assert_eq!(setting.axes["training.users"], 100);
        setting.at_end.outcome
    };
    let several = "several-and-above-sft-dmpo";
    assert_eq!(at(several, few_users(5, up, down, up)), Outcome::Holds);
    assert_eq!(at(several, few_users(5, up, down, down)), Outcome::DoesNotHold);
    assert_eq!(at(several, few_users(5, down, down, up)), Outcome::DoesNotHold);
    let best = "three-to-five-dmpo";
    assert_eq!(at(best, few_users(3, up, down, up)), Outcome::Holds);
    assert_eq!(at(best, few_users(5, up, down, down)), Outcome::Holds);
    assert_eq!(at(best, few_users(10, up, down, up)), Outcome::Inconclusive, "another K is best");
    assert_eq!(at(best, few_users(5, up, up, up)), Outcome::DoesNotHold, "more are better still");
    assert_eq!(at(best, few_users(5, down, down, up)), Outcome::DoesNotHold);
}

#[test]
fn one_loss_above_more_training_suffices() {
    let above = |name: &str, found| claim(Question::AboveControl, (&plain(name), 20), 20, found);
    let (up, same) = (difference(5.0, 2.0, 0.01), difference(0.0, 1.0, 1.0));
    let both = verdicts("a", "a", vec![above("dmpo", same), above("ro_dpo", up)]);
    let found = result("above-sft", std::slice::from_ref(&both));
    assert_eq!((found.datasets[0].outcome, found.datasets[0].effect), (Outcome::Holds, None));
    assert_eq!(outcome("dmpo-above-sft", both), Outcome::DoesNotHold);
    // A loss that was not tried might be above it.
    let one = verdicts("a", "a", vec![above("dmpo", same)]);
    assert_eq!(outcome("above-sft", one), Outcome::Inconclusive);
}

#[test]
fn several_negatives_are_compared_with_one() {
    let several = |before| {
        let mut found = verdicts("a", "a", Vec::new());
        let up = difference(5.0, 2.0, 0.01);
        let contrast = claim(Contrast::SeveralNegatives, (&plain("dmpo"), 5), before, up);
        found.contrasts.tested.push(contrast);
        outcome("several-dmpo", found)
    };
    assert_eq!((several(1), several(3)), (Outcome::Holds, Outcome::NotTestable));
}

#[test]
fn series_on_axes_do_not_count() {
    let mut series = dynamic_po(&[]);
    series.axes.insert("preference.beta".into(), Value::from(0.5));
    let found = claim(Question::DynamicPo, (&series, 20), 20, difference(5.0, 2.0, 0.01));
    assert_eq!(outcome("dynamic-po-dmpo", verdicts("a", "a", vec![found])), Outcome::NotTestable);
}

/// But where values of an axis are what is compared.
#[test]
fn comparisons_between_values_of_an_axis_count() {
    let on = |users: Value| SeriesKey {
        axes: [("training.users".to_owned(), users)].into(),
        ..plain("dmpo")
    };
    let (few, all) = (on(100.into()), on("all".into()));
    let mut found = verdicts("few", "a", Vec::new());
    found.losses = vec![loss(&few, -0.1), loss(&all, -0.1)];
    let contrast = claim(Contrast::FewMinusAll, (&few, 20), 20, difference(5.0, 2.0, 0.01));
    found.contrasts.tested = vec![contrast];
    let found = result("most-with-few-users", &[found]);
    assert_eq!(found.datasets[0].outcome, Outcome::Holds);
    assert_eq!(found.datasets[0].effect.unwrap().percent, 5.0);
    let made = &found.datasets[0].experiments[0].at_end().comparisons[0];
    assert!(made.margin.is_some());
    assert!(found.settings.is_empty(), "it is counted once");
}

#[test]
fn experiments_on_one_dataset_have_to_agree() {
    let (up, down) = (difference(5.0, 2.0, 0.01), difference(-5.0, 2.0, 0.01));
    let unclear = difference(3.0, 4.0, 0.2);
    let both = |one, other| {
        let found = result("dynamic-po-dmpo", &[fixed("x", "a", one), fixed("y", "a", other)]);
        assert_eq!(found.datasets[0].experiments.len(), 2);
        found.datasets[0].outcome
    };
    assert_eq!(both(up, unclear), Outcome::Holds);
    assert_eq!(both(down, unclear), Outcome::DoesNotHold);
    assert_eq!(both(up, down), Outcome::Inconclusive);
}

/// Effects of 2 % and 6 % with an error of 1 % each: their mean is 4, Q is 4 + 4 = 8 with one degree of
/// freedom, so tau² = (8 − 1) / (2 − 2 / 2) = 7 and I² = 7 / 8. With weights of 1 / (1 + 7) the error is
/// 1 / √(2 / 8) = 2, Hartung and Knapp's factor is 1, and t of one degree of freedom is 12.706.
#[test]
fn effects_are_pooled_over_datasets() {
    let small = Difference { seeds: 3, ..difference(40.0, 2.0, 0.01) };
    let experiments = [
        fixed("small", "a", small),
        fixed("x", "a", difference(2.0, 1.0, 0.01)),
        fixed("y", "b", difference(6.0, 1.0, 0.01)),
        verdicts("z", "c", Vec::new()),
    ];
    let found = result("dynamic-po-dmpo", &experiments);
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-3, "{found}");
    let effects: Vec<_> = found.datasets.iter().map(|on| on.effect.map(|e| e.percent)).collect();
    assert_eq!(effects.len(), 3);
    close(effects[0].unwrap(), 2.0);
    assert_eq!(effects[2], None);
    let pooled = found.pooled.unwrap();
    assert_eq!(pooled.datasets, 2);
    close(pooled.percent, 4.0);
    close(pooled.low, 4.0 - 2.0 * 12.706_2);
    close(pooled.high, 4.0 + 2.0 * 12.706_2);
    close(pooled.between, 7.0_f64.sqrt());
    close(pooled.inconsistency, 7.0 / 8.0);
    assert_eq!(result("dynamic-po-dmpo", &experiments[..2]).pooled, None);
}

fn written(folder: &Path, verdicts: &Verdicts) -> PathBuf {
    let folder = folder.join(&verdicts.experiment);
    fs::create_dir_all(folder.join("report")).unwrap();
    let text = serde_json::to_vec(verdicts).unwrap();
    fs::write(folder.join("report").join(VERDICT_FILE), text).unwrap();
    fs::write(folder.join("report/report.md"), "").unwrap();
    folder
}

#[test]
fn the_page_says_where_each_claim_holds() {
    let folder = tempfile::tempdir().unwrap();
    let x = written(folder.path(), &fixed("x", "a", difference(5.0, 2.0, 0.01)));
    let y = written(folder.path(), &fixed("y", "b", difference(3.0, 4.0, 0.2)));
    let out = folder.path().join("out");
    let files = write_claims(&[x.clone(), y], &out).unwrap();
    let names = ["claims.md", "claims.html", "claims.json", "claims.csv"];
    assert_eq!(files, names.map(|name| out.join(name)));
    let page = fs::read_to_string(&files[0]).unwrap();
    for expected in [
        "from the reports of 2 experiments on 2 datasets.",
        "<summary>Experiments</summary>\n\n- [x](../x/report/report.md)\n- [y](../y/report/report.md)\n",
        "- **Holds on some datasets, inconclusive on others**: DynamicPO fixes it, over DMPO.",
        "- **Not testable here**: More negatives hurt DMPO; ",
        "| claim | a | b | pooled |",
        "| DynamicPO fixes it, over DMPO | **✓ +5.0** | ? +3.0 | ",
        "([arXiv 2605.00327](https://arxiv.org/abs/2605.00327))",
        "a: **holds** ([x](../x/report/report.md)); b: **inconclusive** ([y](../y/report/report.md)). \
         Pooled over 2 datasets: +4.0 % [",
        "![DynamicPO fixes it, over DMPO](plots/dynamic-po-dmpo.png)",
        "| a | x | end of training | DynamicPO − DMPO, K = 20 | higher | +5.0 % [+3.0, +7.0] | 0.0100 \
         | **supports** |",
    ] {
        assert!(page.contains(expected), "`{expected}` is not in\n{page}");
    }
    let html = fs::read_to_string(&files[1]).unwrap();
    assert!(html.contains("id=\"figure-dynamic-po-dmpo\""), "{html}");
    let json: Value = serde_json::from_slice(&fs::read(&files[2]).unwrap()).unwrap();
    let claims = json["claims"].as_array().unwrap();
    let found = claims.iter().find(|found| found["claim"]["id"] == "dynamic-po-dmpo").unwrap();
    assert_eq!(found["datasets"][0]["outcome"], "holds");
    assert_eq!(found["datasets"][1]["experiments"][0]["readings"][0]["outcome"], "inconclusive");
    let csv = fs::read_to_string(&files[3]).unwrap();
    assert_eq!(csv.lines().count(), 3, "{csv}");
    let columns = |line: &str| line.split(',').count();
    assert!(csv.lines().all(|line| columns(line) == columns(csv.lines().next().unwrap())));
    assert!(out.join("plots/dynamic-po-dmpo.png").is_file());

    let twice = write_claims(&[x.clone(), x], &out).unwrap_err();
    assert!(matches!(twice, ReportError::Contradiction { .. }), "{twice}");
    assert!(twice.to_string().ends_with("a second result of the experiment x"), "{twice}");
}

#[test]
fn claims_have_names_of_their_own() {
    for (place, claim) in CLAIMS.iter().enumerate() {
        assert!(
            CLAIMS[..place].iter().all(|other| other.id != claim.id && other.title != claim.title)
        );
        assert!(!claim.comparisons.is_empty(), "{}", claim.id);
        let mut names: Vec<&str> = claim.comparisons.iter().map(|test| test.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), claim.comparisons.len(), "{}", claim.id);
    }
}

/// Over DMPO, in percent of 0.2 seconds, with half the width of the interval.
fn timed(percent: f64, half: f64) -> Verdicts {
    let share = |percent: f64| percent / 500.0;
    let setting = |series: &SeriesKey| Setting::new(series.clone(), 20);
    let change = Change {
        seeds: 5,
        before: 0.2,
        after: 0.2 + share(percent),
        difference: share(percent),
        interval: (share(percent - half), share(percent + half)),
        error: 0.001,
        p: 0.01,
        p_holm: 0.02,
    };
    let (after, before) = (setting(&dynamic_po(&[])), setting(&plain("dmpo")));
    let measured = vec![Measured { quantity: Quantity::StepSeconds, after, before, change }];
    Verdicts { measured, ..verdicts("a", "a", Vec::new()) }
}

#[test]
fn a_cost_is_under_a_limit_or_over_it() {
    let of = |percent, half| outcome("cost-dmpo", timed(percent, half));
    assert_eq!(of(1.0, 1.5), Outcome::Holds);
    assert_eq!(of(-8.0, 1.0), Outcome::Holds);
    assert_eq!(of(7.0, 3.0), Outcome::DoesNotHold);
    assert_eq!(of(2.0, 3.0), Outcome::Inconclusive);
    let found = result("cost-dmpo", &[timed(7.0, 3.0)]);
    let effect = found.datasets[0].effect.unwrap();
    assert!((effect.percent - 7.0).abs() < 1e-9 && (effect.high - 10.0).abs() < 1e-9, "{effect:?}");
    // There is no time at a checkpoint.
    let readings = &found.datasets[0].experiments[0].readings;
    assert!(readings[1..].iter().all(|at| at.comparisons.is_empty()));
}

/// What DPO's last step takes from a negative and gives to the positive, five seeds.
fn moved(fall: f64, rise: f64, half: f64) -> Verdicts {
    let difference = fall - rise;
    let change = Change {
        seeds: 5,
        before: rise,
        after: fall,
        difference,
        interval: (difference - half, difference + half),
        error: half / 2.776,
        p: if difference.abs() > half { 0.01 } else { 0.5 },
        p_holm: if difference.abs() > half { 0.01 } else { 0.5 },
    };
    let dpo = || Setting::new(plain("dpo"), 20);
    let measured =
        Measured { quantity: Quantity::FallAndRise, after: dpo(), before: dpo(), change };
    Verdicts { measured: vec![measured], ..verdicts("a", "a", Vec::new()) }
}

#[test]
fn a_step_pushes_more_than_it_pulls_or_less() {
    let of = |fall, rise, half| outcome("pushes-more-than-pulls", moved(fall, rise, half));
    assert_eq!(of(3e-4, 1e-4, 1e-4), Outcome::Holds);
    assert_eq!(of(1e-4, 3e-4, 1e-4), Outcome::DoesNotHold);
    assert_eq!(of(2e-4, 1e-4, 3e-4), Outcome::Inconclusive);
    assert_eq!(outcome("ada-balances", moved(3e-4, 1e-4, 1e-4)), Outcome::NotTestable);
}

#[test]
fn what_carries_over_is_asked_across_domains_alone() {
    let above = claim(Question::AboveControl, (&plain("dmpo"), 5), 5, difference(5.0, 2.0, 0.01));
    let mut found = verdicts("a", "a", vec![above]);
    assert_eq!(outcome("dmpo-above-sft", found.clone()), Outcome::Holds);
    assert_eq!(outcome("dmpo-across-domains", found.clone()), Outcome::NotTestable);
    found.trained_on = Some("films".to_owned());
    assert_eq!(outcome("dmpo-across-domains", found), Outcome::Holds);
}

/// Settings on axes are counted beside the claim, and do not decide it.
#[test]
fn settings_on_axes_are_counted_apart() {
    let mut series = plain("dmpo");
    series.axes.insert("preference.beta".to_owned(), Value::from(2.0));
    let varied = claim(Question::MoreNegatives, (&series, 20), 1, difference(-5.0, 2.0, 0.01));
    let found = result("more-negatives-dmpo", &[verdicts("a", "a", vec![varied])]);
    assert_eq!(found.datasets[0].outcome, Outcome::NotTestable);
    let [setting] = &found.settings[..] else { panic!("{:?}", found.settings) };
    assert_eq!((setting.at_end.outcome, &setting.axes), (Outcome::Holds, &series.axes));
}
