//! Everything that a section may show.

use crate::cold::ColdRow;
use crate::effects::Effect;
use crate::explanations::Explained;
use crate::findings::Findings;
use crate::frontier::Frontier;
use crate::page::{Block, prose};
use crate::plots::Drawn;
use crate::provenance::ReportProvenance;
use crate::sweep::Gap;
use crate::users::UserChanges;
use crate::verdict::Verdicts;

/// What is known of an experiment, read and tested.
pub(crate) struct Evidence<'a> {
    /// Means over seeds, curves, costs.
    pub(crate) findings: &'a Findings,
    /// The path of every run through KL and ranking.
    pub(crate) frontier: &'a Frontier,
    /// The only tests of differences.
    pub(crate) verdicts: &'a Verdicts,
    /// The same as rows of the first page.
    pub(crate) effects: &'a [Effect<'a>],
    /// What the controls of the page choose from, as JSON; none where nothing was compared.
    pub(crate) views: Option<String>,
    /// Per series, how many users' next items moved.
    pub(crate) users: &'a [UserChanges],
    /// The main measure on cold test items and on the others, by run.
    pub(crate) cold: &'a [ColdRow],
    /// Why policies over titles chose what they chose, of some runs.
    pub(crate) explanations: &'a [Explained],
    /// Every figure, or why it could not be drawn.
    pub(crate) figures: &'a [Drawn],
    /// What is missing, and why.
    pub(crate) gaps: &'a [Gap],
    /// What a reader must not miss, a sentence each.
    pub(crate) warnings: &'a [String],
    /// Where the numbers come from.
    pub(crate) provenance: &'a ReportProvenance,
}

impl Evidence<'_> {
    /// Name of the dataset.
    pub(crate) fn dataset(&self) -> &str {
        &self.findings.sweep.index.dataset.name
    }

    /// Name of the main measure, for example `NDCG@10`.
    pub(crate) fn measure(&self) -> String {
        self.findings.main_name()
    }

    /// A figure by its name, or why there is none.
    pub(crate) fn figure(&self, name: &str) -> Option<Block> {
        self.figures.iter().find_map(|drawn| match drawn {
            Ok(figure) if figure.name == name => Some(Block::Figure(figure.clone())),
            Err((known, reason)) if *known == name => {
                Some(prose!("No `{}` plot: {}.", name, reason).into())
            }
            _ => None,
        })
    }
}
