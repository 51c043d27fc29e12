//! How much memory workers take, and how many the machine has room for.

use super::machine;
use crate::data::Prepared;
use crate::experiment::{Plan, ReferenceSpec};

/// Tables of embeddings that training holds: the reference's and the policy's, two moments, gradients from both sides
/// and their sum, copies for the products.
const TABLES: u64 = 9;
/// Positions whose scores of all items an evaluation holds at once.
const SCORED: u64 = 512;
/// Bytes that the prepared data take for each interaction: sequences, windows, what users have seen.
const OF_INTERACTION: u64 = 40;
/// The same for each user and item, with their names.
const OF_NAME: u64 = 200;
/// Program, libraries and what a step holds on small data.
const AT_LEAST: u64 = 200 << 20;
/// Bytes of a number.
const NUMBER: u64 = size_of::<f32>() as u64;

/// Bytes that a worker takes for the largest run of a plan, roughly.
#[must_use]
pub fn of_worker(plan: &Plan, data: &Prepared) -> u64 {
    let specs = plan.references.iter().map(|reference| &reference.spec);
    AT_LEAST + of_data(data) + specs.map(|spec| of_run(spec, data)).max().unwrap_or(0)
}

/// How many workers the memory has room for beside this process, at least one.
#[must_use]
pub fn workers_with_room(plan: &Plan, data: &Prepared) -> usize {
    let left = machine::memory().saturating_sub(AT_LEAST + of_data(data));
    usize::try_from(left / of_worker(plan, data)).unwrap_or(usize::MAX).max(1)
}

fn of_data(data: &Prepared) -> u64 {
    let dataset = &data.dataset;
    let names = (dataset.n_users() + dataset.n_items) as u64;
    let truth =
        dataset.preference.as_ref().map_or(0, |preference| NUMBER * preference.len() as u64);
    OF_INTERACTION * dataset.n_interactions() as u64 + OF_NAME * names + truth
}

fn of_run(spec: &ReferenceSpec, data: &Prepared) -> u64 {
    // Of a policy over titles tokens have embeddings, of which there are few, and no states are kept.
    if spec.model.needs_titles() {
        return 0;
    }
    let (items, dim) = (data.dataset.n_items as u64, spec.model.dim() as u64);
    let states = NUMBER * dim * data.n_positions() as u64;
    let kept = if states > machine::memory_for_states() { 0 } else { states };
    NUMBER * items * (TABLES * dim + SCORED) + kept
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use prefsweep_policy::device::Backend;

    use super::*;
    use crate::experiment::read_str;

    fn of(items: usize) -> (u64, usize) {
        let yaml = format!(
            "{{title: Test, dataset: {{name: synthetic, synthetic: {{users: 30, items: {items}, clusters: {{count: 5}}}}}}, \
             sweep: {{losses: [dmpo], negatives: [3], seeds: [1]}}}}"
        );
        let experiment = read_str(&yaml, "test.yaml", &[]).unwrap();
        let data = Prepared::load(&experiment.dataset, Path::new("."), 50).unwrap();
        let plan = Plan::new(&experiment, &data, Backend::Flex).unwrap();
        (of_worker(&plan, &data), workers_with_room(&plan, &data))
    }

    #[test]
    fn a_large_catalogue_leaves_room_for_fewer_workers() {
        let (small, many) = of(1000);
        let (large, few) = of(1_000_000);
        assert!(small < 256 << 20, "{small}");
        // Nine tables of 64 numbers alone are 2.3 GB.
        assert!((4 << 30..6 << 30).contains(&large), "{large}");
        assert!(many > few && few >= 1, "{many} {few}");
    }
}
