//! The figures of a report.

use super::figure::Drawn;
use super::{boundary_weight, candidates, collapse, frontier, mechanism, ndcg_vs_loss, trajectory};
use crate::findings::Findings;
use crate::frontier::Frontier;

/// Every figure, in the order of the report.
pub(crate) fn all(findings: &Findings, frontier: &Frontier) -> Vec<Drawn> {
    vec![
        collapse::draw(findings),
        ndcg_vs_loss::draw(findings),
        frontier::draw(findings, frontier),
        boundary_weight::draw(findings),
        mechanism::draw(findings),
        trajectory::draw(findings),
        candidates::draw(findings),
    ]
}
