//! Surveys of verdicts made by hand.

use super::*;
use crate::verdict::{
    Budget, BudgetClaim, BudgetFamilies, Budgets, Checkpoint, ClaimFamilies, Families, LossVerdict,
    Rules, Setting, Tuned, TunedCell, TunedClaim, TunedFamilies, Verdict,
};

fn difference(percent: f64, p: f64) -> Difference {
    let difference = 0.1 * percent / 100.0;
    Difference {
        seeds: 5,
        users: 100,
        before: 0.1,
        after: 0.1 + difference,
        difference,
        percent: Some(percent),
        interval: (difference - 0.001, difference + 0.001),
        percentile_interval: (difference - 0.001, difference + 0.001),
        error: 0.0005,
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

fn claim(question: Question, label: &str, percent: f64, p: f64) -> Claim {
    let setting = |negatives| Setting { label: label.into(), negatives };
    Claim {
        question,
        after: setting(20),
        before: setting(1),
        at_end: Some(difference(percent, p)),
        kl: None,
        at_equal_kl: None,
        at_picked: Some(difference(percent / 2.0, 1.0)),
    }
}

fn verdicts(experiment: &str, claims: Vec<Claim>) -> Verdicts {
    Verdicts {
        format: VERDICT_FORMAT,
        experiment: experiment.into(),
        measure: "NDCG@10".into(),
        rules: Rules::default(),
        families: Families { primary: 1, over_negatives: 1, equivalence: 1, over_training: 1 },
        claims,
        claim_families: ClaimFamilies { dynamic_po: 0, equal_kl: 0, picked: 1 },
        losses: Vec::new(),
        tuned: None,
        budgets: None,
    }
}

fn written(folder: &Path, name: &str, verdicts: &Verdicts) -> PathBuf {
    let folder = folder.join(name);
    fs::create_dir_all(folder.join("report")).unwrap();
    let text = serde_json::to_vec(verdicts).unwrap();
    fs::write(folder.join("report").join(VERDICT_FILE), text).unwrap();
    folder
}

#[test]
fn claims_stand_side_by_side_and_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let dmpo = |percent, p| claim(Question::MoreNegatives, "dmpo", percent, p);
    let gain = claim(Question::DynamicPo, "dynamic_po(dmpo)", 7.5, 0.001);
    let paths = [
        written(folder.path(), "a", &verdicts("a", vec![dmpo(-4.0, 0.01), gain])),
        written(folder.path(), "b", &verdicts("b", vec![dmpo(-2.0, 0.3)])),
    ];
    let survey = Survey::read(&paths).unwrap();
    let text = survey.text(TableFormat::Markdown);
    for line in [
        "| dmpo | end of training | **−4.0 % (0.010)** | −2.0 % (0.300) | 1, 0 of 2 |",
        "| dmpo | equal divergence | – | – | 0, 0 of 0 |",
        "| dmpo | picked checkpoint | −2.0 % (1.000) | −1.0 % (1.000) | 0, 0 of 2 |",
        "| dynamic_po(dmpo) | end of training | **+7.5 % (0.001)** | – | 0, 1 of 1 |",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let csv = survey.text(TableFormat::Csv);
    assert_eq!(csv.lines().count(), 1 + 2 * 3, "a header, and a line per claim and reading");
}

#[test]
fn what_cannot_stand_side_by_side_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let one = written(folder.path(), "a", &verdicts("a", Vec::new()));
    let message = |paths: &[PathBuf]| Survey::read(paths).unwrap_err().to_string();
    assert!(message(&[one.clone(), one.clone()]).contains("a second result"));
    let mut other = verdicts("b", Vec::new());
    other.measure = "NDCG@5".into();
    let other = written(folder.path(), "b", &other);
    assert!(message(&[one.clone(), other]).contains("it measures NDCG@5"));
    let mut old = verdicts("c", Vec::new());
    old.format = 1;
    let old = written(folder.path(), "c", &old);
    assert!(message(&[old]).contains("has format 1"));
    assert!(message(&[folder.path().join("nothing")]).contains("cannot read"));
}

fn loss(label: &str, against_reference: Difference) -> LossVerdict {
    LossVerdict {
        label: label.into(),
        verdict: Verdict::Inconclusive,
        reason: String::new(),
        best_k: Some(1),
        smallest_k: Some(1),
        largest_k: Some(20),
        larger: Vec::new(),
        onset_k: None,
        range: None,
        against_reference: Some(against_reference),
        equivalence: None,
        over_training: None,
    }
}

/// Claims of a loss over K and, for DynamicPO, against dmpo; nothing is shown against the reference.
fn experiment(name: &str, shown: &[(Question, &str, f64, f64)]) -> Verdicts {
    let claims = shown.iter().map(|(asked, label, percent, p)| claim(*asked, label, *percent, *p));
    let mut found = verdicts(name, claims.collect());
    for (question, label, ..) in shown {
        if *question == Question::MoreNegatives {
            found.losses.push(loss(label, difference(0.5, 0.9)));
        }
    }
    found
}

/// One experiment of every kind.
fn every_kind() -> [Verdicts; 5] {
    use Question::{DynamicPo, MoreNegatives};
    let data = experiment(
        "data",
        &[
            (MoreNegatives, "dmpo", -4.0, 0.01),
            (MoreNegatives, "dynamic_po(dmpo)", 3.0, 0.2),
            (DynamicPo, "dynamic_po(dmpo)", 7.0, 0.01),
        ],
    );
    let other = experiment("other-data", &[(MoreNegatives, "dmpo", -2.0, 0.3)]);
    let mut step = experiment(
        "step",
        &[
            (MoreNegatives, "dmpo, beta=0.5", 5.0, 0.001),
            (MoreNegatives, "dmpo, beta=1.0", -5.0, 0.001),
            (MoreNegatives, "dmpo, beta=2.0", -1.0, 0.5),
        ],
    );
    step.losses[2].against_reference = Some(difference(4.0, 0.04));
    let setting = |label: &str, negatives| Setting { label: label.into(), negatives };
    step.tuned = Some(Tuned {
        axes: vec!["beta".into()],
        settings: 3,
        cells: vec![TunedCell {
            loss: "dmpo".into(),
            negatives: 20,
            setting: [("beta".to_owned(), "2.0".to_owned())].into(),
            at_edge: vec!["beta".into()],
            validation: 0.2,
            test: 0.1,
            test_chosen_on_others: Some(0.1),
            against_reference: Some(difference(4.0, 0.03)),
        }],
        left_out: Vec::new(),
        claims: vec![TunedClaim {
            question: MoreNegatives,
            loss: "dmpo".into(),
            after: setting("dmpo, beta=2.0", 20),
            before: setting("dmpo, beta=1.0", 1),
            difference: difference(-3.0, 0.02),
        }],
        families: TunedFamilies { claims: 2, against_reference: 1 },
    });
    let parts = experiment(
        "parts",
        &[
            (DynamicPo, "dynamic_po(dmpo)", 6.0, 0.01),
            (DynamicPo, "dynamic_po(dmpo, all negatives)", -6.0, 0.01),
            (MoreNegatives, "dynamic_po(dmpo, all negatives)", -1.0, 0.5),
        ],
    );
    let mut long = experiment("long", &[(MoreNegatives, "dmpo", -9.0, 0.001)]);
    let checkpoint = |negatives, step| Checkpoint {
        setting: setting("dmpo", negatives),
        step,
        seconds_per_step: None,
    };
    let at = |budget, after, before, percent| BudgetClaim {
        question: MoreNegatives,
        budget,
        after: checkpoint(20, after),
        before: checkpoint(1, before),
        repeated: false,
        difference: difference(percent, 0.01),
    };
    long.budgets = Some(Budgets {
        claims: vec![
            at(Budget::Steps, 2400, 2400, -9.0),
            at(Budget::Negatives, 120, 2400, 8.0),
            at(Budget::Time, 1200, 2400, -8.0),
        ],
        longer: Vec::new(),
        families: BudgetFamilies { steps: 0, negatives: 1, time: 1, longer: 0 },
    });
    [data, other, step, parts, long]
}

#[test]
fn the_page_counts_what_is_shown_where() {
    let folder = tempfile::tempdir().unwrap();
    let paths = every_kind().map(|found| written(folder.path(), &found.experiment, &found));
    let survey = Survey::read(&paths).unwrap();
    let out = folder.path().join("out");
    let files = survey.write(&out).unwrap();
    assert_eq!(files.len(), 3);
    let page = fs::read_to_string(out.join("survey.md")).unwrap();
    // By hand: dmpo falls in `data`, at one of three betas and in `long`; it rises at one beta; it
    // does neither in `other-data` and at the third beta.
    for line in [
        "- **dmpo ranks lower with more negatives**: at the end of training shown in 3 of 6 \
         experiments and settings (shown in data, step 1 of 3 (beta=1.0), long; **the opposite** in \
         step 1 of 3 (beta=0.5); neither in other-data, step 1 of 3 (beta=2.0)). Otherwise read: \
         0 of 6 at the picked checkpoint; 0 of 1 (1 the opposite) at equal negatives; 1 of 1 at \
         equal time; 1 of 1 with tuned settings.",
        "**Survives everything**: none.",
        "| dmpo ranks lower with more negatives | 1 of 2 | 1 of 3 (1 the opposite) | – | **1 of 1** |",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    assert_eq!(page, include_str!("../../tests/golden/survey.md"));
    let html = fs::read_to_string(out.join("survey.html")).unwrap();
    assert!(html.contains("<h1 id=\"what-stands\">What stands</h1>"), "{html}");
    let csv = fs::read_to_string(out.join("survey.csv")).unwrap();
    let tuned =
        "step,settings,more_negatives,tuned settings,\"dmpo, beta=1.0\",1,,\"dmpo, beta=2.0\",20,,";
    assert!(csv.contains(tuned), "{csv}");
    let negatives = "long,long trainings,more_negatives,equal negatives,dmpo,1,2400,dmpo,20,120,";
    assert!(csv.contains(negatives), "{csv}");
    assert!(csv.lines().filter(|line| line.ends_with(",higher")).count() >= 4, "{csv}");
}

#[test]
fn the_order_of_experiments_changes_no_count() {
    let of = |experiments: Vec<Verdicts>| {
        let found = conclusions(&experiments);
        let count = |conclusion: &Conclusion| {
            let findings = conclusion.findings(&experiments);
            (conclusion.sentence(), conclusions::Count::of(conclusion, &findings))
        };
        let mut counts: Vec<_> = found.iter().map(count).collect();
        counts.sort_by(|one, other| one.0.cmp(&other.0));
        counts
    };
    let mut turned = every_kind().to_vec();
    turned.reverse();
    assert_eq!(of(every_kind().to_vec()), of(turned));
}
