//! From what the reference recommends.

use std::cell::RefCell;

use prefsweep_datasets::{InvalidSetting, Item};
use prefsweep_policy::kernels::{By, Matrix, Output, product};
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draws::for_each_position;
use super::pool::Best;
use super::sampler::{Draw, Sampler, Source};
use crate::data::{Batch, Position};

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

impl Identify for Hard {
    fn identify(&self, identity: &mut Identity) {
        identity.field("pool", &self.pool);
    }
}

impl Sampler for Hard {
    fn check(&self, negatives: usize) -> Result<(), InvalidSetting> {
        if self.pool >= negatives.max(1) {
            return Ok(());
        }
        let allowed = format!("at least the largest number of negatives, here {negatives}");
        Err(InvalidSetting::new("hard.pool", self.pool, allowed))
    }

    fn prepare<'a>(&self, source: Source<'a>) -> Box<dyn Draw + 'a> {
        let dim = source.embeddings.len() / source.seen.n_items();
        let pools = RefCell::new(vec![Box::default(); source.states.len() / dim]);
        Box::new(FromReference { size: self.pool, source, dim, pools })
    }
}

/// Scores that are held in memory at once.
const SCORES: usize = 1 << 22;

struct FromReference<'a> {
    size: usize,
    source: Source<'a>,
    dim: usize,
    /// The pools of the positions seen so far, which no training step changes; the others' are
    /// empty.
    pools: RefCell<Vec<Box<[Item]>>>,
}

impl FromReference<'_> {
    /// The position's index among the positions of all windows.
    fn row(&self, position: &Position) -> usize {
        self.source.first_position[position.window as usize] + position.offset as usize
    }

    /// Finds the pools of positions that are new.
    fn find_pools(&self, batch: &Batch, pools: &mut [Box<[Item]>]) {
        let n_items = self.source.seen.n_items();
        let is_new = |position: &&Position| pools[self.row(position)].is_empty();
        let new: Vec<&Position> = batch.positions.iter().filter(is_new).collect();
        let (mut scores, mut best) = (Vec::new(), Best::default());
        for positions in new.chunks((SCORES / n_items).max(1)) {
            self.score(positions, &mut scores);
            for (position, scores) in positions.iter().zip(scores.chunks_exact_mut(n_items)) {
                let found = best.of(position, scores, self.size, self.source.seen);
                pools[self.row(position)] = found.iter().map(|(_, item)| *item).collect();
            }
        }
    }

    /// The reference's scores of all items at some positions, row-major `[positions, n_items]`.
    fn score(&self, positions: &[&Position], scores: &mut Vec<f32>) {
        let Source { seen, embeddings, states, .. } = self.source;
        let rows: Vec<usize> = positions.iter().map(|position| self.row(position)).collect();
        let rows = states.rows(&rows, self.dim);
        scores.resize(positions.len() * seen.n_items(), 0.0);
        let (rows, items) =
            (Matrix::new(&rows, self.dim), Matrix::new(embeddings, self.dim).turned());
        product(scores, Output::Replaced, 1.0, rows, items, By::AllThreads);
    }
}

impl Draw for FromReference<'_> {
    fn draw(&self, batch: &Batch, k: usize, seed: u64) -> Vec<Item> {
        let mut pools = self.pools.borrow_mut();
        self.find_pools(batch, &mut pools);
        let mut free = Vec::new();
        for_each_position(batch, k, self.source.seen, seed, |position, draws| {
            draws.among(&pools[self.row(position)], &mut free);
        })
    }
}
