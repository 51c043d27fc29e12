//! Asking drivers in child processes: one that crashes or hangs takes only its child with it.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use super::adapter::Adapter;
use super::place::Place;

/// The hidden subcommand that lists the graphics adapters as JSON.
pub const LIST_COMMAND: &str = "list-adapters";
/// The hidden subcommand that computes [`trial_product`](super::trial_product) on a [`Place`] given as JSON.
pub const PRODUCT_COMMAND: &str = "compute-product";
/// How long a driver may take: software adapters compile shaders for many seconds.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at a child.
const INTERVAL: Duration = Duration::from_millis(5);

/// Why a child gave no right answer.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// It was ended by a signal, or by an exit code of its own.
    #[error("it crashed ({status}){}", last_words(words))]
    Crashed {
        /// How it ended.
        status: ExitStatus,
        /// What it said last.
        words: String,
    },
    /// It did not answer in time.
    #[error("it gave no answer in {:.0} s", .0.as_secs_f64())]
    Hung(Duration),
    /// It answered, but not with the product.
    #[error("it computes wrongly: found {found:?}, expected {expected:?}")]
    Wrong {
        /// Its product.
        found: Vec<f32>,
        /// The right one.
        expected: Vec<f32>,
    },
    /// It answered something else.
    #[error("its answer was not understood: {0}")]
    Nonsense(#[from] serde_json::Error),
    /// There is no child.
    #[error("the process that tries it could not be run: {0}")]
    Failed(#[from] std::io::Error),
}

fn last_words(words: &str) -> String {
    let last = words.lines().rev().find(|line| !line.trim().is_empty());
    last.map_or_else(String::new, |line| format!(": {}", line.trim()))
}

/// How children are asked.
#[derive(Clone, Debug)]
pub struct Probe {
    /// This executable.
    pub program: PathBuf,
    /// How long a child may take.
    pub patience: Duration,
}

impl Probe {
    /// Asks `program`, with the usual patience.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), patience: PATIENCE }
    }

    /// The graphics adapters of this machine.
    ///
    /// # Errors
    /// What became of the child.
    pub fn adapters(&self) -> Result<Vec<Adapter>, ProbeError> {
        self.ask(&[LIST_COMMAND])
    }

    /// Has a place compute a tiny product, and checks it.
    ///
    /// # Errors
    /// What became of the child, or its wrong product.
    pub fn product(&self, place: &Place) -> Result<(), ProbeError> {
        let place = serde_json::to_string(place)?;
        let found: Vec<f32> = self.ask(&[PRODUCT_COMMAND, &place])?;
        let expected = vec![17.0, 39.0];
        if found == expected { Ok(()) } else { Err(ProbeError::Wrong { found, expected }) }
    }

    fn ask<T: DeserializeOwned>(&self, arguments: &[&str]) -> Result<T, ProbeError> {
        // Files, since nobody empties a pipe while the child is waited for.
        let (mut output, mut errors) = (tempfile::tempfile()?, tempfile::tempfile()?);
        let mut child = Command::new(&self.program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(errors.try_clone()?)
            .spawn()?;
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if started.elapsed() >= self.patience {
                // Nothing more can be done about a child that cannot be stopped; it is not waited
                // for, since a driver may hold it.
                let _ = child.kill();
                return Err(ProbeError::Hung(self.patience));
            }
            std::thread::sleep(INTERVAL);
        };
        if !status.success() {
            return Err(ProbeError::Crashed { status, words: text(&mut errors)? });
        }
        Ok(serde_json::from_str(&text(&mut output)?)?)
    }
}

/// What was written, from the start.
fn text(file: &mut File) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
