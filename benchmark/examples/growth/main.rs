//! How the time of a preference step, the memory of a run and the stages of an experiment on large data grow: writes
//! docs/growth.md.
//!
//! ```text
//! cargo run --release --example growth > docs/growth.md
//! ```
//!
//! Everything is measured in processes of its own with one thread, as in a sweep. `-- --quick`
//! measures one small shape of each kind, to see that it works.

mod large;

use std::io::Write;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use prefsweep::data::{Batch, Prepared, States, Targets, Window, collect};
use prefsweep::evaluation::{Baseline, Diagnostics, EvaluationConfig, StepScores};
use prefsweep::negatives::{SamplerConfig, Source};
use prefsweep::sweep;
use prefsweep::training::{
    Cell, Checkpoint, NotFinite, PreferenceConfig, Stopwatch, hidden_states, train_cells,
};
use prefsweep_datasets::random::stream;
use prefsweep_datasets::{Dataset, DatasetConfig, Item};
use prefsweep_losses::{LossConfig, SideInputs};
use prefsweep_policy::device::Backend;
use prefsweep_policy::optimizer::{HostAdamW, Settings};
use prefsweep_policy::{
    Engine, HostEngine, Inputs, Objective, Policy, Sasrec, SasrecConfig, ScoredItems, Term, Weights,
};
use rand::RngExt;

/// The program's own allocator, since allocation is part of a step's time and memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BACKEND: Backend = Backend::Flex;
const LOSSES: [&str; 4] = ["dpo", "s_dpo", "dmpo", "dynamic_po: {over: dmpo}"];
const WINDOWS: usize = 128;
const BETA: f64 = 1.0;
const LEARNING_RATE: f64 = 5.0e-4;
const SETTINGS: Settings = Settings { weight_decay: 0.0, clip: Some(1.0) };
/// Steps that are timed; their median counts.
const STEPS: usize = 7;
/// Steps before, which find memory and caches cold.
const WARM_UP: usize = 2;
/// The most that one run may take, in MiB.
const MEMORY_LIMIT: f64 = 3.0 * 1024.0;

/// What a step works on.
#[derive(Clone, Copy, Debug)]
struct Shape {
    name: &'static str,
    negatives: usize,
    items: usize,
    length: usize,
    dim: usize,
}

/// What the others differ from in one number.
const BASE: Shape = Shape { name: "base", negatives: 5, items: 10_000, length: 50, dim: 64 };

/// The shapes of each table.
fn tables() -> [(&'static str, Vec<Shape>); 4] {
    let negatives = [("1 negative", 1), ("5 negatives", 5), ("20 negatives", 20)];
    let items = [
        ("1,000 items", 1000),
        ("10,000 items", 10_000),
        ("100,000 items", 100_000),
        ("1,000,000 items", 1_000_000),
    ];
    let lengths = [("length 20", 20), ("length 50", 50), ("length 100", 100), ("length 200", 200)];
    let dims = [("d = 32", 32), ("d = 64", 64), ("d = 128", 128), ("d = 256", 256)];
    [
        ("Negatives", negatives.map(|(name, negatives)| Shape { name, negatives, ..BASE }).into()),
        ("Items in the catalogue", items.map(|(name, items)| Shape { name, items, ..BASE }).into()),
        (
            "Length of the windows",
            lengths.map(|(name, length)| Shape { name, length, ..BASE }).into(),
        ),
        ("Width of the model", dims.map(|(name, dim)| Shape { name, dim, ..BASE }).into()),
    ]
}

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => page(""),
        ["--quick"] => page("--quick"),
        ["steps", quick] => steps(quick == "--quick").map(|()| ExitCode::SUCCESS),
        ["memory", quick] => memory(quick == "--quick"),
        ["large", items] => large::measure(items.parse()?).map(|()| ExitCode::SUCCESS),
        _ => anyhow::bail!("found {arguments:?}, allowed: nothing, or --quick"),
    }
}

