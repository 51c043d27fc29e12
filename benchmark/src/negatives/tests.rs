//! What all samplers promise, and each one's distribution against exact probabilities.

use std::collections::HashSet;

use prefsweep_datasets::{Dataset, Item};
use proptest::prelude::*;

use super::{Pool, SamplerConfig, Source, from_pool};
use crate::data::example::with_training_items;
use crate::data::{
    Batch, Neighbourhoods, Position, Seen, States, Targets, Window, collect, windows,
};

const DIM: usize = 3;

fn sampler(yaml: &str) -> SamplerConfig {
    serde_saphyr::from_str(yaml).unwrap()
}

/// Data, and a reference whose scores are exact in single precision.
struct World {
    dataset: Dataset,
    seen: Seen,
    windows: Vec<Window>,
    first_position: Vec<usize>,
    neighbourhoods: Neighbourhoods,
    states: Vec<f32>,
    embeddings: Vec<f32>,
}

impl World {
    fn new(histories: &[Vec<Item>], n_items: usize) -> Self {
        let dataset = with_training_items(histories, n_items);
        let windows = windows(&dataset, 4);
        let mut first_position = Vec::new();
        let mut positions = 0;
        for window in &windows {
            first_position.push(positions);
            positions += window.inputs.len();
        }
        let scattered = |n: usize, by: usize| -> Vec<f32> {
            (0..n).map(|index| ((index * by + 5) % 23) as f32 - 11.0).collect()
        };
        Self {
            seen: Seen::new(&dataset),
            windows,
            first_position,
            neighbourhoods: Neighbourhoods::default(),
            states: scattered(positions * DIM, 7),
            embeddings: scattered(n_items * DIM, 13),
            dataset,
        }
    }

    fn batch(&self, epoch: u64) -> Batch {
        let all: Vec<u32> = (0..self.windows.len() as u32).collect();
        collect(&self.windows, &all, Targets::All, epoch)
    }

    fn source(&self) -> Source<'_> {
        Source {
            dataset: &self.dataset,
            seen: &self.seen,
            neighbourhoods: &self.neighbourhoods,
            first_position: &self.first_position,
            states: States::Memory(&self.states),
            embeddings: &self.embeddings,
        }
    }

    fn draw(&self, sampler: &SamplerConfig, batch: &Batch, k: usize, seed: u64) -> Vec<Item> {
        sampler.as_sampler().prepare(self.source()).draw(batch, k, seed)
    }

    fn user_has(&self, position: &Position, item: Item) -> bool {
        self.dataset.train(position.user as usize).contains(&item)
    }

    /// The weight of every item at a position, by the definition of the sampler; zero for items
    /// that the user has seen.
    fn weights(&self, sampler: &SamplerConfig, batch: &Batch, position: &Position) -> Vec<f64> {
        let n_items = self.dataset.n_items;
        let all = || 0..n_items as Item;
        let users = || 0..self.dataset.n_users();
        let weight_of: Box<dyn Fn(Item) -> f64> = match sampler {
            SamplerConfig::Uniform(_) => Box::new(|_| 1.0),
            SamplerConfig::Popularity(settings) => Box::new(|item| {
                let in_training = users().flat_map(|user| self.dataset.train(user));
                (in_training.filter(|&&other| other == item).count() as f64).powf(settings.exponent)
            }),
            SamplerConfig::InBatch(_) => Box::new(|item| {
                batch.positions.iter().filter(|other| other.target == item).count() as f64
            }),
            SamplerConfig::Similarity(settings) => {
                let has = |item: Item| -> HashSet<usize> {
                    users().filter(|&user| self.dataset.train(user).contains(&item)).collect()
                };
                let cosine = |item: Item| {
                    let (a, b) = (has(item), has(position.target));
                    let both = a.intersection(&b).count() as f64;
                    both / ((a.len() * b.len()) as f64).sqrt()
                };
                let mut similar: Vec<Item> =
                    all().filter(|&item| item != position.target && cosine(item) > 0.0).collect();
                similar.sort_by(|&a, &b| cosine(b).total_cmp(&cosine(a)).then(a.cmp(&b)));
                similar.truncate(settings.neighbours);
                Box::new(move |item| f64::from(u8::from(similar.contains(&item))))
            }
            SamplerConfig::Hard(settings) => {
                let row = self.first_position[position.window as usize] + position.offset as usize;
                let score = |item: Item| -> f32 {
                    let item = item as usize;
                    (0..DIM)
                        .map(|d| self.states[row * DIM + d] * self.embeddings[item * DIM + d])
                        .sum()
                };
                let mut best: Vec<Item> =
                    all().filter(|&item| !self.user_has(position, item)).collect();
                best.sort_by(|&a, &b| score(b).total_cmp(&score(a)).then(a.cmp(&b)));
                best.truncate(settings.pool);
                Box::new(move |item| f64::from(u8::from(best.contains(&item))))
            }
        };
        all()
            .map(|item| if self.user_has(position, item) { 0.0 } else { weight_of(item) })
            .collect()
    }
}

