//! The synthetic generator: reproducible, and what its description says.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::thread;

use prefsweep_datasets::{
    ClusterConfig, Dataset, DatasetConfig, DatasetName, SyntheticConfig, load, statistics,
};

fn generate(synthetic: SyntheticConfig) -> Dataset {
    let config =
        DatasetConfig { synthetic: Some(synthetic), ..DatasetConfig::new(DatasetName::Synthetic) };
    load(&config, Path::new("unused")).unwrap()
}

fn row(dataset: &Dataset, user: usize) -> &[f32] {
    let preference = dataset.preference.as_deref().unwrap();
    &preference[user * dataset.n_items..][..dataset.n_items]
}

/// Average ranks from 0; ties share theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let below = |value: f64| values.iter().filter(|&&other| other < value).count() as f64;
    let equal = |value: f64| values.iter().filter(|&&other| other == value).count() as f64;
    values.iter().map(|&value| below(value) + (equal(value) - 1.0) / 2.0).collect()
}

fn correlation(left: &[f64], right: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (left_mean, right_mean) = (mean(left), mean(right));
    let mut sums = [0.0; 3];
    for (left, right) in left.iter().zip(right) {
        let (left, right) = (left - left_mean, right - right_mean);
        sums[0] += left * right;
        sums[1] += left * left;
        sums[2] += right * right;
    }
    sums[0] / (sums[1] * sums[2]).sqrt()
}

fn spearman(left: &[f64], right: &[f64]) -> f64 {
    correlation(&ranks(left), &ranks(right))
}

fn counts(dataset: &Dataset) -> Vec<f64> {
    let mut counts = vec![0.0; dataset.n_items];
    for &item in dataset.sequences.iter().flatten() {
        counts[item as usize] += 1.0;
    }
    counts
}

/// Percentile rank (0 to 1, 1/2 on average by chance) in the user's true preference of each user's
/// test item among the items outside the rest of the history, averaged over users.
fn mean_percentile_of_test_items(dataset: &Dataset) -> f64 {
    let percentile = |user: usize| {
        let test = dataset.test(user).unwrap().target;
        let history: HashSet<_> = dataset.sequences[user].iter().copied().collect();
        let preference = row(dataset, user);
        let others = (0..dataset.n_items).filter(|item| !history.contains(&(*item as u32)));
        let (mut below, mut all) = (0.0, 0.0);
        for item in others {
            below += f64::from(preference[item] < preference[test as usize]);
            all += 1.0;
        }
        below / all
    };
    (0..dataset.n_users()).map(percentile).sum::<f64>() / dataset.n_users() as f64
}

#[test]
fn default_data_are_the_known_ones() {
    let dataset = generate(SyntheticConfig::default());
    assert_eq!(
        dataset.fingerprint,
        "92c502a6291fdb61c6ed06f365c06d0f236cec008079b0415b1bed57e304e12d"
    );
    let statistics = statistics(&dataset);
    assert_eq!((statistics.users, statistics.items), (800, 600));
    assert_eq!((statistics.min_length, statistics.max_length), (15, 40));
    let expected = DatasetName::Synthetic.manifest().generated.as_ref().unwrap();
    assert_eq!((expected.users, expected.items), (statistics.users, statistics.items));
    assert_eq!(expected.interactions, statistics.interactions);
    assert_eq!(expected.fingerprint, dataset.fingerprint);
}

#[test]
fn same_seed_same_data_on_any_thread() {
    let config = SyntheticConfig { users: 50, ..SyntheticConfig::default() };
    let here = generate(config.clone());
    let there = thread::spawn({
        let config = config.clone();
        move || generate(config)
    });
    assert_eq!(there.join().unwrap(), here);
    let other = generate(SyntheticConfig { seed: 8, ..config });
    assert_ne!(other.fingerprint, here.fingerprint);
}

#[test]
fn more_users_leave_the_first_ones_as_they_are() {
    let few = generate(SyntheticConfig { users: 20, ..SyntheticConfig::default() });
    let more = generate(SyntheticConfig { users: 30, ..SyntheticConfig::default() });
    assert_eq!(more.sequences[..20], few.sequences[..]);
}

#[test]
fn sequences_have_distinct_items_and_lengths_in_range() {
    let dataset = generate(SyntheticConfig {
        users: 200,
        items: 60,
        min_length: 5,
        max_length: 40,
        ..SyntheticConfig::default()
    });
    let mut lengths = HashSet::new();
    for sequence in &dataset.sequences {
        let distinct: HashSet<_> = sequence.iter().collect();
        assert_eq!(distinct.len(), sequence.len());
        assert!(sequence.iter().all(|&item| (item as usize) < dataset.n_items));
        lengths.insert(sequence.len());
    }
    assert_eq!((lengths.iter().min(), lengths.iter().max()), (Some(&5), Some(&40)));
    assert_eq!(dataset.preference.as_ref().map(Vec::len), Some(200 * 60));
}

