//! The claims where every loss and K has the setting of the axes that is best for it on validation:
//! the same number of settings for each.

use std::collections::BTreeMap;

use prefsweep_store::{LossKey, SeriesKey, compare_values};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::compare::{Difference, compare, correct, pool};
use super::evidence::{CellEvidence, Evidence};
use super::question::{Question, Setting, dynamic_po_base, is_control};
use super::rules::Rules;
use crate::distinct::distinct;
use crate::findings::Findings;
use crate::statistics::BySeed;

/// Axes among whose values one would choose before asking anything else. Choosing among references
/// or samplers would answer another question.
const STEP_SIZE: [&str; 2] = ["preference.beta", "preference.learning_rate"];

/// What remains of the claims with tuned settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tuned {
    /// The axes among whose values validation chooses, by dotted key.
    pub axes: Vec<String>,
    /// Settings tried for every loss and K.
    pub settings: usize,
    /// The seeds on whose validation they are chosen, of which no result is; none where each is chosen
    /// on the mean validation of the results' own seeds.
    #[serde(default)]
    pub seeds: Vec<u64>,
    /// What was chosen, by loss and K.
    pub cells: Vec<TunedCell>,
    /// A loss (on no axis) and K of which not every setting has results under every seed; not
    /// judged.
    pub left_out: Vec<Setting>,
    /// Per loss the largest K against K* (the best of the tuned ones on validation) and against the
    /// smallest, where these are different; then DynamicPO against its base loss, and every loss at
    /// its largest K against the supervised control.
    pub claims: Vec<TunedClaim>,
    /// How many tests are corrected together.
    pub families: TunedFamilies,
}

/// A loss and K at its best setting, at the end of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TunedCell {
    /// The loss and the values chosen on the axes.
    pub series: SeriesKey,
    /// The series as people read it.
    pub label: String,
    /// Number of negatives.
    pub negatives: usize,
    /// Axes whose chosen value is the smallest or the largest that was tried.
    pub at_edge: Vec<String>,
    /// Mean measure on validation: the best of [`Tuned::settings`], so too high.
    pub validation: f64,
    /// Mean measure on test.
    pub test: f64,
    /// The same where each seed is read at the setting that the other seeds choose; none for a
    /// single seed, and where seeds of their own choose.
    pub test_chosen_on_others: Option<f64>,
    /// Test measure minus that of the references its cells started from.
    pub against_reference: Option<Difference>,
}

/// One comparison of tuned losses, at the end of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TunedClaim {
    /// The claim.
    pub question: Question,
    /// The loss whose ranking is judged, at its chosen setting.
    pub after: Setting,
    /// What it is compared with, at its own chosen setting.
    pub before: Setting,
    /// Second minus first side.
    pub difference: Difference,
}

/// Sizes of the secondary families of tuned comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TunedFamilies {
    /// All claims: two comparisons over K per loss, whether or not they are one, one per DynamicPO and
    /// one per loss that is compared with the control.
    pub claims: usize,
    /// Every loss and K against the reference.
    pub against_reference: usize,
}

impl Tuned {
    /// The comparison over K that counts for a loss: against K*, or the smallest K where the largest
    /// is K*; and the one with the base loss.
    pub(crate) fn headlines(&self) -> impl Iterator<Item = &TunedClaim> {
        let first = |at: usize, claim: &TunedClaim| {
            let asked = |claim: &TunedClaim| (claim.question, claim.after.series.loss.clone());
            let same = |other: &TunedClaim| asked(other) == asked(claim);
            self.claims[..at].iter().all(|other| !same(other))
        };
        self.claims.iter().enumerate().filter(move |(at, claim)| first(*at, claim)).map(|(_, c)| c)
    }
}

/// One loss at one setting and K.
#[derive(Debug, Clone, Copy)]
struct Candidate<'a> {
    series: &'a SeriesKey,
    negatives: usize,
    /// Mean measure on validation at the end of training, by seed.
    validation: &'a BySeed,
    cell: &'a CellEvidence,
    /// Seeds that the sweep plans.
    planned: usize,
    /// Seeds that choose: the same, or others.
    choosing: usize,
}