/// The whole page.
fn page(quick: &str) -> Result<ExitCode> {
    print(&format!(
        "# Growth\n\n\
         What a preference step and a training run cost as the numbers grow, written by\n\
         `cargo run --release --example growth > docs/growth.md`.\n\n\
         {}; {}; prefsweep {}, revision {}, burn {}; 1 thread, as in a sweep.\n\n\
         Each table varies one number of a base shape:\n\
         {}.\n\n\
         Milliseconds, medians over {STEPS} steps. *Sampling* draws uniform negatives; under the name\n\
         of a loss is its step forward and backward, with the norm of its gradients; *diagnostics* are\n\
         those of DynamicPO, the most expensive; *AdamW* is the optimiser. *Ratio*: a whole step of\n\
         DynamicPO, with sampling, diagnostics and optimiser, against that of the table's first shape.\n\n",
        sweep::cpu(),
        sweep::os(),
        env!("CARGO_PKG_VERSION"),
        sweep::git_revision().unwrap_or_else(|| "unknown".into()),
        burn_version(),
        describe(BASE),
    ))?;
    run("steps", quick)?;
    print(
        "## What grows with the catalogue, and why\n\n\
         Scores, loss and their gradients concern the items of the batch alone. Two things touch\n\
         every item in every step. AdamW moves each embedding whether or not it has a gradient, by\n\
         its decay and its moments. And the gradient of the embeddings is one dense table, which is\n\
         cleared, filled in the rows that occur, and added up, beside one copy of the embeddings\n\
         themselves: a few passes over memory in the columns of the losses.\n\n\
         The optimiser could skip, to the bit, only items that have never had a gradient while\n\
         weight decay is zero: then both moments are zero and so is the update. With uniform\n\
         negatives nearly every item has had one before long, even of a million (below), so\n\
         little would be gained.\n\n\
         ## Memory of one training run\n\n",
    )?;
    run("memory", quick)?;
    print(&large::section(quick == "--quick")?)?;
    Ok(ExitCode::SUCCESS)
}

fn describe(shape: Shape) -> String {
    let Shape { negatives, items, length, dim, .. } = shape;
    format!(
        "{WINDOWS} windows of {length} items, {items} items in the catalogue, d = {dim}, 2 blocks, \
         2 heads, K = {negatives}"
    )
}

/// The release of burn that this was built with.
fn burn_version() -> &'static str {
    let lock = include_str!("../../../Cargo.lock");
    let entry = lock.split("[[package]]").find(|entry| entry.contains("name = \"burn\"\n"));
    let version = entry.and_then(|entry| entry.split("version = \"").nth(1));
    version.and_then(|text| text.split('"').next()).unwrap_or("unknown")
}

fn print(text: &str) -> Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(text.as_bytes())?;
    Ok(output.flush()?)
}

/// A part in a process of its own, as a worker is run.
fn process(part: &str, of: &str) -> Result<Command> {
    let program = std::env::current_exe().context("failed to find this program's own file")?;
    let mut command = Command::new(program);
    command.args([part, of]).env("RAYON_NUM_THREADS", "1").env("MIMALLOC_PURGE_DELAY", "-1");
    Ok(command)
}

/// Runs a part, which prints its own tables.
fn run(part: &str, quick: &str) -> Result<ExitCode> {
    let status =
        process(part, quick)?.status().with_context(|| format!("failed to measure {part}"))?;
    ensure!(status.success(), "measuring {part} ended with {status}");
    Ok(ExitCode::SUCCESS)
}

/// Windows with scattered items, all of full length.
fn batch(shape: Shape) -> Batch {
    let mut random = stream(1, "growth", &[]);
    let mut item = || random.random_range(0..shape.items as Item);
    let windows: Vec<Window> = (0..WINDOWS)
        .map(|user| {
            let sequence: Vec<Item> = (0..=shape.length).map(|_| item()).collect();
            Window {
                user: user as u32,
                inputs: sequence[..shape.length].to_vec(),
                targets: sequence[1..].to_vec(),
            }
        })
        .collect();
    let all: Vec<u32> = (0..WINDOWS as u32).collect();
    collect(&windows, &all, Targets::All, 0)
}

