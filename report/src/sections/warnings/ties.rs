//! Scores of a trained model that tie.

use crate::findings::Findings;

/// Scores of a trained model hardly ever tie; above this share something is wrong with them.
const MANY: f64 = 0.01;
/// So many different scores of one size there are, by order of magnitude: of as many items one shares that of another by
/// chance.
const SCORES: f64 = (1 << 22) as f64;

/// The settings whose held-out items tie at the end of training in more than [`MANY`] of the users of a run.
pub(super) fn many_ties(findings: &Findings) -> Vec<String> {
    let groups = findings.groups.iter();
    let many = MANY + findings.sweep.index.dataset.items as f64 / SCORES;
    let share = groups.filter_map(|((series, negatives), group)| {
        let measures = group.metrics.iter().filter(|(measure, _)| measure.metric == "ties");
        let most = measures.flat_map(|(_, by_seed)| by_seed.values().copied()).fold(0.0, f64::max);
        (most > many).then(|| {
            let name = &findings.sweep.series[*series].name;
            format!(
                "many scores are tied: the held-out items of {:.1} % of the users share theirs with another item ({name}, \
                 K = {negatives})",
                100.0 * most
            )
        })
    });
    share.collect()
}
