//! From the results of a sweep to its verdicts.

use super::decide::decide;
use super::evidence::gather;
use super::rules::Rules;
use super::verdicts::{VERDICT_FORMAT, Verdicts};
use super::{budgets, claims, contrasts, few_users, measured, tuned};
use crate::error::ReportError;
use crate::findings::Findings;
use crate::frontier::Frontier;
use crate::sweep::Gap;

/// The verdicts of a sweep, and the ranks that are missing.
pub(crate) fn reach(
    findings: &Findings,
    frontier: &Frontier,
) -> Result<(Verdicts, Vec<Gap>), ReportError> {
    let rules = Rules::from(&findings.sweep.index.report);
    let (evidence, gaps) = gather(findings)?;
    let (mut losses, families) = decide(&evidence, &rules);
    for (series, loss) in losses.iter_mut().enumerate() {
        loss.step_seconds = measured::seconds_per_step(findings, series, loss.largest_k);
    }
    let (claims, claim_families) = claims::test(findings, frontier, &losses, &rules)?;
    let contrasts = contrasts::test(findings, frontier, &evidence, &losses, &claims, &rules)?;
    let few_users = few_users::test(&evidence, &losses, &rules);
    let tuned = tuned::tune(findings, &evidence, &rules);
    let budgets = budgets::test(findings, frontier, &losses, &claims, &rules)?;
    let verdicts = Verdicts {
        format: VERDICT_FORMAT,
        experiment: findings.sweep.index.experiment.clone(),
        dataset: findings.sweep.index.dataset.name.clone(),
        trained_on: findings.sweep.index.dataset.trained_on.clone(),
        measure: findings.main_name(),
        rules,
        families,
        claims,
        claim_families,
        contrasts,
        measured: measured::measure(findings, frontier),
        losses,
        few_users,
        tuned,
        budgets,
    };
    Ok((verdicts, gaps))
}
