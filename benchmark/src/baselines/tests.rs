//! Every baseline against scores by hand, and against the definitions it is computed from.

use prefsweep_datasets::{CandidateConfig, Candidates, Dataset, Item};
use proptest::prelude::*;

use super::ease::Linear;
use super::item_knn::Neighbours;
use super::method::ItemScorer;
use super::registry::BASELINES;
use super::{Markov, Method, Popularity};
use crate::data::{Split, held_out};
use crate::evaluation::{Protocol, Ranked, rank_scores};

/// A dataset whose users have these training items, followed by items for validation and test.
fn dataset(histories: &[(&[Item], [Item; 2])], n_items: usize) -> Dataset {
    let sequences = histories.iter().map(|(train, held_out)| [*train, &held_out[..]].concat());
    let mut dataset = Dataset {
        name: "toy".into(),
        n_items,
        user_ids: vec![String::new(); histories.len()],
        item_ids: vec![String::new(); n_items],
        sequences: sequences.collect(),
        ..Dataset::default()
    };
    dataset.fingerprint = dataset.content_fingerprint();
    dataset
}

/// Four users and five items; item 4 is in nobody's training part.
fn toy() -> Dataset {
    dataset(&[(&[0, 1, 2], [4, 3]), (&[0, 1], [4, 2]), (&[1, 2], [4, 0]), (&[3, 0], [4, 1])], 5)
}

fn scores(scorer: &dyn ItemScorer, history: &[Item], n_items: usize) -> Vec<f64> {
    let mut scores = vec![f64::NAN; n_items];
    scorer.score(history, &mut scores);
    scores
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance, "{found} {expected}");
    }
}

#[test]
fn popularity_counts_training_interactions() {
    let scorer = Popularity.fit(&toy());
    assert_eq!(scores(scorer.as_ref(), &[3], 5), [3.0, 3.0, 2.0, 1.0, 0.0]);
}

/// Users of the items: 0 has {0, 1, 3}, 1 {0, 1, 2}, 2 {0, 2}, 3 {3}.
#[test]
fn item_knn_sums_cosines() {
    let cosine = |common: f64, a: f64, b: f64| common / (a * b).sqrt();
    let (c01, c02, c03) = (cosine(2.0, 3.0, 3.0), cosine(1.0, 3.0, 2.0), cosine(1.0, 3.0, 1.0));
    let c12 = cosine(2.0, 3.0, 2.0);
    let all = Neighbours::new(&toy(), 200);
    assert_close(&scores(&all, &[0], 5), &[0.0, c01, c02, c03, 0.0], 1e-7);
    assert_close(&scores(&all, &[0, 2], 5), &[c02, c01 + c12, c02, c03, 0.0], 1e-7);
    // A repeated item counts once.
    assert_eq!(scores(&all, &[0, 2, 0], 5), scores(&all, &[2, 0], 5));
    // The nearest two of item 0 are 1 (0.667) and 3 (0.577), not 2 (0.408).
    let two = Neighbours::new(&toy(), 2);
    assert_close(&scores(&two, &[0], 5), &[0.0, c01, 0.0, c03, 0.0], 1e-7);
}

/// Transitions: 0→1 twice, 1→2 twice, 3→0 once.
#[test]
fn markov_counts_transitions_and_backs_off_to_popularity() {
    let scorer = Markov.fit(&toy());
    let after = |history: &[Item]| scores(scorer.as_ref(), history, 5);
    // By popularity from below: 4, 3, 2, then 0 and 1, which tie.
    let popular = [3.0, 3.0, 2.0, 1.0, 0.0];
    assert_eq!(after(&[4]), popular, "nothing followed item 4");
    assert_eq!(after(&[3, 2]), popular, "nothing followed item 2");
    assert_eq!(after(&[2, 1]), [3.0, 3.0, 5.0, 1.0, 0.0], "2 followed item 1");
    assert_eq!(after(&[0, 3]), [5.0, 3.0, 2.0, 1.0, 0.0], "0 followed item 3");

    // After item 0: 1 and 2 twice each, of which 2 is the more popular; 3 once.
    let histories: [(&[Item], [Item; 2]); 6] = [
        (&[0, 1], [4, 4]),
        (&[0, 1], [4, 4]),
        (&[0, 2], [4, 4]),
        (&[0, 2], [4, 4]),
        (&[0, 3], [4, 4]),
        (&[2], [4, 4]),
    ];
    let scorer = Markov.fit(&dataset(&histories, 5));
    let after = scores(scorer.as_ref(), &[0], 5);
    assert!(after[2] > after[1] && after[1] > after[3] && after[3] > after[0], "{after:?}");
    assert!(after[0] > after[4]);
}

