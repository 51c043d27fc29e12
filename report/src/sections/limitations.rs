//! What the experiment does not say.

use std::collections::BTreeSet;

use prefsweep_store::axis_name;

use crate::numbers::plural;
use crate::page::{Block, Prose, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::Section;

/// What was not varied or not measured.
pub(crate) struct Limitations;

impl Section for Limitations {
    fn name(&self) -> &'static str {
        "Limitations"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let sweep = &found.findings.sweep;
        let negatives: BTreeSet<usize> =
            sweep.index.cells.iter().map(|cell| cell.key.negatives).collect();
        let none = || Prose::from("none");
        let negatives = Prose::list(negatives.iter().map(usize::to_string)).unwrap_or_else(none);
        let devices = Prose::list(found.provenance.devices.iter().map(String::as_str));
        let mut items = vec![
            prose!("One dataset: all numbers are from {}.", found.dataset()),
            prose!("Numbers of negatives: K was {}.", negatives),
            settings(found),
            prose!("One model: a small SASRec over item ids, not a language model."),
            prose!("Devices: all runs were on {}.", devices.unwrap_or_else(none)),
            prose!("Sampled evaluation: each user has one candidate list, drawn once."),
            prose!(
                "Offline only: the rank of the held-out item, not other qualities of a list, nor how \
                 users would respond to it."
            ),
        ];
        if !found.gaps.is_empty() {
            let planned = plural(found.gaps.len(), "planned result");
            items.push(prose!("{} missing, listed above.", planned));
        }
        vec![Block::List(items)]
    }
}

fn settings(found: &Evidence<'_>) -> Prose {
    let axes = found.findings.sweep.axes.keys().map(|axis| Prose::code(axis_name(axis)));
    let fixed = "every other setting has one value, and the learning rate or the number of steps may \
                 favour one loss.";
    match Prose::list(axes) {
        Some(axes) => prose!("Settings: only loss, K, seed and {} varied; {}", axes, fixed),
        None => prose!("Settings: only loss, K and seed varied; {}", fixed),
    }
}
