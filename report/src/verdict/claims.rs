//! What remains of the two claims when both sides are equally far from the reference, and when
//! each is read at the checkpoint that validation picks.

use serde::{Deserialize, Serialize};

use super::compare::{UserValues, compare, correct};
use super::evidence::read_ranks;
use super::{Difference, LossVerdict, Rules};
use crate::error::ReportError;
use crate::findings::Findings;
use crate::frontier::{Frontier, Reading};
use crate::results::{CellStatus, RANKS_FILE};
use crate::statistics::{Pooled, UserMetric};
use crate::sweep::Sweep;

/// Which claim of the literature is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Ranking at the largest K is lower than at K* (at the smallest K, where K* is the largest).
    MoreNegatives,
    /// DynamicPO ranks higher than the loss underneath, at the largest K of both.
    DynamicPo,
}

impl Question {
    /// As a question.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::MoreNegatives => "Do more negatives hurt?",
            Self::DynamicPo => "Does DynamicPO mend it?",
        }
    }
}

/// One claim about one loss, under three readings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The claim.
    pub question: Question,
    /// The loss whose ranking is judged.
    pub after: Setting,
    /// What it is compared with.
    pub before: Setting,
    /// At the end of training. For [`Question::MoreNegatives`] a primary comparison.
    pub at_end: Option<Difference>,
    /// The largest KL(policy || reference) that both reach under every seed.
    pub kl: Option<f64>,
    /// At that divergence.
    pub at_equal_kl: Option<Difference>,
    /// Each cell at the evaluation with its best validation measure.
    pub at_picked: Option<Difference>,
}

/// One reading of a claim.
pub(crate) type Pick = fn(&Claim) -> Option<&Difference>;

/// The end of training, equal divergence, and the picked checkpoint.
pub(crate) const READINGS: [Pick; 3] = [
    |claim| claim.at_end.as_ref(),
    |claim| claim.at_equal_kl.as_ref(),
    |claim| claim.at_picked.as_ref(),
];

/// A loss at a number of negatives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The loss with its other swept scalars.
    pub label: String,
    /// Number of negatives.
    pub negatives: usize,
}

/// Sizes of the secondary families that belong to claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimFamilies {
    /// DynamicPO at the end of training.
    pub dynamic_po: usize,
    /// Both claims at equal divergence.
    pub equal_kl: usize,
    /// Both claims at the picked checkpoints.
    pub picked: usize,
}

/// Tests every claim that the sweep allows.
pub(super) fn test(
    findings: &Findings,
    frontier: &Frontier,
    losses: &[LossVerdict],
    rules: &Rules,
) -> Result<(Vec<Claim>, ClaimFamilies), ReportError> {
    let testing = Testing { findings, frontier, rules };
    let mut claims = Vec::new();
    for (series, loss) in losses.iter().enumerate() {
        if let (Some((from, found)), Some(largest)) = (loss.headline(), loss.largest_k) {
            let sides = [(series, largest), (series, from)];
            let mut claim = testing.claim(Question::MoreNegatives, sides)?;
            claim.at_end = Some(*found);
            claims.push(claim);
        }
    }
    for series in 0..losses.len() {
        if let Some(sides) = dynamic_and_base(&findings.sweep, frontier, series) {
            claims.push(testing.claim(Question::DynamicPo, sides)?);
        }
    }
    let families = ClaimFamilies {
        dynamic_po: correct_all(&mut claims, rules, |claim| {
            (claim.question == Question::DynamicPo).then_some(claim.at_end.as_mut()).flatten()
        }),
        equal_kl: correct_all(&mut claims, rules, |claim| claim.at_equal_kl.as_mut()),
        picked: correct_all(&mut claims, rules, |claim| claim.at_picked.as_mut()),
    };
    Ok((claims, families))
}

fn correct_all(
    claims: &mut [Claim],
    rules: &Rules,
    pick: impl Fn(&mut Claim) -> Option<&mut Difference>,
) -> usize {
    correct(&mut claims.iter_mut().filter_map(pick).collect::<Vec<_>>(), 0, rules)
}

/// A series and its number of negatives.
pub(super) type Key = (usize, usize);

/// `X` of `dynamic_po(X, …)`.
pub(crate) fn underneath(loss: &str) -> Option<&str> {
    loss.strip_prefix("dynamic_po(")?.strip_suffix(')')?.split(',').next()
}