/// The binary matrix of users and items, by definition.
fn matrix(dataset: &Dataset) -> Vec<Vec<f64>> {
    let row = |user: usize| {
        let had = |item: usize| dataset.train(user).contains(&(item as Item));
        (0..dataset.n_items).map(|item| f64::from(u8::from(had(item)))).collect()
    };
    (0..dataset.n_users()).map(row).collect()
}

/// Two items that two users share and one each has alone: `G = [[3, 2], [2, 3]] + I`, so that
/// `B_01 = 2 / 4`.
#[test]
fn ease_by_hand() {
    let histories: [(&[Item], [Item; 2]); 4] =
        [(&[0, 1], [0, 1]), (&[0, 1], [0, 1]), (&[0], [1, 1]), (&[1], [0, 0])];
    let linear = Linear::new(&dataset(&histories, 2), 1.0);
    assert_close(linear.weights(), &[0.0, 0.5, 0.5, 0.0], 1e-15);
    assert_close(&scores(&linear, &[0], 2), &[0.0, 0.5], 1e-15);
}

/// Training histories, items for validation and for test, of up to twelve items.
fn random() -> impl Strategy<Value = Vec<Vec<Item>>> {
    let history = proptest::collection::vec(0_u32..12, 3..9);
    proptest::collection::vec(history, 3..14)
}

