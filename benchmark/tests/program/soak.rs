//! Many small cells with kills in between: nothing is left over, everything is complete, memory does not grow.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::place::{Ended, Workplace};
use crate::processes::{Victim, children};

/// Time between two looks at a run.
const LOOK: Duration = Duration::from_millis(20);
/// A run takes less than this, on any machine.
const PATIENCE: Duration = Duration::from_secs(3600);
/// What memory may grow by from the first to the last quarter of a run: the allocator's whim, in MiB.
const SLACK: f64 = 4.0;

/// So many cells: losses times K, seeds, and the values of two axes.
struct Soak {
    losses: &'static str,
    negatives: &'static str,
    seeds: &'static str,
    beta: &'static str,
    rate: &'static str,
    cells: usize,
    kills: usize,
}

const SMALL: Soak = Soak {
    losses: "s_dpo, dmpo",
    negatives: "2, 3, 4",
    seeds: "1, 2, 3, 4, 5",
    beta: "0.5, 1",
    rate: "0.001",
    cells: 60,
    kills: 6,
};

const LARGE: Soak = Soak {
    losses: "s_dpo, dmpo, dynamic_po: {over: s_dpo}, dynamic_po: {over: dmpo}",
    negatives: "2, 3, 4, 5",
    seeds: "1, 2, 3, 4, 5",
    beta: "0.1, 0.2, 0.5, 1, 2",
    rate: "0.0005, 0.001, 0.002, 0.003, 0.004",
    cells: 2000,
    kills: 40,
};

/// Resident memory in MiB, over time.
#[derive(Default)]
struct Memory {
    program: Vec<f64>,
    workers: Vec<f64>,
}

impl Soak {
    fn experiment(&self) -> String {
        let Self { losses, negatives, seeds, beta, rate, .. } = self;
        format!(
            "title: Soak
dataset: {{name: synthetic, synthetic: {{users: 60, items: 90}}}}
model: {{dim: 8, blocks: 1, heads: 2, feed_forward: 8, max_len: 10}}
reference: {{epochs: 1}}
preference: {{steps: 2, batch_size: 32}}
sweep:
  losses: [{losses}]
  negatives: [{negatives}]
  seeds: [{seeds}]
  axes: {{preference.beta: [{beta}], preference.learning_rate: [{rate}]}}
evaluation: {{every: 1, cutoffs: [1, 10]}}
"
        )
    }

    /// Runs it with kills during the first half of the cells, then to the end; the memory of that last run.
    fn run(&self) -> Memory {
        let place = Workplace::new();
        place.file("experiment.yaml", &self.experiment());
        fs::create_dir(place.path("temporary")).unwrap();
        let command = || {
            let fixed = ["run", "experiment.yaml", "--device", "flex", "--quiet"];
            let workers = ["--workers", "2", "--checkpoint-every", "0"];
            let mut command = place.command(&[&fixed[..], &workers].concat());
            command.env("TMPDIR", place.path("temporary"));
            command
        };
        let cells = || fs::read_dir(place.path("results/store/cells")).map_or(0, Iterator::count);
        let mut moments = Xoshiro256PlusPlus::seed_from_u64(15);
        for kill in 1..=self.kills {
            let mut victim = Victim::start(&mut command());
            let goal = kill * self.cells / (2 * self.kills);
            let started = Instant::now();
            while cells() < goal {
                assert!(!victim.has_ended() && started.elapsed() < PATIENCE, "cell {goal}");
                std::thread::sleep(LOOK);
            }
            // Anywhere in the next cells, and while the program starts.
            std::thread::sleep(Duration::from_millis(moments.random_range(0..100)));
            victim.kill();
        }
        let before = cells();
        let mut last = Victim::start(&mut command());
        let mut memory = Memory::default();
        while !last.has_ended() {
            // The report, which comes after the cells, needs memory of its own.
            if (before + 1..self.cells).contains(&cells()) {
                memory.program.extend(resident(last.id()));
                memory.workers.extend(children(last.id()).into_iter().filter_map(resident));
            }
            std::thread::sleep(LOOK);
        }
        self.check(&place, &command().output().unwrap().into());
        memory
    }

    /// Everything is complete, and nothing else is there.
    fn check(&self, place: &Workplace, again: &Ended) {
        assert_eq!(again.code, Some(0), "{}", again.stderr);
        let index = fs::read(place.path("results/experiment/index.json")).unwrap();
        let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
        assert_eq!(index["cells"].as_array().unwrap().len(), self.cells);
        let verified = place.run(&["verify", "experiment.yaml"]);
        assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
        let results = place.path("results");
        let names = files(&results).map(|path| path.strip_prefix(&results).unwrap().to_owned());
        let left: Vec<PathBuf> = names.filter(|name| is_left_over(name)).collect();
        assert!(left.is_empty(), "{left:?}");
        assert_eq!(files(&place.path("temporary")).count(), 0);
        for folder in ["drafts", "checkpoints"] {
            let entries = fs::read_dir(place.path("results/store").join(folder));
            assert_eq!(entries.map_or(0, Iterator::count), 0, "{folder}");
        }
        assert_eq!(running_in(&place.path(".")), 0, "processes are left");
    }
}

/// All files in a folder.
fn files(folder: &Path) -> Box<dyn Iterator<Item = PathBuf>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    Box::new(entries.flat_map(|path| {
        if path.is_dir() { files(&path) } else { Box::new(std::iter::once(path)) }
    }))
}

/// Whether a file has a name that is only used until it is complete.
fn is_left_over(path: &Path) -> bool {
    let is_hidden = path.iter().any(|name| name.to_string_lossy().starts_with('.'));
    is_hidden || path.extension().is_some_and(|end| end == "new" || end == "lock" || end == "tmp")
}

/// Programs of this test that run in a folder.
fn running_in(folder: &Path) -> usize {
    let folder = folder.canonicalize().unwrap();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter(|one| fs::read_link(one.path().join("cwd")).is_ok_and(|at| at == folder))
        .count()
}

/// What the system counts as a process's memory.
fn resident(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

/// Means of the first and the last quarter.
fn quarters(values: &[f64]) -> [f64; 2] {
    let quarter = values.len() / 4;
    assert!(quarter > 0, "too few looks at memory");
    [&values[..quarter], &values[values.len() - quarter..]]
        .map(|part| part.iter().sum::<f64>() / quarter as f64)
}

#[test]
fn sixty_cells_with_kills_leave_nothing_over() {
    let _ = SMALL.run();
}

/// Some minutes: `just soak`.
#[test]
#[ignore = "a soak, by hand"]
fn two_thousand_cells_with_kills_leave_nothing_over() {
    let started = Instant::now();
    let memory = LARGE.run();
    let [[first, last], [first_of_worker, last_of_worker]] =
        [&memory.program, &memory.workers].map(|values| quarters(values));
    writeln!(
        std::io::stderr(),
        "{} cells, {} kills, {} s; memory of the program {first:.1} MiB in the first quarter of the last run, {last:.1} in \
         the last; of a worker {first_of_worker:.1} and {last_of_worker:.1}",
        LARGE.cells,
        LARGE.kills,
        started.elapsed().as_secs(),
    )
    .unwrap();
    assert!(last < first + SLACK, "{first} MiB, later {last}");
}
