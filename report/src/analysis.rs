//! A results folder read and tested: what the report, figures for a paper and tables start from.

use std::path::Path;

use crate::error::ReportError;
use crate::findings::Findings;
use crate::frontier::Frontier;
use crate::sweep::{Gap, Sweep};
use crate::verdict::{self, Verdicts};

/// Everything known of an experiment.
pub(crate) struct Analysis {
    pub(crate) findings: Findings,
    pub(crate) frontier: Frontier,
    pub(crate) verdicts: Verdicts,
    /// Ranks that are missing.
    pub(crate) gaps: Vec<Gap>,
}

impl Analysis {
    /// Reads the folder that holds `index.json` and makes every test.
    pub(crate) fn of(results_dir: &Path) -> Result<Self, ReportError> {
        let findings = Findings::new(Sweep::load(results_dir)?)?;
        let frontier = Frontier::new(&findings)?;
        let (verdicts, gaps) = verdict::reach(&findings, &frontier)?;
        Ok(Self { findings, frontier, verdicts, gaps })
    }
}