impl Candidate<'_> {
    fn complete(&self) -> bool {
        self.validation.len() == self.choosing && self.cell.test.len() == self.planned
    }

    /// Mean validation measure over seeds, one of which may be left out.
    fn validation(&self, without: Option<u64>) -> f64 {
        let kept = self.validation.iter().filter(|(seed, _)| Some(**seed) != without);
        let values: Vec<f64> = kept.map(|(_, value)| *value).collect();
        values.iter().sum::<f64>() / values.len() as f64
    }

    fn test(&self, seed: u64) -> f64 {
        let values = &self.cell.test[&seed];
        values.iter().map(|(_, value)| value).sum::<f64>() / values.len() as f64
    }

    fn setting(&self) -> Setting {
        Setting::new(self.series.clone(), self.negatives)
    }
}

/// The tuned claims, where the sweep has axes and all of them set the size of a step.
pub(super) fn tune(findings: &Findings, evidence: &[Evidence], rules: &Rules) -> Option<Tuned> {
    let sweep = &findings.sweep;
    let selection = findings.selection();
    let seeds = &sweep.tuning.seeds;
    let mut candidates = Vec::new();
    for (series, evidence) in evidence.iter().enumerate() {
        let axes = &evidence.series.axes;
        if axes.is_empty() || axes.keys().any(|axis| !STEP_SIZE.contains(&axis.as_str())) {
            return None;
        }
        for (negatives, cell) in &evidence.cells {
            let validation = if seeds.is_empty() {
                let group = findings.groups.get(&(series, *negatives));
                group.and_then(|group| group.by_seed(&selection))
            } else {
                findings.tuning.get(&(evidence.series.clone(), *negatives))
            };
            let Some(validation) = validation else { continue };
            let planned = sweep.planned(series, *negatives);
            candidates.push(Candidate {
                series: &evidence.series,
                negatives: *negatives,
                validation,
                cell,
                planned,
                choosing: if seeds.is_empty() { planned } else { seeds.len() },
            });
        }
    }
    judge(&candidates, seeds, rules)
}

