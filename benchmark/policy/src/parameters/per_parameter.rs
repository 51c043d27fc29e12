//! One value for each parameter: tensors, gradients, moments.

use std::ops::{Index, IndexMut};

use burn::Tensor;
use burn::tensor::Device;

use super::layout::Handle;
use crate::tensors::{from_host, to_host};

/// One value for each parameter of a layout.
#[derive(Clone, Debug)]
pub struct PerParameter<T> {
    values: Vec<T>,
}

/// A policy's parameters as tensors. Where they are those of several replicas, each tensor holds one
/// replica's rows below the other's.
pub type Parameters = PerParameter<Tensor<2>>;

/// Gradients of the same shapes; None for a parameter that does not enter a loss.
pub type Gradients = PerParameter<Option<Tensor<2>>>;

impl<T> PerParameter<T> {
    /// All values, in the order of the layout.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &T> {
        self.values.iter()
    }

    /// All values, in the order of the layout.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = &mut T> {
        self.values.iter_mut()
    }

    /// What `change` makes of every value.
    #[must_use]
    pub fn map<U>(&self, change: impl FnMut(&T) -> U) -> PerParameter<U> {
        self.values.iter().map(change).collect()
    }
}

impl<T> Index<Handle> for PerParameter<T> {
    type Output = T;

    fn index(&self, handle: Handle) -> &T {
        &self.values[handle.index]
    }
}

impl<T> IndexMut<Handle> for PerParameter<T> {
    fn index_mut(&mut self, handle: Handle) -> &mut T {
        &mut self.values[handle.index]
    }
}

impl<T> FromIterator<T> for PerParameter<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self { values: values.into_iter().collect() }
    }
}

impl<T> IntoIterator for PerParameter<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.into_iter()
    }
}

impl Parameters {
    /// Where the tensors live.
    ///
    /// # Panics
    /// When there are none.
    #[must_use]
    pub fn device(&self) -> Device {
        self.values.first().expect("a policy has parameters").device()
    }

    /// Copies of all values, each parameter's row-major.
    #[must_use]
    pub fn values(&self) -> Vec<Vec<f32>> {
        self.values.iter().map(|tensor| to_host(tensor.clone())).collect()
    }

    /// Tensors of the same shapes and on the same device with other values, as [`values`](Self::values)
    /// gives them; None where their number is another.
    #[must_use]
    pub fn with_values(&self, values: &[Vec<f32>]) -> Option<Self> {
        let with = |(tensor, values): (&Tensor<2>, &Vec<f32>)| {
            let shape = tensor.dims();
            let fits = values.len() == shape[0] * shape[1];
            fits.then(|| from_host(values.clone(), shape, &tensor.device()))
        };
        if values.len() != self.values.len() {
            return None;
        }
        let values: Option<Vec<_>> = self.values.iter().zip(values).map(with).collect();
        values.map(|values| Self { values })
    }

    /// The same tensors as leaves of a new graph.
    pub(crate) fn leaves(&self) -> Self {
        self.map(|tensor| tensor.clone().autodiff().require_grad())
    }

    /// The gradients of `loss` with respect to these leaves.
    pub(crate) fn gradients_of(&self, loss: &Tensor<1>) -> Gradients {
        let mut gradients = loss.backward();
        self.map(|leaf| leaf.grad_remove(&mut gradients))
    }

    /// As many replicas of the same parameters.
    pub(crate) fn replicated(&self, replicas: usize) -> Self {
        self.map(|tensor| tensor.clone().repeat_dim(0, replicas))
    }

    /// One of several replicas.
    pub(crate) fn replica(&self, index: usize, replicas: usize) -> Self {
        self.map(|tensor| {
            let [rows, cols] = tensor.dims();
            let rows = rows / replicas;
            tensor.clone().slice([index * rows..(index + 1) * rows, 0..cols])
        })
    }
}
