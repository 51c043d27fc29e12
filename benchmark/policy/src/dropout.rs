//! Dropout whose masks depend on seed, step and site alone, so that runs that differ in loss or in
//! the number of negatives drop the same units (but for titles, where negatives are read in the same windows).

use burn::Tensor;
use burn::tensor::TensorData;
use prefsweep_datasets::random::stream;
use rand::Rng;

/// The dropout masks of one training step.
#[derive(Debug)]
pub struct Dropout {
    rate: f64,
    seed: u64,
    step: u64,
    site: u64,
}

/// The mask of one site: sixteen random bits for each entry. The rate is rounded to a 65,536th, so
/// that one 64-bit draw decides four entries.
#[derive(Clone, Debug)]
pub(crate) struct Mask {
    draws: Vec<u16>,
    threshold: u16,
    keep: f32,
}

impl Dropout {
    /// Masks for `step` under `seed`; None if the rate is zero.
    #[must_use]
    pub fn new(rate: f64, seed: u64, step: u64) -> Option<Self> {
        (rate > 0.0).then_some(Self { rate, seed, step, site: 0 })
    }

    /// Zeroes each entry with the rate's probability and scales the others up, the same ones in all
    /// replicas (the first dimension). Each call is the next site of the network.
    fn apply<const D: usize>(&mut self, x: Tensor<D>) -> Tensor<D> {
        let mut shape = x.dims();
        shape[0] = 1;
        let mask = self.mask(shape.iter().product());
        let mut factors = vec![1.0; mask.draws.len()];
        mask.apply(&mut factors, 0);
        let device = x.device().without_autodiff();
        x * Tensor::<D>::from_data(TensorData::new(factors, shape), &device)
    }

    /// The next site's mask.
    pub(crate) fn mask(&mut self, length: usize) -> Mask {
        let mut stream = stream(self.seed, "dropout", &[self.step, self.site]);
        self.site += 1;
        let threshold = (self.rate * 65_536.0).round() as u16;
        let keep = (1.0 / (1.0 - f64::from(threshold) / 65_536.0)) as f32;
        let mut draws = vec![0; length];
        for lanes in draws.chunks_mut(4) {
            let draw = stream.next_u64();
            for (lane, place) in lanes.iter_mut().enumerate() {
                *place = (draw >> (16 * lane)) as u16;
            }
        }
        Mask { draws, threshold, keep }
    }
}

/// Dropout at the next site, if there is any.
pub(crate) fn drop<const D: usize>(x: Tensor<D>, dropout: &mut Option<Dropout>) -> Tensor<D> {
    match dropout {
        Some(dropout) => dropout.apply(x),
        None => x,
    }
}

impl Mask {
    /// Multiplies entries, the first of which is entry `from` of the site, by 0 or by
    /// `1 / (1 - rate)`.
    #[inline(always)]
    pub(crate) fn apply(&self, entries: &mut [f32], from: usize) {
        let draws = &self.draws[from..from + entries.len()];
        for (entry, &draw) in entries.iter_mut().zip(draws) {
            *entry *= if draw < self.threshold { 0.0 } else { self.keep };
        }
    }

    /// The factor of the entries that are kept.
    pub(crate) fn keep(&self) -> f32 {
        self.keep
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors(dropout: &mut Dropout, length: usize) -> Vec<f32> {
        let mut factors = vec![1.0; length];
        dropout.mask(length).apply(&mut factors, 0);
        factors
    }

    #[test]
    fn masks_have_the_rate_and_mean_one() {
        let mut dropout = Dropout::new(0.2, 1, 0).unwrap();
        let mask = factors(&mut dropout, 200_001);
        let dropped = mask.iter().filter(|&&entry| entry == 0.0).count() as f64 / mask.len() as f64;
        // Five standard errors of a binomial share.
        assert!((dropped - 0.2).abs() < 5.0 * (0.16_f64 / 200_001.0).sqrt(), "{dropped}");
        assert!(mask.iter().all(|&entry| entry == 0.0 || (entry - 1.25).abs() < 1e-4));
        assert_ne!(mask, factors(&mut dropout, 200_001), "each site has its own mask");
    }

    #[test]
    fn a_part_of_a_mask_is_that_part() {
        let mask = Dropout::new(0.5, 1, 0).unwrap().mask(99);
        let (mut all, mut part) = (vec![1.0; 99], vec![1.0; 20]);
        mask.apply(&mut all, 0);
        mask.apply(&mut part, 13);
        assert_eq!(part, all[13..33]);
    }

    #[test]
    fn no_rate_means_no_dropout() {
        assert!(Dropout::new(0.0, 1, 0).is_none());
    }
}