#[test]
fn popularity_alone_follows_zipf() {
    let dataset = generate(SyntheticConfig {
        users: 8000,
        min_length: 5,
        max_length: 5,
        taste_weight: 0.0,
        recency_weight: 0.0,
        popularity_weight: 1.0,
        ..SyntheticConfig::default()
    });
    let log_popularity: Vec<f64> = row(&dataset, 0).iter().copied().map(f64::from).collect();
    let first_items: Vec<usize> =
        dataset.sequences.iter().map(|sequence| sequence[0] as usize).collect();
    // The first item is drawn from the whole catalogue: exactly Zipf.
    let total: f64 = log_popularity.iter().map(|value| value.exp()).sum();
    for (item, &value) in log_popularity.iter().enumerate() {
        let expected = 8000.0 * value.exp() / total;
        if expected > 50.0 {
            let found = first_items.iter().filter(|&&first| first == item).count() as f64;
            assert!((found - expected).abs() < 5.0 * expected.sqrt(), "{found} for {expected}");
        }
    }
    assert!(spearman(&log_popularity, &counts(&dataset)) > 0.85);
}

#[test]
fn default_data_keep_the_order_of_popularity_roughly() {
    let popularity_only =
        generate(SyntheticConfig { users: 1, taste_weight: 0.0, ..SyntheticConfig::default() });
    let log_popularity: Vec<f64> =
        row(&popularity_only, 0).iter().copied().map(f64::from).collect();
    let dataset = generate(SyntheticConfig::default());
    let found = spearman(&log_popularity, &counts(&dataset));
    assert!(found > 0.3, "{found}");
}

#[test]
fn next_items_follow_the_true_preference() {
    let found = mean_percentile_of_test_items(&generate(SyntheticConfig::default()));
    assert!(found > 0.7, "{found}");
}

#[test]
fn next_items_without_weights_are_uniform() {
    let dataset = generate(SyntheticConfig {
        taste_weight: 0.0,
        recency_weight: 0.0,
        popularity_weight: 0.0,
        ..SyntheticConfig::default()
    });
    let counts = counts(&dataset);
    let expected = dataset.n_interactions() as f64 / counts.len() as f64;
    let chi_square: f64 = counts.iter().map(|count| (count - expected).powi(2) / expected).sum();
    // 599 degrees of freedom: mean 599, standard deviation 35 (less here, without repetition).
    assert!((420.0..780.0).contains(&chi_square), "{chi_square}");
}

#[test]
fn taste_utilities_have_unit_variance() {
    let dataset = generate(SyntheticConfig {
        taste_weight: 1.0,
        popularity_weight: 0.0,
        ..SyntheticConfig::default()
    });
    let values = dataset.preference.unwrap();
    let n = values.len() as f64;
    let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / n;
    let variance = values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / n;
    assert!(mean.abs() < 0.05, "{mean}");
    assert!((variance - 1.0).abs() < 0.1, "{variance}");
}

#[test]
fn recency_makes_neighbours_alike() {
    // With recency alone the static preference is constant, yet the order matters: the item after
    // a given item is more often the same one than by chance.
    let alike = |recency_weight: f64| {
        let dataset = generate(SyntheticConfig {
            users: 2000,
            items: 60,
            min_length: 10,
            max_length: 10,
            taste_weight: 0.0,
            popularity_weight: 0.0,
            recency_weight,
            recent: 1,
            ..SyntheticConfig::default()
        });
        let mut pairs = vec![0.0; 60 * 60];
        for sequence in &dataset.sequences {
            for pair in sequence.windows(2) {
                pairs[pair[0] as usize * 60 + pair[1] as usize] += 1.0;
            }
        }
        let expected = 2000.0 * 9.0 / (60.0 * 59.0);
        pairs.iter().map(|count: &f64| (count - expected).powi(2) / expected).sum::<f64>() / 3540.0
    };
    assert!(alike(0.0) < 1.2);
    assert!(alike(2.0) > 2.0);
}

/// 20 clusters of 50 items.
fn clustered(users: usize, clusters: ClusterConfig) -> SyntheticConfig {
    SyntheticConfig {
        users,
        items: 1000,
        min_length: 5,
        max_length: 25,
        clusters: Some(clusters),
        ..SyntheticConfig::default()
    }
}

const CLUSTERS: ClusterConfig = ClusterConfig { count: 20, favourites: 3, stay: 0.7, follow: 0.5 };

