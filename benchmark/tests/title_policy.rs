//! Both stages with a policy that reads titles.

use std::path::Path;

use prefsweep::data::{Split, held_out};
use prefsweep::evaluation::{Baseline, Beside, Divergence, Protocol, Ranks, Written, rank_policy};
use prefsweep::training::{
    Cell, Checkpoint, Evaluation, NotFinite, PreferenceConfig, Stopwatch, train_cells,
    train_reference,
};
use prefsweep_losses::LossConfig;
use prefsweep_policy::device::Backend;
use prefsweep_policy::{
    ModelConfig, Parameters, Policy, TitlePolicy, TitlesConfig, Windows, score_titles,
};

use crate::small_world::{self, World};

const ITEMS: usize = 30;

/// Users go through the items in a circle, some in great strides; two films have the same title.
fn world(folder: &Path) -> World {
    let row = |user: usize| {
        let items = (0..12).map(|at| (user * 7 + at * (1 + user % 2)) % ITEMS);
        let items: Vec<String> = items.map(|item| item.to_string()).collect();
        format!("u{user} {}\n", items.join(" "))
    };
    std::fs::write(folder.join("data.txt"), (0..40).map(row).collect::<String>()).unwrap();
    let title = |item: usize| {
        let kinds = ["the long way to", "a day in", "return to"];
        let places = ["rome", "paris", "oslo", "bern", "lima"];
        let (kind, place) = (kinds[item % 3], places[item / 3 % 5]);
        format!("{item}\t{kind} {place} ({})\n", 1990 + item % 28 / 3)
    };
    let titles = "id\ttitle\n".to_owned() + &(0..ITEMS).map(title).collect::<String>();
    std::fs::write(folder.join("titles.tsv"), titles).unwrap();
    let (data, settings) = (folder.join("data.txt"), "titles: {file: titles.tsv, format: tsv}");
    World::of(&format!(
        "
title: test
dataset: {{name: file, file: {{path: {}, format: sequences, {settings}}}, candidates: {{negatives: 9}}}}
model: {{titles: {{dim: 16, blocks: 1, heads: 2, feed_forward: 32, max_len: 5, context: 64, longest: 12, vocabulary: 150}}}}
reference: {{epochs: 40, batch_size: 8, dropout: 0.1, learning_rate: 3.0e-3}}
preference: {{steps: 4, batch_size: 8, learning_rate: 1.0e-3}}
sweep: {{losses: [r_dpo, dpo_norm, dpo], negatives: [3], seeds: [1]}}
evaluation: {{every: 4}}",
        data.display()
    ))
}

fn loss(yaml: &str) -> LossConfig {
    serde_json::from_value(
        serde_json::from_str(yaml).unwrap_or_else(|_| serde_json::Value::String(yaml.to_owned())),
    )
    .unwrap()
}

/// The evaluations of a cell of a loss.
fn train(world: &World, loss: &LossConfig, preference: &PreferenceConfig) -> Vec<Evaluation> {
    evaluations(world.cell(loss, preference, 3))
}

/// The evaluations of a cell.
fn evaluations(cell: Cell<'_>) -> Vec<Evaluation> {
    let mut found = Vec::new();
    let results = train_cells::<NotFinite>(
        &[cell],
        &mut |_| (),
        &Stopwatch::start(),
        &mut Checkpoint::off(),
        |_, evaluation| {
            found.push(evaluation);
            Ok(())
        },
    );
    results.into_iter().collect::<Result<(), _>>().unwrap();
    found
}

#[test]
fn the_reference_learns_which_title_comes_next() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let trained = train_reference(
        world.policy.as_ref(),
        &world.experiment.reference,
        &world.data,
        None,
        small_world::SEED,
        Backend::Flex,
        &mut |_| (),
        &Stopwatch::start(),
        &mut Checkpoint::off(),
    )
    .unwrap();
    let losses: Vec<f64> = trained.epochs.iter().map(|epoch| epoch.loss).collect();
    // Untrained, every one of some seven tokens has one chance in some hundred.
    assert!((15.0..40.0).contains(&losses[0]), "{losses:?}");
    // One of two titles comes next.
    assert!(losses[losses.len() - 1] < 0.3 * losses[0], "{losses:?}");
}

