//! How often the verdict errs, on simulated rankings whose answer is known.

use std::collections::BTreeMap;

use prefsweep_store::LossKey;

use super::compare::UserValues;
use super::decide::decide;
use super::evidence::{CellEvidence, Evidence};
use super::loss_verdict::Verdict;
use super::question::CONTROL;
use super::rules::Rules;
use crate::statistics::{BySeed, Random, UserMetric};

const FOUR: &[usize] = &[1, 5, 10, 20];
const SIX: &[usize] = &[1, 3, 5, 10, 15, 20];

/// An experiment to simulate: losses of the same kind.
#[derive(Clone, Copy)]
struct Truth {
    losses: usize,
    negatives: &'static [usize],
    seeds: u64,
    users: u32,
    /// Shift of the log rank from the smallest to the largest K, linear in between.
    slope: f64,
    /// Standard deviation of log rank that a training adds, shared by validation and test.
    seed_sd: f64,
    /// Standard deviation of log rank that a user has at one K under every seed.
    user_sd: f64,
    /// By how much the log rank under the reference is larger than at the smallest K.
    reference_gap: f64,
    /// Beside the losses there is a supervised control, which ranks as they do at the smallest K.
    control: bool,
}

/// Shares of simulated losses by verdict and of those called a gain, and of experiments with any
/// collapse and with any gain.
#[derive(Debug, Default)]
struct Rates {
    verdicts: BTreeMap<&'static str, f64>,
    gain: f64,
    any_collapse: f64,
    any_gain: f64,
}

impl Rates {
    fn of(&self, verdict: Verdict) -> f64 {
        self.verdicts.get(verdict.word()).copied().unwrap_or(0.0)
    }
}

fn rates(truth: Truth, repetitions: u64) -> Rates {
    let rules = Rules { resamples: 200, ..Rules::default() };
    let mut rates = Rates::default();
    for repetition in 0..repetitions {
        let mut random = Random::new(1000 + repetition);
        let evidence = simulate(truth, &mut random);
        let (losses, _) = decide(&evidence, &rules);
        let losses = &losses[..truth.losses];
        let share = |of: usize| of as f64 / (truth.losses as u64 * repetitions) as f64;
        for loss in losses {
            *rates.verdicts.entry(loss.verdict.word()).or_default() += share(1);
        }
        let gains = losses.iter().filter(|loss| loss.is_gain(rules.alpha)).count();
        rates.gain += share(gains);
        let of_repetitions = |any: bool| f64::from(u8::from(any)) / repetitions as f64;
        rates.any_gain += of_repetitions(gains > 0);
        let collapses = losses.iter().any(|loss| loss.verdict == Verdict::Collapse);
        rates.any_collapse += of_repetitions(collapses);
    }
    rates
}

/// The losses, and behind them the control: same users, and one reference per seed.
fn simulate(truth: Truth, random: &mut Random) -> Vec<Evidence> {
    let users: Vec<[f64; 2]> =
        (0..truth.users).map(|_| [0, 1].map(|_| 2.0 + 1.2 * random.normal())).collect();
    let reference = cell(truth, &users, truth.reference_gap, random).test;
    let values = || reference.values().flatten().map(|(_, value)| value);
    let reference_mean = Some(values().sum::<f64>() / values().count() as f64);
    let mut at = |shift: f64| CellEvidence {
        reference: reference.clone(),
        reference_mean,
        ..cell(truth, &users, shift, random)
    };
    let mut evidence = Vec::new();
    for _ in 0..truth.losses {
        let places = truth.negatives.iter().enumerate();
        let share = |place: usize| place as f64 / (truth.negatives.len() - 1) as f64;
        let cells = places.map(|(place, k)| (*k, at(truth.slope * share(place))));
        let cells = cells.collect();
        evidence.push(Evidence { cells, ..Evidence::new(LossKey::new("simulated").into()) });
    }
    if truth.control {
        let cells = truth.negatives.last().map(|largest| (*largest, at(0.0)));
        let cells = cells.into_iter().collect();
        evidence.push(Evidence { cells, ..Evidence::new(LossKey::new(CONTROL).into()) });
    }
    evidence
}

