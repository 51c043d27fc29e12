//! A policy over titles against automatic differentiation of the whole, title by title and without trees,
//! and against numbers by hand.

use std::sync::Arc;

use burn::Tensor;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, TensorData};
use prefsweep_datasets::END;
use prefsweep_losses::{LossConfig, LossInputs, SideInputs};
use prefsweep_policy::device::Backend;
use prefsweep_policy::optimizer::Settings;
use prefsweep_policy::{
    Branches, Dropout, Engine, Gradients, HostEngine, Inputs, Objective, Outcome, Parameters, Pass,
    Policy, RankBy, Sasrec, SasrecConfig, ScoredItems, Scorer, Term, TitlePolicy, Titles,
    TitlesConfig, Weights, Windows, beam_recall, score_titles, score_tokens, write_titles,
};

const CONFIG: TitlesConfig = TitlesConfig {
    rank_by: RankBy::Sum,
    dim: 12,
    blocks: 2,
    heads: 2,
    feed_forward: 20,
    max_len: 6,
    context: 60,
    longest: 12,
    vocabulary: 60,
    exact_nodes: 50_000,
    beam: 256,
};
/// Heads that take more than one block of sixteen numbers.
const WIDE: TitlesConfig = TitlesConfig { dim: 40, ..CONFIG };
const BETA: f64 = 0.5;
const OPTIMIZER: Settings = Settings { weight_decay: 0.0, clip: None };

/// Names with beginnings in common, one of which is the beginning of another.
fn names() -> Vec<String> {
    let mut names = Vec::new();
    for colour in ["red", "green", "blue"] {
        for what in ["fox", "fox ii", "dog (1999)", "day of the fox", "egg"] {
            names.push(format!("the {colour} {what}"));
        }
    }
    names
}

/// The transformer over tokens, of this width.
fn transformer(dim: usize) -> SasrecConfig {
    let TitlesConfig { blocks, heads, feed_forward, context, .. } = CONFIG;
    let max_len = context;
    SasrecConfig { dim, blocks, heads, feed_forward, max_len, ..SasrecConfig::default() }
}

fn policy() -> TitlePolicy {
    TitlePolicy::new(&CONFIG, &names())
}

fn wide() -> TitlePolicy {
    TitlePolicy::new(&WIDE, &names())
}

fn titles(policy: &TitlePolicy) -> &Titles {
    policy.titles().unwrap()
}

/// Weights far enough from zero that every part of the network matters.
fn weights(policy: &TitlePolicy) -> Parameters {
    let weights = Weights::initial(policy.layout(), 5).to_parameters(&Backend::Flex.device());
    weights.map(|weight| weight.clone() * 3.0)
}

/// Histories of different lengths, and positions in no order.
struct Batch {
    windows: Arc<Windows>,
    rows: Vec<u32>,
    targets: Vec<u32>,
}

impl Batch {
    fn new() -> Self {
        let mut windows = Windows::default();
        for window in [&[3, 7, 1, 12][..], &[5], &[9, 2, 14]] {
            windows.push(window);
        }
        // The next item of the window, and at the last position of each another.
        let rows = vec![7, 0, 1, 2, 3, 4, 5, 6];
        let targets = vec![11, 7, 1, 12, 0, 8, 2, 14];
        Self { windows: Arc::new(windows), rows, targets }
    }

    fn inputs(&self) -> Inputs<'_> {
        Inputs { windows: &self.windows, rows: &self.rows, targets: &self.targets }
    }

    /// The target and `k` others; the last is the item at the position, so that a title stands twice.
    fn items(&self, k: usize) -> Vec<u32> {
        let others = |target: u32| (1..=k as u32).map(move |other| (target + 4 * other) % 15);
        self.targets.iter().flat_map(|&target| [target].into_iter().chain(others(target))).collect()
    }

    /// The items up to a position.
    fn history(&self, row: u32) -> &[u32] {
        let mut first = 0;
        for &length in &self.windows.lengths {
            if (row as usize) < first + length {
                return &self.windows.items[first..=row as usize];
            }
            first += length;
        }
        panic!("no such row")
    }
}

