//! From what the reference recommends.

use recpo_datasets::{InvalidSetting, Item};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pool::{FromPool, Pool};
use super::{Draw, Sampler, Source};
use crate::batches::{Batch, Position};
use crate::matrix::{By, Matrix, Output, product};

/// Uniformly from the `pool` unseen items that the frozen reference scores highest at the position.
/// (`ro_dpo` does the same with the policy as it is trained.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hard {
    /// Items in the pool; at least the largest number of negatives.
    #[schemars(range(min = 1))]
    pub pool: usize,
}

impl Default for Hard {
    fn default() -> Self {
        Self { pool: 50 }
    }
}

impl Sampler for Hard {
    fn check(&self, negatives: usize) -> Result<(), InvalidSetting> {
        if self.pool >= negatives.max(1) {
            return Ok(());
        }
        Err(InvalidSetting {
            key: "hard.pool".into(),
            found: self.pool.to_string(),
            allowed: format!("at least the largest number of negatives, here {negatives}"),
        })
    }

    fn prepare<'a>(&self, source: Source<'a>) -> Box<dyn Draw + 'a> {
        Box::new(FromReference { pool: Pool { size: self.pool, temperature: None }, source })
    }
}

/// Scores that are held in memory at once.
const SCORES: usize = 1 << 22;

struct FromReference<'a> {
    pool: Pool,
    source: Source<'a>,
}

impl FromReference<'_> {
    /// The reference's scores of all items at some positions, row-major `[positions, n_items]`.
    fn scores(&self, positions: &[Position], scores: &mut Vec<f32>) {
        let Source { seen, embeddings, first_position, states, .. } = self.source;
        let dim = embeddings.len() / seen.n_items();
        let mut rows = Vec::with_capacity(positions.len() * dim);
        for position in positions {
            let row = first_position[position.window as usize] + position.offset as usize;
            rows.extend_from_slice(&states[row * dim..(row + 1) * dim]);
        }
        scores.resize(positions.len() * seen.n_items(), 0.0);
        let (rows, items) = (Matrix::new(&rows, dim), Matrix::new(embeddings, dim).turned());
        product(scores, Output::Replaced, 1.0, rows, items, By::AllThreads);
    }
}

impl Draw for FromReference<'_> {
    fn draw(&self, batch: &Batch, k: usize, seed: u64) -> Vec<Item> {
        let seen = self.source.seen;
        let mut negatives = Vec::with_capacity(batch.positions.len() * k);
        let mut from = FromPool::new(self.pool, seen, seed, batch.epoch);
        let mut scores = Vec::new();
        for positions in batch.positions.chunks((SCORES / seen.n_items()).max(1)) {
            self.scores(positions, &mut scores);
            for (position, scores) in positions.iter().zip(scores.chunks_exact_mut(seen.n_items()))
            {
                from.draw(position, scores, k, &mut negatives);
            }
        }
        negatives
    }
}
