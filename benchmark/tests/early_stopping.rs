//! When the reference is evaluated.

use prefsweep::training::{Checkpoint, Stopwatch, train_reference};
use prefsweep_policy::device::Backend;

use crate::small_world::{SEED, World};

/// The weights that are kept are those of an evaluation: what is trained is evaluated.
#[test]
fn there_is_an_evaluation_after_the_last_epoch() {
    for (every, evaluated) in [(1, vec![1, 2, 3, 4, 5]), (3, vec![3, 5]), (9, vec![5])] {
        let world = World::of(&format!(
            "
title: test
dataset: {{name: synthetic, synthetic: {{users: 60, items: 90}}}}
model: {{dim: 12, blocks: 1, heads: 2, feed_forward: 20, max_len: 12}}
reference: {{epochs: 5, early_stopping: {{patience: 9, every: {every}}}}}
sweep: {{losses: [dmpo], negatives: [3], seeds: [1]}}"
        ));
        let trained = train_reference(
            world.policy.as_ref(),
            &world.experiment.reference,
            &world.data,
            None,
            SEED,
            Backend::Flex,
            &mut |_| (),
            &Stopwatch::start(),
            &mut Checkpoint::off(),
        );
        let epochs = trained.unwrap().epochs.into_iter();
        let found = epochs.filter(|epoch| epoch.validation_ndcg.is_some());
        assert_eq!(found.map(|epoch| epoch.epoch).collect::<Vec<_>>(), evaluated, "every {every}");
    }
}
