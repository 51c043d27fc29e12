//! Every loss against an independent implementation's numbers, and its closed-form gradient
//! weights against automatic differentiation.

use std::collections::BTreeSet;

use burn::tensor::Device;
use prefsweep_losses::{
    ClosedForm, Dpo, DynamicPo, LossConfig, LossInputs, Sample, by_differentiation,
};
use proptest::prelude::*;
use serde_json::json;

use crate::independent::names::LATER;
use crate::independent::{Case, assert_close, automatic, cases, floor, named, sample};

fn form(loss: &LossConfig, sample: Sample<'_>, beta: f64) -> ClosedForm {
    loss.as_loss().closed_forms(&[sample], loss.beta(beta)).remove(0)
}

fn is_near(found: f64, expected: f64, tolerance: f64) -> bool {
    (found - expected).abs() <= tolerance * expected.abs().max(1.0)
}

/// Whether loss and weights are the fixture's.
fn is_right(case: &Case, name: &str, found: &ClosedForm) -> bool {
    let expected = &case.grad_policy_logp[name];
    assert_eq!(found.negative_weights.len(), expected.len() - 1);
    let weights = [&[-found.positive_weight][..], &found.negative_weights].concat();
    is_near(found.loss, case.loss[name], 1e-12)
        && weights.iter().zip(expected).all(|(a, b)| is_near(*a, *b, 1e-12))
}

#[test]
fn closed_forms_match_the_independent_implementation() {
    let mut wrong = BTreeSet::new();
    for case in cases() {
        for known in case.losses() {
            let (name, loss) = (known.name, &known.loss);
            let what = format!("{name}, K={}, {}", case.negatives, case.kind);
            let exact = form(loss, known.sample, case.beta);
            if !is_right(&case, name, &exact) {
                wrong.insert(what.clone());
            }
            let at_reference = case.loss_at_reference.get(name);
            assert_eq!(exact.at_reference.is_some(), loss.as_loss().needs().reference, "{what}");
            // Over S-DPO the fixture's value is that of the chosen negatives, as ours.
            if let (Some(found), Some(expected)) = (exact.at_reference, at_reference)
                && !is_near(found.loss, *expected, 1e-12)
            {
                wrong.insert(format!("{what} at the reference"));
            }
        }
    }
    assert_eq!(wrong, BTreeSet::new());
}

/// The default closed form, for losses that write none by hand.
#[test]
fn closed_forms_by_differentiation_match_the_independent_implementation() {
    let mut wrong = BTreeSet::new();
    for case in cases() {
        for known in case.losses() {
            let (name, loss) = (known.name, &known.loss);
            let what = format!("{name}, K={}, {}", case.negatives, case.kind);
            let (as_loss, beta) = (loss.as_loss(), loss.beta(case.beta));
            let samples = [known.sample, known.sample];
            let per_sample = |inputs: LossInputs| as_loss.per_sample(inputs, beta);
            for exact in by_differentiation(as_loss.needs(), &per_sample, &samples) {
                if !is_right(&case, name, &exact) {
                    wrong.insert(what.clone());
                }
            }
        }
    }
    assert_eq!(wrong, BTreeSet::new());
}

#[test]
fn differentiated_losses_match_the_independent_implementation() {
    let mut wrong = BTreeSet::new();
    for case in cases() {
        for known in case.losses() {
            let (name, loss) = (known.name, &known.loss);
            let what = format!("{name}, K={}", case.negatives);
            let (value, gradient) =
                automatic(loss, &Device::flex(), &known.sample, case.beta, true);
            // 32-bit arithmetic on scores of size 10.
            let expected = &case.grad_policy_logp[name];
            let near = gradient.iter().zip(expected).all(|(a, b)| is_near(*a, *b, 2e-5));
            if !(near && is_near(value, case.loss[name], 2e-5)) {
                wrong.insert(what);
            }
        }
    }
    assert_eq!(wrong, BTreeSet::new());
}

