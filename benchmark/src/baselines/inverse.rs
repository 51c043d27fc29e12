//! The inverse of a symmetric positive definite matrix, in place.
//!
//! Gauss-Jordan elimination by blocks, without pivoting, which such a matrix does not need: for each block
//! of columns `C = A[:, K]` and `D = A[K, K]⁻¹`, `A` becomes `A - C D Cᵀ` outside of K, its rows and columns of K
//! `C D`, and `A[K, K]` `-D`. After the last block `A` is minus its inverse (the sweep operator: Goodnight,
//! "A tutorial on the SWEEP operator", The American Statistician 1979). Nearly all time goes to the
//! product, on one thread, so that the numbers do not depend on how many there are.

use prefsweep_policy::kernels::{By, Matrix, Output, product};

/// Columns that are eliminated at once.
const BLOCK: usize = 128;

/// Replaces a symmetric positive definite matrix of `n` rows by its inverse.
///
/// # Panics
/// When it has not `n` rows of `n` numbers, or is not positive definite.
pub(super) fn invert(matrix: &mut [f64], n: usize) {
    assert_eq!(matrix.len(), n * n, "a square matrix");
    let mut columns: Vec<f64> = Vec::new();
    let mut scaled: Vec<f64> = Vec::new();
    for start in (0..n).step_by(BLOCK) {
        let width = BLOCK.min(n - start);
        columns.clear();
        for row in matrix.chunks_exact(n) {
            columns.extend_from_slice(&row[start..start + width]);
        }
        let mut pivot = columns[start * width..(start + width) * width].to_vec();
        invert_small(&mut pivot, width);
        scaled.resize(n * width, 0.0);
        let (block, inverse) = (Matrix::new(&columns, width), Matrix::new(&pivot, width));
        product(&mut scaled, Output::Replaced, 1.0, block, inverse, By::OneThread);
        let left = Matrix::new(&scaled, width);
        product(matrix, Output::AddedTo, -1.0, left, block.turned(), By::OneThread);
        for (row, scaled) in matrix.chunks_exact_mut(n).zip(scaled.chunks_exact(width)) {
            row[start..start + width].copy_from_slice(scaled);
        }
        for (place, row) in matrix[start * n..(start + width) * n].chunks_exact_mut(n).enumerate() {
            for (entry, scaled) in row.iter_mut().zip(scaled.chunks_exact(width)) {
                *entry = scaled[place];
            }
            let inverse = &pivot[place * width..(place + 1) * width];
            for (entry, inverse) in row[start..start + width].iter_mut().zip(inverse) {
                *entry = -inverse;
            }
        }
    }
    matrix.iter_mut().for_each(|entry| *entry = -*entry);
}

/// The same, one column at a time.
fn invert_small(matrix: &mut [f64], n: usize) {
    for pivot in 0..n {
        let column: Vec<f64> = matrix.iter().skip(pivot).step_by(n).copied().collect();
        let divisor = column[pivot];
        assert!(divisor > 0.0, "a positive definite matrix");
        for (row, factor) in matrix.chunks_exact_mut(n).zip(&column) {
            for (entry, other) in row.iter_mut().zip(&column) {
                *entry -= factor * other / divisor;
            }
        }
        for (place, entry) in column.iter().enumerate() {
            matrix[place * n + pivot] = entry / divisor;
            matrix[pivot * n + place] = entry / divisor;
        }
        matrix[pivot * n + pivot] = -divisor.recip();
    }
    matrix.iter_mut().for_each(|entry| *entry = -*entry);
}

#[cfg(test)]
mod tests {
    use prefsweep_datasets::random::stream;
    use proptest::prelude::*;
    use rand::RngExt;

    use super::*;

    /// `XᵀX + I` of some numbers between -1 and 1.
    fn positive_definite(n: usize, seed: u64) -> Vec<f64> {
        let mut random = stream(seed, "test", &[n as u64]);
        let x: Vec<f64> = (0..n * n).map(|_| random.random_range(-1.0..1.0)).collect();
        let entry = |i: usize, j: usize| -> f64 {
            let sum: f64 = (0..n).map(|k| x[k * n + i] * x[k * n + j]).sum();
            sum + f64::from(u8::from(i == j))
        };
        (0..n * n).map(|place| entry(place / n, place % n)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        /// The product with the matrix is the identity, also where the last block is not whole.
        #[test]
        fn the_inverse_undoes_the_matrix(n in 1_usize..300, seed in any::<u64>()) {
            let matrix = positive_definite(n, seed);
            let mut inverse = matrix.clone();
            invert(&mut inverse, n);
            for i in 0..n {
                for j in 0..n {
                    let sum: f64 = (0..n).map(|k| matrix[i * n + k] * inverse[k * n + j]).sum();
                    prop_assert!((sum - f64::from(u8::from(i == j))).abs() < 1e-8, "{sum}");
                }
            }
        }
    }

    #[test]
    fn two_by_two_by_hand() {
        let mut matrix = [4.0, 1.0, 1.0, 2.0];
        invert(&mut matrix, 2);
        for (found, expected) in matrix.iter().zip([2.0 / 7.0, -1.0 / 7.0, -1.0 / 7.0, 4.0 / 7.0]) {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        }
    }
}
