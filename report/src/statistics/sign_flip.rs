//! Paired randomisation test on users.

use super::random::Random;

/// Two-sided p of the mean difference under random signs (Fisher, "The design of experiments",
/// 1935; for rankings Smucker, Allan and Carterette, CIKM 2007).
///
/// Under the null hypothesis the two sides of every pair could be swapped. The p-value counts the
/// data themselves, `(1 + as extreme) / (1 + resamples)` (Phipson and Smyth, Stat. Appl. Genet.
/// Mol. Biol. 9, 2010), so it is never zero. Differences of zero do not matter. It speaks of the
/// users and the trained models at hand, not of other seeds.
pub fn sign_flip(differences: &[f64], resamples: usize, seed: u64) -> f64 {
    let moved: Vec<f64> = differences.iter().copied().filter(|value| *value != 0.0).collect();
    let total: f64 = moved.iter().sum();
    let magnitude: f64 = moved.iter().map(|value| value.abs()).sum();
    // What differs from the data by rounding is as extreme as the data.
    let bar = total.abs() - 1e-12 * magnitude;
    let mut random = Random::new(seed);
    let extreme = (0..resamples).filter(|_| flipped(&moved, &mut random).abs() >= bar).count();
    (1 + extreme) as f64 / (1 + resamples) as f64
}

fn flipped(values: &[f64], random: &mut Random) -> f64 {
    let mut sum = 0.0;
    for block in values.chunks(64) {
        let bits = random.next_u64();
        for (place, value) in block.iter().enumerate() {
            sum += f64::from_bits(value.to_bits() ^ ((bits >> place & 1) << 63));
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_for_three_values() {
        // Of eight sign patterns only +++ and −−− reach |6|.
        let p = sign_flip(&[1.0, 2.0, 0.0, 3.0], 40_000, 1);
        assert!((p - 0.25).abs() < 0.01, "{p}");
        assert_eq!(sign_flip(&[0.0; 4], 100, 1), 1.0);
    }

    #[test]
    fn near_the_t_test_for_many_values() {
        let mut random = Random::new(3);
        let values: Vec<f64> = (0..2000).map(|_| 0.05 + random.normal()).collect();
        let spread = crate::statistics::Panel::new(std::slice::from_ref(&values)).unwrap().spread();
        let p = sign_flip(&values, 10_000, 1);
        assert!((p - spread.p()).abs() < 0.02, "{p} {}", spread.p());
    }
}
