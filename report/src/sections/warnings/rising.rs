//! Runs that ended while validation still rose.

use crate::findings::Findings;
use crate::frontier::{Frontier, Spot};

/// Where the checkpoint with the best validation is the last evaluation in most runs: more steps might be better.
pub(super) fn still_rising(_: &Findings, frontier: &Frontier) -> Vec<String> {
    // A path of two points is a start and an end.
    let paths = frontier.paths.values().flat_map(|by_seed| by_seed.values());
    let paths: Vec<_> = paths.filter(|path| path.len() > 2).collect();
    let at_last = |path: &&&Vec<crate::frontier::Point>| {
        Spot::SELECTED.of(path).is_some_and(|place| place.between[0] + 1 == path.len())
    };
    let (last, all) = (paths.iter().filter(at_last).count(), paths.len());
    if 2 * last <= all {
        return Vec::new();
    }
    vec![format!(
        "the best validation is that of the last evaluation in {last} of {all} runs: training may have ended too early"
    )]
}