/// All losses run, those that need lengths too, and begin where policy and reference agree.
#[test]
fn every_kind_of_loss_is_trained() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    for (name, at_reference) in [
        ("dpo", Some(2.0_f64.ln())),
        ("s_dpo", Some(4.0_f64.ln())),
        ("dpo_norm", Some(2.0_f64.ln())),
        ("r_dpo", None),
        ("sim_po", None),
        ("orpo", None),
        ("sft", None),
        ("bce", None),
        (r#"{"ro_dpo": {"pool": 9}}"#, Some(2.0_f64.ln())),
        (r#"{"ada": {"over": "dpo", "per_token": true}}"#, None),
        (r#"{"dynamic_po": {"over": "dmpo"}}"#, Some(2.0_f64.ln())),
    ] {
        let evaluations = train(&world, &loss(name), &world.experiment.preference);
        let [before, after] = &evaluations[..] else { panic!("two evaluations of {name}") };
        assert!(before.shift.kl.abs() < 1e-9 && after.shift.kl > 1e-6, "{name}");
        assert!(after.validation_loss.is_finite(), "{name}");
        for written in [before, after].map(|found| found.shift.written.unwrap()) {
            assert!((0.0..1.0).contains(&written.catalogue_mass), "{name}: {written:?}");
            let Written { chosen_length, candidate_length, expected_length, .. } = written;
            for length in [chosen_length, candidate_length, expected_length] {
                assert!((2.0..=12.0).contains(&length), "{name}: {written:?}");
            }
            assert!((0.0..=1.0).contains(&written.valid_share), "{name}: {written:?}");
        }
        assert_ne!(before.validation_loss, after.validation_loss, "{name}");
        if let Some(expected) = at_reference {
            let found = before.validation_loss;
            assert!((found - expected).abs() < 1e-6, "{name}: {found} {expected}");
        }
        assert!(after.ranks.iter().all(|ranks| ranks.ranks.len() == 40), "{name}");
    }
}

/// Weights that are far from those of the world's reference.
fn other_weights(world: &World) -> Parameters {
    let weights = prefsweep_policy::Weights::initial(world.policy.layout(), 77);
    weights.to_parameters(&Backend::Flex.device()).map(|weight| weight.clone() * 5.0)
}

/// The likeliest titles, title by title, by scores of a few items.
#[test]
fn lengths_are_those_of_the_likeliest_titles() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let (policy, weights, data) = (world.policy.as_ref(), other_weights(&world), &world.data);
    let titles = policy.titles().unwrap();
    let users = data.evaluated(Split::Validation);
    let mut sums = [0.0; 4];
    for &user in &users {
        let case = held_out(&data.dataset, user, Split::Validation).unwrap();
        let mut windows = Windows::default();
        windows.push(&case.history[case.history.len().saturating_sub(policy.max_len())..]);
        let last = [windows.items.len() as u32 - 1];
        let log = |items: &[u32]| score_titles(policy, &weights, &windows, &last, items);
        let likeliest = |items: &[u32]| {
            let best = items.iter().zip(log(items)).max_by(|a, b| a.1.total_cmp(&b.1)).unwrap().0;
            titles.length(*best) as f64
        };
        let all: Vec<u32> = (0..ITEMS as u32).collect();
        let mut candidates = data.candidates.negatives[user as usize].clone();
        candidates.push(case.target);
        let shares: Vec<f64> = log(&all).iter().map(|&log| f64::from(log).exp()).collect();
        let lengths = all.iter().map(|&item| titles.length(item) as f64);
        let mass: f64 = shares.iter().sum();
        let expected: f64 = shares.iter().zip(lengths).map(|(share, length)| share * length).sum();
        let found = [likeliest(&all), likeliest(&candidates), expected / mass, mass];
        sums.iter_mut().zip(found).for_each(|(sum, found)| *sum += found);
    }
    let Written { chosen_length, candidate_length, expected_length, catalogue_mass, .. } =
        Baseline::new(policy, &weights, data).no_shift().written.unwrap();
    let found = [chosen_length, candidate_length, expected_length, catalogue_mass];
    for (found, sum) in found.iter().zip(sums) {
        let expected = sum / users.len() as f64;
        assert!((found - expected).abs() < 1e-4 * expected, "{found} {expected}");
    }
    assert_ne!(chosen_length, candidate_length);
}

/// The divergence from the scores that ranking goes through, on any number of threads, is that from scores of its own,
/// bit for bit.
#[test]
fn the_divergence_of_a_ranking_is_the_divergence() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let (policy, data) = (world.policy.as_ref(), &world.data);
    let reference = world.reference.to_parameters(&Backend::Flex.device());
    let weights = other_weights(&world);
    let on = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let alone =
        on(1).install(|| Divergence::new(policy, &reference, data).of(policy, &weights, data));
    assert!(alone.kl > 1e-3);
    let with_ranks = on(3).install(|| {
        let baseline = Baseline::new(policy, &reference, data);
        let mut shift = baseline.start_shift();
        let mut see = |scores: &[f32]| shift.add(policy, data, scores);
        let beside = Beside { on_validation: Some(&mut see), ..Beside::default() };
        let ranks = rank_policy(policy, &weights, data, beside);
        (shift.mean(policy, &weights, data), ranks)
    });
    assert_eq!(with_ranks.0, alone);
    let ranks = rank_policy(policy, &weights, data, Beside::default());
    assert_eq!(with_ranks.1, ranks);
}

