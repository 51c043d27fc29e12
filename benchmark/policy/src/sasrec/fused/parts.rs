//! A block's weights, or their gradients, as one row of numbers.

/// The sizes of a block, which do not depend on the windows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) dim: usize,
    pub(super) heads: usize,
    /// Width of the inner feed-forward layer, of one expert where there are some.
    pub(super) inner: usize,
    /// None for one dense feed-forward layer.
    pub(super) experts: Option<Count>,
}

/// How many experts there are, and how many of them a row uses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    pub(super) experts: usize,
    pub(super) active: usize,
}

impl Size {
    /// Inner units that a row uses.
    pub(super) fn active_units(self) -> usize {
        self.experts.map_or(1, |count| count.active) * self.inner
    }
}

/// The parts of a block's weights, or of their gradients.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<T> {
    /// The LayerNorm before the attention.
    pub(super) attention_gain: T,
    pub(super) attention_bias: T,
    /// Query, key and value side by side, `[dim, 3 dim]`.
    pub(super) qkv_weight: T,
    pub(super) qkv_bias: T,
    /// The projection of what was attended to.
    pub(super) output_weight: T,
    pub(super) output_bias: T,
    /// The LayerNorm before the feed-forward layers.
    pub(super) forward_gain: T,
    pub(super) forward_bias: T,
    /// The feed-forward layers, one expert's after the other's.
    pub(super) inner_weight: T,
    pub(super) inner_bias: T,
    pub(super) outer_weight: T,
    pub(super) outer_bias: T,
    /// The experts' router, `[dim, experts]`; empty without experts.
    pub(super) router: T,
}

impl<T> Parts<T> {
    /// What `change` makes of every part, one after the other: this is the order in which they lie.
    pub(super) fn map<U>(self, mut change: impl FnMut(T) -> U) -> Parts<U> {
        Parts {
            attention_gain: change(self.attention_gain),
            attention_bias: change(self.attention_bias),
            qkv_weight: change(self.qkv_weight),
            qkv_bias: change(self.qkv_bias),
            output_weight: change(self.output_weight),
            output_bias: change(self.output_bias),
            forward_gain: change(self.forward_gain),
            forward_bias: change(self.forward_bias),
            inner_weight: change(self.inner_weight),
            inner_bias: change(self.inner_bias),
            outer_weight: change(self.outer_weight),
            outer_bias: change(self.outer_bias),
            router: change(self.router),
        }
    }

    /// All parts in their order.
    pub(super) fn in_order(self) -> Vec<T> {
        let mut parts = Vec::with_capacity(13);
        let _ = self.map(|part| parts.push(part));
        parts
    }
}

impl Parts<usize> {
    /// How many numbers each part has.
    fn lengths(Size { dim, inner, experts, .. }: Size) -> Self {
        let count = experts.map_or(1, |count| count.experts);
        Self {
            attention_gain: dim,
            attention_bias: dim,
            qkv_weight: dim * 3 * dim,
            qkv_bias: 3 * dim,
            output_weight: dim * dim,
            output_bias: dim,
            forward_gain: dim,
            forward_bias: dim,
            inner_weight: count * dim * inner,
            inner_bias: count * inner,
            outer_weight: count * inner * dim,
            outer_bias: count * dim,
            router: experts.map_or(0, |count| dim * count.experts),
        }
    }
}

impl<'a> Parts<&'a [f32]> {
    /// The parts of a row.
    pub(super) fn of(mut row: &'a [f32], size: Size) -> Self {
        Parts::lengths(size).map(|length| {
            let (part, rest) = row.split_at(length);
            row = rest;
            part
        })
    }
}

impl<'a> Parts<&'a mut [f32]> {
    /// The parts of a row.
    pub(super) fn of_mut(mut row: &'a mut [f32], size: Size) -> Self {
        Parts::lengths(size).map(|length| {
            let (part, rest) = std::mem::take(&mut row).split_at_mut(length);
            row = rest;
            part
        })
    }
}
