//! Verdicts made by hand, for the tests of what is made from verdicts.

use prefsweep_store::SeriesKey;

use super::{
    AtK, ClaimFamilies, Contrasts, Difference, Families, LossVerdict, Rules, VERDICT_FORMAT,
    Verdict, Verdicts,
};

/// In percent of 0.1, with half the width of the interval; the standard error is 1 %.
pub(crate) fn difference(percent: f64, half: f64, p: f64) -> Difference {
    let share = |percent: f64| percent / 1000.0;
    Difference {
        seeds: 5,
        users: 100,
        before: 0.1,
        after: 0.1 + share(percent),
        difference: share(percent),
        percent: Some(percent),
        interval: (share(percent - half), share(percent + half)),
        percentile_interval: (share(percent - half), share(percent + half)),
        error: 0.001,
        df: 10.0,
        p: p / 2.0,
        p_holm: p,
        minimum_detectable: 0.002,
        minimum_detectable_in_family: 0.003,
        cohen_dz: None,
        p_sign_flip: p,
        p_wilcoxon: None,
    }
}

/// The verdict on a loss whose reference is at 0.1, so that the margin is 2 % of that.
pub(crate) fn loss(series: &SeriesKey, loss_difference: f64) -> LossVerdict {
    let larger = AtK {
        negatives: 20,
        difference: None,
        loss_difference: Some(loss_difference),
        drops: false,
    };
    LossVerdict {
        series: series.clone(),
        label: series.to_string(),
        verdict: Verdict::Undecided,
        reason: String::new(),
        best_k: Some(1),
        smallest_k: Some(1),
        largest_k: Some(20),
        smaller: Vec::new(),
        larger: vec![larger],
        onset_k: None,
        range: None,
        against_reference: Some(difference(0.0, 1.0, 1.0)),
        against_control: None,
        equivalence: None,
        over_training: None,
        step_seconds: None,
    }
}

/// These losses, and nothing else.
pub(crate) fn verdicts(experiment: &str, dataset: &str, losses: Vec<LossVerdict>) -> Verdicts {
    Verdicts {
        format: VERDICT_FORMAT,
        experiment: experiment.into(),
        dataset: dataset.into(),
        trained_on: None,
        measure: "NDCG@10".into(),
        rules: Rules::default(),
        families: Families { primary: 1, over_negatives: 1, equivalence: 1, over_training: 1 },
        claims: Vec::new(),
        claim_families: ClaimFamilies { dynamic_po: 0, equal_kl: 0, picked: 1, picked_by_loss: 0 },
        contrasts: Contrasts::default(),
        measured: Vec::new(),
        losses,
        few_users: None,
        tuned: None,
        budgets: None,
    }
}