/// What the fixture has and what is compared with it differ only by what is left for later, and every
/// registered loss takes part, but for those whose numbers are of whole catalogues.
#[test]
fn every_loss_of_the_fixture_is_compared() {
    let mut ours = BTreeSet::new();
    for case in cases() {
        let known: BTreeSet<&str> = case.losses().iter().map(|known| known.name).collect();
        let left: Vec<&str> =
            case.loss.keys().map(String::as_str).filter(|name| !known.contains(name)).collect();
        assert_eq!(left, LATER[..4]);
        ours.extend(case.losses().iter().map(|known| known.loss.name()));
    }
    let rest: Vec<&str> =
        LossConfig::NAMES.iter().copied().filter(|name| !ours.contains(name)).collect();
    // These are in the fixture of whole catalogues, which `catalogue.rs` reads.
    assert_eq!(rest, ["bce", "gbce"]);
}

#[test]
fn with_one_negative_dpo_s_dpo_and_dmpo_are_the_same() {
    for case in cases().iter().filter(|case| case.negatives == 1) {
        let value = |name| form(&named(name), case.sample(), case.beta);
        let dpo = value("dpo");
        for other in [value("s_dpo"), value("dmpo")] {
            assert_close(other.loss, dpo.loss, 1e-14, "loss");
            assert_close(other.positive_weight, dpo.positive_weight, 1e-14, "weight");
        }
    }
    let dynamic = |over| LossConfig::DynamicPo(DynamicPo::over(Box::new(over)));
    for name in ["s_dpo", "dmpo"] {
        assert_eq!(named(name).trained_as(1), Some(LossConfig::Dpo(Dpo::default())));
        assert_eq!(dynamic(named(name)).trained_as(1), Some(dynamic(named("dpo"))));
        assert_eq!(named(name).trained_as(2), None);
    }
    let read = |settings| serde_json::from_value::<LossConfig>(settings).unwrap();
    let own = json!({"beta": 0.5, "nll": 0.1});
    assert_eq!(read(json!({"s_dpo": own})).trained_as(1), Some(read(json!({"dpo": own}))));
    assert_eq!(named("bpr").trained_as(1), Some(named("softmax_ce")));
    let simple = json!({"beta": 0.5, "gamma": 0.1});
    assert_eq!(
        read(json!({"s_sim_po": simple})).trained_as(1),
        Some(read(json!({"sim_po": simple})))
    );
    assert_eq!(named("ada_dpo").trained_as(7), Some(read(json!({"ada": {"over": "dpo"}}))));
    assert_eq!(named("dpo").trained_as(1), None);
    assert_eq!(dynamic(named("dpo")).trained_as(1), None);
}

#[test]
fn at_the_reference_the_losses_are_log_2_and_log_1_plus_k() {
    for k in [1, 3, 10, 20] {
        let scores: Vec<f64> = (0..=k).map(|item| f64::from(item) * 0.3 - 1.0).collect();
        for (name, expected) in
            [("dpo", 2.0_f64.ln()), ("dmpo", 2.0_f64.ln()), ("s_dpo", f64::from(k).ln_1p())]
        {
            let exact = form(&named(name), sample(&scores, &scores), 0.7);
            assert_close(exact.loss, expected, 1e-14, name);
            assert_close(exact.at_reference.unwrap().loss, expected, 1e-14, name);
        }
    }
}

/// Gradient suppression: two boundary negatives at margin 0, the other K - 2 at margin 5.
#[test]
fn one_boundary_negative_is_suppressed_under_dmpo_but_not_under_s_dpo() {
    let weight = |name: &str, k: usize| {
        let mut policy = vec![0.0, 0.0, 0.0];
        policy.resize(k + 1, -5.0);
        form(&named(name), sample(&policy, &vec![0.0; k + 1]), 1.0).negative_weights[0]
    };
    for (k, expected) in [(3, 0.0530), (5, 0.00949), (10, 0.00180), (15, 0.000863), (19, 0.000594)]
    {
        assert!((weight("dmpo", k) / expected - 1.0).abs() < 5e-3, "K={k}: {}", weight("dmpo", k));
    }
    for (k, expected) in [(3, 0.3326), (19, 0.3211)] {
        assert!((weight("s_dpo", k) - expected).abs() < 5e-5, "K={k}: {}", weight("s_dpo", k));
    }
}

