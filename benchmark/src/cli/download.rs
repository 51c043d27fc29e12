//! `prefsweep data fetch`: a download as it goes.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use prefsweep_datasets::{Evidence, FetchEvent, FetchOptions, Fetched, Manifest};

use super::args::FetchArgs;
use super::notices::say;
use super::outcome::Outcome;
use super::show::print;
use super::units::{bytes, duration};

/// How often a line of progress appears where there is no terminal.
const EVERY: Duration = Duration::from_secs(10);

/// Downloads a dataset.
pub(crate) fn fetch(args: &FetchArgs) -> Result<Outcome> {
    let page = args.dataset.name.manifest();
    let data_dir = &args.data.data_dir;
    let options = FetchOptions {
        mirrors: args.mirrors.clone(),
        force: args.force,
        ..FetchOptions::default()
    };
    // Every byte is in the partial file as soon as it comes, so nothing needs to be rescued.
    ctrlc::set_handler(|| {
        say("\nstopped; the partial download is kept, and the same command resumes it");
        std::process::exit(130);
    })
    .context("failed to watch for Ctrl-C")?;
    let read_before = page.present(data_dir);
    let mut display = Display::new(page);
    let fetched =
        prefsweep_datasets::fetch(page, data_dir, &options, &mut |event| display.show(event));
    display.clear();
    let (files, what) = match fetched? {
        Fetched::Generated => {
            print("nothing to fetch: prefsweep generates this dataset\n")?;
            return Ok(Outcome::Done);
        }
        Fetched::Present(files) => (files, "there already, as downloaded; nothing to do"),
        Fetched::OwnFiles(files) => {
            (files, "there already, not downloaded by prefsweep; left alone (--force replaces it)")
        }
        Fetched::Downloaded(files) => (files, "ready"),
    };
    let lines: Vec<String> =
        files.iter().map(|file| format!("{}: {what}\n", file.display())).collect();
    print(&lines.concat())?;
    if let (Some(before), Some(now)) = (read_before, page.present(data_dir))
        && before != now
    {
        say(&format!("from now on {} is read instead of {}", now.display(), before.display()));
    }
    Ok(Outcome::Done)
}

/// Shows the events on standard error: a bar on a terminal, lines elsewhere.
struct Display<'a> {
    page: &'a Manifest,
    bar: Option<ProgressBar>,
    /// Whether the terms have been named.
    named: bool,
    /// The address named last.
    asked: String,
    since: Instant,
    /// Bytes that were there when the measurement began.
    start: u64,
    last_line: Instant,
}

impl<'a> Display<'a> {
    fn new(page: &'a Manifest) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let template = "[{bar:30}] {bytes}/{total_bytes}  {bytes_per_sec}, {eta} left";
            bar.set_style(ProgressStyle::with_template(template).expect("a valid template"));
            bar
        });
        let now = Instant::now();
        Self { page, bar, named: false, asked: String::new(), since: now, start: 0, last_line: now }
    }

    fn show(&mut self, event: &FetchEvent<'_>) {
        if !self.named {
            self.named = true;
            let Manifest { title, publisher, licence, condition, .. } = self.page;
            self.say(&format!("{title}, {publisher}"));
            self.say(&format!("licence: {licence}\ncondition: {condition}"));
        }
        match event {
            FetchEvent::Asking { file, address, have } => {
                (self.since, self.start, self.last_line) = (Instant::now(), *have, Instant::now());
                if let Some(bar) = &self.bar {
                    bar.reset();
                }
                if self.asked != *address {
                    self.asked = (*address).to_owned();
                    self.say(&format!("{file} from {address}"));
                }
                if *have > 0 {
                    self.say(&format!("  resuming after {}", bytes(*have)));
                }
            }
            FetchEvent::Progress { bytes, total } => self.progress(*bytes, *total),
            FetchEvent::Retrying { reason, pause } => {
                self.say(&format!("  {reason}; again in {}", duration(*pause)));
            }
            FetchEvent::GivenUp { address, reason } => {
                self.say(&format!("  given up {address}: {reason}"));
            }
            FetchEvent::ByHand { path } => {
                self.say(&format!("using {}, put there by hand", path.display()));
            }
            FetchEvent::Unpacking { file, evidence } => {
                let evidence = match evidence {
                    Evidence::Page => "has the expected checksum",
                    Evidence::FirstDownload => "has the checksum of the first download",
                    Evidence::None => "has no known checksum; it is recorded now",
                };
                self.say(&format!("{file} {evidence}"));
            }
        }
    }

    fn progress(&mut self, done: u64, total: Option<u64>) {
        if let Some(bar) = &self.bar {
            if let Some(total) = total {
                bar.set_length(total);
            }
            // The rate is that of this attempt.
            if bar.position() == 0 && self.start > 0 {
                bar.reset_eta();
            }
            bar.set_position(done);
        } else if self.last_line.elapsed() >= EVERY {
            self.last_line = Instant::now();
            let rate = done.saturating_sub(self.start) as f64 / self.since.elapsed().as_secs_f64();
            let left = total.filter(|_| rate > 0.0).map(|total| {
                let left = total.saturating_sub(done) as f64 / rate;
                format!(
                    " of {}, about {} left",
                    bytes(total),
                    duration(Duration::from_secs_f64(left))
                )
            });
            self.say(&format!(
                "  {}{}, {}/s",
                bytes(done),
                left.unwrap_or_default(),
                bytes(rate as u64)
            ));
        }
    }

    fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => say(line),
        }
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
