//! The fused operations and their gradients, as burn dispatches them.

use std::sync::{Arc, OnceLock};

use burn::Tensor;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::autodiff::{Autodiff, NodeId};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Device, TensorData};

use super::super::layout::{BlockHandles, Experts};
use super::block::{Block, Kept, Masks};
use super::embedding;
use super::layer_norm::{self as norm_rows};
use super::parts::{Count, Parts, Size};
use crate::dropout::{Dropout, Mask};
use crate::parameters::{Handle, Parameters};
use crate::pass::Pass;
use crate::routes::Routes;
use crate::windows::Windows;

/// Whether tensors on this device can take part in the fused operations.
pub(in crate::sasrec) fn available(device: &Device) -> bool {
    crate::device::Backend::of(device) == crate::device::Backend::Flex
}

/// `(x - mean) / sqrt(variance + epsilon) * gain + bias` over the rows of `x`, `[N, dim]`; `gain`
/// and `bias` are `[1, dim]`.
pub(in crate::sasrec) fn layer_norm(x: Tensor<2>, gain: &Tensor<2>, bias: &Tensor<2>) -> Tensor<2> {
    let (gain, bias) = (gain.clone().into_dispatch(), bias.clone().into_dispatch());
    Tensor::from_dispatch(Dispatch::fused_layer_norm(x.into_dispatch(), gain, bias))
}

/// `sqrt(dim) * items[item] + positions[place]` for every item of the windows, `[positions, dim]`,
/// with dropout.
pub(in crate::sasrec) fn embed(
    items: &Tensor<2>,
    positions: &Tensor<2>,
    windows: &Arc<Windows>,
    dropout: Option<&mut Dropout>,
) -> Tensor<2> {
    let rows = windows.lengths.len() * windows.longest();
    let mask = dropout.map(|dropout| Arc::new(dropout.mask(rows * items.dims()[1])));
    let (items, positions) = (items.clone().into_dispatch(), positions.clone().into_dispatch());
    Tensor::from_dispatch(Dispatch::fused_embedding(items, positions, windows.clone(), mask))
}

/// A block's output for the input `x`, `[positions, dim]`.
pub(in crate::sasrec) fn block(
    x: Tensor<2>,
    weights: &Parameters,
    (index, block): (usize, &BlockHandles),
    windows: &Arc<Windows>,
    heads: usize,
    pass: &mut Pass,
) -> Tensor<2> {
    let size = size(weights, block, heads);
    let masks = pass.dropout.as_mut();
    let masks = masks.map(|dropout| Arc::new(Masks::draw(dropout, windows, size)));
    let chosen = pass.routes.is_some().then(Chosen::default);
    let run = Run {
        size,
        windows: windows.clone(),
        masks,
        balance: pass.balance,
        chosen: chosen.clone(),
    };
    let (x, weights) = (x.into_dispatch(), side_by_side(weights, block).into_dispatch());
    let output = Tensor::from_dispatch(Dispatch::fused_block(x, weights, run, None));
    if let (Some(routes), Some(Count { experts, active })) = (&mut pass.routes, size.experts) {
        let chosen = chosen.and_then(|chosen| chosen.get().cloned()).unwrap_or_default();
        routes.push(Routes { block: index, experts, active, chosen });
    }
    output
}

/// A block's output at the last position of every window, `[windows, dim]`, without dropout and
/// without gradients.
pub(in crate::sasrec) fn last_block(
    x: Tensor<2>,
    weights: &Parameters,
    block: &BlockHandles,
    windows: &Arc<Windows>,
    heads: usize,
) -> Tensor<2> {
    let run = Run {
        size: size(weights, block, heads),
        windows: windows.clone(),
        masks: None,
        balance: 0.0,
        chosen: None,
    };
    let (x, weights) = (x.into_dispatch(), side_by_side(weights, block).into_dispatch());
    Tensor::from_dispatch(Dispatch::fused_last_block(x, weights, run))
}