fn index(values: &[u32]) -> Tensor<1, Int> {
    let values: Vec<i32> = values.iter().map(|&value| value as i32).collect();
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), &Backend::Flex.device())
}

/// Log-probabilities `[P, E]` of titles, each of which is read behind its own copy of the history, by burn's own
/// operations.
fn one_by_one(
    policy: &TitlePolicy,
    leaves: &Parameters,
    samples: &[(&[u32], &[u32])],
) -> Tensor<2> {
    let titles = titles(policy);
    let transformer = Sasrec::new(&transformer(policy.dim()), titles.vocabulary().len());
    let transformer = transformer.without_fused_operations();
    let mut windows = Windows::default();
    let (mut rows, mut tokens, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    for (history, items) in samples {
        for &item in *items {
            let mut window: Vec<u32> =
                history.iter().flat_map(|&item| titles.tokens(item).to_vec()).collect();
            let title = titles.tokens(item);
            let first = windows.items.len() + window.len() - 1;
            rows.extend((0..title.len()).map(|at| (first + at) as u32));
            tokens.extend_from_slice(title);
            lengths.push(title.len());
            window.extend_from_slice(&title[..title.len() - 1]);
            windows.push(&window);
        }
    }
    let hidden = transformer
        .hidden(leaves, &Arc::new(windows), &mut Pass::default())
        .select(0, index(&rows));
    let shares = log_softmax(transformer.score_all(leaves, hidden), 1);
    let wanted = index(&tokens).reshape([tokens.len(), 1]);
    let each = shares.gather(1, wanted);
    let mut adds = vec![0.0_f32; lengths.len() * tokens.len()];
    let mut first = 0;
    for (title, length) in lengths.iter().enumerate() {
        adds[title * tokens.len() + first..][..*length].fill(1.0);
        first += length;
    }
    let adds = TensorData::new(adds, [lengths.len(), tokens.len()]);
    let sums = Tensor::<2>::from_data(adds, &Backend::Flex.device()).matmul(each);
    sums.reshape([samples.len(), lengths.len() / samples.len()])
}

fn values(tensor: &Tensor<2>) -> Vec<f32> {
    tensor.clone().inner().try_into_vec_as().unwrap()
}

fn assert_close(found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < tolerance, "{found} {expected}");
    }
}

/// Every gradient, compared with the largest.
fn assert_same(found: &Gradients, expected: &Gradients) {
    let norm = |values: &[f32]| values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    let of = |gradient: &Option<Tensor<2>>| values(gradient.as_ref().expect("a gradient"));
    let largest = expected.iter().map(|gradient| norm(&of(gradient))).fold(0.0, f64::max);
    for (place, (found, expected)) in found.iter().zip(expected.iter()).enumerate() {
        let (found, expected) = (of(found), of(expected));
        let difference: Vec<f32> = found.iter().zip(&expected).map(|(a, b)| a - b).collect();
        assert!(
            norm(&difference) <= 3e-5 * norm(&expected).max(0.05 * largest),
            "parameter {place}: gradients of norm {} differ by {}",
            norm(&expected),
            norm(&difference)
        );
    }
}

fn losses() -> Vec<LossConfig> {
    let losses = serde_json::json!([
        "dpo", "s_dpo", "dmpo", "mppo", "orpo", "cpo", "sim_po", "r_dpo", "dpo_norm", "cpo_sim_po", "nca",
        "sft", {"ada": {"over": "dpo", "per_token": true}}, {"dynamic_po": {"over": "dmpo"}},
    ]);
    serde_json::from_value(losses).unwrap()
}

