//! The figures of a report.

use super::figure::Drawn;
use super::first_page::{self, Tested};
use super::{
    boundary_weight, candidates, expert_use, few_users, frontier, mechanism, ndcg_vs_loss,
    title_length, trajectory,
};
use crate::frontier::Frontier;

/// Every figure, in the order of the report.
pub(crate) fn all(tested: Tested<'_>, frontier: &Frontier) -> Vec<Drawn> {
    let findings = tested.findings;
    let mut figures = Vec::from(first_page::draw(tested));
    figures.extend([
        ndcg_vs_loss::draw(findings),
        frontier::draw(findings, frontier),
        boundary_weight::draw(findings),
        mechanism::draw(findings),
        trajectory::draw(findings),
        candidates::draw(findings),
    ]);
    figures.extend(few_users::draw(tested));
    figures.extend(expert_use::draw(findings));
    figures.extend(title_length::draw(findings));
    figures
}