/// A beam changes ranks in the catalogue; held-out items and candidates are scored exactly.
#[test]
fn candidates_are_ranked_exactly_behind_a_beam() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let weights = other_weights(&world);
    let mut model = world.experiment.model.clone();
    let ModelConfig::Titles(settings) = &mut model else { panic!("a policy over titles") };
    (settings.exact_nodes, settings.beam) = (0, 1);
    let by_beam = TitlePolicy::new(settings, world.data.names().unwrap());
    let ranks = |policy: &dyn Policy| rank_policy(policy, &weights, &world.data, Beside::default());
    let (exact, found) = (ranks(world.policy.as_ref()), ranks(&by_beam));
    for (exact, found) in exact.iter().zip(&found) {
        let same = exact.ranks == found.ranks;
        assert_eq!(same, exact.protocol == Protocol::Candidates, "{:?}", exact.protocol);
        let shown = |ranks: &Ranks| ranks.shown.iter().map(|one| one.log_probability).collect();
        let (exact, found): (Vec<f32>, Vec<f32>) = (shown(exact), shown(found));
        assert!(exact.iter().zip(&found).all(|(exact, found)| (exact - found).abs() < 1e-3));
    }
    let written = |policy: &dyn Policy| {
        Baseline::new(policy, &weights, &world.data).no_shift().written.unwrap()
    };
    let (exact, found) = (written(world.policy.as_ref()), written(&by_beam));
    assert_eq!(exact.candidate_length, found.candidate_length);
    assert!(exact.beam_recall.is_none() && found.beam_recall.unwrap() < 1.0);
}

/// Steps of no length leave the policy where it is: scores of a few items in training, and of all of them in an
/// evaluation, are the same.
#[test]
fn few_items_and_all_items_are_scored_alike() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let still = PreferenceConfig { learning_rate: 1e-30, ..world.experiment.preference.clone() };
    for name in ["r_dpo", "sim_po", "cpo", "mppo"] {
        let evaluations = train(&world, &loss(name), &still);
        let [before, after] = &evaluations[..] else { panic!("two evaluations of {name}") };
        let (before, after) = (before.validation_loss, after.validation_loss);
        assert!((before - after).abs() < 1e-5 * before.abs(), "{name}: {before} {after}");
    }
}

/// What a beam leaves out has no score of its own in the catalogue: the validation loss does not go by those.
#[test]
fn the_validation_loss_is_exact_behind_a_beam() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let still = PreferenceConfig { learning_rate: 1e-30, ..world.experiment.preference.clone() };
    let mut model = world.experiment.model.clone();
    let ModelConfig::Titles(settings) = &mut model else { panic!("a policy over titles") };
    (settings.exact_nodes, settings.beam) = (0, 1);
    let by_beam = TitlePolicy::new(settings, world.data.names().unwrap());
    let weights = world.reference.to_parameters(&Backend::Flex.device());
    let baseline = Baseline::new(&by_beam, &weights, &world.data);
    for name in ["dpo", "sft"] {
        let loss = loss(name);
        let cell = world.cell(&loss, &still, 3);
        let evaluations = evaluations(Cell { policy: &by_beam, baseline: &baseline, ..cell });
        let [before, after] = [0, 1].map(|at| evaluations[at].validation_loss);
        assert!((before - after).abs() < 1e-5 * before.abs(), "{name}: {before} {after}");
    }
}

