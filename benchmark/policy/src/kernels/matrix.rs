//! Products of matrices that lie in slices, without copies: what burn's CPU backend uses
//! internally, here with operands that are parts of larger buffers and with accumulation.

use gemm::Parallelism;

/// A number that matrices are made of.
pub trait Number: Copy + 'static {
    /// What numbers that are kept are multiplied with.
    const ONE: Self;
}

impl Number for f32 {
    const ONE: Self = 1.0;
}

impl Number for f64 {
    const ONE: Self = 1.0;
}

/// A matrix to read.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a, T = f32> {
    values: &'a [T],
    rows: usize,
    columns: usize,
    by_row: usize,
    by_column: usize,
}

impl<'a, T: Number> Matrix<'a, T> {
    /// A matrix of `columns` columns that lies row by row.
    ///
    /// # Panics
    /// When `values` is not made of whole rows.
    pub fn new(values: &'a [T], columns: usize) -> Self {
        assert!(columns > 0 && values.len().is_multiple_of(columns), "whole rows");
        Self { values, rows: values.len() / columns, columns, by_row: columns, by_column: 1 }
    }

    /// How many rows there are.
    pub fn rows(self) -> usize {
        self.rows
    }

    /// Some of the columns.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn columns(self, range: std::ops::Range<usize>) -> Self {
        assert!(range.end <= self.columns && self.by_column == 1, "columns of a matrix by rows");
        Self {
            values: &self.values[range.start.min(self.values.len())..],
            columns: range.len(),
            ..self
        }
    }

    /// Rows and columns exchanged.
    pub fn turned(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            by_row: self.by_column,
            by_column: self.by_row,
            ..self
        }
    }
}

/// Who computes a product.
#[derive(Clone, Copy, Debug)]
pub enum By {
    /// The calling thread, for products that are part of something parallel.
    OneThread,
    /// All threads. The numbers are the same: no sum is divided.
    AllThreads,
}

/// What becomes of the numbers that the output holds.
#[derive(Clone, Copy, Debug)]
pub enum Output {
    /// They are replaced by the product.
    Replaced,
    /// The product is added to them.
    AddedTo,
}

/// `scale * left * right` into `output`, which lies row by row.
///
/// # Panics
/// When the sizes do not fit.
pub fn product<T: Number>(
    output: &mut [T],
    kept: Output,
    scale: T,
    left: Matrix<'_, T>,
    right: Matrix<'_, T>,
    by: By,
) {
    assert_eq!(left.columns, right.rows, "inner sizes");
    assert_eq!(output.len(), left.rows * right.columns, "size of the output");
    let stride = |by: usize| isize::try_from(by).expect("a slice is shorter than isize::MAX");
    let add = matches!(kept, Output::AddedTo);
    let parallelism = match by {
        By::OneThread => Parallelism::None,
        By::AllThreads => Parallelism::Rayon(0),
    };
    // SAFETY: `Matrix::new`, `columns` and `turned` keep every entry `row * by_row + column * by_column`
    // inside `values`; `output` holds `left.rows * right.columns` numbers, as just checked, is
    // exclusively borrowed, and its entries are distinct.
    #[expect(unsafe_code, reason = "the crate has no safe interface")]
    unsafe {
        gemm::gemm(
            left.rows,
            right.columns,
            left.columns,
            output.as_mut_ptr(),
            1,
            stride(right.columns),
            add,
            left.values.as_ptr(),
            stride(left.by_column),
            stride(left.by_row),
            right.values.as_ptr(),
            stride(right.by_column),
            stride(right.by_row),
            T::ONE,
            scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(matrix: Matrix<'_>, row: usize, column: usize) -> f64 {
        f64::from(matrix.values[row * matrix.by_row + column * matrix.by_column])
    }

    fn check(left: Matrix<'_>, right: Matrix<'_>) {
        let size = left.rows * right.columns;
        for (kept, start) in [(Output::Replaced, 0.0), (Output::AddedTo, 2.0)] {
            for by in [By::OneThread, By::AllThreads] {
                let mut output = vec![2.0_f32; size];
                product(&mut output, kept, 0.5, left, right, by);
                for (index, found) in output.iter().enumerate() {
                    let (row, column) = (index / right.columns, index % right.columns);
                    let sum: f64 = (0..left.columns)
                        .map(|k| entry(left, row, k) * entry(right, k, column))
                        .sum();
                    assert!((f64::from(*found) - (start + 0.5 * sum)).abs() < 1e-4);
                }
            }
        }
    }

    #[test]
    fn products_are_those_of_the_definition_in_all_orientations() {
        let values: Vec<f32> = (0..7 * 5).map(|i| (i as f32).sin()).collect();
        let a = Matrix::new(&values, 5);
        let b = Matrix::new(&values[..20], 4);
        let c = Matrix::new(&values[..20], 5);
        check(a, b);
        check(a, c.turned());
        check(a.turned(), Matrix::new(&values[..21], 3));
        check(a.columns(1..4), Matrix::new(&values[..6], 2));
        check(Matrix::new(&values[..6], 2), c.columns(3..5).turned());
    }

    #[test]
    fn double_precision_is_kept() {
        let values: Vec<f64> = (0..35).map(|i| f64::from(i).sin()).collect();
        let (a, b) = (Matrix::new(&values, 5), Matrix::new(&values[..20], 4));
        let mut output = vec![2.0_f64; 7 * 4];
        product(&mut output, Output::AddedTo, -0.5, a, b, By::OneThread);
        for (index, found) in output.iter().enumerate() {
            let (row, column) = (index / 4, index % 4);
            let sum: f64 = (0..5).map(|k| values[5 * row + k] * values[4 * k + column]).sum();
            assert!((found - (2.0 - 0.5 * sum)).abs() < 1e-14, "{found}");
        }
    }

    #[test]
    fn nothing_is_read_or_written_for_empty_products() {
        product(
            &mut [],
            Output::Replaced,
            1.0,
            Matrix::new(&[], 3),
            Matrix::new(&[1.0; 6], 2),
            By::OneThread,
        );
        let mut output = [7.0; 4];
        let empty = Matrix::new(&[], 2);
        product(&mut output, Output::Replaced, 1.0, empty.turned(), empty, By::OneThread);
        assert_eq!(output, [0.0; 4]);
    }
}
