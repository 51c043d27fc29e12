//! Why policies over titles chose what they chose, from the files beside the runs.

use prefsweep_store::{CellStatus, EXPLANATIONS_FILE, Explanation};

use crate::files::read_json;
use crate::sweep::Sweep;

/// The choices of one run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Explained {
    pub(crate) series: usize,
    pub(crate) negatives: usize,
    pub(crate) seed: u64,
    /// One for each of some users.
    pub(crate) choices: Vec<Explanation>,
}

/// Of every series the complete run with most negatives and, of these, the lowest seed; none where no policy is over
/// titles.
pub(crate) fn explained(sweep: &Sweep) -> Vec<Explained> {
    let of_series = |series: usize| {
        let complete = sweep.cells_of(series).filter(|cell| cell.status == CellStatus::Complete);
        // What cannot be read stands among the missing runs.
        let mut runs: Vec<Explained> = complete
            .filter_map(|cell| {
                let path = sweep.dir.join(&cell.dir).join(EXPLANATIONS_FILE);
                let choices = path.is_file().then(|| read_json(&path).ok()).flatten()?;
                let (negatives, seed) = (cell.key.negatives, cell.key.seed);
                Some(Explained { series, negatives, seed, choices })
            })
            .collect();
        runs.sort_by_key(|run| (std::cmp::Reverse(run.negatives), run.seed));
        runs.into_iter().next()
    };
    (0..sweep.series.len()).filter_map(of_series).collect()
}
