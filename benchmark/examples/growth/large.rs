//! The stages of an experiment on large data, at several sizes of the catalogue.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use prefsweep::data::{
    Batches, FewUsers, Prepared, States, StatesFile, Targets, TrainingConfig, Users,
};
use prefsweep::evaluation::{Baseline, EvaluationConfig};
use prefsweep::negatives::uniform;
use prefsweep::sweep;
use prefsweep::training::{
    Cell, Checkpoint, NotFinite, Objective, PreferenceConfig, ReferenceConfig, SampledSoftmax,
    Stopwatch, n_hidden_states, train_cells, train_reference, write_hidden_states,
};
use prefsweep_datasets::{DatasetConfig, load};
use prefsweep_policy::{Sasrec, SasrecConfig};

use super::{BACKEND, WINDOWS, loss, print, process};

/// Items in the catalogues, with their names.
const SIZES: [(&str, usize); 3] =
    [("10,000 items", 10_000), ("100,000 items", 100_000), ("1,000,000 items", 1_000_000)];
/// Interactions of each user, and of each item on average.
const OF_USER: usize = 50;
const OF_ITEM: usize = 10;
/// Items in a cluster.
const OF_CLUSTER: usize = 1000;
/// Negatives of the reference's sampled softmax.
const REFERENCE_NEGATIVES: usize = 50;
/// The reference is trained on so many users, so many times, whatever the data: as many steps.
const TRAINED_USERS: usize = 2000;
const EPOCHS: usize = 3;
/// Preference steps, and negatives of them.
const STEPS: usize = 20;
const NEGATIVES: usize = 20;
const LOSS: &str = "dynamic_po: {over: dmpo}";
/// Users that are evaluated.
const EVALUATED: usize = 500;
/// After so many steps the items are counted that have had a gradient.
const COUNTED: [usize; 4] = [1, 5, 20, 100];

/// The section of the page.
pub(crate) fn section(quick: bool) -> Result<String> {
    let sizes = if quick { &[("2,000 items", 2000)][..] } else { &SIZES[..] };
    let measured: Vec<Vec<Stage>> =
        sizes.iter().map(|&(_, items)| of(items)).collect::<Result<_>>()?;
    let header: String = sizes.iter().map(|(name, _)| format!(" {name} |")).collect();
    let header = format!("|{header}\n|:--|{}\n", "--:|".repeat(sizes.len()));
    let table = |named: &str, cell: &dyn Fn(&Stage) -> Option<String>| -> String {
        let rows = (0..measured[0].len()).filter_map(|stage| {
            let cells: Option<Vec<String>> = measured.iter().map(|of| cell(&of[stage])).collect();
            Some(format!("| {} | {} |\n", measured[0][stage].name, cells?.join(" | ")))
        });
        format!("| {named} {header}{}\n", rows.collect::<String>())
    };
    let time = |stage: &Stage| (stage.unit != SHARE).then(|| stage.text());
    let memory = |stage: &Stage| stage.peak.map(|peak| format!("{peak:.0}"));
    let share = |stage: &Stage| (stage.unit == SHARE).then(|| stage.text());
    Ok(format!(
        "\n## Large data\n\n\
         The stages of an experiment on a generated world of clusters, {OF_ITEM} interactions for every item and\n\
         {OF_USER} of every user: 10,000,000 interactions with 1,000,000 items. SASRec with d = 64, 2 blocks, 2 heads,\n\
         windows of at most 50 items, {WINDOWS} windows a step. The reference is trained by sampled softmax with\n\
         {REFERENCE_NEGATIVES} negatives, on {TRAINED_USERS} of the users, {EPOCHS} times; the preference stage is\n\
         DynamicPO over DMPO, K = {NEGATIVES}, {STEPS} steps, with the reference's hidden states in their file; {EVALUATED}\n\
         users are ranked among all items, on validation and test. One thread. `experiments/large.yaml` is such an\n\
         experiment as a whole.\n\n{}\
         Most memory that the process held during a stage, in MiB, with what stays from the stages before it:\n\n{}\
         Items that have had a gradient in the preference stage, of all. From the first such step on both moments of a\n\
         row are more than zero, and AdamW moves it in every step:\n\n{}\
         What grows how:\n\n\
         - Generation, preparation and hidden states grow with the interactions. The states are 256 bytes for each,\n\
         \u{20} in a file of the reference's entry; a worker reads them into memory where they take less than a quarter of it,\n\
         \u{20} and else those of each batch, to the same bits.\n\
         - A step of either stage grows with the items of its batch, and from some 100,000 items on with the catalogue:\n\
         \u{20} the passes over the embeddings, their gradients and moments, named above.\n\
         - An evaluation grows with users times items: `evaluation.users` bounds the one factor. Divergences keep scores\n\
         \u{20} of all items of at most 512 users, and at most 512 MiB of them where users are a sample.\n\
         - Memory grows with the catalogue: some ten tables of embeddings, and in every evaluation the scores of 256\n\
         \u{20} positions, as long as eight tables with d = 64.\n",
        table("stage", &time),
        table("stage", &memory),
        table("after", &share),
    ))
}

/// The unit of a share of all items.
const SHARE: &str = "%";

/// What was measured of a stage.
struct Stage {
    name: String,
    value: f64,
    unit: String,
    peak: Option<f64>,
}

impl Stage {
    fn text(&self) -> String {
        format!("{:.1} {}", self.value, self.unit)
    }

    /// As a line of the measuring process.
    fn parse(line: &str) -> Option<Self> {
        let [name, value, unit, peak] = line.split('\t').collect::<Vec<_>>()[..] else {
            return None;
        };
        let (value, peak) = (value.parse().ok()?, peak.parse().ok());
        Some(Self { name: name.into(), value, unit: unit.into(), peak })
    }
}

