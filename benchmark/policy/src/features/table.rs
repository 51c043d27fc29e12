//! The table of items as a sum of ids and features.

use std::sync::Arc;

use prefsweep_datasets::{FeatureKind, FeatureValues, ItemFeature};

use super::rows::{add, backward};
use super::settings::FeaturesConfig;
use crate::catalogue::Catalogue;
use crate::kernels::dot;
use crate::parameters::{Gradients, Handle, Init, Layout, Parameters};
use crate::tensors::{from_host, to_host};

/// How the table of items follows from parameters. Its own place among them holds the sum, which is read as any other
/// parameter is, and is made anew after every step.
#[derive(Clone, Debug)]
pub(crate) struct ComposedTable {
    /// `[n_items + 1, dim]`.
    table: Handle,
    /// The same shape; None without ids.
    ids: Option<Handle>,
    /// What comes before the sigmoid of each kind, `[1, kinds]`.
    gates: Handle,
    parts: Vec<Part>,
}

/// The features of one kind.
#[derive(Clone, Debug)]
struct Part {
    /// `[width, dim]`.
    weights: Handle,
    values: Arc<FeatureValues>,
}

impl ComposedTable {
    /// Adds what the `table`, which is in the layout, is composed of.
    ///
    /// # Panics
    /// When the catalogue lacks features of some kind.
    pub(crate) fn add(
        layout: &mut Layout,
        settings: &FeaturesConfig,
        table: Handle,
        catalogue: Catalogue<'_>,
    ) -> Self {
        let (rows, dim) = (layout[table].rows, layout[table].cols);
        let ids = settings.ids.then(|| layout.add("features.ids", rows, dim, Init::Normal));
        let kinds = settings.kinds();
        let gates = layout.add("features.gates", 1, kinds.len(), Init::Zeros);
        let part = |kind: FeatureKind| {
            let feature: Option<&ItemFeature> =
                catalogue.features.iter().find(|feature| feature.kind == kind);
            let feature = feature.unwrap_or_else(|| panic!("items without {}", kind.name()));
            let name = format!("features.{}", kind.name());
            let weights = layout.add(name, feature.width(), dim, Init::Normal);
            Part { weights, values: feature.values.clone() }
        };
        let parts = kinds.into_iter().map(part).collect();
        Self { table, ids, gates, parts }
    }

    /// Puts the sum into the table's place. The parameters are without autodiff.
    pub(crate) fn compose(&self, weights: &mut Parameters) {
        let [rows, dim] = weights[self.table].dims();
        let mut table = match self.ids {
            Some(ids) => to_host(weights[ids].clone()),
            None => vec![0.0; rows * dim],
        };
        let items = &mut table[..(rows - 1) * dim];
        for (part, gate) in self.parts.iter().zip(self.shares(weights)) {
            add(items, gate as f32, &part.values, &to_host(weights[part.weights].clone()), dim);
        }
        let device = weights[self.table].device();
        weights[self.table] = from_host(table, [rows, dim], &device);
    }

    /// Hands the table's gradient on to what it is composed of.
    ///
    /// # Panics
    /// When the table has none.
    pub(crate) fn hand_on(&self, weights: &Parameters, gradients: &mut Gradients) {
        let gradient = gradients[self.table].take().expect("items enter every loss");
        let device = gradient.device();
        if let Some(ids) = self.ids {
            gradients[ids] = Some(gradient.clone());
        }
        let [rows, dim] = gradient.dims();
        let gradient = to_host(gradient);
        let items = &gradient[..(rows - 1) * dim];
        let mut of_gates = Vec::with_capacity(self.parts.len());
        for (part, gate) in self.parts.iter().zip(self.shares(weights)) {
            let [width, _] = weights[part.weights].dims();
            let mut of_weights = backward(items, &part.values, width, dim);
            let own = to_host(weights[part.weights].clone());
            // <dL/dF, F>, since F is linear in the weights.
            let rows = own.chunks_exact(dim).zip(of_weights.chunks_exact(dim));
            let through: f64 = rows.map(|(own, of)| f64::from(dot(own, of))).sum();
            of_gates.push((gate * (1.0 - gate) * through) as f32);
            of_weights.iter_mut().for_each(|value| *value *= gate as f32);
            gradients[part.weights] = Some(from_host(of_weights, [width, dim], &device));
        }
        gradients[self.gates] = Some(from_host(of_gates, [1, self.parts.len()], &device));
    }

    /// The strength of each kind, `sigma(v_f)`.
    fn shares(&self, weights: &Parameters) -> Vec<f64> {
        let gates = to_host(weights[self.gates].clone());
        gates.into_iter().map(|gate| 1.0 / (1.0 + (-f64::from(gate)).exp())).collect()
    }
}
