//! prefsweep's side of the comparison with other frameworks in `benchmark/peers`.
//!
//! - `peer export FOLDER` writes batches, and weights with the loss and gradients that prefsweep finds
//!   for them, so that others can compute them again;
//! - `peer serve` times training steps: for each line `LOSS K DROPOUT STEPS` on its standard input
//!   it answers with the steps' seconds, a JSON list on one line. `gemm SIZE 0 STEPS` times products
//!   of two square matrices instead.
//!
//! `peer serve wgpu` does so on a GPU, `peer serve wgpu:0 --allow-software-gpu` on a software adapter.
//! A step ends when the device has done all of its work.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use burn::Tensor;
use burn::tensor::{Device, TensorData};
use prefsweep::data::{Batch, Targets, Window, collect};
use prefsweep::training::{PreferenceConfig, ReferenceConfig};
use prefsweep_datasets::random::stream;
use prefsweep_losses::{LossConfig, SideInputs};
use prefsweep_policy::device::{Backend, DeviceName, Probe, resolve};
use prefsweep_policy::optimizer::Settings;
use prefsweep_policy::{
    Dropout, Engine, HostEngine, Inputs, Objective, Parameters, Pass, Policy, Sasrec, SasrecConfig,
    ScoredItems, Term, Weights, dot_rows, engine, to_host,
};
use rand::RngExt;
use serde_json::json;

/// The program's own allocator, since allocation is part of a step's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sizes of MovieLens 100K.
const ITEMS: usize = 1682;
/// Windows in the batch that is timed: as many as in training.
const TIMED_WINDOWS: usize = 128;
/// Windows in the batch that is checked, of different lengths.
const CHECKED_WINDOWS: usize = 24;
const NEGATIVES: [usize; 3] = [1, 5, 20];
/// The name of the reference's step, beside those of the losses.
const CROSS_ENTROPY: &str = "cross_entropy";
const LOSSES: [&str; 4] = ["dpo", "s_dpo", "dmpo", "dynamic_po"];
const BETA: f64 = 1.0;
/// Largest global norm of the gradient.
const CLIP: f64 = 1.0;
const SETTINGS: Settings = Settings { weight_decay: 0.0, clip: Some(CLIP) };
/// What is exported is computed there.
const BACKEND: Backend = Backend::Flex;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["export", folder] => export(Path::new(folder)),
        ["serve"] => serve(BACKEND),
        ["serve", device] => serve(enter(device.parse()?, false)?),
        ["serve", device, "--allow-software-gpu"] => serve(enter(device.parse()?, true)?),
        _ => anyhow::bail!(
            "found {arguments:?}, allowed: export FOLDER, or serve [DEVICE [--allow-software-gpu]]"
        ),
    }
}

/// Makes a device the one that this process computes on.
fn enter(name: DeviceName, software: bool) -> anyhow::Result<Backend> {
    // The program lies one folder above its examples.
    let example = std::env::current_exe()?;
    let folder = example.parent().and_then(Path::parent).context("this program has no folder")?;
    let program = folder.join("prefsweep").with_extension(std::env::consts::EXE_EXTENSION);
    let (place, notice) = resolve(name, &Probe::new(program), software)?;
    if let Some(notice) = notice {
        eprintln!("{notice}");
    }
    eprintln!("prefsweep computes on {place}");
    place.enter()?;
    Ok(place.backend)
}

/// Windows with scattered items, the first of full length.
fn batch(windows: usize, length: impl Fn(usize) -> usize) -> Batch {
    let windows: Vec<Window> = (0..windows)
        .map(|window| {
            let item = |offset: usize| ((window * 131 + offset * 37) % ITEMS) as u32;
            Window {
                user: window as u32,
                inputs: (0..length(window)).map(item).collect(),
                targets: (1..=length(window)).map(item).collect(),
            }
        })
        .collect();
    let all: Vec<u32> = (0..windows.len() as u32).collect();
    collect(&windows, &all, Targets::All, 0)
}

/// The positive and `k` distinct other items for every position, row-major `[P, 1 + k]`.
fn candidates(batch: &Batch, k: usize) -> Vec<u32> {
    let of = |target: u32| (0..=k as u32).map(move |index| (target + index * 53) % ITEMS as u32);
    batch.positions.iter().flat_map(|position| of(position.target)).collect()
}

fn loss(name: &str) -> anyhow::Result<LossConfig> {
    let value = match name {
        "dynamic_po" => json!({"dynamic_po": {"over": "dmpo"}}),
        name => json!(name),
    };
    Ok(serde_json::from_value(value)?)
}