/// Every loss of the registry with its defaults, and every modifier over each of them with each of
/// its ablations.
fn every_loss() -> Vec<LossConfig> {
    let read = |value| serde_json::from_value::<LossConfig>(value).ok();
    let plain: Vec<&str> =
        LossConfig::NAMES.iter().copied().filter(|name| read(json!(name)).is_some()).collect();
    let mut losses: Vec<LossConfig> = plain.iter().map(|name| named(name)).collect();
    let bases = || plain.iter().filter(|name| named(name).as_loss().as_margin().is_some());
    for modifier in LossConfig::NAMES.iter().filter(|name| !plain.contains(name)) {
        for over in bases().filter(|over| allows(modifier, over)) {
            losses.push(read(json!({ *modifier: { "over": over } })).expect("a modifier"));
        }
    }
    for over in bases() {
        for (selection, margin) in [("dynamic", "fixed"), ("all", "dual"), ("all", "fixed")] {
            let settings = json!({"over": over, "selection": selection, "margin": margin});
            losses.push(read(json!({ "dynamic_po": settings })).expect("an ablation"));
        }
        for selection in ["random", "easiest"] {
            let settings = json!({"over": over, "selection": selection, "margin": "fixed"});
            losses.push(read(json!({ "dynamic_po": settings })).expect("an ablation"));
        }
    }
    for over in ["dpo", "ro_dpo", "s_dpo", "dmpo"] {
        losses.push(floor(over));
    }
    for settings in [
        json!({"ro_dpo": {"deterministic": true}}),
        json!({"dmpo": {"beta": 0.3, "nll": 0.5}}),
        json!({"nca": {"nll": 0.5}}),
        json!({"rec_po": {"difference": true}}),
        json!({"ada": {"over": {"dynamic_po": {"over": "dmpo"}}}}),
        json!({"dynamic_po": {"over": {"ada": {"over": "s_dpo"}}}}),
        json!({"dynamic_po": {"over": "ada_dpo", "selection": "random"}}),
        json!({"ada": {"over": "orpo", "form": "gradient"}}),
        json!({"ada": {"over": "hinge", "ratio": "relative", "clip": 1.5}}),
        json!({"ada": {"over": "dmpo", "clip_over": "mean"}}),
        json!({"ada": {"over": {"dynamic_po": {"over": "s_dpo"}}, "clip_over": "mean"}}),
        json!({"ada": {"over": "sim_po", "per_token": true}}),
    ] {
        losses.push(read(settings.clone()).unwrap_or_else(|| panic!("{settings}")));
    }
    losses
}

/// The losses that a modifier can be applied to, by its own account.
fn allows(modifier: &str, over: &str) -> bool {
    (modifier, over) != ("ada", "mppo") && (modifier, over) != ("ada", "ada_dpo")
}

/// A sample with log-normalisers, ratings and, where they are wanted, lengths.
fn whole<'a>(
    policy: &'a [f64],
    reference: &'a [f64],
    normalisers: [f64; 2],
    lengths: Option<&'a [f64]>,
) -> Sample<'a> {
    Sample {
        log_normaliser: Some(normalisers[0]),
        reference_log_normaliser: Some(normalisers[1]),
        lengths,
        ratings: Some(&RATINGS[..policy.len()]),
        ..sample(policy, reference)
    }
}

/// What a user thinks of up to 24 items.
const RATINGS: [f64; 24] = [
    1.2, 0.9, 0.7, 1.1, 0.8, 1.0, 0.75, 1.25, 0.95, 0.85, 1.05, 1.15, 0.9, 0.7, 1.1, 0.8, 1.0,
    0.75, 1.25, 0.95, 0.85, 1.05, 1.15, 0.9,
];

/// Tokens of up to 24 items.
const LENGTHS: [f64; 24] = [
    3.0, 2.0, 5.0, 1.0, 4.0, 2.0, 3.0, 6.0, 1.0, 2.0, 5.0, 4.0, 3.0, 2.0, 1.0, 7.0, 2.0, 3.0, 4.0,
    1.0, 5.0, 2.0, 3.0, 4.0,
];

/// With lengths, and without where the loss does without.
fn lengths_for(loss: &LossConfig, items: usize) -> Vec<Option<&'static [f64]>> {
    let with = Some(&LENGTHS[..items]);
    if loss.as_loss().needs().lengths { vec![with] } else { vec![with, None] }
}