/// The chosen candidates by loss, in order of appearance, then by K.
type Chosen<'a, 'c> = Vec<(&'a LossKey, BTreeMap<usize, &'c Candidate<'a>>)>;

/// The values of a setting, by axis.
type Axes = BTreeMap<String, Value>;

fn judge(candidates: &[Candidate<'_>], seeds: &[u64], rules: &Rules) -> Option<Tuned> {
    let settings = distinct(candidates.iter().map(|candidate| &candidate.series.axes));
    if settings.len() < 2 {
        return None;
    }
    let mut chosen: Chosen<'_, '_> = Vec::new();
    let (mut cells, mut left_out) = (Vec::new(), Vec::new());
    for (loss, negatives, group) in grouped(candidates) {
        let complete = group.iter().filter(|candidate| candidate.complete()).count();
        if complete < settings.len() {
            left_out.push(Setting::new(loss.clone().into(), negatives));
            continue;
        }
        let best = best(&group, None)?;
        let own = seeds.is_empty();
        cells.push(cell(best, &group, &settings, own, rules));
        match chosen.iter_mut().find(|(known, _)| *known == loss) {
            Some((_, by_k)) => {
                by_k.insert(negatives, best);
            }
            None => chosen.push((loss, BTreeMap::from([(negatives, best)]))),
        }
    }
    let (mut claims, planned) = claims(&chosen, rules);
    let mut tests: Vec<_> = claims.iter_mut().map(|claim| &mut claim.difference).collect();
    let of_claims = correct(&mut tests, planned, rules);
    let mut tests: Vec<_> =
        cells.iter_mut().filter_map(|cell| cell.against_reference.as_mut()).collect();
    let against_reference = correct(&mut tests, 0, rules);
    Some(Tuned {
        axes: candidates.first()?.series.axes.keys().cloned().collect(),
        settings: settings.len(),
        seeds: seeds.to_vec(),
        cells,
        left_out,
        claims,
        families: TunedFamilies { claims: of_claims, against_reference },
    })
}

/// All settings of every loss and K: losses in order of appearance, K ascending.
fn grouped<'a, 'c>(
    candidates: &'c [Candidate<'a>],
) -> Vec<(&'a LossKey, usize, Vec<&'c Candidate<'a>>)> {
    let losses = distinct(candidates.iter().map(|candidate| &candidate.series.loss));
    let mut groups = Vec::new();
    for loss in losses {
        let mut by_k: BTreeMap<usize, Vec<&Candidate<'_>>> = BTreeMap::new();
        for candidate in candidates.iter().filter(|candidate| candidate.series.loss == *loss) {
            by_k.entry(candidate.negatives).or_default().push(candidate);
        }
        groups.extend(by_k.into_iter().map(|(negatives, group)| (loss, negatives, group)));
    }
    groups
}

/// The best on validation, the first of equals.
fn best<'a, 'c>(group: &[&'c Candidate<'a>], without: Option<u64>) -> Option<&'c Candidate<'a>> {
    group.iter().copied().reduce(|best, candidate| {
        let better = candidate.validation(without) > best.validation(without);
        if better { candidate } else { best }
    })
}

/// The chosen setting of a loss and K; `own`: on the validation of the results' own seeds.
fn cell(
    best: &Candidate<'_>,
    group: &[&Candidate<'_>],
    settings: &[&Axes],
    own: bool,
    rules: &Rules,
) -> TunedCell {
    let seeds: Vec<u64> = best.cell.test.keys().copied().collect();
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    let others = seeds.iter().filter_map(|seed| Some(self::best(group, Some(*seed))?.test(*seed)));
    let test_chosen_on_others = (own && seeds.len() > 1).then(|| mean(others.collect()));
    TunedCell {
        series: best.series.clone(),
        label: best.series.to_string(),
        negatives: best.negatives,
        at_edge: at_edge(&best.series.axes, settings),
        validation: best.validation(None),
        test: mean(seeds.iter().map(|seed| best.test(*seed)).collect()),
        test_chosen_on_others,
        against_reference: compare(&best.cell.test, &best.cell.reference, None, rules),
    }
}

/// Axes of numbers on which nothing smaller, or nothing larger, was tried.
fn at_edge(chosen: &Axes, settings: &[&Axes]) -> Vec<String> {
    let edge = |axis: &str, value: &Value| {
        let tried = settings.iter().filter_map(|setting| setting.get(axis));
        let mut tried = tried.filter(|other| other.is_number());
        value.is_number()
            && (tried.clone().all(|other| compare_values(other, value).is_ge())
                || tried.all(|other| compare_values(other, value).is_le()))
    };
    let axes = chosen.iter().filter(|(axis, value)| edge(axis, value));
    axes.map(|(axis, _)| axis.clone()).collect()
}

/// All comparisons, uncorrected, and how many a sweep of this shape plans.
fn claims(chosen: &Chosen<'_, '_>, rules: &Rules) -> (Vec<TunedClaim>, usize) {
    let (mut claims, mut planned) = (Vec::new(), 0);
    let mut add = |question, [after, before]: [&Candidate<'_>; 2], columns: &[&Candidate<'_>]| {
        let pooled = pool(columns.iter().map(|candidate| &candidate.cell.test));
        let found = compare(&after.cell.test, &before.cell.test, pooled, rules);
        claims.extend(found.map(|difference| TunedClaim {
            question,
            after: after.setting(),
            before: before.setting(),
            difference,
        }));
    };
    for (_, by_k) in chosen {
        let columns: Vec<&Candidate<'_>> = by_k.values().copied().collect();
        let [smallest, .., largest] = columns[..] else { continue };
        planned += 2;
        let Some(best) = best(&columns, None) else { continue };
        if best.negatives < largest.negatives {
            add(Question::MoreNegatives, [largest, best], &columns);
        }
        if best.negatives != smallest.negatives {
            add(Question::MoreNegatives, [largest, smallest], &columns);
        }
    }
    for (loss, by_k) in chosen {
        let base = dynamic_po_base(loss);
        let Some((_, base)) = chosen.iter().find(|(other, _)| Some(*other) == base) else {
            continue;
        };
        let Some(largest) = by_k.keys().rfind(|k| base.contains_key(k)) else { continue };
        planned += 1;
        let columns: Vec<&Candidate<'_>> = by_k.values().chain(base.values()).copied().collect();
        add(Question::DynamicPo, [by_k[largest], base[largest]], &columns);
    }
    let control = chosen.iter().find(|(loss, _)| is_control(loss));
    if let Some(control) = control.and_then(|(_, by_k)| by_k.values().last()) {
        for (_, by_k) in chosen.iter().filter(|(loss, _)| !is_control(loss)) {
            let Some(largest) = by_k.values().last() else { continue };
            planned += 1;
            let columns: Vec<&Candidate<'_>> = by_k.values().copied().chain([*control]).collect();
            add(Question::AboveControl, [largest, control], &columns);
        }
    }
    (claims, planned)
}

#[cfg(test)]
mod tests {
    use super::super::compare::UserValues;
    use super::*;

    /// Validation means of seeds 1 and 2, and test values of users 0 and 1 under each.
    fn cell(test: [[f64; 2]; 2]) -> CellEvidence {
        let users = |values: [f64; 2]| vec![(0.into(), values[0]), (1.into(), values[1])];
        let reference = UserValues::from([1, 2].map(|seed| (seed, users([0.2, 0.4]))));
        let test = UserValues::from([(1, users(test[0])), (2, users(test[1]))]);
        CellEvidence { test, reference, ..CellEvidence::default() }
    }

    const BETA: &str = "preference.beta";

    fn series(loss: &LossKey, beta: f64) -> SeriesKey {
        SeriesKey { loss: loss.clone(), axes: BTreeMap::from([(BETA.to_owned(), beta.into())]) }
    }

    type Row = (&'static str, f64, usize, [f64; 2], [[f64; 2]; 2]);

    fn judged(rows: &[Row], planned: usize) -> Option<Tuned> {
        judged_on(rows, planned, &[])
    }

    /// Judges rows of loss (DynamicPO is over dmpo), beta, K, validation by seed, test by seed and
    /// user.
    fn judged_on(rows: &[Row], planned: usize, seeds: &[u64]) -> Option<Tuned> {
        let owned: Vec<_> = rows
            .iter()
            .map(|(loss, beta, negatives, validation, test)| {
                let base = (*loss == "dynamic_po").then(|| Box::new(LossKey::new("dmpo")));
                let loss = LossKey { base, ..LossKey::new(loss) };
                let validation = BySeed::from([(1, validation[0]), (2, validation[1])]);
                (series(&loss, *beta), *negatives, validation, cell(*test))
            })
            .collect();
        let candidates: Vec<Candidate<'_>> = owned
            .iter()
            .map(|(series, negatives, validation, cell)| Candidate {
                series,
                negatives: *negatives,
                validation,
                cell,
                planned,
                choosing: 2,
            })
            .collect();
        judge(&candidates, seeds, &Rules { resamples: 200, ..Rules::default() })
    }

    const ROWS: [Row; 6] = [
        // At K = 1 beta 1 is best by the mean (0.5), although beta 2 is for seed 1.
        ("dmpo", 0.5, 1, [0.1, 0.1], [[0.9, 0.9], [0.9, 0.9]]),
        ("dmpo", 1.0, 1, [0.4, 0.6], [[0.5, 0.7], [0.3, 0.5]]),
        ("dmpo", 2.0, 1, [0.5, 0.3], [[0.1, 0.3], [0.1, 0.3]]),
        // At K = 20 beta 2 is.
        ("dmpo", 0.5, 20, [0.1, 0.1], [[0.9, 0.9], [0.9, 0.9]]),
        ("dmpo", 1.0, 20, [0.2, 0.2], [[0.9, 0.9], [0.9, 0.9]]),
        ("dmpo", 2.0, 20, [0.3, 0.4], [[0.2, 0.4], [0.0, 0.4]]),
    ];

    #[test]
    fn validation_chooses_and_test_is_read() {
        let tuned = judged(&ROWS, 2).unwrap();
        assert_eq!((tuned.settings, tuned.cells.len()), (3, 2));
        let [few, many] = &tuned.cells[..] else { panic!("{tuned:?}") };
        assert_eq!((few.negatives, &few.series.axes[BETA]), (1, &Value::from(1.0)));
        assert_eq!((many.negatives, &many.series.axes[BETA]), (20, &Value::from(2.0)));
        assert_eq!((few.at_edge.len(), &many.at_edge[..]), (0, &[BETA.to_owned()][..]));
        assert!((few.validation - 0.5).abs() < 1e-12 && (few.test - 0.5).abs() < 1e-12);
        assert!((many.validation - 0.35).abs() < 1e-12 && (many.test - 0.25).abs() < 1e-12);
        // For seed 2, seed 1 chooses beta 2 (0.5 against 0.4), which ranks at 0.2; for seed 1, seed
        // 2 chooses beta 1, at 0.6.
        assert!((few.test_chosen_on_others.unwrap() - 0.4).abs() < 1e-12);
        assert!((few.against_reference.unwrap().difference - 0.2).abs() < 1e-12);
        // K* is 1, so the two comparisons over K are one, and count as two.
        let [claim] = &tuned.claims[..] else { panic!("{tuned:?}") };
        assert_eq!((claim.before.negatives, claim.after.negatives), (1, 20));
        assert_eq!(claim.after.label, "dmpo, beta=2");
        assert!((claim.difference.difference + 0.25).abs() < 1e-12);
        assert_eq!(tuned.families, TunedFamilies { claims: 2, against_reference: 2 });
        assert!((claim.difference.p_holm - (2.0 * claim.difference.p).min(1.0)).abs() < 1e-12);
    }

    /// The results' own seeds have no part in the choice.
    #[test]
    fn seeds_of_their_own_may_choose() {
        let tuned = judged_on(&ROWS, 2, &[101, 102]).unwrap();
        assert_eq!(tuned.seeds, [101, 102]);
        assert_eq!(tuned.cells[0].series.axes[BETA], 1.0);
        assert!(tuned.cells.iter().all(|cell| cell.test_chosen_on_others.is_none()));
    }

    #[test]
    fn dynamic_po_is_compared_with_the_base_loss_at_its_own_setting() {
        let dynamic = |beta, validation: f64, test: f64| {
            ("dynamic_po", beta, 20, [validation; 2], [[test; 2], [test; 2]])
        };
        let more = [dynamic(0.5, 0.7, 0.8), dynamic(1.0, 0.6, 0.1), dynamic(2.0, 0.6, 0.1)];
        let tuned = judged(&[&ROWS[..], &more[..]].concat(), 2).unwrap();
        let claim = tuned.claims.iter().find(|c| c.question == Question::DynamicPo).unwrap();
        assert_eq!((claim.after.negatives, &claim.before.label[..]), (20, "dmpo, beta=2"));
        assert!((claim.difference.difference - 0.55).abs() < 1e-12);
        // Two over the K of dmpo, none over the one K of DynamicPO, one between them.
        assert_eq!(tuned.families, TunedFamilies { claims: 3, against_reference: 3 });
    }

    /// The control has one K, so that nothing is asked of it over K.
    #[test]
    fn tuned_losses_are_compared_with_the_tuned_control() {
        let control = |beta, validation: f64, test: f64| {
            ("sft", beta, 20, [validation; 2], [[test; 2], [test; 2]])
        };
        let more = [control(0.5, 0.1, 0.9), control(1.0, 0.3, 0.1), control(2.0, 0.2, 0.9)];
        let tuned = judged(&[&ROWS[..], &more[..]].concat(), 2).unwrap();
        let claim = tuned.claims.iter().find(|c| c.question == Question::AboveControl).unwrap();
        assert_eq!(
            (&claim.after.label[..], &claim.before.label[..]),
            ("dmpo, beta=2", "sft, beta=1")
        );
        assert_eq!(claim.after.negatives, 20);
        assert!((claim.difference.difference - 0.15).abs() < 1e-12);
        // Two over the K of dmpo, one with the control.
        assert_eq!(tuned.families, TunedFamilies { claims: 3, against_reference: 3 });
        assert_eq!(tuned.headlines().count(), 2);
    }

    #[test]
    fn unequal_budgets_are_left_out() {
        let tuned = judged(&ROWS[1..], 2).unwrap();
        assert_eq!(tuned.left_out, [Setting::new(LossKey::new("dmpo").into(), 1)]);
        assert_eq!((tuned.cells.len(), tuned.claims.len()), (1, 0));
        // A third seed was planned and has no results.
        assert_eq!(judged(&ROWS, 3).unwrap().left_out.len(), 2);
        assert_eq!(judged(&[ROWS[0], ROWS[3]], 2), None, "one setting is no choice");
    }
}
