//! Worker processes: a crash, an out-of-memory kill or a diverging loss costs one run.
//!
//! A worker reads one JSON job per line from its standard input and answers with one JSON
//! message per line on its standard output.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use prefsweep_policy::device::Place;
use prefsweep_store::Store;
use serde::{Deserialize, Serialize};

use super::job::{Job, JobError};
use super::queue::{Failure, Runner};
use super::trainer::Trainer;
use crate::training::{Progress, Steps};

/// The hidden subcommand that a worker process runs.
pub const WORKER_COMMAND: &str = "worker";
/// Least time between two progress messages.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);
/// How often a waiting parent looks whether it should stop.
const PATIENCE: Duration = Duration::from_millis(50);
/// How often a process is started that ends before it is ready, with a pause between.
const ATTEMPTS: usize = 3;
/// The pause before another attempt: what was short may have become free.
const PAUSE: Duration = Duration::from_millis(200);
/// `CREATE_NEW_PROCESS_GROUP` of Windows' `CreateProcess`.
#[cfg(windows)]
const NEW_GROUP: u32 = 0x200;
/// Lines of a dead worker's last words that are kept.
const LAST_WORDS: usize = 12;

/// What a worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Message {
    /// It is ready for a job.
    Ready,
    /// How far it has come.
    Progress(Steps),
    /// The job's entry is complete.
    Done,
    /// The job has no result.
    Failed(String),
    /// Some of its runs have none, by their ids.
    FailedInPart(BTreeMap<String, String>),
}

/// The body of a worker process: serves jobs until its input ends.
///
/// # Errors
/// When the input is not a job, or nobody listens to the output any more.
pub fn serve(
    store: &Path,
    threads: usize,
    checkpoints: Duration,
    keep_weights: bool,
) -> anyhow::Result<()> {
    let mut trainer = Trainer::new(Store::open(store)?, threads, checkpoints, keep_weights);
    let mut output = std::io::stdout().lock();
    say(&mut output, &Message::Ready)?;
    for line in std::io::stdin().lock().lines() {
        let job: Job = serde_json::from_str(&line?)?;
        let mut last = None;
        let result = trainer.run(&job, &mut |steps| {
            let is_due = last.is_none_or(|last: Instant| last.elapsed() >= PROGRESS_INTERVAL);
            if is_due || steps.done == steps.of {
                last = Some(Instant::now());
                if say(&mut output, &Message::Progress(steps)).is_err() {
                    // The parent was killed: whoever runs the sweep again trains this run, and nobody else should.
                    // The draft is dropped by the next process that opens the store.
                    std::process::exit(1);
                }
            }
        });
        say(
            &mut output,
            &match result {
                Ok(()) => Message::Done,
                Err(JobError::Some(failures)) => Message::FailedInPart(failures),
                Err(error) => Message::Failed(error.to_string()),
            },
        )?;
    }
    Ok(())
}

fn say(output: &mut impl Write, message: &Message) -> std::io::Result<()> {
    let text = serde_json::to_string(message).expect("a message is plain data");
    writeln!(output, "{text}")?;
    output.flush()
}

/// How worker processes are started.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// This executable.
    pub program: PathBuf,
    /// The store's folder.
    pub store: PathBuf,
    /// Threads per worker.
    pub threads: usize,
    /// Least time between two checkpoints of a run.
    pub checkpoints: Duration,
    /// Whether entries hold the policy's weights.
    pub keep_weights: bool,
    /// Where they compute.
    pub place: Place,
}

/// Runs jobs in a worker process, which is started for the first job and again after a crash.
#[derive(Debug)]
pub struct ProcessRunner {
    settings: WorkerSettings,
    process: Option<Process>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Message>,
    last_words: Arc<Mutex<Vec<String>>>,
}

impl ProcessRunner {
    /// A runner whose process is not started yet.
    #[must_use]
    pub fn new(settings: WorkerSettings) -> Self {
        Self { settings, process: None }
    }