/// `log sum exp` of scores, as 32 bits hold it.
fn normaliser(scores: &[f64]) -> f64 {
    let largest = scores.iter().copied().fold(f64::MIN, f64::max);
    let sum: f64 = scores.iter().map(|score| (score - largest).exp()).sum();
    f64::from((largest + sum.ln()) as f32)
}

#[test]
fn dynamic_po_without_its_two_parts_is_the_base_loss() {
    for case in cases() {
        for over in
            ["dmpo", "s_dpo", "dpo", "sim_po", "cpo", "mppo", "ipo", "orpo", "dpop", "ada_dpo"]
        {
            let settings = json!({"over": over, "selection": "all", "margin": "fixed"});
            let bare: LossConfig =
                serde_json::from_value(json!({ "dynamic_po": settings })).unwrap();
            let found = form(&bare, case.sample(), case.beta);
            let plain = form(&named(over), case.sample(), case.beta);
            assert_close(found.loss, plain.loss, 1e-14, over);
            for (found, plain) in found.negative_weights.iter().zip(&plain.negative_weights) {
                assert_close(*found, *plain, 1e-14, over);
            }
        }
    }
}

#[test]
fn extreme_scores_give_finite_losses_and_gradients() {
    for loss in every_loss() {
        for spread in [0.0, 500.0, -500.0] {
            let (policy, reference) = ([spread, -spread, 0.0, spread], [0.0; 4]);
            let normalisers = [normaliser(&policy), normaliser(&reference)];
            for lengths in lengths_for(&loss, 4) {
                let sample = whole(&policy, &reference, normalisers, lengths);
                let (value, gradient) = automatic(&loss, &Device::flex(), &sample, 1.0, true);
                let what = format!("{} at {spread}, lengths {lengths:?}", loss.key());
                assert!(
                    value.is_finite() && gradient.iter().all(|g| g.is_finite()),
                    "{what}: {value} {gradient:?}"
                );
                let exact = form(&loss, sample, 1.0);
                assert_close(value, exact.loss, 1e-5, &what);
            }
        }
    }
}

#[test]
fn modifiers_refuse_what_they_cannot_be_applied_to() {
    let twice: LossConfig =
        serde_json::from_value(json!({"dynamic_po": {"over": {"dynamic_po": {"over": "dmpo"}}}}))
            .unwrap();
    let error = twice.check(3).unwrap_err();
    assert_eq!((error.key.as_str(), error.found.as_str()), ("dynamic_po.over", "dynamic_po"));
    let inside: LossConfig =
        serde_json::from_value(json!({"dynamic_po": {"over": {"ro_dpo": {"pool": 2}}}})).unwrap();
    assert_eq!(inside.check(3).unwrap_err().key, "dynamic_po.over.ro_dpo.pool");
    let over_sft: LossConfig =
        serde_json::from_value(json!({"dynamic_po": {"over": "sft"}})).unwrap();
    assert_eq!(over_sft.check(3).unwrap_err().key, "dynamic_po.over");
    for (settings, key, said) in [
        (json!({"ada": {"over": "sft"}}), "ada.over", "this loss has no pairs"),
        (json!({"ada": {"over": "nca"}}), "ada.over", "this loss has no pairs"),
        (json!({"dynamic_po": {"over": "bce"}}), "dynamic_po.over", "a loss of margins"),
        (json!({"ada": {"over": "mppo"}}), "ada.over", "balanced as they are"),
        (json!({"ada": {"over": "ada_dpo"}}), "ada.over", "balanced once"),
        (
            json!({"ada": {"over": {"dynamic_po": {"over": {"ada": {"over": "dpo"}}}}}}),
            "ada.over",
            "balanced once",
        ),
        (
            json!({"dynamic_po": {"over": {"ada": {"over": {"dynamic_po": {"over": "dpo"}}}}}}),
            "dynamic_po.over",
            "chooses negatives once",
        ),
        (json!({"ada": {"over": "cpo", "ratio": "relative"}}), "ada.ratio", "no reference"),
        (
            json!({"ada": {"over": "dpo", "clip_over": "mean"}}),
            "ada.clip_over",
            "counts for itself",
        ),
        (json!({"ada": {"over": "dpo", "clip": 0.0}}), "ada.clip", "above 0"),
        (json!({"ada": {"over": {"c_dpo": {"epsilon": 0.5}}}}), "ada.over.c_dpo.epsilon", "0.5"),
        (json!({"dpo": {"beta": -1.0}}), "dpo.beta", "above 0"),
        (json!({"s_dpo": {"nll": -1.0}}), "s_dpo.nll", "0 or above"),
        (json!({"gbce": {"t": 1.5}}), "gbce.t", "0 to 1"),
    ] {
        let refused: LossConfig = serde_json::from_value(settings).unwrap();
        let error = refused.check(3).unwrap_err();
        assert_eq!(error.key, key);
        assert!(error.allowed.contains(said), "{key}: {}", error.allowed);
    }
    let floored = json!({"selection": "all", "margin": "fixed", "floor": true, "over": "dpo"});
    let refused: LossConfig =
        serde_json::from_value(json!({"ada": {"over": {"dynamic_po": floored}}})).unwrap();
    assert!(refused.check(3).unwrap_err().allowed.contains("floor"));
    for over in ["ipo", "hinge", "dpop", "ada_dpo", "mppo"] {
        assert_eq!(floor(over).check(3).unwrap_err().key, "dynamic_po.over", "{over}");
    }
    for (key, settings) in [
        ("selection", json!({"over": "dmpo", "margin": "fixed", "floor": true})),
        ("margin", json!({"over": "dmpo", "selection": "all", "floor": true})),
        ("over", json!({"over": "cpo", "selection": "all", "margin": "fixed", "floor": true})),
    ] {
        let refused: LossConfig =
            serde_json::from_value(json!({ "dynamic_po": settings })).unwrap();
        assert_eq!(refused.check(3).unwrap_err().key, format!("dynamic_po.{key}"));
    }
    for loss in every_loss() {
        loss.check(20).unwrap();
    }
}

