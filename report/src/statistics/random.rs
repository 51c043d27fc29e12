//! A small generator, so that resampling is the same on every machine and in every version.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// xoshiro256++ seeded by SplitMix64 (Blackman and Vigna, "Scrambled linear pseudorandom number
/// generators", ACM TOMS 47, 2021).
#[derive(Debug, Clone)]
pub struct Random(Xoshiro256PlusPlus);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Two indices below `n`, each from 32 bits by multiplication; the bias is below n / 2³².
    pub fn two_below(&mut self, n: usize) -> [usize; 2] {
        let (bits, n) = (self.next_u64(), n as u64);
        [((bits >> 32) * n) >> 32, ((bits & 0xffff_ffff) * n) >> 32].map(|index| index as usize)
    }

    /// Uniform on [0, 1), with 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Standard normal, by the method of Box and Muller (1958); the second value is discarded.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every seed of a report depends on these: four numbers of SplitMix64 are the state, whose first and last
    /// make the first number.
    #[test]
    fn first_numbers_are_those_of_the_reference_code() {
        let split_mix = [
            0xe220_a839_7b1d_cdaf,
            0x6e78_9e6a_a1b9_65f4,
            0x06c4_5d18_8009_454f,
            0xf88b_b8a8_724c_81ec,
        ];
        let [first, .., last]: [u64; 4] = split_mix;
        let expected = first.wrapping_add(last).rotate_left(23).wrapping_add(first);
        assert_eq!(Random::new(0).next_u64(), expected);
    }

    #[test]
    fn indices_are_even_and_normals_are_normal() {
        let mut random = Random::new(7);
        let mut counts = [0_usize; 7];
        for index in (0..70_000).flat_map(|_| random.two_below(7)) {
            counts[index] += 1;
        }
        // 20 000 expected each; the standard deviation is 131.
        assert!(counts.iter().all(|count| count.abs_diff(20_000) < 700), "{counts:?}");
        let normals: Vec<f64> = (0..100_000).map(|_| random.normal()).collect();
        let mean = normals.iter().sum::<f64>() / 1e5;
        let square = normals.iter().map(|value| value * value).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.02 && (square - 1.0).abs() < 0.03, "{mean} {square}");
    }
}
