//! Surveys of verdicts made by hand.

use prefsweep_store::{LossKey, SeriesKey};
use serde_json::Value;

use super::conclusions::{Conclusion, conclusions};
use super::standing::Count;
use super::*;
use crate::reading::Reading;
use crate::verdict::{
    BudgetClaim, BudgetFamilies, Budgets, Checkpoint, Claim, ClaimFamilies, Contrasts, Difference,
    Families, LossVerdict, Question, Rules, Setting, Tuned, TunedCell, TunedClaim, TunedFamilies,
    VERDICT_FILE, VERDICT_FORMAT, Verdict,
};

const BETA: &str = "preference.beta";

fn dmpo() -> SeriesKey {
    LossKey::new("dmpo").into()
}

fn dynamic_po() -> SeriesKey {
    LossKey::over("dynamic_po", LossKey::new("dmpo")).into()
}

/// DynamicPO with all negatives in its boundary sets.
fn all_negatives() -> SeriesKey {
    with_setting(dynamic_po(), "selection", "all".into())
}

fn with_setting(mut series: SeriesKey, name: &str, value: Value) -> SeriesKey {
    series.loss.settings.insert(name.to_owned(), value);
    series
}

fn on_axis(mut series: SeriesKey, axis: &str, value: Value) -> SeriesKey {
    series.axes.insert(axis.to_owned(), value);
    series
}

fn at_beta(beta: f64) -> SeriesKey {
    on_axis(dmpo(), BETA, beta.into())
}

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

fn claim(question: Question, series: &SeriesKey, percent: f64, p: f64) -> Claim {
    let setting = |negatives| Setting::new(series.clone(), negatives);
    Claim {
        question,
        after: setting(20),
        before: setting(1),
        at_end: Some(difference(percent, p)),
        kl: None,
        at_equal_kl: None,
        kl_from_start: false,
        at_picked: Some(difference(percent / 2.0, 1.0)),
        at_picked_by_loss: None,
    }
}