/// A floor undoes the suppression: one boundary negative among K - 1 easy ones has the weight that it
/// has alone, and the value is that of the base loss.
#[test]
fn a_floor_gives_each_boundary_negative_its_weight_alone() {
    for over in ["dpo", "s_dpo", "dmpo"] {
        let mut policy = vec![0.0, 0.0];
        policy.resize(21, -5.0);
        let reference = vec![0.0; 21];
        let raised = form(&floor(over), sample(&policy, &reference), 1.0);
        let base = form(&named(over), sample(&policy, &reference), 1.0);
        assert_eq!(raised.loss, base.loss);
        assert_close(raised.negative_weights[0], 0.5, 1e-14, over);
        assert!(base.negative_weights[0] < 0.48, "{over}");
        assert_eq!(raised.negative_weights[1..], base.negative_weights[1..]);
        let sum: f64 = raised.negative_weights.iter().sum();
        assert_close(raised.positive_weight, sum, 1e-14, over);
    }
}

/// With all other items as negatives, drawn uniformly, every expected count is one, and the corrected
/// sampled softmax is the softmax.
#[test]
fn sampled_softmax_over_all_items_is_the_softmax() {
    let scores: [f64; 5] = [0.3, -1.2, 2.0, 0.1, 0.9];
    let normaliser = scores.iter().map(|score| score.exp()).sum::<f64>().ln();
    let all = Sample {
        policy: &scores,
        reference: &[0.0; 5],
        log_normaliser: Some(normaliser),
        log_counts: Some(&[0.0; 4]),
        ..Sample::default()
    };
    let corrected: LossConfig =
        serde_json::from_value(json!({"softmax_ce": {"log_q": true}})).unwrap();
    let supervised = named("sft");
    let [sampled, full] = [&corrected, &supervised].map(|loss| form(loss, all, 1.0));
    assert_close(sampled.loss, full.loss, 1e-14, "loss");
    // Through the normaliser the softmax pulls at each score with its probability.
    for (weight, score) in sampled.negative_weights.iter().zip(&scores[1..]) {
        assert_close(*weight, (score - normaliser).exp(), 1e-14, "weight");
    }
    // An item that is drawn twice as often as it should counts half.
    let twice = Sample { log_counts: Some(&[2.0_f64.ln(), 0.0, 0.0, 0.0]), ..all };
    let expected = (1.0
        + (scores[1] - scores[0]).exp() / 2.0
        + scores[2..].iter().map(|score| (score - scores[0]).exp()).sum::<f64>())
    .ln();
    assert_close(form(&corrected, twice, 1.0).loss, expected, 1e-14, "corrected");
}