pub(super) fn size(weights: &Parameters, block: &BlockHandles, heads: usize) -> Size {
    let [inner, dim] = weights[block.outer.weight].dims();
    let experts =
        block.experts.map(|Experts { count: experts, active, .. }| Count { experts, active });
    let inner = inner / experts.map_or(1, |count| count.experts);
    Size { dim, heads, inner, experts }
}

/// A block's weights as one tensor `[n]`.
pub(super) fn side_by_side(weights: &Parameters, block: &BlockHandles) -> Tensor<1> {
    let flat = |tensor: Tensor<2>| {
        let length = tensor.shape().num_elements();
        tensor.reshape([length])
    };
    let own = |handle: Handle| Some(flat(weights[handle].clone()));
    let join = |handles: [Handle; 3]| {
        Some(flat(Tensor::cat(handles.map(|handle| weights[handle].clone()).to_vec(), 1)))
    };
    let BlockHandles { query, key, value, .. } = block;
    let parts: Parts<Option<Tensor<1>>> = Parts {
        attention_gain: own(block.attention_norm.gain),
        attention_bias: own(block.attention_norm.bias),
        qkv_weight: join([query.weight, key.weight, value.weight]),
        qkv_bias: join([query.bias, key.bias, value.bias]),
        output_weight: own(block.output.weight),
        output_bias: own(block.output.bias),
        forward_gain: own(block.feed_forward_norm.gain),
        forward_bias: own(block.feed_forward_norm.bias),
        inner_weight: own(block.inner.weight),
        inner_bias: own(block.inner.bias),
        outer_weight: own(block.outer.weight),
        outer_bias: own(block.outer.bias),
        router: block.experts.and_then(|experts| own(experts.router)),
    };
    Tensor::cat(parts.in_order().into_iter().flatten().collect(), 0)
}

/// What a block needs to know besides its tensors.
#[derive(Clone, Debug)]
pub(super) struct Run {
    size: Size,
    windows: Arc<Windows>,
    masks: Option<Arc<Masks>>,
    /// Weight of the load balancing, which enters the gradients alone.
    balance: f64,
    /// Where the experts of every position are left, if they are asked for.
    chosen: Option<Chosen>,
}

/// The experts of every position, `[positions, active]`.
type Chosen = Arc<OnceLock<Vec<u32>>>;

impl Run {
    fn block<'a>(&'a self, weights: &'a [f32]) -> Block<'a> {
        let (masks, balance) = (self.masks.as_deref(), self.balance);
        Block { weights, size: self.size, windows: &self.windows, masks, balance }
    }
}

/// Where the forward pass leaves what the gradient needs.
type Tape = Arc<OnceLock<Vec<Kept>>>;

/// The operations that burn dispatches.
#[backend_extension(Flex, Autodiff)]
pub(super) trait FusedOps: Backend {
    /// See [`layer_norm`].
    fn fused_layer_norm(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// See [`embed`].
    fn fused_embedding(
        items: FloatTensor<Self>,
        positions: FloatTensor<Self>,
        windows: Arc<Windows>,
        mask: Option<Arc<Mask>>,
    ) -> FloatTensor<Self>;

    /// See [`block`]; `weights` are `[n]`.
    fn fused_block(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        run: Run,
        tape: Option<Tape>,
    ) -> FloatTensor<Self>;
}

/// What only evaluation needs, without gradients.
#[backend_extension(Flex)]
pub(super) trait FusedInference: Backend {
    /// See [`last_block`]; `weights` are `[n]`.
    fn fused_last_block(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        run: Run,
    ) -> FloatTensor<Self>;
}

/// The gradients of [`FusedOps`].
pub(super) trait FusedGradients: FusedOps {
    /// Gradients of `x`, `gain` and `bias`.
    fn layer_norm_backward(
        gradient: FloatTensor<Self>,
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
    ) -> [FloatTensor<Self>; 3];