#[test]
fn steps_agree_with_automatic_differentiation() {
    let batch = Batch::new();
    let samples = batch.rows.len();
    // Of the wide one a few losses, which know nothing of it.
    let policies = [(policy(), 1), (policy().without_fused_operations(), 1), (wide(), 5)];
    for (policy, each_of) in policies {
        let weights = weights(&policy);
        let engine = HostEngine::new(&policy, weights.clone(), OPTIMIZER);
        let check = |objective: &Objective<'_>,
                     items: &[u32],
                     loss: &dyn Fn(Tensor<2>) -> Tensor<1>| {
            let (outcomes, found) = engine.gradients(&batch.inputs(), objective, None);
            let leaves: Parameters = weights.map(|weight| weight.clone().autodiff().require_grad());
            let each = items.len() / samples;
            let histories = batch.rows.iter().map(|&row| batch.history(row));
            let wanted: Vec<(&[u32], &[u32])> = histories.zip(items.chunks_exact(each)).collect();
            let scores = one_by_one(&policy, &leaves, &wanted);
            let expected = loss(scores.clone()).mean();
            let mut gradients = expected.backward();
            assert_same(&found, &leaves.map(|leaf| leaf.grad_remove(&mut gradients)));
            let [Outcome { loss, scores: found, .. }] = &outcomes[..] else {
                panic!("one replica")
            };
            let expected = f64::from(expected.into_scalar::<f32>());
            assert!((loss - expected).abs() < 1e-5 * expected.abs(), "{loss} {expected}");
            if !matches!(objective, Objective::CrossEntropy) {
                assert_close(found, &values(&scores), 1e-4);
            }
        };
        check(&Objective::CrossEntropy, &batch.targets, &|scores| scores.neg().squeeze_dim(1));
        for k in [1, 4] {
            let items = batch.items(k);
            let lengths: Vec<f32> =
                items.iter().map(|&item| titles(&policy).length(item) as f32).collect();
            let reference: Vec<f32> = (0..items.len()).map(|at| -4.0 + (at as f32).sin()).collect();
            let zeros = vec![0.0; samples];
            let side = SideInputs {
                lengths: Some(&lengths),
                reference_log_normaliser: Some(&zeros),
                ..SideInputs::default()
            };
            let table = |values: &[f32], columns| {
                let data = TensorData::new(values.to_vec(), [samples, columns]);
                Tensor::<2>::from_data(data, &Backend::Flex.device())
            };
            for config in losses().into_iter().step_by(each_of) {
                let beta = config.beta(BETA);
                let term = Term { loss: &config, beta, negatives: k, reference: &reference, side };
                let scored = ScoredItems::Shared(items.clone());
                let objective = Objective::Preference { items: &scored, terms: &[term] };
                check(&objective, &items, &|scores| {
                    let needs = config.as_loss().needs();
                    let inputs = LossInputs {
                        scores,
                        log_normaliser: needs.log_normaliser.then(|| table(&zeros, 1)),
                        reference: needs.reference.then(|| table(&reference, 1 + k)),
                        reference_log_normaliser: Some(table(&zeros, 1)),
                        log_counts: None,
                        keys: None,
                        lengths: Some(table(&lengths, 1 + k)),
                        ratings: None,
                        catalogue: 15,
                        on_host: true,
                    };
                    config.as_loss().per_sample(inputs, beta)
                });
            }
        }
    }
}

/// Masks lie over windows that branch, padded to the longest.
#[test]
fn fused_operations_drop_what_composed_ones_drop() {
    let batch = Batch::new();
    let items = batch.items(4);
    for policy in [policy(), wide()] {
        let start = weights(&policy);
        let both = [policy.clone(), policy.without_fused_operations()];
        for objective in [Objective::CrossEntropy, Objective::Bce { items: &items }] {
            let step = |policy: &TitlePolicy, dropout| {
                let engine = HostEngine::new(policy, start.clone(), OPTIMIZER);
                let (outcomes, gradients) = engine.gradients(&batch.inputs(), &objective, dropout);
                (outcomes[0].loss, gradients)
            };
            let [(loss, fused), (expected, composed)] =
                both.each_ref().map(|policy| step(policy, Dropout::new(0.2, 5, 3)));
            assert!((loss - expected).abs() < 1e-5 * expected, "{loss} {expected}");
            assert_same(&fused, &composed);
            let (whole, _) = step(&both[0], None);
            assert_ne!(loss, whole, "nothing is dropped");
        }
    }
}

