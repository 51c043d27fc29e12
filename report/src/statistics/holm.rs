//! Correction for many tests.

/// Adjusted p-values that keep the chance of any false claim in the family below the level
/// (Holm, Scandinavian Journal of Statistics 6, 1979), in the order given.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|one, two| p[*one].total_cmp(&p[*two]));
    let mut adjusted = vec![1.0; p.len()];
    let mut least: f64 = 0.0;
    for (place, index) in order.into_iter().enumerate() {
        least = least.max((p.len() - place) as f64 * p[index]).min(1.0);
        adjusted[index] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn between_plain_and_bonferroni(p in proptest::collection::vec(0.0_f64..1.0, 1..20)) {
            for (plain, adjusted) in p.iter().zip(holm(&p)) {
                proptest::prop_assert!(*plain <= adjusted);
                proptest::prop_assert!(adjusted <= (plain * p.len() as f64).min(1.0) + 1e-12);
            }
        }
    }
}
