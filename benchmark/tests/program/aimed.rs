//! Kills aimed at the moments when something is half written: a checkpoint, or an entry on its way into the store.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::place::{Workplace, assert_same_numbers};
use crate::processes::Victim;

/// Kills for each of the two kinds of drafts.
const KILLS: usize = 16;
/// At least so many of them must have left a draft behind. The others came too late: a draft lies there for a
/// millisecond or a few.
const HITS: usize = KILLS / 2;

/// Time between two looks for drafts.
const LOOK: Duration = Duration::from_micros(100);

/// Weights that take a while to write; references, baselines and cells that follow one another quickly.
const EXPERIMENT: &str = "
title: Killed while writing
dataset: {name: synthetic, synthetic: {users: 100, items: 400}}
model: {dim: 64, blocks: 1, heads: 2, feed_forward: 64, max_len: 12}
reference: {epochs: 6, batch_size: 32}
preference: {steps: 12, batch_size: 32}
sweep: {losses: [dmpo, ro_dpo: {pool: 20, refresh: 3}], negatives: [3], seeds: [1, 2]}
evaluation: {every: 3, cutoffs: [1, 10]}
";

/// What is half written.
#[derive(Clone, Copy, Debug)]
enum Draft {
    /// The file that is to replace a checkpoint.
    Checkpoint,
    /// An entry that has its ranks already, and soon its marker and its place.
    Entry,
}

impl Draft {
    /// All that lie in a store.
    fn found(self, store: &Path) -> BTreeSet<PathBuf> {
        let folders = match self {
            Self::Checkpoint => paths(&store.join("checkpoints")),
            Self::Entry => paths(&store.join("drafts")),
        };
        let inside = folders.iter().flat_map(|folder| paths(folder));
        inside
            .filter(|path| match self {
                Self::Checkpoint => path.file_name().is_some_and(|name| name != "state.bin"),
                Self::Entry => path.join("ranks.parquet").is_file(),
            })
            .collect()
    }
}

/// What lies in a folder; nothing where there is none, or no more.
fn paths(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.flatten().map(|entry| entry.path()).collect()
}

/// Runs the program until a new draft has appeared for the `nth` time, and kills it then. Whether drafts were left
/// behind, or None where the program ended before.
fn killed_at(place: &Workplace, arguments: &[&str], draft: Draft, nth: usize) -> Option<bool> {
    let store = place.path("killed/store");
    let mut seen = draft.found(&store);
    let old = seen.clone();
    let mut victim = Victim::start(&mut place.command(arguments));
    let mut appeared = 0;
    while appeared < nth {
        let found = draft.found(&store);
        appeared += found.difference(&seen).count();
        seen.extend(found);
        if appeared < nth && victim.has_ended() {
            return None;
        }
        std::thread::sleep(LOOK);
    }
    victim.kill();
    Some(draft.found(&store).difference(&old).next().is_some())
}

#[test]
fn a_run_killed_while_it_writes_ends_with_the_same_numbers() {
    for draft in [Draft::Checkpoint, Draft::Entry] {
        let place = Workplace::new();
        place.file("experiment.yaml", EXPERIMENT);
        let fixed = ["run", "experiment.yaml", "--quiet", "--device", "flex"];
        let run = |results| {
            [&fixed[..], &["--checkpoint-every", "0", "--workers", "2", "--results", results]]
                .concat()
        };
        let whole = place.run(&run("whole"));
        assert_eq!(whole.code, Some(0), "{}", whole.stderr);
        let mut hits = 0;
        for kill in 0..KILLS {
            // The first draft and the next ones: of references, baselines and cells in turn.
            match killed_at(&place, &run("killed"), draft, 1 + kill % 3) {
                Some(hit) => hits += usize::from(hit),
                // All is done: from the beginning.
                None => fs::remove_dir_all(place.path("killed")).unwrap(),
            }
        }
        // Past the capture of test output: how well it aims depends on the machine.
        writeln!(std::io::stderr(), "{draft:?}: {hits} of {KILLS} kills left a draft").unwrap();
        assert!(hits >= HITS, "{hits} of {KILLS} kills left a draft: {draft:?}");
        let ended = place.run(&run("killed"));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_same_numbers(&place.path("whole"), &place.path("killed"));
        for folder in ["checkpoints", "drafts"] {
            let left = paths(&place.path("killed/store").join(folder));
            assert!(left.is_empty(), "{left:?}");
        }
    }
}
