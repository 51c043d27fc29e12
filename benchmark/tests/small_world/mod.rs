//! A small world to train cells in: data, a reference that was not trained, and what is kept of it.

use std::path::Path;
use std::sync::Arc;

use prefsweep::data::{Prepared, States};
use prefsweep::evaluation::Baseline;
use prefsweep::experiment::{Experiment, read_str};
use prefsweep::training::{Cell, PreferenceConfig, hidden_states};
use prefsweep_losses::LossConfig;
use prefsweep_policy::device::Backend;
use prefsweep_policy::{Policy, Weights};

pub(crate) const SEED: u64 = 3;

pub(crate) struct World {
    pub(crate) experiment: Experiment,
    pub(crate) data: Prepared,
    pub(crate) policy: Arc<dyn Policy>,
    pub(crate) reference: Weights,
    states: Vec<f32>,
    baseline: Baseline,
}

impl World {
    pub(crate) fn of(yaml: &str) -> Self {
        let experiment = read_str(yaml, "test.yaml", &[]).unwrap();
        let length = experiment.model.max_len();
        let data = Prepared::load(&experiment.dataset, Path::new("."), length).unwrap();
        let policy = experiment.model.build(data.catalogue(&experiment.model));
        let reference = Weights::initial(policy.layout(), SEED);
        let mut tensors = reference.to_parameters(&Backend::Flex.device());
        policy.compose(&mut tensors);
        let reference = Weights::from_parameters(policy.layout(), &tensors);
        let states = hidden_states(policy.as_ref(), &tensors, &data);
        let baseline = Baseline::new(policy.as_ref(), &tensors, &data);
        Self { experiment, data, policy, reference, states, baseline }
    }

    pub(crate) fn cell<'a>(
        &'a self,
        loss: &'a LossConfig,
        preference: &'a PreferenceConfig,
        negatives: usize,
    ) -> Cell<'a> {
        Cell {
            policy: self.policy.as_ref(),
            data: &self.data,
            few: None,
            reference: &self.reference,
            reference_states: States::Memory(&self.states),
            baseline: &self.baseline,
            preference,
            evaluation: &self.experiment.evaluation,
            loss,
            negatives,
            seed: SEED,
            backend: Backend::Flex,
            keep_weights: false,
        }
    }
}