/// The tables of the steps' times.
fn steps(quick: bool) -> Result<()> {
    for (title, shapes) in tables() {
        print(&format!("## {title}\n\n| shape | sampling |"))?;
        for name in LOSSES {
            print(&format!(" {} |", loss(name)?.key()))?;
        }
        print(" diagnostics | AdamW | ratio |\n|:--|--:|")?;
        print(&"--:|".repeat(LOSSES.len() + 3))?;
        print("\n")?;
        let mut first = None;
        let shapes = if quick { &shapes[..1] } else { &shapes[..] };
        for shape in shapes {
            let row = Row::measure(*shape)?;
            let total = row.total();
            let ratio = total / *first.get_or_insert(total);
            let cells: Vec<String> = row.cells().iter().map(|ms| format!("{ms:.2}")).collect();
            print(&format!("| {} | {} | {ratio:.2} |\n", shape.name, cells.join(" | ")))?;
        }
        print("\n")?;
    }
    Ok(())
}

/// Milliseconds of the parts of a step.
struct Row {
    sampling: f64,
    /// In the order of [`LOSSES`].
    gradients: Vec<f64>,
    diagnostics: f64,
    optimizer: f64,
    /// A step of the last loss with its optimiser.
    step: f64,
}

impl Row {
    fn cells(&self) -> Vec<f64> {
        let mut cells = vec![self.sampling];
        cells.extend(&self.gradients);
        cells.extend([self.diagnostics, self.optimizer]);
        cells
    }

    /// A whole step of the last loss.
    fn total(&self) -> f64 {
        self.sampling + self.step + self.diagnostics
    }

    fn measure(shape: Shape) -> Result<Self> {
        let dim = shape.dim;
        let max_len = shape.length;
        let config = SasrecConfig { dim, feed_forward: dim, max_len, ..SasrecConfig::default() };
        let model = Sasrec::new(&config, shape.items);
        let weights = Weights::initial(model.layout(), 1).to_parameters(&BACKEND.device());
        let mut engine = HostEngine::new(&model, weights.clone(), SETTINGS);
        let batch = batch(shape);
        let (rows, targets) = (batch.rows(), batch.targets());
        let inputs = Inputs { windows: &batch.windows, rows: &rows, targets: &targets };
        let data = data(shape, WINDOWS, config.max_len)?;
        let sampler = SamplerConfig::default();
        let sampler = sampler.as_sampler().prepare(Source {
            dataset: &data.dataset,
            seen: &data.seen,
            neighbourhoods: &data.neighbourhoods,
            first_position: &data.first_position,
            states: States::Memory(&[]),
            embeddings: &[],
        });
        let mut seed = 0;
        let sampling = median(|| {
            seed += 1;
            std::hint::black_box(sampler.draw(&batch, shape.negatives, seed));
        });
        let negatives = sampler.draw(&batch, shape.negatives, 1);
        let rows = batch.positions.iter().zip(negatives.chunks_exact(shape.negatives));
        let items: Vec<Item> = rows
            .flat_map(|(position, row)| std::iter::once(position.target).chain(row.iter().copied()))
            .collect();
        let reference = vec![0.0; items.len()];
        let items = ScoredItems::Shared(items);
        let losses = LOSSES.map(loss).into_iter().collect::<Result<Vec<_>>>()?;
        let term = |loss| Term {
            loss,
            beta: BETA,
            negatives: shape.negatives,
            reference: &reference,
            side: SideInputs::default(),
        };
        let mut gradients = Vec::new();
        for loss in &losses {
            let objective = Objective::Preference { items: &items, terms: &[term(loss)] };
            gradients.push(median(|| {
                std::hint::black_box(engine.gradients(&inputs, &objective, None));
            }));
        }
        let last = &losses[losses.len() - 1];
        let objective = Objective::Preference { items: &items, terms: &[term(last)] };
        let (outcomes, _) = engine.gradients(&inputs, &objective, None);
        let scores = StepScores {
            items: 1 + shape.negatives,
            policy: &outcomes[0].scores,
            reference: &reference,
            log_normaliser: None,
            side: SideInputs::default(),
        };
        let diagnostics = median(|| {
            std::hint::black_box(Diagnostics::of_step(last, BETA, &scores, None, None));
        });
        let mut optimizer = HostAdamW::new(&weights, SETTINGS);
        let mut moved = weights.clone();
        // Fresh gradients each time, for the optimiser to use up.
        let gradients_of_last = || engine.gradients(&inputs, &objective, None).1;
        let optimizer = median_after(gradients_of_last, |gradients| {
            let _ = optimizer.step(&mut moved, gradients, LEARNING_RATE);
        });
        let step = median(|| {
            let _ = engine.step(&inputs, &objective, None, &[LEARNING_RATE]).read();
        });
        Ok(Self { sampling, gradients, diagnostics, optimizer, step })
    }
}

