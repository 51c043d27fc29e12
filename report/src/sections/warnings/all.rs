//! Every warning that there is.

use super::{gradient, leaks, reference, rising, ties};
use crate::findings::Findings;
use crate::frontier::Frontier;
use crate::sections::baselines::below_baselines;

/// A rule: a sentence for every case of it.
type Rule = fn(&Findings, &Frontier) -> Vec<String>;

const RULES: [Rule; 6] = [
    |findings, _| below_baselines(findings),
    |findings, _| reference::still_rising(findings),
    |findings, _| leaks::leaks(findings),
    |findings, _| ties::many_ties(findings),
    |findings, _| gradient::exploded(findings),
    rising::still_rising,
];

/// All of them, one sentence each.
pub(crate) fn all(findings: &Findings, frontier: &Frontier) -> Vec<String> {
    RULES.iter().flat_map(|rule| rule(findings, frontier)).collect()
}