fn verdicts(experiment: &str, claims: Vec<Claim>) -> Verdicts {
    Verdicts {
        format: VERDICT_FORMAT,
        experiment: experiment.into(),
        dataset: "invented".into(),
        measure: "NDCG@10".into(),
        rules: Rules::default(),
        families: Families { primary: 1, over_negatives: 1, equivalence: 1, over_training: 1 },
        claims,
        claim_families: ClaimFamilies { dynamic_po: 0, equal_kl: 0, picked: 1, picked_by_loss: 0 },
        contrasts: Contrasts::default(),
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
    let dmpo = |percent, p| claim(Question::MoreNegatives, &dmpo(), percent, p);
    let gain = claim(Question::DynamicPo, &dynamic_po(), 7.5, 0.001);
    let paths = [
        written(folder.path(), "a", &verdicts("a", vec![dmpo(-4.0, 0.01), gain])),
        written(folder.path(), "b", &verdicts("b", vec![dmpo(-2.0, 0.3)])),
    ];
    let survey = Survey::read(&paths).unwrap();
    let text = survey.text(TableFormat::Markdown);
    for line in [
        "| dmpo | end of training | **−4.0 % (0.0100)** | −2.0 % (0.30) | 1, 0 of 2 |",
        "| dmpo | matched KL | – | – | 0, 0 of 0 |",
        "| dmpo | validation-selected checkpoint | −2.0 % (1.00) | −1.0 % (1.00) | 0, 0 of 2 |",
        "| dynamic_po(dmpo) | end of training | **+7.5 % (0.0010)** | – | 0, 1 of 1 |",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let csv = survey.text(TableFormat::Csv);
    assert_eq!(csv.lines().count(), 1 + 2 * 3, "a header, and a line per claim and reading");
}

/// What rests on the straight line from the start is marked wherever it is part of a number, and only
/// readings that some experiment tested have rows.
#[test]
fn readings_are_marked_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut above = claim(Question::AboveControl, &dmpo(), 4.0, 0.01);
    above.before = Setting::new(LossKey::new("sft").into(), 20);
    above.at_equal_kl = Some(difference(2.0, 0.0503));
    above.kl_from_start = true;
    let mut found = verdicts("a", vec![above]);
    let page = |found: &Verdicts| {
        let path = written(folder.path(), "a", found);
        let out = folder.path().join("out");
        let survey = Survey::read(&[path]).unwrap();
        survey.write(&out).unwrap();
        let page = fs::read_to_string(out.join("survey.md")).unwrap();
        (survey.text(TableFormat::Markdown), page, survey.text(TableFormat::Csv))
    };
    let (table, text, csv) = page(&found);
    for line in [
        "| dmpo | end of training | **+4.0 % (0.0100)** | 0, 1 of 1 |",
        "| dmpo | matched KL | +2.0 %† (0.0503) | 0, 0 of 1 |",
    ] {
        assert!(table.contains(line), "{line}\n{table}");
    }
    assert!(table.contains("† interpolated on the straight line"), "{table}");
    assert!(!table.contains("validation loss"), "{table}");
    for line in [
        "- **dmpo ranks higher than sft**: significant at the end of training in 1 of 1",
        "0 of 1† at matched KL to the reference; ",
        "\n† interpolated on the straight line",
        "| dmpo ranks higher than sft | **1 of 1** | 0 of 1† | 0 of 1 |",
        "| a | datasets | matched KL | sft → dmpo, K = 20 | +2.0 %† | 0.0503 | – |",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(csv.contains("a,datasets,control,matched KL,sft,20,,dmpo,20,,"), "{csv}");
    assert!(csv.contains(",yes,\n"), "{csv}");
    found.claims[0].at_picked_by_loss = Some(difference(1.0, 0.6));
    let (table, ..) = page(&found);
    let line = "| dmpo | checkpoint selected by validation loss | +1.0 % (0.60) | 0, 0 of 1 |";
    assert!(table.contains(line), "{table}");
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
    old.format = 3;
    let old = written(folder.path(), "c", &old);
    let refused = message(&[old]);
    assert!(
        refused.contains("has format 3; this version of prefsweep reads format 5"),
        "{refused}"
    );
    assert!(refused.contains("run `prefsweep report EXPERIMENT` again"), "{refused}");
    assert!(message(&[folder.path().join("nothing")]).contains("cannot read"));
}

fn loss(series: &SeriesKey, against_reference: Difference) -> LossVerdict {
    LossVerdict {
        series: series.clone(),
        label: series.to_string(),
        verdict: Verdict::Undecided,
        reason: String::new(),
        best_k: Some(1),
        smallest_k: Some(1),
        largest_k: Some(20),
        larger: Vec::new(),
        smaller: Vec::new(),
        onset_k: None,
        range: None,
        against_reference: Some(against_reference),
        against_control: None,
        equivalence: None,
        over_training: None,
    }
}

/// Claims of a loss over K and, for DynamicPO, against dmpo; nothing is shown against the reference.
fn experiment(name: &str, shown: &[(Question, SeriesKey, f64, f64)]) -> Verdicts {
    let claims =
        shown.iter().map(|(asked, series, percent, p)| claim(*asked, series, *percent, *p));
    let mut found = verdicts(name, claims.collect());
    for (question, series, ..) in shown {
        if *question == Question::MoreNegatives {
            found.losses.push(loss(series, difference(0.5, 0.9)));
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
            (MoreNegatives, dmpo(), -4.0, 0.01),
            (MoreNegatives, dynamic_po(), 3.0, 0.2),
            (DynamicPo, dynamic_po(), 7.0, 0.01),
        ],
    );
    let other = experiment("other-data", &[(MoreNegatives, dmpo(), -2.0, 0.3)]);
    let mut step = experiment(
        "step",
        &[
            (MoreNegatives, at_beta(0.5), 5.0, 0.001),
            (MoreNegatives, at_beta(1.0), -5.0, 0.001),
            (MoreNegatives, at_beta(2.0), -1.0, 0.5),
        ],
    );
    step.losses[2].against_reference = Some(difference(4.0, 0.04));
    step.tuned = Some(Tuned {
        axes: vec![BETA.into()],
        settings: 3,
        seeds: Vec::new(),
        cells: vec![TunedCell {
            series: at_beta(2.0),
            label: at_beta(2.0).to_string(),
            negatives: 20,
            at_edge: vec![BETA.into()],
            validation: 0.2,
            test: 0.1,
            test_chosen_on_others: Some(0.1),
            against_reference: Some(difference(4.0, 0.03)),
        }],
        left_out: Vec::new(),
        claims: vec![TunedClaim {
            question: MoreNegatives,
            after: Setting::new(at_beta(2.0), 20),
            before: Setting::new(at_beta(1.0), 1),
            difference: difference(-3.0, 0.02),
        }],
        families: TunedFamilies { claims: 2, against_reference: 1 },
    });
    let parts = experiment(
        "parts",
        &[
            (DynamicPo, dynamic_po(), 6.0, 0.01),
            (DynamicPo, all_negatives(), -6.0, 0.01),
            (MoreNegatives, all_negatives(), -1.0, 0.5),
        ],
    );
    let mut long = experiment("long", &[(MoreNegatives, dmpo(), -9.0, 0.001)]);
    let checkpoint = |negatives, step| Checkpoint {
        setting: Setting::new(dmpo(), negatives),
        step,
        seconds_per_step: None,
    };
    let at = |reading, after, before, percent| BudgetClaim {
        question: MoreNegatives,
        reading,
        after: checkpoint(20, after),
        before: checkpoint(1, before),
        repeated: false,
        difference: difference(percent, 0.01),
    };
    long.budgets = Some(Budgets {
        claims: vec![
            at(Reading::EqualSteps, 2400, 2400, -9.0),
            at(Reading::EqualNegatives, 120, 2400, 8.0),
            at(Reading::EqualTime, 1200, 2400, -8.0),
        ],
        longer: Vec::new(),
        families: BudgetFamilies { steps: 0, negatives: 1, time: 1, longer: 0 },
    });
    [data, other, step, parts, long]
}

#[test]
fn the_page_counts_what_is_significant_where() {
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
        "- **dmpo ranks lower with more negatives**: significant at the end of training in 3 of 6 \
         experiments and settings (in data, step 1 of 3 (beta=1), long; **the opposite** in step 1 of \
         3 (beta=0.5); n.s. in other-data, step 1 of 3 (beta=2)). Other analyses: 0 of 6 at the \
         validation-selected checkpoint; 0 of 1 (1 the opposite) at equal negatives; 1 of 1 at equal \
         time; 1 of 1 with tuned settings.",
        "**Holds in every setting and analysis**: none.",
        "| dmpo ranks lower with more negatives | 1 of 2 | 1 of 3 (1 the opposite) | – | **1 of 1** |",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    assert_eq!(page, include_str!("../../tests/golden/survey.md"));
    let html = fs::read_to_string(out.join("survey.html")).unwrap();
    assert!(
        html.contains("<h1 id=\"robustness-of-the-findings\">Robustness of the findings</h1>"),
        "{html}"
    );
    let csv = fs::read_to_string(out.join("survey.csv")).unwrap();
    let tuned =
        "step,settings,more_negatives,tuned settings,\"dmpo, beta=1\",1,,\"dmpo, beta=2\",20,,";
    assert!(csv.contains(tuned), "{csv}");
    let negatives =
        "long,long-run training,more_negatives,equal negatives,dmpo,1,2400,dmpo,20,120,";
    assert!(csv.contains(negatives), "{csv}");
    assert!(csv.lines().filter(|line| line.ends_with(",higher")).count() >= 4, "{csv}");
}

#[test]
fn the_order_of_experiments_changes_no_count() {
    let of = |experiments: Vec<Verdicts>| {
        let found = conclusions(&experiments);
        let count = |conclusion: &Conclusion| {
            let findings = conclusion.findings(&experiments);
            (conclusion.sentence(), Count::of(conclusion, &findings))
        };
        let mut counts: Vec<_> = found.iter().map(count).collect();
        counts.sort_by(|one, other| one.0.cmp(&other.0));
        counts
    };
    let mut turned = every_kind().to_vec();
    turned.reverse();
    assert_eq!(of(every_kind().to_vec()), of(turned));
}

fn kind_of(series: Vec<SeriesKey>) -> &'static str {
    let mut found = verdicts("x", Vec::new());
    found.losses = series.iter().map(|series| loss(series, difference(0.5, 0.9))).collect();
    kind::Kind::of(&found).title()
}

/// By the keys: a label with a comma or a dot in it says nothing.
#[test]
fn what_an_experiment_varies_is_told_from_its_keys() {
    let ro_dpo = with_setting(LossKey::new("ro_dpo").into(), "pool", 20.into());
    let ro_dpo = with_setting(ro_dpo, "refresh", 2.into());
    assert_eq!(kind_of(vec![ro_dpo.clone(), dmpo()]), "settings of a loss");
    let over = LossKey::over("dynamic_po", ro_dpo.loss).into();
    assert_eq!(kind_of(vec![over]), "settings of a loss");
    assert_eq!(kind_of(vec![dmpo(), all_negatives()]), "DynamicPO ablations");
    assert_eq!(kind_of(vec![dmpo(), dynamic_po()]), "datasets");
    for axis in ["preference.sampler", "preference.sampler.popularity.exponent"] {
        let series = [0.1, 1.0].map(|value| on_axis(dmpo(), axis, value.into()));
        assert_eq!(kind_of(series.to_vec()), "negative samplers");
    }
    assert_eq!(kind_of(vec![at_beta(0.1), at_beta(1.0)]), "settings");
    assert_eq!(kind_of(vec![on_axis(dmpo(), "preference.sampler_pool", 1.into())]), "settings");
}

/// DynamicPO over a loss with settings of its own is compared with that loss, whatever its label.
#[test]
fn subjects_keep_the_settings_of_a_base_loss() {
    let base = with_setting(LossKey::new("ro_dpo").into(), "pool", 20.into());
    let over: SeriesKey = LossKey::over("dynamic_po", base.loss).into();
    let found = conclusions(&[experiment("x", &[(Question::DynamicPo, over, 3.0, 0.01)])]);
    let sentences: Vec<String> = found.iter().map(Conclusion::sentence).collect();
    assert_eq!(sentences, ["DynamicPO over ro_dpo(pool=20) ranks higher than ro_dpo(pool=20)"]);
}
