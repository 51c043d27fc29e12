//! Processes that the program started, and their sudden end.

use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};

/// A program that was started, with the workers that it starts: killed all at once.
#[derive(Debug)]
pub(crate) struct Victim {
    program: Child,
    /// Kills by number within a fraction of a millisecond: it runs already, and needs only be told whom.
    killer: Child,
    order: ChildStdin,
}

impl Victim {
    /// Starts a program without output.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut killer = Command::new("sh")
            .args(["-c", "read pids; kill -KILL $pids"])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let order = killer.stdin.take().unwrap();
        let program = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { program, killer, order }
    }

    /// Its process number.
    pub(crate) fn id(&self) -> u32 {
        self.program.id()
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.program.try_wait().unwrap().is_some()
    }

    /// SIGKILL to it alone; gives back its workers.
    pub(crate) fn kill_alone(mut self) -> Vec<u32> {
        let workers = children(self.id());
        self.program.kill().unwrap();
        self.program.wait().unwrap();
        // It kills nobody.
        drop(self.order);
        self.killer.wait().unwrap();
        workers
    }

    /// SIGKILL to it and its workers; back when it is gone.
    pub(crate) fn kill(mut self) {
        let mut pids = children(self.id());
        pids.push(self.id());
        let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
        writeln!(self.order, "{}", pids.join(" ")).unwrap();
        drop(self.order);
        // Some may have ended meanwhile.
        self.killer.wait().unwrap();
        self.program.wait().unwrap();
    }
}

/// Whether a process does anything: one that ended may wait for somebody to ask how.
pub(crate) fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|state| !state.starts_with(" Z")))
}

/// The processes that a process started and that still run.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{parent}/task")) else { return Vec::new() };
    let lists = threads.flatten().map(|thread| thread.path().join("children"));
    let texts: Vec<String> = lists.filter_map(|list| std::fs::read_to_string(list).ok()).collect();
    texts.iter().flat_map(|text| text.split_whitespace()).map(|pid| pid.parse().unwrap()).collect()
}
