//! Item embeddings, scaled, plus positions, and their gradients.

use crate::dropout::Mask;
use crate::kernels::{add_scaled, vectorised};
use crate::windows::Windows;

/// `sqrt(dim) * items[item] + positions[place]` for every item of the windows, with dropout.
pub(super) fn forward(
    items: &[f32],
    positions: &[f32],
    windows: &Windows,
    mask: Option<&Mask>,
    dim: usize,
) -> Vec<f32> {
    let places = windows.positions().into_iter();
    let mut output = rows(items, positions, &windows.items, places, dim);
    vectorised(
        #[inline(always)]
        || drop_rows(&mut output, windows, mask, dim),
    );
    output
}

/// `sqrt(dim) * items[item] + positions[place]` for some items at some places, `[wanted, dim]`.
pub(super) fn rows(
    items: &[f32],
    positions: &[f32],
    wanted: &[u32],
    places: impl Iterator<Item = usize>,
    dim: usize,
) -> Vec<f32> {
    let scale = (dim as f64).sqrt() as f32;
    let mut output = vec![0.0; wanted.len() * dim];
    vectorised(
        #[inline(always)]
        || {
            let rows = output.chunks_exact_mut(dim).zip(wanted);
            for ((row, &item), place) in rows.zip(places) {
                row.copy_from_slice(&positions[place * dim..][..dim]);
                add_scaled(row, scale, &items[item as usize * dim..][..dim]);
            }
        },
    );
    output
}

/// Gradients of items and positions, of the given numbers of rows.
pub(super) fn backward(
    mut gradient: Vec<f32>,
    windows: &Windows,
    mask: Option<&Mask>,
    dim: usize,
    rows: [usize; 2],
) -> [Vec<f32>; 2] {
    let scale = (dim as f64).sqrt() as f32;
    let [mut items, mut positions] = rows.map(|rows| vec![0.0; rows * dim]);
    vectorised(
        #[inline(always)]
        || {
            drop_rows(&mut gradient, windows, mask, dim);
            let rows = gradient.chunks_exact(dim).zip(&windows.items);
            for ((row, &item), place) in rows.zip(windows.positions()) {
                add_scaled(&mut positions[place * dim..][..dim], 1.0, row);
                add_scaled(&mut items[item as usize * dim..][..dim], scale, row);
            }
        },
    );
    [items, positions]
}

#[inline(always)]
fn drop_rows(rows: &mut [f32], windows: &Windows, mask: Option<&Mask>, dim: usize) {
    let Some(mask) = mask else { return };
    let padded = windows.padded_rows(windows.longest());
    for (row, padded) in rows.chunks_exact_mut(dim).zip(padded) {
        mask.apply(row, padded * dim);
    }
}