    /// Gradients of items and positions, of the given numbers of rows.
    fn embed_backward(
        gradient: FloatTensor<Self>,
        windows: &Windows,
        mask: Option<&Mask>,
        rows: [usize; 2],
    ) -> [FloatTensor<Self>; 2];

    /// Gradients of `x` and `weights`.
    fn block_backward(
        gradient: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        run: &Run,
        tape: &Tape,
    ) -> [FloatTensor<Self>; 2];
}

/// The values of a tensor, row-major, copied only if they do not lie so.
struct Values(FlexTensor);

impl Values {
    fn new(tensor: FlexTensor) -> Self {
        if tensor.as_slice::<f32>().is_some() { Self(tensor) } else { Self(tensor.to_contiguous()) }
    }

    fn get(&self) -> &[f32] {
        self.0.as_slice().expect("a contiguous tensor of 32-bit floats")
    }

    /// The values to change, without a copy where nobody else holds them.
    fn take(self) -> Vec<f32> {
        self.0.into_data().try_into_vec().expect("a tensor of 32-bit floats")
    }
}

fn tensor(values: Vec<f32>, rows: usize) -> FlexTensor {
    let shape = [rows, values.len() / rows];
    FlexTensor::from_data(TensorData::new(values, shape))
}

impl FusedOps for Flex {
    fn fused_layer_norm(x: FlexTensor, gain: FlexTensor, bias: FlexTensor) -> FlexTensor {
        let rows = x.shape()[0];
        let (x, gain, bias) = (Values::new(x), Values::new(gain), Values::new(bias));
        tensor(norm_rows::forward(x.get(), gain.get(), bias.get()), rows)
    }

    fn fused_embedding(
        items: FlexTensor,
        positions: FlexTensor,
        windows: Arc<Windows>,
        mask: Option<Arc<Mask>>,
    ) -> FlexTensor {
        let dim = items.shape()[1];
        let (items, positions) = (Values::new(items), Values::new(positions));
        let mask = mask.as_deref();
        let values = embedding::forward(items.get(), positions.get(), &windows, mask, dim);
        tensor(values, windows.items.len())
    }

    fn fused_block(x: FlexTensor, weights: FlexTensor, run: Run, tape: Option<Tape>) -> FlexTensor {
        let rows = x.shape()[0];
        let (x, weights) = (Values::new(x), Values::new(weights));
        let block = run.block(weights.get());
        let Some(tape) = tape else {
            let (output, all) = block.output(x.get());
            if let Some(chosen) = &run.chosen {
                chosen.set(all).expect("the choices of a pass are written once");
            }
            return tensor(output, rows);
        };
        let (output, kept) = block.forward(x.get());
        tape.set(kept).expect("a tape is written once");
        tensor(output, rows)
    }
}

impl FusedInference for Flex {
    fn fused_last_block(x: FlexTensor, weights: FlexTensor, run: Run) -> FlexTensor {
        let (x, weights) = (Values::new(x), Values::new(weights));
        tensor(run.block(weights.get()).last(x.get()), run.windows.lengths.len())
    }
}

impl FusedGradients for Flex {
    fn layer_norm_backward(
        gradient: FlexTensor,
        x: FlexTensor,
        gain: FlexTensor,
    ) -> [FlexTensor; 3] {
        let rows = x.shape()[0];
        let [gradient, x, gain] = [gradient, x, gain].map(Values::new);
        let [x, gain, bias] = norm_rows::backward(gradient.get(), x.get(), gain.get());
        [tensor(x, rows), tensor(gain, 1), tensor(bias, 1)]
    }

    fn embed_backward(
        gradient: FlexTensor,
        windows: &Windows,
        mask: Option<&Mask>,
        rows: [usize; 2],
    ) -> [FlexTensor; 2] {
        let dim = gradient.shape()[1];
        let [items, positions] =
            embedding::backward(Values::new(gradient).take(), windows, mask, dim, rows);
        [tensor(items, rows[0]), tensor(positions, rows[1])]
    }