/// The cluster of every item, found by what users without any jump have: their sequences stay in one.
fn clusters_of(users: usize) -> Vec<Option<usize>> {
    let staying = ClusterConfig { stay: 1.0, favourites: 1, ..CLUSTERS };
    let dataset = generate(clustered(users, staying));
    let mut of: Vec<Option<usize>> = vec![None; dataset.n_items];
    let mut found = 0;
    for sequence in &dataset.sequences {
        let known: HashSet<usize> = sequence.iter().filter_map(|&item| of[item as usize]).collect();
        let cluster = known.iter().copied().min().unwrap_or(found);
        found += usize::from(cluster == found);
        for known in of.iter_mut().filter(|of| of.is_some_and(|one| known.contains(&one))) {
            *known = Some(cluster);
        }
        sequence.iter().for_each(|&item| of[item as usize] = Some(cluster));
    }
    of
}

#[test]
fn clusters_are_the_same_on_any_thread_and_for_more_users() {
    let here = generate(clustered(300, CLUSTERS));
    let there = thread::spawn(|| generate(clustered(300, CLUSTERS))).join().unwrap();
    assert_eq!(there, here);
    assert_eq!(generate(clustered(40, CLUSTERS)).sequences, here.sequences[..40]);
    let other = SyntheticConfig { seed: 8, ..clustered(300, CLUSTERS) };
    assert_ne!(generate(other).fingerprint, here.fingerprint);
    assert!(here.preference.is_none() && here.features.dense.is_none());
}

#[test]
fn users_of_clusters_have_every_item_once_even_where_they_have_a_whole_cluster() {
    let clusters = ClusterConfig { count: 40, favourites: 1, stay: 1.0, follow: 0.0 };
    let config = SyntheticConfig { min_length: 25, ..clustered(200, clusters) };
    let dataset = generate(config);
    for sequence in &dataset.sequences {
        assert_eq!(sequence.iter().collect::<HashSet<_>>().len(), 25);
    }
    // 25 items to a cluster, all of them: 200 users see each of the 40 clusters, or nearly.
    let sets: HashSet<Vec<u32>> = dataset
        .sequences
        .iter()
        .map(|sequence| {
            let mut items = sequence.clone();
            items.sort_unstable();
            items
        })
        .collect();
    assert!((35..=40).contains(&sets.len()), "{}", sets.len());
}

/// Of pairs of neighbours as many stay, and of the others as many lead from a cluster to one and the same other, as
/// the settings say.
#[test]
fn users_walk_between_clusters_as_their_settings_say() {
    let of = clusters_of(3000);
    let clusters: HashSet<usize> = of.iter().flatten().copied().collect();
    assert_eq!(clusters.len(), 20);
    let dataset = generate(clustered(4000, CLUSTERS));
    let (mut pairs, mut stays) = (0.0, 0.0);
    let mut jumps: HashMap<usize, HashMap<usize, f64>> = HashMap::new();
    for sequence in &dataset.sequences {
        for pair in sequence.windows(2) {
            let (Some(from), Some(to)) = (of[pair[0] as usize], of[pair[1] as usize]) else {
                continue;
            };
            pairs += 1.0;
            if from == to {
                stays += 1.0;
            } else {
                *jumps.entry(from).or_default().entry(to).or_default() += 1.0;
            }
        }
    }
    // A jump to a favourite may lead back to where the user is; with 3 favourites that is at most a third of 15 %.
    let share: f64 = stays / pairs;
    assert!((0.70..0.76).contains(&share), "{share}");
    for row in jumps.values() {
        let all: f64 = row.values().sum();
        let most = row.values().copied().fold(0.0, f64::max);
        // Half and what favourites add.
        assert!((0.48..0.70).contains(&(most / all)), "{row:?}");
    }
}

/// The first items of users, which nothing excludes, follow Zipf's law inside their clusters.
#[test]
fn popularity_inside_clusters_follows_zipf() {
    let dataset = generate(clustered(40_000, CLUSTERS));
    let mut counts = vec![0.0; dataset.n_items];
    for sequence in &dataset.sequences {
        counts[sequence[0] as usize] += 1.0;
    }
    counts.sort_by(|a: &f64, b| b.total_cmp(a));
    let harmonic: f64 = (1..=50).map(|rank| 1.0 / f64::from(rank)).sum();
    // The 20 most popular items are the first of each cluster, the next 20 the second ones.
    for (rank, items) in counts.chunks(20).take(3).enumerate() {
        let expected = 40_000.0 / (rank + 1) as f64 / harmonic;
        let found: f64 = items.iter().sum();
        assert!((found - expected).abs() < 0.05 * expected, "{found} for {expected}");
    }
}
