//! What a long run needs to go on after it was stopped.

use std::io::Write;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use prefsweep_store::{CheckpointFile, file_hash};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::stopwatch::{Spent, Stopwatch};

/// The form of what is saved.
const FORMAT: u32 = 1;
/// Saving takes at most one part in so many of a run's time.
const SHARE: u32 = 100;

/// Saves a run's state from time to time. Only the program that saved it, byte for byte, goes on from it: another
/// might compute the rest in another way.
#[derive(Debug)]
pub struct Checkpoint {
    place: Option<Place>,
}

#[derive(Debug)]
struct Place {
    file: CheckpointFile,
    /// Least time between two checkpoints; zero: at every opportunity.
    every: Duration,
    last: Instant,
    /// What the last one took.
    cost: Duration,
}

/// What stands before a state.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    format: u32,
    program: String,
    spent: Spent,
}

impl Checkpoint {
    /// One that neither saves nor finds anything.
    #[must_use]
    pub fn off() -> Self {
        Self { place: None }
    }

    /// Saves to `file`, `every` so long at the most.
    #[must_use]
    pub fn to(file: CheckpointFile, every: Duration) -> Self {
        let (last, cost) = (Instant::now(), Duration::ZERO);
        Self { place: Some(Place { file, every, last, cost }) }
    }

    /// Whether anything is saved.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.place.is_some()
    }

    /// The state that an earlier part of this run saved, if there is one; the time that this part took.
    pub(super) fn load<S: DeserializeOwned>(&self) -> Option<(S, Spent)> {
        let bytes = self.place.as_ref()?.file.read()?;
        let (head, state): (Head, S) = ciborium::from_reader(&bytes[..]).ok()?;
        let same = head.format == FORMAT && head.program == program();
        same.then_some((state, head.spent))
    }

    /// Saves the state, if it is time to.
    ///
    /// A state that cannot be saved costs nothing but the time after a stop: the run goes on.
    pub(super) fn save<S: Serialize>(&mut self, watch: &Stopwatch, state: impl FnOnce() -> S) {
        let Some(place) = &mut self.place else { return };
        let wait = if place.every.is_zero() { Duration::ZERO } else { SHARE * place.cost };
        if place.last.elapsed() < place.every.max(wait) {
            return;
        }
        let started = Instant::now();
        let head = Head { format: FORMAT, program: program().to_owned(), spent: watch.spent() };
        let written = place.file.write(|to| {
            ciborium::into_writer(&(head, state()), to).map_err(|error| match error {
                ciborium::ser::Error::Io(error) => error,
                ciborium::ser::Error::Value(why) => unreachable!("a state is plain data: {why}"),
            })
        });
        if let Err(error) = written {
            // Nor is a closed standard error a reason to stop.
            let _ = writeln!(std::io::stderr(), "no checkpoint: {error}");
        }
        place.last = Instant::now();
        place.cost = started.elapsed();
    }

    /// Removes what was saved: the run is over.
    pub fn done(self) {
        if let Some(place) = self.place {
            place.file.remove();
        }
    }
}

/// The hash of this program's file; a name for itself where it cannot be read.
fn program() -> &'static str {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let hashed = std::env::current_exe().and_then(|path| file_hash(&path));
        hashed.map_or_else(
            |_| concat!("prefsweep ", env!("CARGO_PKG_VERSION")).to_owned(),
            |(hash, _)| hash,
        )
    })
}

#[cfg(test)]
mod tests {
    use prefsweep_store::{Kind, Store};

    use super::*;
    use crate::training::Activity;

    #[test]
    fn a_state_comes_back_to_the_bit_with_the_time_it_took() {
        let folder = tempfile::tempdir().unwrap();
        let file = Store::open(folder.path()).unwrap().checkpoint(Kind::Cell, "a");
        let watch = Stopwatch::start();
        watch.record(Activity::Training);
        let state =
            (vec![f32::MIN_POSITIVE, -0.0, 0.1], [0.1 + 0.2, f64::NAN, 1e-310], Some(7_usize));
        let mut checkpoint = Checkpoint::to(file.clone(), Duration::ZERO);
        checkpoint.save(&watch, || state.clone());
        type State = (Vec<f32>, [f64; 3], Option<usize>);
        let again = Checkpoint::to(file.clone(), Duration::ZERO);
        let (found, spent) = again.load::<State>().unwrap();
        let bits = |values: &[f32]| -> Vec<u32> { values.iter().map(|v| v.to_bits()).collect() };
        assert_eq!(bits(&found.0), bits(&state.0));
        assert_eq!(found.1.map(f64::to_bits), state.1.map(f64::to_bits));
        assert_eq!((found.2, spent), (state.2, watch.spent()));
        // What is not of this form is no state.
        assert!(checkpoint.load::<(String, u8)>().is_none());
        checkpoint.done();
        assert!(Checkpoint::to(file, Duration::ZERO).load::<(String, u8)>().is_none());
    }

    #[test]
    fn a_state_is_saved_only_from_time_to_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = Store::open(folder.path()).unwrap().checkpoint(Kind::Cell, "a");
        let mut checkpoint = Checkpoint::to(file.clone(), Duration::from_secs(3600));
        checkpoint.save(&Stopwatch::start(), || 1);
        assert!(file.read().is_none());
    }
}