    fn block_backward(
        gradient: FlexTensor,
        weights: FlexTensor,
        run: &Run,
        tape: &Tape,
    ) -> [FlexTensor; 2] {
        let rows = gradient.shape()[0];
        let weights = Values::new(weights);
        let kept = tape.get().expect("the forward pass wrote its tape");
        let [x, weights] = run.block(weights.get()).backward(Values::new(gradient).take(), kept);
        let length = weights.len();
        [tensor(x, rows), FlexTensor::from_data(TensorData::new(weights, [length]))]
    }
}

#[derive(Debug)]
struct LayerNorm;

impl<B: FusedGradients> Backward<B, 3> for LayerNorm {
    /// `x` and `gain`.
    type State = [FloatTensor<B>; 2];

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let [x, gain] = ops.state;
        let parents = ops.parents.map(|parent| parent.map(|parent| parent.id));
        register::<B, 3>(parents, grads, B::layer_norm_backward(gradient, x, gain));
    }
}

#[derive(Debug)]
struct Embedding;

/// Windows, mask, and the numbers of items and positions.
type Embedded = (Arc<Windows>, Option<Arc<Mask>>, [usize; 2]);

impl<B: FusedGradients> Backward<B, 2> for Embedding {
    type State = Embedded;

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let (windows, mask, rows) = ops.state;
        let gradients = B::embed_backward(gradient, &windows, mask.as_deref(), rows);
        let parents = ops.parents.map(|parent| parent.map(|parent| parent.id));
        register::<B, 2>(parents, grads, gradients);
    }
}

#[derive(Debug)]
struct FusedBlock;

impl<B: FusedGradients> Backward<B, 2> for FusedBlock {
    /// The weights, and the forward pass.
    type State = (FloatTensor<B>, Run, Tape);

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let (weights, run, tape) = ops.state;
        let parents = ops.parents.map(|parent| parent.map(|parent| parent.id));
        register::<B, 2>(parents, grads, B::block_backward(gradient, weights, &run, &tape));
    }
}

fn register<B: Backend, const N: usize>(
    parents: [Option<NodeId>; N],
    grads: &mut Gradients,
    gradients: [FloatTensor<B>; N],
) {
    for (parent, gradient) in parents.into_iter().zip(gradients) {
        if let Some(parent) = parent {
            grads.register::<B>(parent, gradient);
        }
    }
}

impl<B: FusedGradients, C: CheckpointStrategy> FusedOps for Autodiff<B, C> {
    fn fused_layer_norm(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), gain.node(), bias.node()];
        let [x, gain, bias] = [x, gain, bias].map(|input| input.into_primitive());
        match LayerNorm.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let output = B::fused_layer_norm(x.clone(), gain.clone(), bias);
                prepared.finish([x, gain], output)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::fused_layer_norm(x, gain, bias)),
        }
    }

    fn fused_embedding(
        items: FloatTensor<Self>,
        positions: FloatTensor<Self>,
        windows: Arc<Windows>,
        mask: Option<Arc<Mask>>,
    ) -> FloatTensor<Self> {
        let nodes = [items.node(), positions.node()];
        let [items, positions] = [items, positions].map(|input| input.into_primitive());
        let rows = [items.shape()[0], positions.shape()[0]];
        let output = B::fused_embedding(items, positions, windows.clone(), mask.clone());
        match Embedding.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((windows, mask, rows), output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    fn fused_block(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        run: Run,
        _tape: Option<Tape>,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weights.node()];
        let [x, weights] = [x, weights].map(|input| input.into_primitive());
        match FusedBlock.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let tape = Tape::default();
                let output = B::fused_block(x, weights.clone(), run.clone(), Some(tape.clone()));
                prepared.finish((weights, run, tape), output)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::fused_block(x, weights, run, None)),
        }
    }
}
