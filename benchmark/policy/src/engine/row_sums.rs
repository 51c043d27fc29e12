//! Sums of rows by where they belong, from look-ups alone.
//!
//! The gradient of a table whose rows were looked up is, for each row, the sum over the places where
//! it was. On a GPU burn lets one unit per column walk over all places, which is slow, or adds by
//! atomics, in an order that differs from run to run. The host knows who was looked up where, so it
//! can lay out a tree instead: every level gathers some rows side by side and adds them up. The order
//! of summation is fixed, and every step is parallel.

use burn::Tensor;
use burn::tensor::Device;

use crate::tensors::indices;

/// Rows that are added at once, at most.
const WIDEST: usize = 32;

/// Of a row that belongs to no row of the table.
pub(super) const NOWHERE: u32 = u32::MAX;

/// Where which rows are added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RowSums {
    levels: Vec<Level>,
    /// For each row of the table its row of the last level.
    last: Places,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Level {
    width: usize,
    /// `[groups, width]`.
    places: Places,
}

/// Rows of some input; the row after its last one stands for zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Places {
    rows: Vec<u32>,
    inputs: u32,
}

impl RowSums {
    /// Row `i` of what is to be summed belongs to row `belongs[i]` of a table of `rows` rows, or to
    /// none ([`NOWHERE`]).
    #[must_use]
    pub(super) fn new(belongs: &[u32], rows: usize) -> Self {
        let mut counts = vec![0_u32; rows];
        for &row in belongs.iter().filter(|&&row| row != NOWHERE) {
            counts[row as usize] += 1;
        }
        // The places of every row, side by side.
        let mut next = starts(&counts);
        let mut places = vec![0; counts.iter().sum::<u32>() as usize];
        for (place, &row) in belongs.iter().enumerate().filter(|(_, row)| **row != NOWHERE) {
            let slot = &mut next[row as usize];
            places[*slot as usize] = place as u32;
            *slot += 1;
        }
        let mut inputs = belongs.len() as u32;
        let mut levels = Vec::new();
        while counts.iter().any(|&count| count > 1) {
            let present = counts.iter().filter(|&&count| count > 0).count();
            let width = places.len().div_ceil(present).next_power_of_two().clamp(2, WIDEST);
            let mut grouped = Vec::with_capacity(2 * places.len());
            let mut from = 0;
            for count in &mut counts {
                let own = &places[from..from + *count as usize];
                from += own.len();
                for group in own.chunks(width) {
                    grouped.extend_from_slice(group);
                    grouped.extend(std::iter::repeat_n(inputs, width - group.len()));
                }
                *count = count.div_ceil(width as u32);
            }
            let groups = (grouped.len() / width) as u32;
            levels.push(Level { width, places: Places { rows: grouped, inputs } });
            places = (0..groups).collect();
            inputs = groups;
        }
        let mut left = places.into_iter();
        let mut own = |count| if count == 0 { inputs } else { left.next().expect("one each") };
        let rows = counts.into_iter().map(&mut own).collect();
        Self { levels, last: Places { rows, inputs } }
    }

    /// The sums, `[R, rows, dim]`, of `[R, inputs, dim]`.
    #[must_use]
    pub(super) fn of(&self, mut x: Tensor<3>) -> Tensor<3> {
        let device = x.device();
        for level in &self.levels {
            let found = level.places.gather(x, &device);
            let [replicas, rows, dim] = found.dims();
            let groups = rows / level.width;
            x = found.reshape([replicas, groups, level.width, dim]).sum_dim(2).squeeze_dim(2);
        }
        self.last.gather(x, &device)
    }
}

impl Places {
    fn gather(&self, x: Tensor<3>, device: &Device) -> Tensor<3> {
        let [replicas, rows, dim] = x.dims();
        debug_assert_eq!(rows, self.inputs as usize);
        let padded = self.rows.contains(&self.inputs);
        let x = if padded {
            Tensor::cat(vec![x, Tensor::zeros([replicas, 1, dim], device)], 1)
        } else {
            x
        };
        x.select(1, indices(&self.rows, device))
    }
}

/// Where each of some consecutive stretches begins.
fn starts(lengths: &[u32]) -> Vec<u32> {
    let mut sum = 0;
    let begin = |length: &u32| {
        let start = sum;
        sum += length;
        start
    };
    lengths.iter().map(begin).collect()
}

/// Puts `[R, chosen, dim]` back to where it was chosen from: `[R, rows, dim]`, zeros elsewhere. No row
/// was chosen twice.
pub(super) fn scatter(chosen: Tensor<3>, from: &[u32], rows: usize) -> Tensor<3> {
    RowSums::new(from, rows).of(chosen)
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Small whole numbers add up exactly in any order.
        #[test]
        fn every_row_is_the_sum_of_its_places(
            belongs in proptest::collection::vec(prop_oneof![4 => 0_u32..3, 1 => 0_u32..40, 1 => Just(NOWHERE)], 1..300),
            replicas in 1_usize..4,
        ) {
            let (rows, dim) = (40, 2);
            let length = replicas * belongs.len() * dim;
            let values: Vec<f32> = (0..length).map(|i| (i * 37 % 101) as f32 - 50.0).collect();
            let shape = [replicas, belongs.len(), dim];
            let x = Tensor::from_data(TensorData::new(values.clone(), shape), &Device::flex());
            let found: Vec<f32> =
                RowSums::new(&belongs, rows).of(x).try_into_vec_as().unwrap();
            let mut expected = vec![0.0; replicas * rows * dim];
            for (index, value) in values.iter().enumerate() {
                let (replica, place) = (index / dim / belongs.len(), index / dim % belongs.len());
                if belongs[place] != NOWHERE {
                    let row = replica * rows + belongs[place] as usize;
                    expected[row * dim + index % dim] += value;
                }
            }
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_popular_row_takes_few_levels() {
        let sums = RowSums::new(&vec![1; 100_000], 3);
        // 32^3 < 100,000 <= 32^4.
        assert_eq!(sums.levels.len(), 4);
        let gathered: usize = sums.levels.iter().map(|level| level.places.rows.len()).sum();
        assert!(gathered < 105_000, "{gathered}");
    }
}