const SAMPLERS: [&str; 8] = [
    "uniform",
    "popularity",
    "popularity: {exponent: 3}",
    "similarity",
    "similarity: {neighbours: 3}",
    "in_batch",
    "hard",
    "hard: {pool: 10}",
];

proptest! {
    #[test]
    fn negatives_are_unseen_distinct_nested_and_independent_of_the_batch_s_order(
        histories in proptest::collection::vec(proptest::collection::vec(0_u32..30, 2..9), 1..7),
        seed in any::<u64>(),
        epoch in 0_u64..5,
        yaml in proptest::sample::select(&SAMPLERS),
    ) {
        let (world, sampler) = (World::new(&histories, 30), sampler(yaml));
        let batch = world.batch(epoch);
        let many = world.draw(&sampler, &batch, 10, seed);
        let few = world.draw(&sampler, &batch, 3, seed);
        prop_assert_eq!(&many, &world.draw(&sampler, &batch, 10, seed));
        prop_assert_eq!(many.len(), batch.positions.len() * 10);
        for (position, (many, few)) in batch.positions.iter().zip(many.chunks(10).zip(few.chunks(3))) {
            prop_assert_eq!(&many[..3], few);
            prop_assert_eq!(many.iter().collect::<HashSet<_>>().len(), 10);
            for &item in many {
                prop_assert!(item != position.target && !world.user_has(position, item));
            }
        }
        let mut turned = batch.clone();
        turned.positions.reverse();
        let turned = world.draw(&sampler, &turned, 10, seed);
        prop_assert!(many.chunks(10).eq(turned.chunks(10).rev()));
        // Except for `in_batch`, a position's draws are its own.
        if !matches!(sampler, SamplerConfig::InBatch(_)) {
            let mut alone = batch.clone();
            alone.positions.truncate(1);
            prop_assert_eq!(&many[..10], world.draw(&sampler, &alone, 10, seed));
        }
    }

    #[test]
    fn pools_are_the_best_unseen_items(
        scores in proptest::collection::vec(-5_i8..5, 200),
        history in proptest::collection::vec(0_u32..200, 2..9),
        size in 1_usize..60,
        temperature in proptest::option::of(0.1_f64..4.0),
    ) {
        let world = World::new(&[history], 200);
        let mut batch = world.batch(0);
        batch.positions.truncate(1);
        let position = batch.positions[0];
        let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
        let pool = Pool { size, temperature, deterministic: false };
        let draw = |k| from_pool(&batch, k, pool, &mut scores.clone(), &world.seen, 1);
        let mut drawn = draw(size);
        prop_assert!(drawn.starts_with(&draw(size.min(3))));
        let mut best: Vec<Item> =
            (0..200).filter(|&item| !world.user_has(&position, item)).collect();
        best.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]).then(a.cmp(&b)));
        best.truncate(size);
        best.sort_unstable();
        drawn.sort_unstable();
        prop_assert_eq!(drawn, best);
    }
}

/// A validation item is no item that the user has in training, and all the same no negative of its own.
#[test]
fn the_positive_is_never_drawn() {
    let world = World::new(&[vec![0, 1, 2, 3], vec![4, 5, 6, 7], vec![8, 9, 1, 2]], 16);
    let mut batch = world.batch(0);
    for position in &mut batch.positions {
        position.target = 15 - position.offset;
        assert!(!world.user_has(position, position.target));
    }
    // All that is left.
    let k = world.seen.fewest_unseen() - 1;
    for yaml in SAMPLERS {
        let drawn = world.draw(&sampler(yaml), &batch, k, 1);
        for (position, drawn) in batch.positions.iter().zip(drawn.chunks(k)) {
            assert!(!drawn.contains(&position.target), "{yaml}: {drawn:?}");
            assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), k, "{yaml}: {drawn:?}");
        }
    }
}

/// The distribution of draw `rank`, from 0: each by its weight among what is left, and uniformly
/// over what is free once no weight is left. By going through all sequences of draws.
fn exact(weights: &[f64], free: &[bool], rank: usize) -> Vec<f64> {
    let mut total: f64 = weights.iter().sum();
    let uniform: Vec<f64> = free.iter().map(|&free| f64::from(u8::from(free))).collect();
    let mut now = weights;
    if total == 0.0 {
        now = &uniform;
        total = uniform.iter().sum();
    }
    let shares = now.iter().map(|weight| weight / total);
    if rank == 0 {
        return shares.collect();
    }
    let mut later = vec![0.0; weights.len()];
    for (item, share) in shares.enumerate().filter(|(_, share)| *share > 0.0) {
        let (mut weights, mut free) = (weights.to_vec(), free.to_vec());
        (weights[item], free[item]) = (0.0, false);
        for (sum, next) in later.iter_mut().zip(exact(&weights, &free, rank - 1)) {
            *sum += share * next;
        }
    }
    later
}

/// The 99.99 % quantile of chi-square, by Wilson and Hilferty's cube.
fn chi_square_bound(degrees: f64) -> f64 {
    let spread = 2.0 / (9.0 * degrees);
    degrees * (1.0 - spread + 3.719 * spread.sqrt()).powi(3)
}