/// Log ranks are the sum of a user's difficulty, different on validation and test, an effect of K
/// on the user that all seeds share, run-to-run variance, and noise.
fn cell(truth: Truth, users: &[[f64; 2]], shift: f64, random: &mut Random) -> CellEvidence {
    let own: Vec<[f64; 2]> =
        users.iter().map(|_| [0, 1].map(|_| truth.user_sd * random.normal())).collect();
    let (mut validation, mut test, mut loss) = (0.0, UserValues::new(), BySeed::new());
    for seed in 1..=truth.seeds {
        let run = truth.seed_sd * random.normal();
        let mut value = |user: usize, split: usize| {
            let place = users[user][split] + own[user][split] + shift + run;
            let rank = 1.0 + (place + 0.2 * random.normal()).exp().floor();
            UserMetric::Ndcg(10).of(rank as f32, 0)
        };
        validation += (0..users.len()).map(|user| value(user, 0)).sum::<f64>();
        test.insert(
            seed,
            (0..users.len()).map(|user| ((user as u32).into(), value(user, 1))).collect(),
        );
        loss.insert(seed, 0.5);
    }
    let validation = Some(validation / (truth.seeds as usize * users.len()) as f64);
    CellEvidence { validation, loss, test, ..CellEvidence::default() }
}

const FLAT: Truth = Truth {
    losses: 2,
    negatives: FOUR,
    seeds: 3,
    users: 300,
    slope: 0.0,
    seed_sd: 0.0,
    user_sd: 0.2,
    reference_gap: 0.0,
    control: false,
};

/// Two hundred experiments: the share of false alarms has a standard error of 1.5 points at 5 %.
const ALLOWED: f64 = 0.05 + 2.0 * 0.0154;

#[test]
fn a_flat_sweep_rarely_raises_an_alarm() {
    for (seeds, seed_sd) in [(1, 0.0), (3, 0.0), (3, 0.05), (5, 0.05), (5, 0.2)] {
        let found = rates(Truth { seeds, seed_sd, ..FLAT }, 200);
        assert!(found.any_collapse <= ALLOWED, "{seeds} seeds, {seed_sd}: {found:?}");
        assert!(found.of(Verdict::Improves) <= ALLOWED, "{seeds} seeds, {seed_sd}: {found:?}");
    }
}

/// The size of the main job, where every loss is far above its reference, so that Holm's first
/// steps are taken.
#[test]
fn many_losses_and_k_rarely_raise_an_alarm() {
    let truth = Truth { losses: 6, negatives: SIX, reference_gap: 0.5, seed_sd: 0.05, ..FLAT };
    let found = rates(truth, 200);
    assert!(found.any_collapse <= ALLOWED, "{found:?}");
}

#[test]
fn a_large_fall_is_found() {
    let found = rates(Truth { slope: 0.6, seed_sd: 0.02, ..FLAT }, 100);
    assert!(found.of(Verdict::Collapse) > 0.8, "{found:?}");
}

#[test]
fn a_large_rise_is_found() {
    let found = rates(Truth { slope: -0.6, seed_sd: 0.02, ..FLAT }, 100);
    assert!(found.of(Verdict::Improves) > 0.8, "{found:?}");
    assert!(found.of(Verdict::Collapse) < 0.02, "{found:?}");
}

/// A fall of which the size is far below the margin, found with very many users.
#[test]
fn a_fall_within_the_margin_is_no_collapse() {
    let negatives = &FOUR[..2];
    let truth = Truth { negatives, seeds: 5, users: 8000, user_sd: 0.02, slope: 0.015, ..FLAT };
    let found = rates(truth, 20);
    assert!(found.of(Verdict::SmallDrop) > 0.8, "{found:?}");
    assert_eq!(found.of(Verdict::Collapse), 0.0, "{found:?}");
}