fn of_sequences(sequences: &[Vec<Item>], n_items: usize) -> Dataset {
    let mut dataset = dataset(&[], n_items);
    dataset.user_ids = vec![String::new(); sequences.len()];
    dataset.sequences = sequences.to_vec();
    dataset.fingerprint = dataset.content_fingerprint();
    dataset
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// The gradient of `|X - X B|² + lambda |B|²` vanishes off the diagonal, which is zero: the conditions
    /// for the minimum of a convex function under linear constraints.
    #[test]
    fn ease_meets_the_conditions_of_its_minimum(sequences in random(), lambda in 0.5_f64..600.0) {
        let dataset = of_sequences(&sequences, 12);
        let (x, n) = (matrix(&dataset), dataset.n_items);
        let linear = Linear::new(&dataset, lambda);
        let b = |i: usize, j: usize| linear.weights()[i * n + j];
        for i in 0..n {
            prop_assert_eq!(b(i, i), 0.0);
            for j in (0..n).filter(|&j| j != i) {
                let residual = |row: &Vec<f64>| {
                    row[j] - (0..n).map(|k| row[k] * b(k, j)).sum::<f64>()
                };
                let data: f64 = x.iter().map(|row| -row[i] * residual(row)).sum();
                prop_assert!((data + lambda * b(i, j)).abs() < 1e-9);
            }
        }
    }

    /// Cosines of columns from the matrix itself, for every neighbour of every item.
    #[test]
    fn item_knn_is_the_cosine_of_columns(sequences in random(), most in 1_usize..14) {
        let dataset = of_sequences(&sequences, 12);
        let (x, n) = (matrix(&dataset), dataset.n_items);
        let neighbours = Neighbours::new(&dataset, most);
        for item in 0..n {
            let dot = |a: usize, b: usize| x.iter().map(|row| row[a] * row[b]).sum::<f64>();
            let cosine = |other: usize| {
                let size = (dot(item, item) * dot(other, other)).sqrt();
                if size > 0.0 { (dot(item, other) / size) as f32 } else { 0.0 }
            };
            let mut others: Vec<usize> = (0..n).filter(|&o| o != item && cosine(o) > 0.0).collect();
            others.sort_by(|&a, &b| cosine(b).total_cmp(&cosine(a)).then(a.cmp(&b)));
            others.truncate(most);
            let expected: Vec<f64> = (0..n)
                .map(|o| if others.contains(&o) { f64::from(cosine(o)) } else { 0.0 })
                .collect();
            prop_assert_eq!(scores(&neighbours, &[item as Item], n), expected);
        }
    }

    /// Other items held out: the same scores, to the bit, of every baseline.
    #[test]
    fn nothing_held_out_influences_a_score(
        sequences in random(), others in proptest::collection::vec((0_u32..12, 0_u32..12), 14),
    ) {
        let changed: Vec<Vec<Item>> = sequences
            .iter()
            .zip(others)
            .map(|(sequence, (validation, test))| {
                [&sequence[..sequence.len() - 2], &[validation, test]].concat()
            })
            .collect();
        let (one, other) = (of_sequences(&sequences, 12), of_sequences(&changed, 12));
        for method in BASELINES {
            let fitted = [method.fit(&one), method.fit(&other)];
            for history in &sequences {
                let [one, other] = fitted.each_ref().map(|f| scores(f.as_ref(), history, 12));
                prop_assert_eq!(&one, &other, "{}", method.name());
            }
        }
    }

    /// Ranks on both protocols by looking at every competitor: the unseen items, and the list.
    #[test]
    fn ranks_are_those_of_counting(sequences in random()) {
        // Enough items that nobody has had for the lists.
        let dataset = of_sequences(&sequences, 40);
        let lists = CandidateConfig { negatives: 5, seed: 3 };
        let candidates = Candidates::sample(&dataset, &lists).unwrap();
        for method in BASELINES {
            let scorer = method.fit(&dataset);
            let score = |history: &[Item], scores: &mut [f64]| scorer.score(history, scores);
            let ranked = Ranked { dataset: &dataset, candidates: &candidates, most: None };
            let all = rank_scores(ranked, None, score, |_| ());
            prop_assert_eq!(all.len(), 4);
            for found in all {
                prop_assert_eq!(found.users.len(), sequences.len());
                for (user, rank) in found.users.iter().zip(&found.ranks) {
                    let case = held_out(&dataset, *user, found.split).unwrap();
                    // Validation sees the training part, test also the validation item.
                    let sequence = &sequences[*user as usize];
                    let seen = sequence.len() - if found.split == Split::Test { 1 } else { 2 };
                    prop_assert_eq!(case.history, &sequence[..seen]);
                    let of = scores(scorer.as_ref(), case.history, 40);
                    let competitors: Vec<Item> = match found.protocol {
                        Protocol::Full => (0..40)
                            .filter(|item| *item != case.target && !case.history.contains(item))
                            .collect(),
                        Protocol::Candidates => candidates.negatives[*user as usize].clone(),
                    };
                    let of = |item: Item| of[item as usize] as f32;
                    let above = competitors.iter().filter(|&&i| of(i) > of(case.target)).count();
                    let ties = competitors.iter().filter(|&&i| of(i) == of(case.target)).count();
                    prop_assert_eq!(rank.rank, 1.0 + above as f32 + 0.5 * ties as f32);
                    prop_assert_eq!(rank.competitors as usize, competitors.len());
                }
            }
        }
    }
}

#[test]
fn names_are_distinct_and_large_catalogues_are_left_to_those_who_can() {
    let mut names: Vec<&str> = BASELINES.iter().map(|method| method.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), BASELINES.len());
    let skipped = |items: usize| -> Vec<&str> {
        let left_out = BASELINES.iter().filter(|method| method.skipped(items).is_some());
        left_out.map(|method| method.name()).collect()
    };
    assert_eq!(skipped(15_000), Vec::<&str>::new());
    assert_eq!(skipped(20_033), ["ease"]);
}
