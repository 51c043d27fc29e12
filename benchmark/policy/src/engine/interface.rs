//! What a training loop sees of an engine.

use std::fmt::Debug;

use super::objective::{Inputs, Objective, ScoredItems, Term};
use super::outcome::{Outcome, Pending};
use super::routing::Routing;
use super::state::EngineState;
use crate::dropout::Dropout;
use crate::parameters::{Gradients, Parameters};

/// Replicas of a policy in training: their weights, their optimiser, and how a step is computed.
pub trait Engine: Debug {
    /// How many replicas there are.
    fn replicas(&self) -> usize;

    /// Trains experts so from now on, in all replicas; before, they are not balanced, and routers are
    /// trained.
    fn set_routing(&mut self, routing: Routing);

    /// A step: loss, gradients and an update of the weights at each replica's learning rate.
    ///
    /// # Panics
    /// When the inputs do not fit each other.
    fn step(
        &mut self,
        inputs: &Inputs<'_>,
        objective: &Objective<'_>,
        dropout: Option<Dropout>,
        rates: &[f64],
    ) -> Pending;

    /// The outcomes of a step and its gradients, with the weights left as they are.
    ///
    /// # Panics
    /// As [`step`](Self::step).
    fn gradients(
        &self,
        inputs: &Inputs<'_>,
        objective: &Objective<'_>,
        dropout: Option<Dropout>,
    ) -> (Vec<Outcome>, Gradients);

    /// One replica's weights as they are now, without autodiff. Tensors are shared, not copied.
    fn weights(&self, replica: usize) -> Parameters;

    /// All that a later engine of the same kind needs to take the same next step, to the bit.
    fn state(&self) -> EngineState;

    /// Goes on from a state; false, with nothing changed, if it is that of other parameters.
    #[must_use]
    fn restore(&mut self, state: &EngineState) -> bool;

    /// A step on [`Objective::CrossEntropy`].
    ///
    /// # Panics
    /// As [`step`](Self::step).
    fn cross_entropy(
        &mut self,
        inputs: &Inputs<'_>,
        dropout: Option<Dropout>,
        rates: &[f64],
    ) -> Pending {
        self.step(inputs, &Objective::CrossEntropy, dropout, rates)
    }

    /// A step on [`Objective::Bce`].
    ///
    /// # Panics
    /// As [`step`](Self::step).
    fn bce(
        &mut self,
        inputs: &Inputs<'_>,
        items: &[u32],
        dropout: Option<Dropout>,
        rates: &[f64],
    ) -> Pending {
        self.step(inputs, &Objective::Bce { items }, dropout, rates)
    }

    /// A step on [`Objective::Preference`].
    ///
    /// # Panics
    /// As [`step`](Self::step).
    fn preference(
        &mut self,
        inputs: &Inputs<'_>,
        items: &ScoredItems,
        terms: &[Term<'_>],
        dropout: Option<Dropout>,
        rates: &[f64],
    ) -> Pending {
        self.step(inputs, &Objective::Preference { items, terms }, dropout, rates)
    }
}