/// The whole catalogue, in parts that share a tree, against titles read one by one.
#[test]
fn the_whole_catalogue_is_scored_as_its_titles_are() {
    let policy = policy();
    let weights = weights(&policy);
    let batch = Batch::new();
    let all: Vec<u32> = (0..15).collect();
    let ends = [3, 4, 7];
    let wanted: Vec<(&[u32], &[u32])> =
        ends.iter().map(|&row| (batch.history(row), &all[..])).collect();
    let expected = values(&one_by_one(&policy, &weights, &wanted));
    let found = score_titles(&policy, &weights, &batch.windows, &ends, &all.repeat(3));
    assert_close(&found, &expected, 1e-4);
    let mut scores = vec![7.0; 3];
    Scorer::new(&policy, &weights).score(&batch.windows, &mut scores);
    assert_close(&scores, &expected, 1e-4);
}

/// Rows that branch off a history, added at once or one by one, have the states that the whole text gives without fused
/// operations.
#[test]
fn branches_are_read_as_whole_texts_are() {
    let policy = policy();
    let weights = weights(&policy);
    let continuer = policy.continuer(&weights).unwrap();
    let history: Vec<u32> = (0..21).map(|at| 1 + at * 7 % 23).collect();
    let tokens = [3, 5, 5, 9, 2, 11, 4];
    let before = [None, Some(0), Some(0), None, Some(2), Some(4), Some(3)];
    let past = continuer.read(&history, 12);
    let at_once = Branches::new(&continuer, &past).extend(&tokens, &before);
    let mut grown = Branches::new(&continuer, &past);
    let one_by_one = (0..7).flat_map(|row| grown.extend(&tokens[row..=row], &before[row..=row]));
    assert_close(&one_by_one.collect::<Vec<_>>(), &at_once, 1e-5);
    let transformer = Sasrec::new(&transformer(CONFIG.dim), titles(&policy).vocabulary().len())
        .without_fused_operations();
    let read = |text: &[u32]| {
        let mut windows = Windows::default();
        windows.push(text);
        let hidden = transformer.hidden(&weights, &Arc::new(windows), &mut Pass::default());
        values(&hidden.slice([text.len() - 1..text.len(), 0..CONFIG.dim]))
    };
    assert_close(past.state(), &read(&history), 1e-4);
    for (row, found) in at_once.chunks_exact(CONFIG.dim).enumerate() {
        let mut way = Vec::new();
        let mut next = Some(row as u32);
        while let Some(row) = next {
            way.push(tokens[row as usize]);
            next = before[row as usize];
        }
        let text: Vec<u32> = history.iter().copied().chain(way.into_iter().rev()).collect();
        assert_close(found, &read(&text), 1e-4);
    }
}

/// Of a window with more tokens than are read, the last titles count.
#[test]
fn long_histories_are_cut_at_the_start_of_a_title() {
    let long = policy();
    let short = TitlePolicy::new(&TitlesConfig { context: 24, ..CONFIG }, &names());
    let weights = weights(&short);
    let items = [3, 7, 1, 12];
    let room = 24 - (0..15).map(|item| titles(&short).length(item)).max().unwrap();
    let mut kept = 4;
    while items[kept - 1..].iter().map(|&item| titles(&short).length(item)).sum::<usize>() <= room {
        kept -= 1;
    }
    assert!((1..4).contains(&kept), "some titles fit and some do not");
    let score = |policy: &TitlePolicy, weights: &Parameters, window: &[u32]| {
        let mut windows = Windows::default();
        windows.push(window);
        score_titles(policy, weights, &windows, &[window.len() as u32 - 1], &[0, 9])
    };
    let found = score(&short, &weights, &items);
    assert_eq!(found, score(&short, &weights, &items[kept..]));
    assert_ne!(found, score(&long, &self::weights(&long), &items));
}

/// Word by word: the likeliest next token, by titles that are read one by one.
#[test]
fn titles_are_written_as_their_tokens_are_likely() {
    let policy = policy();
    let weights = weights(&policy);
    let batch = Batch::new();
    let transformer = Sasrec::new(&transformer(CONFIG.dim), titles(&policy).vocabulary().len())
        .without_fused_operations();
    let found = write_titles(&policy, &weights, &batch.windows);
    assert_eq!(found.len(), 3);
    for (written, end) in found.iter().zip([3, 4, 7]) {
        assert!(!written.is_empty() && written.len() <= titles(&policy).longest());
        assert!(written.ends_with(&[END]) || written.len() == titles(&policy).longest());
        let mut text: Vec<u32> = Vec::new();
        for &item in batch.history(end) {
            text.extend_from_slice(titles(&policy).tokens(item));
        }
        for &token in written {
            let mut windows = Windows::default();
            windows.push(&text);
            let hidden = transformer.hidden(&weights, &Arc::new(windows), &mut Pass::default());
            let last = hidden.slice([text.len() - 1..text.len(), 0..CONFIG.dim]);
            let scores = values(&transformer.score_all(&weights, last));
            assert!(scores.iter().all(|&score| score <= scores[token as usize] + 1e-5));
            text.push(token);
        }
    }
}