#[test]
fn titles_and_losses_with_lengths_need_one_another() {
    let read = |model: &str, rest: &str| {
        let yaml = format!(
            "title: test\ndataset: {{name: synthetic}}\n{model}\n{rest}\nsweep: {{losses: [r_dpo], negatives: [1], \
             seeds: [1]}}\n"
        );
        prefsweep::experiment::read_str(&yaml, "test.yaml", &[])
    };
    let error = read("", "").unwrap_err().to_string();
    assert!(error.contains("compares the lengths of titles, and an item"), "{error}");
    let titles = "model: {titles: {}}";
    let with = |by: &str| {
        let yaml = format!(
            "title: test\ndataset: {{name: synthetic}}\n{titles}\nsweep: {{losses: [dpo], negatives: [1], seeds: [1]}}\n"
        );
        let set = format!("model.titles.rank_by={by}");
        prefsweep::experiment::read_str(&yaml, "test.yaml", &[set])
    };
    let error = with("median").unwrap_err().to_string();
    assert!(error.contains("rank_by") && error.contains("mean"), "{error}");
    let ranked = serde_json::to_value(with("mean").unwrap().model).unwrap();
    assert_eq!(ranked["titles"]["rank_by"], "mean", "{ranked}");
    let error = read(titles, "preference: {sampler: {hard: {}}}").unwrap_err().to_string();
    assert!(error.contains("draws by hidden states and embeddings of items"), "{error}");
    let error = read("model: {titles: {context: 40}}", "").unwrap_err().to_string();
    assert!(error.contains("model.titles.context"), "{error}");
    let error = read("model: {titles: {experts: {experts: 4}}}", "").unwrap_err().to_string();
    assert!(error.contains("unknown key: found `experts`, allowed dim"), "{error}");
    let error = read(titles, "preference: {experts: {balance: 0.1}}").unwrap_err().to_string();
    assert!(error.contains("the model has no experts to train"), "{error}");
    let experiment = read(titles, "").unwrap();
    let data = prefsweep::data::Prepared::load(
        &experiment.dataset,
        Path::new("."),
        experiment.model.max_len(),
    )
    .unwrap();
    let plan = prefsweep::experiment::Plan::new(&experiment, &data, Backend::Flex);
    let error = plan.unwrap_err().to_string();
    assert!(
        error.contains("found a policy that reads titles, allowed others: synthetic has none"),
        "{error}"
    );
}

/// Other titles are another policy over titles, and the same SASRec.
#[test]
fn titles_name_the_runs_that_read_them() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let ids = || {
        let data = &world.experiment.dataset;
        let length = world.experiment.model.max_len();
        let data = prefsweep::data::Prepared::load(data, Path::new("."), length).unwrap();
        let mut experiment = world.experiment.clone();
        let id = |experiment: &prefsweep::experiment::Experiment| {
            let plan = prefsweep::experiment::Plan::new(experiment, &data, Backend::Flex).unwrap();
            plan.references[0].id.clone()
        };
        let over_titles = id(&experiment);
        experiment.model = prefsweep_policy::ModelConfig::default();
        [over_titles, id(&experiment)]
    };
    let [titles, items] = ids();
    let path = folder.path().join("titles.tsv");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("oslo", "oslo ii")).unwrap();
    let [other_titles, same_items] = ids();
    assert_ne!(titles, other_titles);
    assert_eq!(items, same_items);
}

/// By the mean over tokens other titles come first than by the sum.
#[test]
fn titles_are_ranked_by_the_sum_or_the_mean() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let config = |rank_by| {
        let rank_by =
            serde_json::json!({"dim": 16, "heads": 2, "vocabulary": 150, "rank_by": rank_by});
        serde_json::from_value::<TitlesConfig>(rank_by).unwrap()
    };
    let data = &world.data;
    let names = data.names().unwrap();
    let [sum, mean] = ["sum", "mean"].map(|by| TitlePolicy::new(&config(by), names));
    let weights = prefsweep_policy::Weights::initial(sum.layout(), 5);
    let weights = weights.to_parameters(&Backend::Flex.device()).map(|weight| weight.clone() * 3.0);
    let ranks = |policy: &TitlePolicy| {
        let ranks = rank_policy(policy, &weights, data, Beside::default());
        let full = ranks
            .into_iter()
            .find(|ranks| (ranks.split, ranks.protocol) == (Split::Test, Protocol::Full));
        full.unwrap().ranks
    };
    let [by_sum, by_mean] = [ranks(&sum), ranks(&mean)];
    assert_ne!(by_sum, by_mean);
    // The first user, by hand.
    let case = held_out(&data.dataset, 0, Split::Test).unwrap();
    let mut windows = Windows::default();
    windows.push(&case.history[case.history.len() - sum.max_len().min(case.history.len())..]);
    let all: Vec<u32> = (0..ITEMS as u32).collect();
    let log = score_titles(&sum, &weights, &windows, &[windows.items.len() as u32 - 1], &all);
    let titles = sum.titles().unwrap();
    for (found, length) in [
        (by_sum[0], &(|_| 1.0_f32) as &dyn Fn(u32) -> f32),
        (by_mean[0], &|item| titles.length(item) as f32),
    ] {
        let worth = |item: u32| log[item as usize] / length(item);
        let own = worth(case.target);
        let free = all.iter().filter(|item| **item != case.target && !case.history.contains(item));
        let above = free.filter(|&&item| worth(item) > own + 1e-6).count();
        assert!(
            (f64::from(found.rank) - 1.0 - above as f64).abs() <= f64::from(found.ties),
            "{found:?} {above}"
        );
    }
}

