//! LayerNorm and causal attention as single operations on burn's flex backend.
//!
//! Composed from tensor operations, each makes about ten passes over memory and as many
//! allocations, forward and backward. Here each is one operation with its own gradient, added to
//! burn through its backend extensions. Other backends use the composed forms in
//! [`super::composed`], which compute the same functions; tests hold the two against each other.

mod attention;
mod layer_norm;

use burn::Tensor;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::autodiff::{Autodiff, NodeId};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, DispatchDevice, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Device, TensorData};

use attention::Shape;

/// Whether tensors on this device can take part in the fused operations.
pub(super) fn available(device: &Device) -> bool {
    matches!(device.clone().without_autodiff().as_dispatch(), DispatchDevice::Flex(_))
}

/// `(x - mean) / sqrt(variance + epsilon) * gain + bias` over the rows of `x`, `[N, dim]`; `gain`
/// and `bias` are `[1, dim]`.
pub(super) fn layer_norm(x: Tensor<2>, gain: &Tensor<2>, bias: &Tensor<2>) -> Tensor<2> {
    let (gain, bias) = (gain.clone().into_dispatch(), bias.clone().into_dispatch());
    Tensor::from_dispatch(Dispatch::fused_layer_norm(x.into_dispatch(), gain, bias))
}

/// Softmax attention of every position over itself and the positions before it in its window.
///
/// All tensors are `[windows * length, dim]`, the heads side by side in the columns.
pub(super) fn attention(
    query: Tensor<2>,
    key: Tensor<2>,
    value: Tensor<2>,
    length: usize,
    heads: usize,
) -> Tensor<2> {
    let (query, key, value) = (query.into_dispatch(), key.into_dispatch(), value.into_dispatch());
    Tensor::from_dispatch(Dispatch::fused_attention(query, key, value, length, heads))
}

/// The operations that burn dispatches.
#[backend_extension(Flex, Autodiff)]
pub(super) trait FusedOps: Backend {
    /// See [`layer_norm`].
    fn fused_layer_norm(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// See [`attention`].
    fn fused_attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        length: usize,
        heads: usize,
    ) -> FloatTensor<Self>;
}

/// Their gradients.
pub(super) trait FusedGradients: FusedOps {
    /// Gradients of `x`, `gain` and `bias`.
    fn layer_norm_backward(
        gradient: FloatTensor<Self>,
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
    ) -> [FloatTensor<Self>; 3];

    /// Gradients of `query`, `key` and `value`.
    fn attention_backward(
        gradient: FloatTensor<Self>,
        inputs: [FloatTensor<Self>; 3],
        length: usize,
        heads: usize,
    ) -> [FloatTensor<Self>; 3];
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
}

fn tensor(values: Vec<f32>, rows: usize) -> FlexTensor {
    let shape = [rows, values.len() / rows];
    FlexTensor::from_data(TensorData::new(values, shape))
}

impl FusedOps for Flex {
    fn fused_layer_norm(x: FlexTensor, gain: FlexTensor, bias: FlexTensor) -> FlexTensor {
        let rows = x.shape()[0];
        let (x, gain, bias) = (Values::new(x), Values::new(gain), Values::new(bias));
        tensor(layer_norm::forward(x.get(), gain.get(), bias.get()), rows)
    }

    fn fused_attention(
        query: FlexTensor,
        key: FlexTensor,
        value: FlexTensor,
        length: usize,
        heads: usize,
    ) -> FlexTensor {
        let [rows, dim] = [query.shape()[0], query.shape()[1]];
        let [query, key, value] = [query, key, value].map(Values::new);
        let shape = Shape { length, heads, dim };
        tensor(attention::forward(query.get(), key.get(), value.get(), shape), rows)
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
        let [x, gain, bias] = layer_norm::backward(gradient.get(), x.get(), gain.get());
        [tensor(x, rows), tensor(gain, 1), tensor(bias, 1)]
    }

    fn attention_backward(
        gradient: FlexTensor,
        inputs: [FlexTensor; 3],
        length: usize,
        heads: usize,
    ) -> [FlexTensor; 3] {
        let [rows, dim] = [gradient.shape()[0], gradient.shape()[1]];
        let gradient = Values::new(gradient);
        let [query, key, value] = inputs.map(Values::new);
        let shape = Shape { length, heads, dim };
        attention::backward(gradient.get(), query.get(), key.get(), value.get(), shape)
            .map(|values| tensor(values, rows))
    }
}

#[derive(Debug)]
struct LayerNorm;

impl<B: FusedGradients> Backward<B, 3> for LayerNorm {
    /// `x` and `gain`.
    type State = [NodeId; 2];

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let [x, gain] = ops.state.map(|id| checkpointer.retrieve_node_output(id));
        let gradients = B::layer_norm_backward(gradient, x, gain);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let Some(parent) = parent {
                grads.register::<B>(parent.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct Attention;

impl<B: FusedGradients> Backward<B, 3> for Attention {
    /// `query`, `key`, `value`, length, heads.
    type State = ([NodeId; 3], usize, usize);

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let (ids, length, heads) = ops.state;
        let inputs = ids.map(|id| checkpointer.retrieve_node_output(id));
        let gradients = B::attention_backward(gradient, inputs, length, heads);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let Some(parent) = parent {
                grads.register::<B>(parent.id, gradient);
            }
        }
    }
}

impl<B: FusedGradients, C: CheckpointStrategy> FusedOps for Autodiff<B, C> {
    fn fused_layer_norm(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let prepared =
            LayerNorm.prepare::<C>([x.node(), gain.node(), bias.node()]).compute_bound().stateful();
        match prepared {
            OpsKind::Tracked(mut prepared) => {
                let state = [prepared.checkpoint(&x), prepared.checkpoint(&gain)];
                let output = B::fused_layer_norm(
                    x.into_primitive(),
                    gain.into_primitive(),
                    bias.into_primitive(),
                );
                prepared.finish(state, output)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::fused_layer_norm(
                x.into_primitive(),
                gain.into_primitive(),
                bias.into_primitive(),
            )),
        }
    }

    fn fused_attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        length: usize,
        heads: usize,
    ) -> FloatTensor<Self> {
        let prepared = Attention
            .prepare::<C>([query.node(), key.node(), value.node()])
            .compute_bound()
            .stateful();
        match prepared {
            OpsKind::Tracked(mut prepared) => {
                let state = [&query, &key, &value].map(|input| prepared.checkpoint(input));
                let output = B::fused_attention(
                    query.into_primitive(),
                    key.into_primitive(),
                    value.into_primitive(),
                    length,
                    heads,
                );
                prepared.finish((state, length, heads), output)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::fused_attention(
                query.into_primitive(),
                key.into_primitive(),
                value.into_primitive(),
                length,
                heads,
            )),
        }
    }
}