fn write_floats(path: PathBuf, values: impl Iterator<Item = f32>) -> anyhow::Result<()> {
    let bytes: Vec<u8> = values.flat_map(f32::to_le_bytes).collect();
    std::fs::write(&path, bytes).with_context(|| path.display().to_string())
}

fn flat(tensors: impl IntoIterator<Item = Tensor<2>>) -> impl Iterator<Item = f32> {
    tensors.into_iter().flat_map(to_host)
}

/// Weights that differ from initial ones in every entry, biases and gains included, so that a
/// mistake anywhere shows.
fn scattered(model: &Sasrec, seed: u64) -> Parameters {
    let initial = Weights::initial(model.layout(), seed).to_parameters(&BACKEND.device());
    let noise = |index: usize, tensor: Tensor<2>| {
        let [rows, cols] = tensor.dims();
        let mut stream = stream(seed, "scatter", &[index as u64]);
        let values: Vec<f32> =
            (0..rows * cols).map(|_| stream.random_range(-0.15_f32..0.15)).collect();
        tensor + Tensor::from_data(TensorData::new(values, [rows, cols]), &BACKEND.device())
    };
    initial.into_iter().enumerate().map(|(index, tensor)| noise(index, tensor)).collect()
}

/// The peers pad windows on the right.
fn describe(config: &SasrecConfig, batch: &Batch) -> serde_json::Value {
    let length = batch.windows.longest();
    let mut items = vec![ITEMS as u32; batch.windows.lengths.len() * length];
    let padded = |window: u32, offset: u32| window as usize * length + offset as usize;
    let rows: Vec<usize> =
        batch.positions.iter().map(|position| padded(position.window, position.offset)).collect();
    for (row, item) in rows.iter().zip(&batch.windows.items) {
        items[*row] = *item;
    }
    json!({
        "model": config,
        "n_items": ITEMS,
        "beta": BETA,
        "clip": CLIP,
        "reference": ReferenceConfig::default(),
        "preference": PreferenceConfig::default(),
        "length": length,
        "items": items,
        "rows": rows,
        "candidates": candidates(batch, NEGATIVES[2]),
        "largest_k": NEGATIVES[2],
    })
}

/// Writes `timed.json`, `checked.json` and the floats that the latter speaks of.
fn export(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let config = SasrecConfig::default();
    let model = Sasrec::new(&config, ITEMS);
    let longest = config.max_len;
    let write = |name: &str, value: serde_json::Value| {
        let path = folder.join(name);
        std::fs::write(&path, value.to_string()).with_context(|| path.display().to_string())
    };
    write("timed.json", describe(&config, &batch(TIMED_WINDOWS, |_| longest)))?;

    let batch = batch(CHECKED_WINDOWS, |window| longest - window * 7 % longest);
    let (policy, reference) = (scattered(&model, 1), scattered(&model, 2));
    let on = |weights: &Parameters| HostEngine::new(&model, weights.clone(), SETTINGS);
    let (rows, targets) = (batch.rows(), batch.targets());
    let inputs = Inputs { windows: &batch.windows, rows: &rows, targets: &targets };
    write_floats(folder.join("policy.f32"), flat(policy.clone()))?;
    write_floats(folder.join("reference.f32"), flat(reference.clone()))?;
    let mut cases = Vec::new();
    let mut keep = |name: &str, k: usize, objective: &Objective<'_>| {
        let (outcomes, gradients) = on(&policy).gradients(&inputs, objective, None);
        let file = format!("gradients.{name}.{k}.f32");
        cases.push(json!({"name": name, "k": k, "loss": outcomes[0].loss, "gradients": file}));
        let gradients = gradients.into_iter().map(|g| g.expect("every weight takes part"));
        write_floats(folder.join(file), flat(gradients))
    };
    keep(CROSS_ENTROPY, 0, &Objective::CrossEntropy)?;
    for name in LOSSES {
        for k in NEGATIVES {
            let items = ScoredItems::Shared(candidates(&batch, k));
            let loss = loss(name)?;
            // Any loss: its step returns the scores.
            let zeros = vec![0.0; (1 + k) * batch.positions.len()];
            let terms = [term(&loss, k, &zeros)];
            let objective = Objective::Preference { items: &items, terms: &terms };
            let (outcomes, _) = on(&reference).gradients(&inputs, &objective, None);
            let terms = [term(&loss, k, &outcomes[0].scores)];
            keep(name, k, &Objective::Preference { items: &items, terms: &terms })?;
        }
    }
    let mut manifest = describe(&config, &batch);
    let layout = model.layout();
    manifest["layout"] = layout.iter().map(|p| json!([p.name, p.rows, p.cols])).collect();
    manifest["cases"] = cases.into();
    write("checked.json", manifest)
}

