//! Dropout whose masks depend on seed, step and site alone, so that cells that differ in loss or
//! in the number of negatives drop the same units.

use burn::Tensor;
use burn::tensor::TensorData;
use rand::Rng;
use recpo_datasets::random::stream;

/// The dropout masks of one training step.
#[derive(Debug)]
pub struct Dropout {
    rate: f64,
    seed: u64,
    step: u64,
    site: u64,
}

impl Dropout {
    /// Masks for `step` under `seed`; None if the rate is zero.
    #[must_use]
    pub fn new(rate: f64, seed: u64, step: u64) -> Option<Self> {
        (rate > 0.0).then_some(Self { rate, seed, step, site: 0 })
    }

    /// Zeroes each entry with the rate's probability and scales the others up. Each call is the
    /// next site of the network.
    pub(super) fn apply<const D: usize>(&mut self, x: Tensor<D>) -> Tensor<D> {
        let shape = x.shape();
        let mask = self.mask(shape.num_elements());
        let device = x.device().without_autodiff();
        x * Tensor::<D>::from_data(TensorData::new(mask, shape), &device)
    }

    /// The next site's mask: 0 or `1 / (1 - rate)`. The rate is rounded to a 65,536th, so that
    /// one 64-bit draw decides four entries.
    fn mask(&mut self, length: usize) -> Vec<f32> {
        let mut stream = stream(self.seed, "dropout", &[self.step, self.site]);
        self.site += 1;
        let threshold = (self.rate * 65_536.0).round() as u16;
        let keep = (1.0 / (1.0 - f64::from(threshold) / 65_536.0)) as f32;
        let mut mask = Vec::with_capacity(length.next_multiple_of(4));
        while mask.len() < length {
            let draw = stream.next_u64();
            for lane in 0..4 {
                let lane = (draw >> (16 * lane)) as u16;
                mask.push(if lane < threshold { 0.0 } else { keep });
            }
        }
        mask.truncate(length);
        mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_have_the_rate_and_mean_one() {
        let mut dropout = Dropout::new(0.2, 1, 0).unwrap();
        let mask = dropout.mask(200_001);
        let dropped = mask.iter().filter(|&&entry| entry == 0.0).count() as f64 / mask.len() as f64;
        // Five standard errors of a binomial share.
        assert!((dropped - 0.2).abs() < 5.0 * (0.16_f64 / 200_001.0).sqrt(), "{dropped}");
        assert_ne!(mask, dropout.mask(200_001), "each site has its own mask");
    }

    #[test]
    fn no_rate_means_no_dropout() {
        assert!(Dropout::new(0.0, 1, 0).is_none());
    }
}