proptest! {
    #[test]
    fn gradient_weights_match_automatic_differentiation(
        policy in proptest::collection::vec(-4.0_f64..4.0, 2..22),
        shift in -2.0_f64..2.0,
        beta in 0.05_f64..3.0,
    ) {
        // What the tensors hold, so that both sides see the same scores.
        let narrow = |x: f64| f64::from(x as f32);
        let policy: Vec<f64> = policy.into_iter().map(narrow).collect();
        let reference: Vec<f64> =
            policy.iter().enumerate().map(|(i, x)| narrow(x * 0.5 + shift * (i as f64).sin())).collect();
        let normalisers = [narrow(normaliser(&policy) + 0.5), narrow(normaliser(&reference) + 0.5)];
        for loss in every_loss() {
            let strength = loss.beta(beta);
            let as_loss = loss.as_loss();
            for lengths in lengths_for(&loss, policy.len()) {
                // Scores of titles are log-probabilities already.
                let below = |scores: &[f64], normaliser: f64| -> Vec<f64> {
                    let by = if lengths.is_some() { normaliser } else { 0.0 };
                    scores.iter().map(|score| narrow(score - by)).collect()
                };
                let policy = below(&policy, normalisers[0]);
                let reference = below(&reference, normalisers[1]);
                let normalisers = if lengths.is_some() { [0.0; 2] } else { normalisers };
                let sample = whole(&policy, &reference, normalisers, lengths);
                let exact = form(&loss, sample, beta);
                let what = format!("{}, lengths {lengths:?}", loss.key());
                let (value, gradient) = automatic(&loss, &Device::flex(), &sample, beta, true);
                let near = |found: f64, expected: f64, tolerance: f64| {
                    (found - expected).abs() < tolerance * expected.abs().max(1.0)
                };
                prop_assert!(near(value, exact.loss, 1e-4), "{what}: {value} {}", exact.loss);
                prop_assert!(near(gradient[0], -exact.positive_weight, 1e-4), "{what}: {gradient:?}");
                for (found, weight) in gradient[1..].iter().zip(&exact.negative_weights) {
                    prop_assert!(near(*found, *weight, 1e-4), "{what}: {found} {weight}");
                }
                // The same in double precision.
                let per_sample = |inputs: LossInputs| as_loss.per_sample(inputs, strength);
                let twin = by_differentiation(as_loss.needs(), &per_sample, &[sample]).remove(0);
                prop_assert!(near(twin.loss, exact.loss, 1e-10), "{what}: {} {}", twin.loss, exact.loss);
                let weights = [&[twin.positive_weight][..], &twin.negative_weights].concat();
                let expected = [&[exact.positive_weight][..], &exact.negative_weights].concat();
                for (found, expected) in weights.iter().zip(&expected) {
                    prop_assert!(near(*found, *expected, 1e-9), "{what}: {weights:?} {expected:?}");
                }
                // What saturation is measured against: the same position at policy = reference.
                if let Some(at_reference) = exact.at_reference {
                    let start = whole(&policy, &policy, [normalisers[0]; 2], lengths);
                    let start = form(&loss, start, beta);
                    // These coefficients depend on the log-ratios, and are kept as they are.
                    let of_ratios = ["ratio", "clip_over"];
                    if of_ratios.iter().any(|key| loss.key().settings.contains_key(*key)) {
                        continue;
                    }
                    let found = at_reference.positive_weight;
                    prop_assert!(near(found, start.positive_weight, 1e-9), "{what}: {found} {start:?}");
                    let nll = start.loss;
                    let likelihood = loss.key().innermost().settings.contains_key("nll");
                    prop_assert!(likelihood || near(at_reference.loss, nll, 1e-9), "{what}: {nll}");
                }
            }
        }
    }
}
