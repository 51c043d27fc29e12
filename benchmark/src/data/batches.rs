//! Batches of windows, and the order in which they are visited.

use std::sync::Arc;

use prefsweep_datasets::Item;
use prefsweep_datasets::random::stream;
use prefsweep_policy::Windows;
use rand::seq::SliceRandom;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::few_users::FewUsers;
use super::windows::Window;

/// Which positions of a window are trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Targets {
    /// Every position.
    All,
    /// Only the last position of each window.
    Last,
}

impl Targets {
    /// The name in YAML.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Last => "last",
        }
    }
}

/// Some windows and the positions that are trained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The epoch it belongs to.
    pub epoch: u64,
    /// The windows' inputs.
    pub windows: Arc<Windows>,
    /// The trained positions.
    pub positions: Vec<Position>,
}

/// One trained position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Index among the items of `Batch::windows`, hence the row of its hidden state.
    pub row: u32,
    /// Index of the window among all windows.
    pub window: u32,
    /// Index within the window.
    pub offset: u32,
    /// Whose position it is.
    pub user: u32,
    /// The item that followed.
    pub target: Item,
}

/// The windows of a training stage and their order.
#[derive(Debug)]
pub struct Batches<'a> {
    windows: &'a [Window],
    batch_size: usize,
    targets: Targets,
    seed: u64,
    purpose: &'static str,
    /// Indices of the windows that are visited.
    visited: Vec<u32>,
    /// The epoch whose order is at hand.
    order: (u64, Vec<u32>),
}

impl<'a> Batches<'a> {
    /// Batches of `batch_size` of all windows, or of those among `few`; every epoch has its own order, given by
    /// `seed` and `purpose`.
    #[must_use]
    pub fn new(
        windows: &'a [Window],
        few: Option<&FewUsers>,
        batch_size: usize,
        targets: Targets,
        seed: u64,
        purpose: &'static str,
    ) -> Self {
        let visited =
            few.map_or_else(|| (0..windows.len() as u32).collect(), |few| few.windows.clone());
        let order = (0, Vec::new());
        let mut batches = Self { windows, batch_size, targets, seed, purpose, visited, order };
        batches.shuffle(0);
        batches
    }

    /// Batches in one epoch.
    #[must_use]
    pub fn per_epoch(&self) -> usize {
        self.visited.len().div_ceil(self.batch_size)
    }

    /// The batch of `step`, counted from 0 over all epochs.
    pub fn get(&mut self, step: usize) -> Batch {
        let (epoch, index) = (step / self.per_epoch(), step % self.per_epoch());
        if self.order.0 != epoch as u64 {
            self.shuffle(epoch as u64);
        }
        let from = index * self.batch_size;
        let to = (from + self.batch_size).min(self.visited.len());
        self.collect(epoch as u64, &self.order.1[from..to])
    }

    fn shuffle(&mut self, epoch: u64) {
        let mut order = self.visited.clone();
        order.shuffle(&mut stream(self.seed, self.purpose, &[epoch]));
        self.order = (epoch, order);
    }

    fn collect(&self, epoch: u64, chosen: &[u32]) -> Batch {
        collect(self.windows, chosen, self.targets, epoch)
    }
}

/// A batch of the chosen windows.
#[must_use]
pub fn collect(windows: &[Window], chosen: &[u32], targets: Targets, epoch: u64) -> Batch {
    let mut inputs = Windows::default();
    let mut positions = Vec::new();
    for &index in chosen {
        let window = &windows[index as usize];
        let start = inputs.items.len();
        inputs.push(&window.inputs);
        let first = match targets {
            Targets::All => 0,
            Targets::Last => window.inputs.len() - 1,
        };
        for offset in first..window.inputs.len() {
            positions.push(Position {
                row: (start + offset) as u32,
                window: index,
                offset: offset as u32,
                user: window.user,
                target: window.targets[offset],
            });
        }
    }
    Batch { epoch, windows: Arc::new(inputs), positions }
}

impl Batch {
    /// The same windows with some of the positions after the other, at most `most` at a time.
    pub fn parts(&self, most: usize) -> impl Iterator<Item = Self> {
        self.positions.chunks(most).map(|positions| Self {
            epoch: self.epoch,
            windows: Arc::clone(&self.windows),
            positions: positions.to_vec(),
        })
    }

    /// The rows of the trained positions' hidden states.
    #[must_use]
    pub fn rows(&self) -> Vec<u32> {
        self.positions.iter().map(|position| position.row).collect()
    }

    /// The item that followed each trained position.
    #[must_use]
    pub fn targets(&self) -> Vec<Item> {
        self.positions.iter().map(|position| position.target).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(user: u32, inputs: &[Item], targets: &[Item]) -> Window {
        Window { user, inputs: inputs.to_vec(), targets: targets.to_vec() }
    }

    #[test]
    fn positions_point_at_their_items() {
        let all = [window(0, &[1, 2, 3], &[2, 3, 4]), window(1, &[5], &[6])];
        let batch = collect(&all, &[1, 0], Targets::All, 0);
        assert_eq!(batch.windows.items, [5, 1, 2, 3]);
        assert_eq!(batch.windows.lengths, [1, 3]);
        assert_eq!(batch.rows(), [0, 1, 2, 3]);
        let last = collect(&all, &[1, 0], Targets::Last, 0);
        assert_eq!(last.rows(), [0, 3]);
        assert_eq!(last.positions.iter().map(|p| p.target).collect::<Vec<_>>(), [6, 4]);
    }

    #[test]
    fn parts_are_the_positions_one_after_the_other() {
        let all = [window(0, &[1, 2, 3], &[2, 3, 4]), window(1, &[5, 7], &[6, 8])];
        let batch = collect(&all, &[1, 0], Targets::All, 0);
        let parts: Vec<Vec<u32>> = batch.parts(2).map(|part| part.rows()).collect();
        assert_eq!(parts, [vec![0, 1], vec![2, 3], vec![4]]);
        assert!(batch.parts(2).all(|part| part.windows == batch.windows));
    }

    #[test]
    fn an_epoch_visits_every_window_once() {
        let all: Vec<Window> = (0..10).map(|user| window(user, &[1], &[2])).collect();
        let mut batches = Batches::new(&all, None, 4, Targets::All, 3, "batches");
        assert_eq!(batches.per_epoch(), 3);
        let users = |batches: &mut Batches<'_>, epoch: usize| -> Vec<u32> {
            (0..3).flat_map(|b| batches.get(3 * epoch + b).positions).map(|p| p.user).collect()
        };
        let (first, second) = (users(&mut batches, 0), users(&mut batches, 1));
        assert_ne!(first, second, "each epoch has its own order");
        let mut sorted = second.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..10).collect::<Vec<_>>());
        assert_eq!(users(&mut batches, 0), first, "an epoch's order does not depend on history");
    }
}
