//! Comparisons of what training costs and draws, in place of how it ranks: paired by seed, since no user
//! has a part in them.

use std::path::PathBuf;

use prefsweep_store::{LossKey, Seconds};
use serde::{Deserialize, Serialize};

use super::change::Change;
use super::claims::{Key, largest_common};
use super::contrasts::{Contrast, partners};
use super::question::{Setting, dynamic_po_base};
use crate::findings::Findings;
use crate::frontier::Frontier;
use crate::statistics::{BySeed, estimate, holm, paired_difference, t_two_sided};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Seconds of training and sampling per step, on the machine of the run.
    StepSeconds,
    /// Share of the negatives that the user truly likes, at the last evaluation; of synthetic data.
    FalseNegatives,
    /// What the last step took from the probability of one negative, beside what it gave to that of the positive:
    /// two sides of one loss.
    FallAndRise,
    /// How far these two are from each other.
    Imbalance,
    /// Tokens of the likeliest of a user's candidates, of policies over titles: at the end of training beside the start.
    TitleLength,
    /// Rank of a choice without the title of the history that matters most, beside without another one.
    RankWithoutTitle,
}

impl Quantity {
    /// As part of a sentence.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::StepSeconds => "time per step",
            Self::FalseNegatives => "share of false negatives",
            Self::FallAndRise => "fall of a negative's probability beside the positive's rise",
            Self::Imbalance => {
                "distance between a negative's fall and the positive's rise in probability"
            }
            Self::TitleLength => "length of the likeliest candidate beside that before training",
            Self::RankWithoutTitle => {
                "rank of a choice without the title that matters most beside without another"
            }
        }
    }
}

/// One loss against another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// What is measured.
    pub quantity: Quantity,
    /// The loss that is judged.
    pub after: Setting,
    /// What it is compared with.
    pub before: Setting,
    /// First minus second side.
    pub change: Change,
}

/// DynamicPO's steps against those of its base loss, the negatives of RoDPO's pools against those of the losses that it
/// is compared with, what steps of DPO and AdaDPO do to probabilities, and titles that DPO and S-DPO choose; each quantity
/// is a family of its own.
pub(super) fn measure(findings: &Findings, frontier: &Frontier) -> Vec<Measured> {
    let mut all = Vec::new();
    for series in 0..findings.sweep.series.len() {
        let loss = &findings.sweep.series[series].key.loss;
        let compared = |quantity, other: LossKey| {
            let sides = largest_common(&findings.sweep, frontier, series, other)?;
            compared(findings, quantity, sides)
        };
        let base = dynamic_po_base(loss).cloned();
        all.extend(base.and_then(|base| compared(Quantity::StepSeconds, base)));
        for (contrast, other) in partners(loss) {
            if matches!(contrast, Contrast::StochasticPool | Contrast::PoolMinusUniform) {
                all.extend(compared(Quantity::FalseNegatives, other));
            }
        }
        let [dpo, s_dpo] = ["dpo", "s_dpo"].map(LossKey::new);
        if *loss == dpo {
            all.extend(compared(Quantity::FallAndRise, dpo.clone()));
            all.extend(compared(Quantity::TitleLength, dpo));
        } else if *loss == s_dpo {
            all.extend(compared(Quantity::RankWithoutTitle, s_dpo));
        } else if *loss == LossKey::new("ada_dpo") {
            all.extend(compared(Quantity::Imbalance, dpo));
        }
    }
    let quantities = [
        Quantity::StepSeconds,
        Quantity::FalseNegatives,
        Quantity::FallAndRise,
        Quantity::Imbalance,
        Quantity::TitleLength,
        Quantity::RankWithoutTitle,
    ];
    for quantity in quantities {
        let mut family: Vec<&mut Measured> =
            all.iter_mut().filter(|found: &&mut Measured| found.quantity == quantity).collect();
        let p: Vec<f64> = family.iter().map(|found| found.change.p).collect();
        for (found, adjusted) in family.iter_mut().zip(holm(&p)) {
            found.change.p_holm = adjusted;
        }
    }
    all
}

