//! Where the time of all training runs went.

use prefsweep_store::{Provenance, Seconds};

use crate::grid::{Entry, Grid};
use crate::numbers::{NOTHING, duration, plural};
use crate::page::{Prose, prose};
use crate::sweep::Sweep;

/// The seconds of some training runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    runs: usize,
    seconds: Seconds,
}

impl Sum {
    /// Over those that recorded it.
    fn of<'a>(records: impl IntoIterator<Item = &'a Provenance>) -> Self {
        let mut sum = Self::default();
        for seconds in records.into_iter().filter_map(|record| record.seconds) {
            sum.runs += 1;
            sum.seconds.training += seconds.training;
            sum.seconds.sampling += seconds.sampling;
            sum.seconds.evaluation += seconds.evaluation;
            sum.seconds.storing += seconds.storing;
        }
        sum
    }

    fn row(self, name: &str) -> Vec<Entry> {
        let Seconds { training, sampling, evaluation, storing } = self.seconds;
        let total = self.seconds.total();
        let share = |part: f64| match total > 0.0 {
            true => format!("{:.1} %", 100.0 * part / total),
            false => NOTHING.to_owned(),
        };
        let mut row: Vec<Entry> =
            vec![name.into(), self.runs.to_string().into(), duration(total).into()];
        row.extend([training, sampling, evaluation, storing].map(|part| share(part).into()));
        row
    }
}

/// Shares of training, sampling, evaluation and storing, over all training runs that recorded them;
/// no rows where none did.
pub(super) fn table(sweep: &Sweep) -> Grid {
    let cells = || sweep.costs.iter().map(|cost| &cost.provenance);
    let references = || sweep.reference_costs.iter();
    let rows = [
        (Sum::of(references()), "references"),
        (Sum::of(cells()), "preference training"),
        (Sum::of(references().chain(cells())), "all"),
    ];
    let recorded = rows.iter().any(|(sum, _)| sum.runs > 0);
    Grid {
        name: "time",
        caption: "Time breakdown of all training runs.".to_owned(),
        header: ["", "runs", "time", "training", "sampling", "evaluation", "storing"]
            .map(str::to_owned)
            .to_vec(),
        words: 1,
        rows: match recorded {
            true => rows.into_iter().map(|(sum, name)| sum.row(name)).collect(),
            false => Vec::new(),
        },
    }
}

/// What the table leaves out, and how long all of it took on the clock.
pub(super) fn remarks(sweep: &Sweep) -> Option<Prose> {
    let records = || {
        let cells = sweep.costs.iter().map(|cost| &cost.provenance);
        sweep.reference_costs.iter().chain(cells)
    };
    let mut remarks = Vec::new();
    let silent = records().filter(|record| record.seconds.is_none()).count();
    if silent > 0 {
        let runs = plural(silent, "training run");
        remarks.push(prose!("Time breakdown not recorded by {}.", runs));
    }
    remarks.extend(on_the_clock(records()).map(|clock| {
        prose!("Training runs can be concurrent: at least one was running for {}.", duration(clock))
    }));
    (!remarks.is_empty()).then(|| Prose::join(remarks, " "))
}

/// Seconds in which at least one run was active; None without any.
fn on_the_clock<'a>(records: impl Iterator<Item = &'a Provenance>) -> Option<f64> {
    let mut spans: Vec<(f64, f64)> = records
        .map(|record| {
            let start = record.started_unix as f64;
            // Runs that were trained together ran at once, and each has a share of the duration.
            (start, start + record.wall_seconds * record.at_once.unwrap_or(1) as f64)
        })
        .collect();
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut covered = spans.first()?.0;
    let mut total = 0.0;
    for (start, end) in spans {
        total += (end - start.max(covered)).max(0.0);
        covered = covered.max(end);
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(started_unix: u64, wall_seconds: f64, seconds: Option<Seconds>) -> Provenance {
        Provenance {
            prefsweep_version: String::new(),
            git_revision: None,
            device: String::new(),
            threads: 1,
            os: String::new(),
            cpu: String::new(),
            started_unix,
            adapter: None,
            at_once: None,
            resumed: None,
            imported: None,
            wall_seconds,
            parameters: None,
            active_parameters: None,
            peak_memory_mib: None,
            steps: 0,
            negatives_scored: 0,
            seconds,
        }
    }

    #[test]
    fn time_on_the_clock_counts_overlaps_once_and_pauses_never() {
        let records =
            [(100, 10.0), (103, 2.0), (105, 8.0), (200, 1.5)].map(|(at, s)| record(at, s, None));
        assert_eq!(on_the_clock(records.iter()), Some(13.0 + 1.5));
        assert_eq!(on_the_clock([].iter()), None);
        // Three at once, each with a third of nine seconds.
        let together = [(); 3].map(|()| Provenance { at_once: Some(3), ..record(100, 3.0, None) });
        assert_eq!(on_the_clock(together.iter()), Some(9.0));
    }

    #[test]
    fn shares_are_of_those_that_recorded_them() {
        let seconds = Seconds { training: 6.0, sampling: 1.0, evaluation: 2.5, storing: 0.5 };
        let records = [record(0, 12.0, Some(seconds)), record(0, 99.0, None)];
        let row = Sum::of(&records).row("all");
        let row: Vec<&str> = row.iter().map(|entry| entry.text.as_str()).collect();
        assert_eq!(row, ["all", "1", "10.0 s", "60.0 %", "10.0 %", "25.0 %", "5.0 %"]);
    }
}