    fn spawn(&self) -> std::io::Result<Process> {
        let threads = self.settings.threads.to_string();
        let place = serde_json::to_string(&self.settings.place).expect("a place is plain data");
        let mut command = Command::new(&self.settings.program);
        command
            .arg(WORKER_COMMAND)
            .arg("--store")
            .arg(&self.settings.store)
            .args(["--threads", &threads])
            .args(["--checkpoint-every", &self.settings.checkpoints.as_secs_f64().to_string()])
            .args(["--place", &place])
            .args(self.settings.keep_weights.then_some("--keep-weights"))
            .env("RAYON_NUM_THREADS", &threads)
            // Milliseconds. Freed memory is needed again in the next step: giving it back to the system at once and having
            // it cleared again costs a tenth of a cell's time. What an evaluation of a large catalogue needed is given
            // back.
            .env("MIMALLOC_PURGE_DELAY", "10000")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // A group of its own: Ctrl-C is for the parent, which stops its workers itself.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        #[cfg(windows)]
        std::os::windows::process::CommandExt::creation_flags(&mut command, NEW_GROUP);
        let mut child = command.spawn()?;
        let input = child.stdin.take().expect("the child's input is piped");
        let output = BufReader::new(child.stdout.take().expect("the child's output is piped"));
        let errors = BufReader::new(child.stderr.take().expect("the child's errors are piped"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok);
            for message in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let last_words = Arc::new(Mutex::new(Vec::new()));
        let words = Arc::clone(&last_words);
        std::thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                let mut words = words.lock().expect("no thread panics with the lock");
                words.push(line);
                if words.len() > LAST_WORDS {
                    words.remove(0);
                }
            }
        });
        Ok(Process { child, input, messages, last_words })
    }
}

impl Process {
    /// Waits until it is ready, or no longer wanted.
    fn wait_until_ready(&mut self, wanted: &dyn Fn() -> bool) -> Result<(), String> {
        loop {
            match self.messages.recv_timeout(PATIENCE) {
                Err(RecvTimeoutError::Disconnected) => return Err(self.epitaph()),
                Err(RecvTimeoutError::Timeout) if wanted() => {}
                // Its first message says that it is ready.
                Ok(_) | Err(RecvTimeoutError::Timeout) => return Ok(()),
            }
        }
    }

    fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn epitaph(&mut self) -> String {
        let status =
            self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        // Its error stream ends with it; let the reader finish.
        std::thread::sleep(PATIENCE);
        let words = self.last_words.lock().expect("no thread panics with the lock").join(" | ");
        if words.is_empty() {
            format!("the worker process died ({status})")
        } else {
            format!("the worker process died ({status}): {words}")
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Runner for ProcessRunner {
    fn start(&mut self, wanted: &dyn Fn() -> bool) -> Result<(), String> {
        if self.process.as_mut().is_some_and(Process::lives) {
            return Ok(());
        }
        let mut result = Ok(());
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                std::thread::sleep(PAUSE);
            }
            let process = self.spawn().map_err(|error| error.to_string());
            result = process.and_then(|mut process| {
                process.wait_until_ready(wanted)?;
                self.process = Some(process);
                Ok(())
            });
            if result.is_ok() || !wanted() {
                break;
            }
        }
        result
    }

    fn run(
        &mut self,
        job: &Job,
        progress: Progress<'_>,
        stopped: &dyn Fn() -> bool,
    ) -> Result<(), Failure> {
        let process = self.process.as_mut().expect("it was started");
        let text = serde_json::to_string(job).expect("a job is plain data");
        // A dead worker is noticed when its messages end.
        let _ = writeln!(process.input, "{text}").and_then(|()| process.input.flush());
        loop {
            match process.messages.recv_timeout(PATIENCE) {
                Ok(Message::Ready) => {}
                Ok(Message::Progress(steps)) => progress(steps),
                Ok(Message::Done) => {
                    // Freed memory stays with the process: a baseline's matrices would be held, and
                    // recorded, by the runs after it.
                    if matches!(job, Job::Baseline(_)) {
                        self.process = None;
                    }
                    return Ok(());
                }
                Ok(Message::Failed(reason)) => return Err(Failure::Reason(reason)),
                Ok(Message::FailedInPart(failures)) => return Err(Failure::Part(failures)),
                Err(RecvTimeoutError::Timeout) if stopped() => {
                    self.process = None;
                    return Err(Failure::Stopped);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let reason = process.epitaph();
                    self.process = None;
                    return Err(Failure::Reason(reason));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use prefsweep_policy::device::Backend;

    use super::*;

    fn cannot_start(program: &Path) -> String {
        let mut runner = ProcessRunner::new(WorkerSettings {
            program: program.into(),
            store: ".".into(),
            threads: 1,
            checkpoints: Duration::ZERO,
            keep_weights: false,
            place: Place { backend: Backend::Flex, adapter: None },
        });
        runner.start(&|| true).unwrap_err()
    }

    #[test]
    fn a_program_that_is_not_there_is_no_worker() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("prefsweep");
        let expected = Command::new(&program).spawn().unwrap_err().to_string();
        assert_eq!(cannot_start(&program), expected);
    }

    /// Windows has no program `false`.
    #[cfg(unix)]
    #[test]
    fn a_program_that_ends_before_it_is_ready_is_no_worker() {
        let ends = cannot_start(Path::new("false"));
        assert_eq!(ends, "the worker process died (exit status: 1)");
    }
}
