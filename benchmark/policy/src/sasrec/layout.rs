//! The parameters of SASRec.

use super::settings::SasrecConfig;
use crate::parameters::{Handle, Init, Layout};

/// Where each of the parameters is.
#[derive(Clone, Debug)]
pub(super) struct Handles {
    /// Item embeddings; one row more than items: the padding.
    pub(super) items: Handle,
    /// Position embeddings.
    pub(super) positions: Handle,
    pub(super) blocks: Vec<BlockHandles>,
    /// The final LayerNorm.
    pub(super) norm: NormHandles,
}

/// The parameters of a block.
#[derive(Clone, Debug)]
pub(super) struct BlockHandles {
    pub(super) attention_norm: NormHandles,
    pub(super) query: LinearHandles,
    pub(super) key: LinearHandles,
    pub(super) value: LinearHandles,
    /// The projection of what was attended to.
    pub(super) output: LinearHandles,
    pub(super) feed_forward_norm: NormHandles,
    pub(super) inner: LinearHandles,
    pub(super) outer: LinearHandles,
}

/// Gain and bias of a LayerNorm.
#[derive(Clone, Copy, Debug)]
pub(super) struct NormHandles {
    pub(super) gain: Handle,
    pub(super) bias: Handle,
}

/// Weight and bias of a linear layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinearHandles {
    pub(super) weight: Handle,
    pub(super) bias: Handle,
}

impl Handles {
    /// Adds the parameters of a model for `n_items` items.
    pub(super) fn add(layout: &mut Layout, settings: &SasrecConfig, n_items: usize) -> Self {
        let dim = settings.dim;
        let items = layout.add("items", n_items + 1, dim, Init::Normal);
        let positions = layout.add("positions", settings.max_len, dim, Init::Normal);
        let blocks = (0..settings.blocks)
            .map(|block| BlockHandles::add(layout, settings, &format!("blocks.{block}")))
            .collect();
        Self { items, positions, blocks, norm: NormHandles::add(layout, "norm", dim) }
    }
}

impl BlockHandles {
    fn add(layout: &mut Layout, settings: &SasrecConfig, name: &str) -> Self {
        let (dim, inner) = (settings.dim, settings.feed_forward);
        let part = |part: &str| format!("{name}.{part}");
        // In this order: it decides the initial values.
        Self {
            attention_norm: NormHandles::add(layout, &part("attention_norm"), dim),
            query: LinearHandles::add(layout, &part("query"), [dim, dim]),
            key: LinearHandles::add(layout, &part("key"), [dim, dim]),
            value: LinearHandles::add(layout, &part("value"), [dim, dim]),
            output: LinearHandles::add(layout, &part("output"), [dim, dim]),
            feed_forward_norm: NormHandles::add(layout, &part("feed_forward_norm"), dim),
            inner: LinearHandles::add(layout, &part("inner"), [dim, inner]),
            outer: LinearHandles::add(layout, &part("outer"), [inner, dim]),
        }
    }
}

impl NormHandles {
    fn add(layout: &mut Layout, name: &str, dim: usize) -> Self {
        Self {
            gain: layout.add(format!("{name}.gain"), 1, dim, Init::Ones),
            bias: layout.add(format!("{name}.bias"), 1, dim, Init::Zeros),
        }
    }
}

impl LinearHandles {
    fn add(layout: &mut Layout, name: &str, [rows, cols]: [usize; 2]) -> Self {
        Self {
            weight: layout.add(format!("{name}.weight"), rows, cols, Init::Normal),
            bias: layout.add(format!("{name}.bias"), 1, cols, Init::Zeros),
        }
    }
}