/// The log-probabilities of all items after a history, each of them scored alone.
fn one_by_one(world: &World, weights: &Parameters, history: &[u32]) -> Vec<f64> {
    let mut windows = Windows::default();
    windows.push(history);
    let last = [history.len() as u32 - 1];
    let log = |item| score_titles(world.policy.as_ref(), weights, &windows, &last, &[item])[0];
    (0..ITEMS as u32).map(|item| f64::from(log(item))).collect()
}

/// Choices, shares and ranks without titles, user by user, from scores of single items.
#[test]
fn choices_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let cell_loss = loss("dpo");
    // Far from the reference, so that shares are more than rounding.
    let preference =
        PreferenceConfig { learning_rate: 3e-2, ..world.experiment.preference.clone() };
    let found = evaluations(Cell { keep_weights: true, ..world.cell(&cell_loss, &preference, 3) });
    let [before, after] = &found[..] else { panic!("two evaluations") };
    assert!(before.explained.is_none());
    let explained = after.explained.as_ref().unwrap();
    let device = Backend::Flex.device();
    let weights = after.weights.as_ref().unwrap().to_parameters(&device);
    let reference = world.reference.to_parameters(&device);
    let titles = world.policy.titles().unwrap();
    let close = |a: f64, b: f64| (a - b).abs() < 1e-4 * (1.0 + b.abs());

    assert_eq!(explained.shown.len(), 10);
    let mut ranks = Vec::new();
    for user in 0..40 {
        let history = held_out(&world.data.dataset, user, Split::Test).unwrap().history;
        let recent = &history[history.len() - world.policy.max_len()..];
        let free = |item: &u32| !history.contains(item);
        let scores = one_by_one(&world, &weights, recent);
        let best = (0..ITEMS as u32).filter(free).fold(None, |best: Option<u32>, item| {
            let better =
                best.is_none_or(|best| scores[item as usize] > scores[best as usize] + 1e-6);
            if better { Some(item) } else { best }
        });
        let choice = best.unwrap();
        let own = |scores: &[f64]| scores[choice as usize];
        let without = |place: usize| {
            let history = [&recent[..place], &recent[place + 1..]].concat();
            one_by_one(&world, &weights, &history)
        };
        let falls: Vec<f64> =
            (0..recent.len()).map(|place| own(&scores) - own(&without(place))).collect();
        let rank = |place: usize| {
            let scores = without(place);
            let above = |item: &u32| free(item) && scores[*item as usize] > own(&scores) + 1e-6;
            1 + (0..ITEMS as u32).filter(above).count()
        };
        let top = (0..falls.len()).max_by(|a, b| falls[*a].total_cmp(&falls[*b])).unwrap();
        let others = (0..falls.len()).filter(|&place| place != top).map(rank);
        let [least, most] = [others.clone().min(), others.max()].map(Option::unwrap);
        ranks.push([rank(top), least, most].map(|rank| rank as f64));
        if user >= 10 {
            continue;
        }
        let shown = &explained.shown[user as usize];
        assert_eq!(shown.user, user);
        let written: String = shown.tokens.iter().map(|token| token.text.as_str()).collect();
        assert_eq!(written, titles.vocabulary().decode(titles.tokens(choice)), "{user}");
        let log_ratio: f64 = shown.tokens.iter().map(|token| token.log_ratio).sum();
        let expected = own(&scores) - own(&one_by_one(&world, &reference, recent));
        assert!(close(log_ratio, expected) && expected.abs() > 1e-3, "{log_ratio} {expected}");
        for (title, expected) in shown.history.iter().zip(&falls) {
            assert!(close(title.fall, *expected), "{user}: {title:?} {expected}");
        }
        assert_eq!(shown.history.len(), recent.len());
    }
    let deletion = explained.deletion.unwrap();
    // Which other one was drawn is not known here: it lies between the least and the most.
    let [top, least, most] =
        [0, 1, 2].map(|at| ranks.iter().map(|ranks| ranks[at]).sum::<f64>() / 40.0);
    assert!(close(deletion.without_top, top), "{deletion:?} {top}");
    assert!((least..=most).contains(&deletion.without_random), "{deletion:?} {least} {most}");
    assert!((0.0..=1.0).contains(&deletion.top_matters_more), "{deletion:?}");
}