/// The stages at one size, measured in a process of their own.
fn of(items: usize) -> Result<Vec<Stage>> {
    let output = process("large", &items.to_string())?
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("failed to measure {items} items"))?;
    ensure!(output.status.success(), "measuring {items} items ended with {}", output.status);
    let text = String::from_utf8(output.stdout)?;
    text.lines()
        .map(|line| Stage::parse(line).with_context(|| format!("not a stage: {line}")))
        .collect()
}

/// Prints the stages at one size.
pub(crate) fn measure(items: usize) -> Result<()> {
    let users = items * OF_ITEM / OF_USER;
    let config: DatasetConfig = serde_saphyr::from_str(&format!(
        "{{name: synthetic, synthetic: {{users: {users}, items: {items}, min_length: {OF_USER}, \
         max_length: {OF_USER}, clusters: {{count: {}, favourites: 2}}}}}}",
        items / OF_CLUSTER
    ))?;
    let mut clock = Clock::start();
    let dataset = load(&config, Path::new("."))?;
    clock.stage("generation", 1.0, "s")?;
    let sasrec = SasrecConfig::default();
    let evaluated = EVALUATED.min(users / 2);
    let data = Prepared::new(dataset, &config, sasrec.max_len)?.evaluating(Some(evaluated));
    clock.stage("preparation", 1.0, "s")?;

    let policy = Sasrec::new(&sasrec, items);
    let negatives = REFERENCE_NEGATIVES;
    let settings = ReferenceConfig {
        objective: Objective::SampledSoftmax(SampledSoftmax { negatives }),
        epochs: EPOCHS,
        ..ReferenceConfig::default()
    };
    let trained =
        TrainingConfig { users: Users::Few(TRAINED_USERS.min(users)), ..TrainingConfig::default() };
    let few = FewUsers::of(&trained, &data, 1).context("some users are not all")?;
    let (watch, mut off, mut quiet) = (Stopwatch::start(), Checkpoint::off(), |_| ());
    let reference = train_reference(
        &policy,
        &settings,
        &data,
        Some(&few),
        1,
        BACKEND,
        &mut quiet,
        &watch,
        &mut off,
    )?;
    let steps = EPOCHS * few.windows.len().div_ceil(settings.batch_size);
    clock.stage("reference, a step", 1e3 / steps as f64, "ms")?;

    let tensors = reference.weights.to_parameters(&BACKEND.device());
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("states.bin");
    write_hidden_states(&path, &policy, &tensors, &data)?;
    let states = StatesFile::open(&path, n_hidden_states(&policy, &data))?;
    clock.stage("hidden states of all positions", 1.0, "s")?;

    let baseline = Baseline::new(&policy, &tensors, &data);
    drop(tensors);
    clock.stage("evaluation of the reference", 1.0, "s")?;

    let preference =
        PreferenceConfig { steps: Some(STEPS), batch_size: WINDOWS, ..PreferenceConfig::default() };
    let cell = Cell {
        policy: &policy,
        data: &data,
        few: None,
        reference: &reference.weights,
        reference_states: States::File(&states),
        baseline: &baseline,
        preference: &preference,
        evaluation: &EvaluationConfig { every: STEPS, ..EvaluationConfig::default() },
        loss: &loss(LOSS)?,
        negatives: NEGATIVES,
        seed: 1,
        backend: BACKEND,
        keep_weights: false,
    };
    let watch = Stopwatch::start();
    let trained = train_cells(&[cell], &mut quiet, &watch, &mut off, |_, _| Ok(()));
    trained.into_iter().collect::<Result<(), NotFinite>>()?;
    let seconds = watch.seconds();
    let step = (seconds.training + seconds.sampling) / STEPS as f64;
    let peak = clock.peak();
    say("preference stage, a step", 1e3 * step, "ms", peak)?;
    say("evaluations of a run", seconds.evaluation, "s", peak)?;

    let mut batches = Batches::new(&data.windows, None, WINDOWS, Targets::All, 1, "batches");
    let mut touched = vec![false; items];
    for step in 0..COUNTED[COUNTED.len() - 1] {
        let batch = batches.get(step);
        let drawn = uniform(&batch, NEGATIVES, &data.seen, (1, "growth"));
        for item in batch.windows.items.iter().chain(&batch.targets()).chain(&drawn) {
            touched[*item as usize] = true;
        }
        if COUNTED.contains(&(step + 1)) {
            let share = touched.iter().filter(|touched| **touched).count() as f64 / items as f64;
            let plural = if step == 0 { "" } else { "s" };
            say(&format!("{} step{plural}", step + 1), 100.0 * share, SHARE, None)?;
        }
    }
    Ok(())
}

/// Time and memory of one stage after the other.
struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        let clock = Self(Instant::now());
        let _ = clock.peak();
        clock
    }

    /// Ends a stage; its seconds times `factor` are in `unit`.
    fn stage(&mut self, name: &str, factor: f64, unit: &str) -> Result<()> {
        let seconds = self.0.elapsed().as_secs_f64();
        say(name, seconds * factor, unit, self.peak())?;
        self.0 = Instant::now();
        Ok(())
    }

    /// Most memory in MiB that was held since the last call, where the system tells.
    fn peak(&self) -> Option<f64> {
        let peak = sweep::peak_memory_mib();
        // Linux then counts anew; elsewhere nothing is told anyway.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        peak
    }
}

fn say(name: &str, value: f64, unit: &str, peak: Option<f64>) -> Result<()> {
    let peak = peak.map(|peak| peak.to_string()).unwrap_or_default();
    print(&format!("{name}\t{value}\t{unit}\t{peak}\n"))
}