/// Every draw of every position against its exact distribution.
fn assert_distribution(histories: &[Vec<Item>], n_items: usize, yaml: &str) {
    const EPOCHS: u64 = 4000;
    const K: usize = 3;
    let (world, sampler) = (World::new(histories, n_items), sampler(yaml));
    let n_positions = world.batch(0).positions.len();
    let mut counts = vec![0_u32; n_positions * K * n_items];
    let ready = sampler.as_sampler().prepare(world.source());
    for epoch in 0..EPOCHS {
        let drawn = ready.draw(&world.batch(epoch), K, 9);
        for (index, item) in drawn.into_iter().enumerate() {
            counts[index * n_items + item as usize] += 1;
        }
    }
    let batch = world.batch(0);
    for (index, counts) in counts.chunks(n_items).enumerate() {
        let (position, rank) = (&batch.positions[index / K], index % K);
        let weights = world.weights(&sampler, &batch, position);
        let free: Vec<bool> =
            (0..n_items as Item).map(|item| !world.user_has(position, item)).collect();
        let expected: Vec<f64> =
            exact(&weights, &free, rank).iter().map(|share| share * EPOCHS as f64).collect();
        let (mut chi_square, mut cells, mut rare) = (0.0, 0.0, (0.0, 0.0));
        for (&count, &expected) in counts.iter().zip(&expected) {
            assert!(expected > 0.0 || count == 0, "{yaml}: an impossible item was drawn");
            if expected >= 5.0 {
                chi_square += (f64::from(count) - expected).powi(2) / expected;
                cells += 1.0;
            } else {
                // Chi-square wants counts that are not too small: these are counted together.
                rare = (rare.0 + f64::from(count), rare.1 + expected);
            }
        }
        if rare.1 > 0.0 {
            chi_square += (rare.0 - rare.1).powi(2) / rare.1;
            cells += 1.0;
        }
        let bound = if cells > 1.0 { chi_square_bound(cells - 1.0) } else { 1e-9 };
        assert!(chi_square < bound, "{yaml}, {position:?}, draw {rank}: {chi_square} of {bound}");
    }
}

/// Users with tastes that overlap; items 10 and 11 never occur.
fn histories() -> Vec<Vec<Item>> {
    [&[0, 1, 2, 3][..], &[0, 2, 4], &[0, 1, 4, 5], &[0, 6, 1, 7], &[2, 3, 8, 9], &[8, 0, 9]]
        .map(<[Item]>::to_vec)
        .to_vec()
}

#[test]
fn draws_follow_their_exact_distributions() {
    for yaml in [
        "uniform",
        "popularity: {exponent: 0}",
        "popularity: {exponent: 0.75}",
        "popularity: {exponent: 2}",
        "in_batch",
        "hard: {pool: 5}",
        "hard: {pool: 3}",
        "similarity: {neighbours: 8}",
        // Some users have seen most of these: what is missing is drawn uniformly.
        "similarity: {neighbours: 4}",
    ] {
        assert_distribution(&histories(), 12, yaml);
    }
}

#[test]
fn users_who_have_seen_nearly_all_of_the_weight_get_the_exact_distribution_too() {
    // Item 0 has more than 99 % of the weight, and user 0 has seen it: the table proposes in vain.
    let histories = [vec![0; 60], vec![2, 3], vec![3, 4], vec![3, 4]];
    assert_distribution(&histories, 7, "popularity: {exponent: 2}");
}

/// The probabilities that samplers tell are the shares of the weights that define them.
#[test]
fn known_probabilities_are_those_of_the_first_draw() {
    for yaml in ["uniform", "popularity: {exponent: 0.75}", "popularity: {exponent: 2}"] {
        let (world, sampler) = (World::new(&histories(), 12), sampler(yaml));
        assert!(sampler.as_sampler().knows_probabilities());
        let ready = sampler.as_sampler().prepare(world.source());
        let batch = world.batch(0);
        for position in &batch.positions {
            let weights = world.weights(&sampler, &batch, position);
            let total: f64 = weights.iter().sum();
            let items: Vec<Item> = (0..12).filter(|&item| weights[item as usize] > 0.0).collect();
            let found = ready.log_probabilities(position, &items).unwrap();
            for (item, log) in items.into_iter().zip(found) {
                let expected = weights[item as usize] / total;
                assert!((log.exp() - expected).abs() < 1e-12, "{yaml}, {position:?}, {item}");
            }
        }
    }
    for yaml in ["similarity", "in_batch", "hard"] {
        assert!(!sampler(yaml).as_sampler().knows_probabilities());
    }
}

#[test]
fn a_deterministic_pool_gives_the_best_items_in_their_order() {
    let world = World::new(&[vec![0, 1]], 8);
    let mut batch = world.batch(0);
    batch.positions.truncate(1);
    let mut scores = vec![9.0, 8.0, 1.0, 5.0, 5.0, 7.0, 0.0, 2.0];
    let pool = Pool { size: 5, temperature: None, deterministic: true };
    // 0 and 1 are the user's; 3 comes before 4.
    assert_eq!(from_pool(&batch, 4, pool, &mut scores, &world.seen, 1), [5, 3, 4, 7]);
}