/// All losses are far above the reference and level with the control.
#[test]
fn what_supervised_training_gives_too_is_rarely_called_a_gain() {
    let truth = Truth { reference_gap: 0.5, control: true, ..FLAT };
    for (seeds, seed_sd) in [(3, 0.0), (3, 0.05), (5, 0.05)] {
        let found = rates(Truth { seeds, seed_sd, ..truth }, 200);
        assert!(found.any_gain <= ALLOWED, "{seeds} seeds, {seed_sd}: {found:?}");
    }
    let better = rates(Truth { slope: -0.6, seed_sd: 0.02, ..truth }, 100);
    assert!(better.gain > 0.8, "{better:?}");
}

#[test]
fn equivalence_is_claimed_only_with_enough_data() {
    let many = rates(Truth { seeds: 5, users: 4000, user_sd: 0.05, ..FLAT }, 20);
    assert!(many.of(Verdict::Equivalent) > 0.8, "{many:?}");
    let few = rates(Truth { users: 100, ..FLAT }, 100);
    assert!(few.of(Verdict::Equivalent) < 0.5, "{few:?}");
}

/// The table of `docs/statistics.md`, written to the temporary folder.
#[test]
#[ignore = "makes the numbers of docs/statistics.md"]
fn table_of_rates() {
    const WORDS: [Verdict; 6] = [
        Verdict::Collapse,
        Verdict::SmallDrop,
        Verdict::Equivalent,
        Verdict::Improves,
        Verdict::SmallRise,
        Verdict::Undecided,
    ];
    let words = WORDS.map(Verdict::word).join(" | ");
    let mut text = format!(
        "| losses × K | reference | control | seeds | users | run-to-run sd | shift | any collapse | \
         {words} | any gain | gain |\n|{}\n",
        " --: |".repeat(10 + WORDS.len())
    );
    let small = [
        (1, 300, 0.0),
        (1, 300, 0.05),
        (3, 300, 0.0),
        (3, 300, 0.05),
        (3, 2000, 0.05),
        (5, 300, 0.05),
        (5, 2000, 0.05),
    ];
    let large = [(3, 300, 0.05), (5, 300, 0.05)];
    let steady = [(5, 2000, 0.0), (5, 2000, 0.01)];
    let main_job = Truth { losses: 6, negatives: SIX, ..FLAT };
    let above = Truth { reference_gap: 0.5, ..main_job };
    let controlled = Truth { control: true, ..above };
    let precise = Truth { user_sd: 0.05, ..FLAT };
    let kinds = [
        (FLAT, &small[..]),
        (main_job, &large[..]),
        (above, &large[..]),
        (controlled, &large[..]),
        (precise, &steady[..]),
    ];
    for slope in [0.0, 0.015, 0.15, 0.3, -0.3] {
        for (kind, sizes) in kinds {
            for &(seeds, users, seed_sd) in sizes {
                let found = rates(Truth { seeds, users, slope, seed_sd, ..kind }, 200);
                let percent = |share: f64| format!("{:.1} %", 100.0 * share);
                let of_gains = [found.any_gain, found.gain]
                    .map(|share| if kind.control { percent(share) } else { "–".to_owned() })
                    .join(" | ");
                let of_words = WORDS.map(|word| percent(found.of(word))).join(" | ");
                text.push_str(&format!(
                    "| {} × {} | {} | {} | {seeds} | {users} | {seed_sd} | {slope} | {} | {of_words} \
                     | {of_gains} |\n",
                    kind.losses,
                    kind.negatives.len(),
                    kind.reference_gap,
                    if kind.control { "yes" } else { "" },
                    percent(found.any_collapse),
                ));
            }
        }
    }
    std::fs::write(std::env::temp_dir().join("verdict-rates.md"), text).unwrap();
}