/// Hidden states are 1 whatever is read, so that tokens have the shares 1, 2, 3 and 4 of ten.
#[test]
fn log_probabilities_by_hand() {
    let config = TitlesConfig { dim: 1, heads: 1, ..CONFIG };
    let names = ["a", "ab", "cab"].map(str::to_owned);
    let policy = TitlePolicy::new(&TitlesConfig { vocabulary: 4, ..config }, &names);
    let vocabulary = titles(&policy).vocabulary();
    assert_eq!([1, 2, 3].map(|token| vocabulary.decode(&[token])), ["a", "b", "c"]);
    let layout = policy.layout();
    let mut values = Weights::initial(layout, 1).to_parameters(&Backend::Flex.device()).values();
    let mut set = |name: &str, to: &[f32]| {
        let place = layout.iter().position(|parameter| parameter.name == name).unwrap();
        values[place].copy_from_slice(to);
    };
    set("norm.gain", &[0.0]);
    set("norm.bias", &[1.0]);
    set("items", &[0.0, 2.0_f32.ln(), 3.0_f32.ln(), 4.0_f32.ln(), 0.0]);
    let weights = Weights::initial(layout, 1).to_parameters(&Backend::Flex.device());
    let weights = weights.with_values(&values).unwrap();
    let mut windows = Windows::default();
    windows.push(&[2, 0]);
    let found = score_titles(&policy, &weights, &windows, &[1], &[0, 1, 2]);
    let expected = [0.2 * 0.1, 0.2 * 0.3 * 0.1, 0.4 * 0.2 * 0.3 * 0.1].map(f32::ln);
    assert_close(&found, &expected, 1e-5);
}

/// The policy that reads its catalogue by a beam.
fn by_beam(beam: usize) -> TitlePolicy {
    TitlePolicy::new(&TitlesConfig { exact_nodes: 40, beam, ..CONFIG }, &names())
}

/// Scores of all items after each window of a batch.
fn all_scores(policy: &TitlePolicy, batch: &Batch) -> Vec<f32> {
    let weights = weights(policy);
    let mut scores = Vec::new();
    Scorer::new(policy, &weights).score(&batch.windows, &mut scores);
    scores
}

/// The items with the highest scores.
fn first(count: usize, scores: impl Fn(usize) -> f64) -> Vec<usize> {
    let mut items: Vec<usize> = (0..names().len()).collect();
    items.sort_by(|&a, &b| scores(b).total_cmp(&scores(a)));
    items.truncate(count);
    items
}

#[test]
fn a_small_catalogue_is_read_as_a_whole_and_a_wide_beam_reads_everything() {
    let (whole, batch) = (policy(), Batch::new());
    assert!(titles(&whole).nodes() > 40 && titles(&whole).beam().is_none());
    let wide = by_beam(1000);
    assert_eq!(titles(&wide).beam(), Some(1000));
    // Other rows stand together in a product, which may change the last digit.
    for (found, exact) in all_scores(&wide, &batch).iter().zip(all_scores(&whole, &batch)) {
        assert!((found - exact).abs() < 1e-4, "{found} {exact}");
    }
    assert_eq!(beam_recall(&whole, &weights(&whole), &batch.windows, 10), None);
    assert_eq!(beam_recall(&wide, &weights(&wide), &batch.windows, 10), Some(1.0));
}

