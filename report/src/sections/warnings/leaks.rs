//! Held-out items that the data give away.

use crate::findings::Findings;

/// As they were counted when the data were loaded.
pub(super) fn leaks(findings: &Findings) -> Vec<String> {
    findings.sweep.index.dataset.leaks.clone()
}
