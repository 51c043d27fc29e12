//! What every evaluation of a cell is compared with: the reference's, and the best there could be.

use prefsweep_policy::{Parameters, Policy};

use super::divergence::{Divergence, PolicyShift, ShiftSum};
use super::expert_use::{ExpertUse, ReferenceRoutes};
use super::metrics::ndcg;
use super::protocol::Protocol;
use super::ranks::{Ranks, rank_by_truth, states_after};
use crate::data::{Prepared, Split};

/// The k of the NDCG@k in which regret is measured.
const REGRET: usize = 10;

/// A reference, evaluated once for all cells that start from it.
#[derive(Debug)]
pub struct Baseline {
    ranks: Vec<Ranks>,
    divergence: Divergence,
    no_shift: PolicyShift,
    /// None where the policy has no experts.
    routes: Option<ReferenceRoutes>,
    /// NDCG of ranking by the true preference.
    ceiling: Option<f64>,
    validation_states: Vec<f32>,
}

impl Baseline {
    /// Evaluates the reference's weights.
    #[must_use]
    pub fn new(policy: &dyn Policy, reference: &Parameters, data: &Prepared) -> Self {
        let dataset = &data.dataset;
        let truth = rank_by_truth(data);
        let (divergence, ranks) = Divergence::with_ranks(policy, reference, data);
        let users = data.evaluated(Split::Validation);
        let states = states_after(policy, reference, dataset, &users, Split::Validation);
        Self {
            ranks,
            no_shift: divergence.of_reference(dataset),
            divergence,
            routes: ReferenceRoutes::new(policy, reference, data),
            ceiling: truth.map(|ranks| ndcg(&ranks.ranks, REGRET)),
            validation_states: states,
        }
    }

    /// The reference's ranks.
    #[must_use]
    pub fn ranks(&self) -> &[Ranks] {
        &self.ranks
    }

    /// The reference's hidden states after the validation histories of all users that have a validation
    /// item, in the order of [`Prepared::evaluated`], `[users, dim]`; none of a policy over titles.
    #[must_use]
    pub fn validation_states(&self) -> &[f32] {
        &self.validation_states
    }

    /// How far a policy is from the reference.
    #[must_use]
    pub fn shift(&self, policy: &dyn Policy, weights: &Parameters, data: &Prepared) -> PolicyShift {
        self.divergence.of(policy, weights, data)
    }

    /// The same from the scores of all items that ranking goes through: before the first user.
    #[must_use]
    pub fn start_shift(&self) -> ShiftSum<'_> {
        self.divergence.start()
    }

    /// The same of the reference itself.
    #[must_use]
    pub fn no_shift(&self) -> PolicyShift {
        self.no_shift
    }

    /// How a policy uses its experts; None if it has none.
    #[must_use]
    pub fn expert_use(&self, policy: &dyn Policy, weights: &Parameters) -> Option<ExpertUse> {
        self.routes.as_ref().map(|routes| routes.of(policy, weights))
    }

    /// The same of the reference itself.
    #[must_use]
    pub fn own_expert_use(&self) -> Option<ExpertUse> {
        self.routes.as_ref().map(ReferenceRoutes::of_reference)
    }

    /// Test NDCG@10 (full ranking) of ranking by the users' true preference minus that of these
    /// ranks; None where the truth is not known.
    #[must_use]
    pub fn regret(&self, ranks: &[Ranks]) -> Option<f64> {
        let wanted = (Split::Test, Protocol::Full);
        let now = ranks.iter().find(|ranks| (ranks.split, ranks.protocol) == wanted);
        self.ceiling.zip(now).map(|(best, now)| best - ndcg(&now.ranks, REGRET))
    }
}