/// How many tokens of each title a beam of a width reads, from the log-probabilities of all tokens of all titles.
fn read_by_beam(titles: &Titles, log: &[Vec<f32>], width: usize) -> Vec<usize> {
    let score =
        |item: usize, end: usize| -> f64 { log[item][..end].iter().map(|&x| f64::from(x)).sum() };
    let tokens = |item: usize| titles.tokens(item as u32);
    let mut read = vec![0; log.len()];
    let mut live: Vec<usize> = (0..log.len()).collect();
    for end in 1.. {
        live.iter().for_each(|&item| read[item] = end);
        live.retain(|&item| tokens(item).len() > end);
        let mut beginnings: Vec<&[u32]> = live.iter().map(|&item| &tokens(item)[..end]).collect();
        beginnings.sort();
        beginnings.dedup();
        let one_of = |beginning: &[u32]| {
            live.iter().find(|&&item| &tokens(item)[..end] == beginning).copied().unwrap()
        };
        beginnings.sort_by(|a, b| score(one_of(b), end).total_cmp(&score(one_of(a), end)));
        beginnings.truncate(width);
        live.retain(|&item| beginnings.contains(&&tokens(item)[..end]));
        if live.is_empty() {
            break;
        }
    }
    read
}

/// Beside a beam that goes through lists of titles: the score of a title is what was read of it, and chance for the rest.
#[test]
fn what_a_beam_leaves_out_counts_as_chance() {
    let (policy, batch) = (by_beam(2), Batch::new());
    let (weights, n_items) = (weights(&policy), names().len());
    let chance = -(titles(&policy).vocabulary().len() as f64).ln();
    let scores = all_scores(&policy, &batch);
    let (mut left, mut hits) = (0, 0);
    let mut start = 0;
    for (window, row) in batch.windows.last_rows().enumerate() {
        let had = &batch.windows.items[start..=row];
        start = row + 1;
        let of_window = |scores: &[f32], item: usize| f64::from(scores[window * n_items + item]);
        let items: Vec<u32> = (0..n_items as u32).collect();
        let rows = vec![row as u32; n_items];
        let log = score_tokens(&policy, &weights, &batch.windows, &rows, &items);
        let sum = |item: usize, end: usize| -> f64 {
            log[item][..end].iter().map(|&share| f64::from(share)).sum()
        };
        for (item, read) in read_by_beam(titles(&policy), &log, 2).into_iter().enumerate() {
            let unread = log[item].len() - read;
            let expected = sum(item, read) + chance * unread as f64;
            let found = of_window(&scores, item);
            assert!((found - expected).abs() < 1e-4, "{item}: {found} {expected}");
            left += usize::from(unread > 0);
        }
        let new = |item: &usize| !had.contains(&(*item as u32));
        let first = |scores: &dyn Fn(usize) -> f64| -> Vec<usize> {
            first(n_items, scores).into_iter().filter(new).take(4).collect()
        };
        let by_beam = first(&|item| of_window(&scores, item));
        let exact = first(&|item| sum(item, log[item].len()));
        hits += exact.iter().filter(|item| by_beam.contains(item)).count();
    }
    assert!((15..=40).contains(&left), "{left} of 45");
    let recall = beam_recall(&policy, &weights, &batch.windows, 4);
    assert_eq!(recall, Some(hits as f64 / 12.0));
}

/// Items that are asked for have their exact scores, equal ones where titles are; where all have, there is nothing to ask.
#[test]
fn some_items_are_scored_exactly_behind_a_beam() {
    let mut names = names();
    names.push(names[13].clone());
    let policy = TitlePolicy::new(&TitlesConfig { exact_nodes: 40, beam: 1, ..CONFIG }, &names);
    let (weights, batch) = (weights(&policy), Batch::new());
    let asked = [vec![13, 4, 15], vec![0], vec![2, 2]];
    let scorer = Scorer::new(&policy, &weights);
    let found = scorer.score_exactly(&batch.windows, &asked).unwrap();
    for ((items, found), row) in asked.iter().zip(&found).zip(batch.windows.last_rows()) {
        let rows = [row as u32];
        let expected = score_titles(&policy, &weights, &batch.windows, &rows, items);
        assert_eq!(found.len(), items.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
    }
    assert_eq!(found[0][0], found[0][2]);
    let whole = TitlePolicy::new(&CONFIG, &names);
    assert_eq!(Scorer::new(&whole, &weights).score_exactly(&batch.windows, &asked), None);
}