fn loss(name: &str) -> Result<LossConfig> {
    serde_saphyr::from_str(name).with_context(|| format!("{name} is no loss"))
}

/// Milliseconds, the median over some calls.
fn median(mut call: impl FnMut()) -> f64 {
    median_after(|| (), |()| call())
}

/// The same, of calls with something that is made before the clock starts.
fn median_after<T>(mut make: impl FnMut() -> T, mut call: impl FnMut(T)) -> f64 {
    let mut times: Vec<f64> = (0..WARM_UP + STEPS)
        .map(|_| {
            let made = make();
            let started = Instant::now();
            call(made);
            1e3 * started.elapsed().as_secs_f64()
        })
        .skip(WARM_UP)
        .collect();
    times.sort_by(f64::total_cmp);
    times[STEPS / 2]
}

/// Users whose training part is one full window, beside two held-out items.
fn data(shape: Shape, users: usize, max_len: usize) -> Result<Prepared> {
    let mut random = stream(2, "growth", &[]);
    let mut sequence =
        || (0..shape.length + 3).map(|_| random.random_range(0..shape.items as Item)).collect();
    let dataset = Dataset {
        name: "growth".into(),
        n_items: shape.items,
        sequences: (0..users).map(|_| sequence()).collect(),
        user_ids: vec![String::new(); users],
        item_ids: vec![String::new(); shape.items],
        ..Dataset::default()
    };
    let config: DatasetConfig = serde_saphyr::from_str("name: synthetic")?;
    Ok(Prepared::new(dataset, &config, max_len)?)
}

/// Trains one cell and says what memory its process held at most.
fn memory(quick: bool) -> Result<ExitCode> {
    let shape = Shape { name: "memory", negatives: 20, items: 100_000, ..BASE };
    let shape = if quick { Shape { items: 1000, ..shape } } else { shape };
    let users = if quick { 200 } else { 5000 };
    let config = SasrecConfig { max_len: shape.length, ..SasrecConfig::default() };
    let data = data(shape, users, config.max_len)?;
    let model = Sasrec::new(&config, shape.items);
    let reference = Weights::initial(model.layout(), 1);
    let tensors = reference.to_parameters(&BACKEND.device());
    let states = hidden_states(&model, &tensors, &data);
    let baseline = Baseline::new(&model, &tensors, &data);
    drop(tensors);
    let steps = 4;
    let cell = Cell {
        policy: &model,
        data: &data,
        few: None,
        reference: &reference,
        reference_states: States::Memory(&states),
        baseline: &baseline,
        preference: &PreferenceConfig {
            steps: Some(steps),
            batch_size: WINDOWS,
            ..PreferenceConfig::default()
        },
        evaluation: &EvaluationConfig { every: steps / 2, ..EvaluationConfig::default() },
        loss: &loss(LOSSES[LOSSES.len() - 1])?,
        negatives: shape.negatives,
        seed: 1,
        backend: BACKEND,
        keep_weights: false,
    };
    let (progress, watch) = (&mut |_| (), Stopwatch::start());
    let trained = train_cells(&[cell], progress, &watch, &mut Checkpoint::off(), |_, _| Ok(()));
    trained.into_iter().collect::<Result<(), NotFinite>>()?;
    let Some(peak) = sweep::peak_memory_mib() else {
        print("Not measured: this system does not tell.\n")?;
        return Ok(ExitCode::SUCCESS);
    };
    print(&format!(
        "{peak:.0} MiB at most, with data and reference in memory, {steps} steps of DynamicPO and two\n\
         evaluations by full ranking, of {users} users and\n\
         {}.\n\n\
         The limit is {MEMORY_LIMIT:.0} MiB; above it this command fails.\n",
        describe(shape),
    ))?;
    ensure!(peak < MEMORY_LIMIT, "{peak:.0} MiB are more than {MEMORY_LIMIT:.0} MiB");
    Ok(ExitCode::SUCCESS)
}