fn term<'a>(loss: &'a LossConfig, negatives: usize, reference: &'a [f32]) -> Term<'a> {
    Term { loss, beta: BETA, negatives, reference, side: SideInputs::default() }
}

/// One training run: its engine, and what its steps need.
struct Training<'a> {
    loss: Option<LossConfig>,
    negatives: usize,
    items: Vec<u32>,
    dropout: f64,
    engine: Box<dyn Engine + 'a>,
    steps: u64,
}

/// What all training runs share.
struct Setting {
    backend: Backend,
    model: Sasrec,
    batch: Batch,
    reference: Vec<f32>,
    reference_states: Vec<f32>,
    initial: Weights,
}

impl Setting {
    fn new(backend: Backend) -> Self {
        let model = Sasrec::new(&SasrecConfig::default(), ITEMS);
        let batch = batch(TIMED_WINDOWS, |_| model.max_len());
        let initial = Weights::initial(model.layout(), 1);
        let weights = initial.to_parameters(&backend.device());
        // As in a sweep, the reference's hidden states are computed once and kept.
        let states = model.hidden(&weights, &batch.windows, &mut Pass::default());
        Self {
            backend,
            reference: to_host(model.item_embeddings(&weights)),
            reference_states: to_host(states),
            model,
            batch,
            initial,
        }
    }

    fn training(&self, name: &str, k: usize, dropout: f64) -> anyhow::Result<Training<'_>> {
        Ok(Training {
            loss: if name == CROSS_ENTROPY { None } else { Some(loss(name)?) },
            negatives: k,
            items: candidates(&self.batch, k),
            dropout,
            engine: engine(self.backend, &self.model, &self.initial, vec![SETTINGS]),
            steps: 0,
        })
    }

    /// One step, the way `prefsweep::training` makes it, from a batch and its negatives to new weights
    /// and to the scores that the diagnostics are computed from.
    fn step(&self, training: &mut Training<'_>) {
        let Training { loss, negatives, items, dropout, engine, steps } = training;
        let dropout = Dropout::new(*dropout, 1, *steps);
        let (rows, targets) = (self.batch.rows(), self.batch.targets());
        let inputs = Inputs { windows: &self.batch.windows, rows: &rows, targets: &targets };
        let pending = match loss {
            None => {
                let rate = ReferenceConfig::default().learning_rate;
                engine.cross_entropy(&inputs, dropout, &[rate])
            }
            Some(loss) => {
                let dim = self.model.dim();
                let scores = dot_rows(&self.reference_states, &self.reference, items, dim);
                let (items, terms) =
                    (ScoredItems::Shared(items.clone()), [term(loss, *negatives, &scores)]);
                let rate = PreferenceConfig::default().learning_rate;
                engine.preference(&inputs, &items, &terms, dropout, &[rate])
            }
        };
        let outcome = pending.read().remove(0);
        assert!(outcome.norm.is_finite() && outcome.loss.is_finite());
        *steps += 1;
    }
}

fn seconds(device: &Device, mut step: impl FnMut()) -> f64 {
    let start = Instant::now();
    step();
    device.sync().expect("the device finishes what it was given");
    start.elapsed().as_secs_f64()
}

fn serve(backend: Backend) -> anyhow::Result<()> {
    let (setting, device) = (Setting::new(backend), backend.device());
    let mut sessions = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, k, dropout, steps] = words[..] else {
            anyhow::bail!("found {line:?}, allowed: LOSS K DROPOUT STEPS");
        };
        let (k, steps): (usize, usize) = (k.parse()?, steps.parse()?);
        let times: Vec<f64> = if name == "gemm" {
            let matrix = Tensor::<2>::ones([k, k], &device);
            // One number is read, or a device that works later might not work at all.
            let product = || {
                let product = matrix.clone().matmul(matrix.clone());
                assert!(product.slice([0..1, 0..1]).into_scalar::<f32>() > 0.0);
            };
            (0..steps).map(|_| seconds(&device, product)).collect()
        } else {
            let key = (name.to_owned(), k, dropout.to_owned());
            let training = match sessions.entry(key) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(setting.training(name, k, dropout.parse()?)?),
            };
            (0..steps).map(|_| seconds(&device, || setting.step(training))).collect()
        };
        let mut output = std::io::stdout().lock();
        writeln!(output, "{}", json!(times))?;
        output.flush()?;
    }
    Ok(())
}
