//! Running a target on many damaged inputs.

use std::fmt::Write;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use super::memory::peak_of;
use super::mutate::mutated;
use super::place::scratch;
use super::random::Random;

/// More memory than any input of at most 64 KiB may take.
const MOST_BYTES: usize = 256 << 20;
/// More time than any input may take, on a machine that does other things as well.
const LONGEST: Duration = Duration::from_secs(60);
/// So much of an input is shown where a test fails.
const SHOWN: usize = 2000;

/// One target at a time, since memory is counted for the whole process.
static TURN: Mutex<()> = Mutex::new(());

/// Runs a target on its seeds, of which at least one must be accepted, then on damaged ones: `inputs` of them, or for the
/// time given in the environment.
///
/// `words` are pieces of text that mean something to this target. The target is given the number of the seed and the
/// input, and says whether it accepted it; a panic, or more memory or time than is allowed, fails the test.
pub(crate) fn fuzz(
    target: &str,
    inputs: u64,
    seeds: &[Vec<u8>],
    words: &[&[u8]],
    mut run: impl FnMut(usize, &[u8]) -> bool,
) {
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let plan = Plan::new(inputs);
    let mut random = Random::new(plan.seed);
    let started = Instant::now();
    let mut trial = Trial::new(target, plan.seed);
    for (index, seed) in seeds.iter().enumerate() {
        trial.of(index, seed, &mut run);
    }
    assert!(trial.accepted > 0, "{target}: no seed was accepted");
    while !plan.is_over(trial.tried, started) {
        let index = random.below(seeds.len());
        let other = random.below(seeds.len());
        let input = mutated(&mut random, &seeds[index], &seeds[other], words);
        trial.of(index, &input, &mut run);
    }
    trial.done(started);
}

/// How long to go on.
struct Plan {
    inputs: u64,
    time: Option<Duration>,
    seed: u64,
}

impl Plan {
    fn new(inputs: u64) -> Self {
        let number = |name: &str| {
            let text = std::env::var(name).ok()?;
            Some(text.parse::<u64>().unwrap_or_else(|_| panic!("{name}={text} is no number")))
        };
        let Some(seconds) = number("PREFSWEEP_FUZZ_SECONDS") else {
            return Self { inputs, time: None, seed: 1 };
        };
        let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let seed = number("PREFSWEEP_FUZZ_SEED").unwrap_or_else(now);
        Self { inputs, time: Some(Duration::from_secs(seconds)), seed }
    }

    fn is_over(&self, tried: u64, started: Instant) -> bool {
        self.time.map_or(tried >= self.inputs, |time| started.elapsed() >= time)
    }
}

/// The inputs tried so far.
struct Trial<'a> {
    target: &'a str,
    seed: u64,
    /// Where the input lies that is being tried, also when the process is killed by it.
    file: PathBuf,
    tried: u64,
    accepted: u64,
    most: usize,
}

impl<'a> Trial<'a> {
    fn new(target: &'a str, seed: u64) -> Self {
        let folder = scratch().join("prefsweep-fuzz");
        fs::create_dir_all(&folder).unwrap();
        let name = target.replace(' ', "-");
        let file = folder.join(format!("{name}-{}.input", std::process::id()));
        Self { target, seed, file, tried: 0, accepted: 0, most: 0 }
    }

    fn of(&mut self, index: usize, input: &[u8], run: &mut impl FnMut(usize, &[u8]) -> bool) {
        fs::write(&self.file, input).unwrap();
        let started = Instant::now();
        let (outcome, peak) = peak_of(|| catch_unwind(AssertUnwindSafe(|| run(index, input))));
        self.tried += 1;
        self.most = self.most.max(peak);
        match outcome {
            Err(panic) => self.fail(index, input, &said(panic.as_ref())),
            Ok(_) if peak > MOST_BYTES => {
                self.fail(index, input, &format!("{} MiB were allocated", peak >> 20));
            }
            Ok(_) if started.elapsed() > LONGEST => {
                self.fail(index, input, &format!("it took {:?}", started.elapsed()));
            }
            Ok(accepted) => self.accepted += u64::from(accepted),
        }
    }

    fn fail(&self, index: usize, input: &[u8], why: &str) {
        let hex = input.iter().take(SHOWN).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        panic!(
            "{}: input {} from seed {}, of file {index}: {why}\nit lies in {}; {} bytes: {hex}",
            self.target,
            self.tried,
            self.seed,
            self.file.display(),
            input.len(),
        );
    }

    fn done(self, started: Instant) {
        fs::remove_file(&self.file).unwrap();
        eprintln!(
            "fuzzed {}: {} inputs in {:.1} s, {} accepted, at most {:.1} MiB allocated, seed {}",
            self.target,
            self.tried,
            started.elapsed().as_secs_f64(),
            self.accepted,
            self.most as f64 / f64::from(1 << 20),
            self.seed,
        );
    }
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
}