fn compared(findings: &Findings, quantity: Quantity, sides: [Key; 2]) -> Option<Measured> {
    let [after, before] = match quantity {
        Quantity::StepSeconds => {
            sides.map(|(series, negatives)| step_seconds(findings, series, negatives))
        }
        Quantity::FalseNegatives => sides.map(|key| at_the_end(findings, key, "false_negatives")),
        Quantity::FallAndRise => [fall(findings, sides[0]), rise(findings, sides[1])],
        Quantity::Imbalance => sides.map(|key| imbalance(findings, key)),
        Quantity::TitleLength => {
            let length = "candidate_length";
            [at_the_end(findings, sides[0], length), at_the_start(findings, sides[1], length)]
        }
        Quantity::RankWithoutTitle => [
            at_the_end(findings, sides[0], "rank_without_top"),
            at_the_end(findings, sides[1], "rank_without_random"),
        ],
    };
    let [after_at, before_at] = sides.map(|(series, negatives)| {
        Setting::new(findings.sweep.series[series].key.clone(), negatives)
    });
    let change = paired(&after, &before)?;
    Some(Measured { quantity, after: after_at, before: before_at, change })
}

/// How far a fall and a rise by the last step are from each other.
fn imbalance(findings: &Findings, key: Key) -> BySeed {
    let rise = rise(findings, key);
    let fall = fall(findings, key).into_iter();
    fall.filter_map(|(seed, fall)| Some((seed, (fall - rise.get(&seed)?).abs()))).collect()
}

/// How far the last step lowered the probability of one negative.
fn fall(findings: &Findings, key: Key) -> BySeed {
    at_the_end(findings, key, "negative_change").into_iter().map(|(seed, by)| (seed, -by)).collect()
}

/// How far the last step raised the probability of the positive.
fn rise(findings: &Findings, key: Key) -> BySeed {
    at_the_end(findings, key, "positive_change")
}

/// A column of the last evaluation.
fn at_the_end(findings: &Findings, key: Key, column: &str) -> BySeed {
    let found = findings.groups.get(&key).and_then(|group| group.last.get(column));
    found.cloned().unwrap_or_default()
}

/// The same of the first evaluation, before training.
fn at_the_start(findings: &Findings, key: Key, column: &str) -> BySeed {
    let found = findings.groups.get(&key).and_then(|group| group.first.get(column));
    found.cloned().unwrap_or_default()
}

/// Mean over seeds of the seconds of training and sampling per step, where they were recorded.
pub(super) fn seconds_per_step(
    findings: &Findings,
    series: usize,
    negatives: Option<usize>,
) -> Option<f64> {
    let found = estimate(step_seconds(findings, series, negatives?).into_values());
    found.map(|found| found.mean)
}

/// Training and sampling per step, of the runs that recorded it.
fn step_seconds(findings: &Findings, series: usize, negatives: usize) -> BySeed {
    let seconds = |dir: &PathBuf| {
        let record = &findings.sweep.costs.iter().find(|cost| cost.dir == *dir)?.provenance;
        let Seconds { training, sampling, .. } = record.seconds?;
        (record.steps > 0).then(|| (training + sampling) / record.steps as f64)
    };
    let cells = findings.sweep.cells_at(series, negatives);
    cells.filter_map(|cell| Some((cell.key.seed, seconds(&cell.dir)?))).collect()
}

/// The difference paired by seed, with Student's t: none for fewer than two common seeds, and where nothing varies
/// between them.
fn paired(after: &BySeed, before: &BySeed) -> Option<Change> {
    let found = paired_difference(after, before)?;
    let error = found.sd? / (found.n as f64).sqrt();
    if error <= 0.0 {
        return None;
    }
    let mean = |values: &BySeed, others: &BySeed| {
        let common = values.iter().filter(|(seed, _)| others.contains_key(seed));
        common.map(|(_, value)| value).sum::<f64>() / found.n as f64
    };
    let p = t_two_sided(found.mean / error, (found.n - 1) as f64);
    Some(Change {
        seeds: found.n,
        before: mean(before, after),
        after: mean(after, before),
        difference: found.mean,
        interval: found.interval()?,
        error,
        p,
        p_holm: p,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_paired_by_seed() {
        let before = BySeed::from([(1, 0.10), (2, 0.20), (3, 0.30), (9, 5.0)]);
        let after = BySeed::from([(1, 0.09), (2, 0.18), (3, 0.27), (8, -5.0)]);
        // scipy.stats.ttest_rel(after, before): t = -3.4641016, p = 0.0741799
        let found = paired(&after, &before).unwrap();
        assert_eq!(found.seeds, 3);
        for (found, expected) in [
            (found.before, 0.2),
            (found.after, 0.18),
            (found.difference, -0.02),
            (found.interval.0, -0.044_841_377),
            (found.interval.1, 0.004_841_377),
            (found.error, 0.005_773_503),
            (found.p, 0.074_179_900),
        ] {
            assert!((found - expected).abs() < 1e-8, "{found} is not {expected}");
        }
        assert_eq!(paired(&after, &after), None, "nothing varies");
        assert_eq!(paired(&BySeed::from([(1, 0.1)]), &before), None, "one seed");
    }
}