/// `dynamic_po(X, …)` and `X` with the same other scalars, at the largest K of both.
pub(super) fn dynamic_and_base(
    sweep: &Sweep,
    frontier: &Frontier,
    series: usize,
) -> Option<[Key; 2]> {
    let known = &sweep.series[series];
    let base = underneath(&known.loss)?;
    let axes = known.label.strip_prefix(&known.loss)?;
    let label = format!("{base}{axes}");
    let base = sweep.series.iter().position(|other| other.label == label)?;
    let mut common = frontier.paths.keys().filter(|(of, _)| *of == series).map(|(_, k)| *k);
    let largest = common.rfind(|k| frontier.paths.contains_key(&(base, *k)))?;
    Some([(series, largest), (base, largest)])
}

/// Compares cells where they are to be read.
pub(super) struct Testing<'a> {
    pub(super) findings: &'a Findings,
    pub(super) frontier: &'a Frontier,
    pub(super) rules: &'a Rules,
}

impl Testing<'_> {
    fn claim(&self, question: Question, sides: [Key; 2]) -> Result<Claim, ReportError> {
        let [after, before] = sides.map(|(series, negatives)| Setting {
            label: self.findings.sweep.series[series].label.clone(),
            negatives,
        });
        let reaches = sides.map(|key| self.frontier.reach(key));
        let kl = reaches[0].zip(reaches[1]).map(|(one, other)| one.min(other));
        let kl = kl.filter(|kl| *kl > 0.0);
        let at_equal_kl = match kl {
            Some(kl) => self.compare(sides, &|_| Some(Reading::Divergence(kl)))?,
            None => None,
        };
        let at_end = match question {
            Question::MoreNegatives => None,
            Question::DynamicPo => self.compare(sides, &|_| Some(Reading::End))?,
        };
        let at_picked = self.compare(sides, &|_| Some(Reading::Picked))?;
        Ok(Claim { question, after, before, at_end, kl, at_equal_kl, at_picked })
    }

    /// The first side minus the second, each read where `reading` says.
    pub(super) fn compare(
        &self,
        sides: [Key; 2],
        reading: &dyn Fn(Key) -> Option<Reading>,
    ) -> Result<Option<Difference>, ReportError> {
        let users = |key| reading(key).map_or(Ok(UserValues::new()), |at| self.users(key, at));
        let [after, before] = [users(sides[0])?, users(sides[1])?];
        Ok(compare(&after, &before, self.pooled(sides, reading), self.rules))
    }

    /// How much trainings of the losses involved vary, over all their K that can be read.
    fn pooled(&self, sides: [Key; 2], reading: &dyn Fn(Key) -> Option<Reading>) -> Option<Pooled> {
        let keys =
            self.frontier.paths.keys().filter(|key| sides.iter().any(|side| side.0 == key.0));
        let columns: Vec<_> = keys
            .filter_map(|key| Some(self.frontier.by_seed(*key, reading(*key)?)))
            .filter(|by_seed| !by_seed.is_empty())
            .collect();
        // A level that only some seeds of another K reach would leave no common rows.
        let most = columns.iter().map(|column| column.len()).max()?;
        let columns: Vec<_> = columns.into_iter().filter(|column| column.len() == most).collect();
        let seeds = columns.first()?.keys();
        let rows: Vec<Vec<f64>> = seeds
            .filter_map(|seed| columns.iter().map(|column| column.get(seed).copied()).collect())
            .collect();
        Pooled::new(&rows)
    }

    /// The measure of every user on the test split, where it is read.
    fn users(&self, key: Key, reading: Reading) -> Result<UserValues, ReportError> {
        let sweep = &self.findings.sweep;
        let label = &sweep.series[key.0].label;
        let mut found = UserValues::new();
        for cell in &sweep.index.cells {
            let path = sweep.dir.join(&cell.dir).join(RANKS_FILE);
            let wanted = cell.negatives == key.1 && cell.label() == *label;
            if !wanted || cell.status != CellStatus::Complete || !path.exists() {
                continue;
            }
            let points = self.frontier.paths.get(&key).and_then(|seeds| seeds.get(&cell.seed));
            let Some((points, place)) = points.and_then(|p| Some((p, reading.of(p)?))) else {
                continue;
            };
            let metric = UserMetric::Ndcg(self.findings.cutoff);
            let by_step = read_ranks(&path, "test", false, metric)?;
            let [first, second] = place.between.map(|at| by_step.get(&points[at].step));
            if let (Some(first), Some(second)) = (first, second)
                && first.len() == second.len()
            {
                let mixed = first.iter().zip(second);
                let mixed = mixed.map(|((user, one), (_, other))| (*user, place.mix(*one, *other)));
                found.insert(cell.seed, mixed.collect());
            }
        }
        Ok(found)
    }
}
