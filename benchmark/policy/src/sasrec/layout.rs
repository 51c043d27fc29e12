//! The parameters of SASRec.

use super::settings::SasrecConfig;
use crate::catalogue::Catalogue;
use crate::features::ComposedTable;
use crate::parameters::{Handle, Init, Layout};

/// Where each of the parameters is.
#[derive(Clone, Debug)]
pub(super) struct Handles {
    /// Item embeddings; one row more than items: the padding.
    pub(super) items: Handle,
    /// How they follow from ids and features; None where they are parameters themselves.
    pub(super) composed: Option<ComposedTable>,
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
    /// With experts one's rows below the other's.
    pub(super) inner: LinearHandles,
    pub(super) outer: LinearHandles,
    /// None for one dense feed-forward layer.
    pub(super) experts: Option<Experts>,
}

/// The experts of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Experts {
    /// `[dim, count]`.
    pub(super) router: Handle,
    pub(super) count: usize,
    /// How many of them a position uses.
    pub(super) active: usize,
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
    /// Adds the parameters of a model for a catalogue.
    pub(super) fn add(
        layout: &mut Layout,
        settings: &SasrecConfig,
        catalogue: Catalogue<'_>,
    ) -> Self {
        let dim = settings.dim;
        let init = settings.features.map_or(Init::Normal, |_| Init::Composed);
        let items = layout.add("items", catalogue.n_items + 1, dim, init);
        let positions = layout.add("positions", settings.max_len, dim, Init::Normal);
        let blocks =
            (0..settings.blocks).map(|block| BlockHandles::add(layout, settings, block)).collect();
        let norm = NormHandles::add(layout, "norm", dim);
        // Last, so that the others start as they do without features.
        let composed = settings.features.as_ref();
        let composed =
            composed.map(|features| ComposedTable::add(layout, features, items, catalogue));
        Self { items, composed, positions, blocks, norm }
    }
}

impl BlockHandles {
    fn add(layout: &mut Layout, settings: &SasrecConfig, index: usize) -> Self {
        let dim = settings.dim;
        let experts = settings.experts.as_ref();
        let experts = experts.filter(|experts| experts.are_in(index, settings.blocks));
        let (count, active) = experts.map_or((1, 1), |experts| (experts.experts, experts.active));
        let width = settings.feed_forward / active;
        let [inner, outer] = match experts {
            None => ["inner", "outer"],
            Some(_) => ["experts.inner", "experts.outer"],
        };
        let part = |part: &str| format!("blocks.{index}.{part}");
        // In this order: it decides the initial values.
        Self {
            attention_norm: NormHandles::add(layout, &part("attention_norm"), dim),
            query: LinearHandles::add(layout, &part("query"), [dim, dim]),
            key: LinearHandles::add(layout, &part("key"), [dim, dim]),
            value: LinearHandles::add(layout, &part("value"), [dim, dim]),
            output: LinearHandles::add(layout, &part("output"), [dim, dim]),
            feed_forward_norm: NormHandles::add(layout, &part("feed_forward_norm"), dim),
            inner: LinearHandles::add_several(layout, &part(inner), [dim, width], count),
            outer: LinearHandles::add_several(layout, &part(outer), [width, dim], count),
            experts: experts.map(|_| Experts {
                router: layout.add(part("experts.router"), dim, count, Init::Normal),
                count,
                active,
            }),
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
    fn add(layout: &mut Layout, name: &str, shape: [usize; 2]) -> Self {
        Self::add_several(layout, name, shape, 1)
    }

    /// The same layer several times, one's rows below the other's.
    fn add_several(
        layout: &mut Layout,
        name: &str,
        [rows, cols]: [usize; 2],
        count: usize,
    ) -> Self {
        Self {
            weight: layout.add(format!("{name}.weight"), count * rows, cols, Init::Normal),
            bias: layout.add(format!("{name}.bias"), count, cols, Init::Zeros),
        }
    }
}
