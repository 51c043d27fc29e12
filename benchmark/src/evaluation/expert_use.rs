//! How much each expert is used, and how many positions go another way than in the reference.

use std::sync::Arc;

use prefsweep_policy::{Parameters, Policy, Routes, Windows};
use serde::{Deserialize, Serialize};

use super::ranks::recent;
use super::sample::sample;
use crate::data::{Prepared, Split};

/// Histories that are computed at once.
const TOGETHER: usize = 128;

/// The reference's routes of every position of some histories.
#[derive(Debug)]
pub struct ReferenceRoutes {
    windows: Vec<Arc<Windows>>,
    /// Of each of `windows`, block after block.
    routes: Vec<Vec<Routes>>,
}

/// The use of experts over the positions of some histories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpertUse {
    /// Every block that has experts.
    pub blocks: Vec<BlockUse>,
    /// Share of positions, over these blocks, whose experts are not those of the reference.
    pub rerouted: f64,
}

/// The use of one block's experts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockUse {
    /// The block, from 0.
    pub block: usize,
    /// Share of all assignments that each expert has, in the order of the experts.
    pub shares: Vec<f64>,
}

impl ReferenceRoutes {
    /// Keeps the reference's routes; None if the policy has no experts.
    #[must_use]
    pub fn new(policy: &dyn Policy, reference: &Parameters, data: &Prepared) -> Option<Self> {
        if policy.routers().is_empty() {
            return None;
        }
        let windows: Vec<Arc<Windows>> = sample(data)
            .chunks(TOGETHER)
            .map(|users| recent(&data.dataset, users, Split::Validation, policy.max_len()))
            .collect();
        let routes = windows.iter().map(|windows| policy.routes(reference, windows)).collect();
        Some(Self { windows, routes })
    }

    /// The use by a policy.
    #[must_use]
    pub fn of(&self, policy: &dyn Policy, weights: &Parameters) -> ExpertUse {
        self.compared(self.windows.iter().map(|windows| policy.routes(weights, windows)))
    }

    /// The use by the reference itself.
    #[must_use]
    pub fn of_reference(&self) -> ExpertUse {
        self.compared(self.routes.iter().cloned())
    }

    fn compared(&self, all: impl Iterator<Item = Vec<Routes>>) -> ExpertUse {
        let mut counts: Vec<(usize, Vec<u64>)> = Vec::new();
        let (mut positions, mut changed) = (0, 0);
        for (now, then) in all.zip(&self.routes) {
            for (index, (now, then)) in now.iter().zip(then).enumerate() {
                if counts.len() == index {
                    counts.push((now.block, vec![0; now.experts]));
                }
                for (sum, count) in counts[index].1.iter_mut().zip(now.counts()) {
                    *sum += count;
                }
                positions += now.chosen.len() / now.active;
                changed += now.changed(then);
            }
        }
        let shares = |(block, counts): (usize, Vec<u64>)| {
            let all = counts.iter().sum::<u64>() as f64;
            BlockUse { block, shares: counts.iter().map(|&count| count as f64 / all).collect() }
        };
        ExpertUse {
            blocks: counts.into_iter().map(shares).collect(),
            rerouted: changed as f64 / positions as f64,
        }
    }
}

impl ExpertUse {
    /// The largest share that an expert has in any block; `1 / E` where all are used evenly.
    #[must_use]
    pub fn busiest(&self) -> f64 {
        let shares = self.blocks.iter().flat_map(|block| &block.shares);
        shares.copied().fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(block: usize, chosen: &[u32]) -> Routes {
        Routes { block, experts: 4, active: 1, chosen: chosen.to_vec() }
    }

    #[test]
    fn shares_are_of_all_histories_and_changes_of_all_blocks() {
        let reference = ReferenceRoutes {
            windows: Vec::new(),
            routes: vec![
                vec![routes(0, &[0, 1]), routes(2, &[3, 3])],
                vec![routes(0, &[2, 2]), routes(2, &[3, 0])],
            ],
        };
        let own = reference.of_reference();
        assert_eq!(own.rerouted, 0.0);
        let of = |block, shares: [f64; 4]| BlockUse { block, shares: shares.to_vec() };
        let blocks = [of(0, [0.25, 0.25, 0.5, 0.0]), of(2, [0.25, 0.0, 0.0, 0.75])];
        assert_eq!((own.blocks.as_slice(), own.busiest()), (&blocks[..], 0.75));
        let moved = [
            vec![routes(0, &[0, 0]), routes(2, &[3, 3])],
            vec![routes(0, &[2, 2]), routes(2, &[0, 0])],
        ];
        let found = reference.compared(moved.into_iter());
        assert_eq!(found.rerouted, 2.0 / 8.0);
        assert_eq!(found.blocks[0].shares, [0.5, 0.0, 0.5, 0.0]);
    }
}
