//! Log-probabilities of tokens over the whole vocabulary, with their gradients in closed form.

use super::head::{log_normalisers, log_normalisers_backward};
use crate::kernels::{add_scaled, dot, vectorised};

/// The log-probabilities of some tokens after some hidden states.
#[derive(Debug)]
pub(crate) struct TokenShares<'a> {
    /// `[N, dim]`.
    states: &'a [f32],
    /// The tokens' embeddings, `[vocabulary, dim]`.
    table: &'a [f32],
    dim: usize,
    /// Index of a state, and the token after it.
    predictions: &'a [(u32, u32)],
    log: Vec<f32>,
}

impl<'a> TokenShares<'a> {
    pub(crate) fn new(
        states: &'a [f32],
        table: &'a [f32],
        dim: usize,
        predictions: &'a [(u32, u32)],
    ) -> Self {
        let normalisers = log_normalisers(states, table, dim);
        let mut log = Vec::with_capacity(predictions.len());
        vectorised(
            #[inline(always)]
            || {
                for &(state, token) in predictions {
                    let score = dot(row(states, state, dim), row(table, token, dim));
                    log.push(score - normalisers[state as usize]);
                }
            },
        );
        Self { states, table, dim, predictions, log }
    }

    /// The log-probabilities.
    pub(crate) fn log(&self) -> &[f32] {
        &self.log
    }

    /// The same, alone.
    pub(crate) fn into_log(self) -> Vec<f32> {
        self.log
    }

    /// The gradients of states and table, given `errors`, that of each log-probability.
    pub(crate) fn backward(&self, errors: &[f32]) -> [Vec<f32>; 2] {
        let Self { states, table, dim, .. } = *self;
        let mut gradients = [vec![0.0; states.len()], vec![0.0; table.len()]];
        let mut of_normalisers = vec![0.0; states.len() / dim];
        let [of_states, of_table] = &mut gradients;
        vectorised(
            #[inline(always)]
            || {
                for (&(state, token), &error) in self.predictions.iter().zip(errors) {
                    let place = state as usize * dim;
                    add_scaled(&mut of_states[place..place + dim], error, row(table, token, dim));
                    let place = token as usize * dim;
                    add_scaled(&mut of_table[place..place + dim], error, row(states, state, dim));
                    of_normalisers[state as usize] -= error;
                }
            },
        );
        log_normalisers_backward(&of_normalisers, states, table, dim, &mut gradients);
        gradients
    }
}

#[inline(always)]
fn row(rows: &[f32], index: u32, dim: usize) -> &[f32] {
    &rows[index as usize * dim..][..dim]
}
