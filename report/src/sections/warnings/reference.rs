//! References that ended while validation still rose.

use prefsweep_store::CellStatus;

use crate::findings::Findings;
use crate::tables::read_validation;

/// Where the last epoch that was evaluated is the best: early stopping had not yet stopped the reference, so that a
/// gain over it may be a gain of more training.
pub(super) fn still_rising(findings: &Findings) -> Vec<String> {
    let sweep = &findings.sweep;
    let references = sweep.index.references.iter();
    let complete = references.filter(|entry| entry.status == CellStatus::Complete);
    // References that were never evaluated while they were trained do not say how far they are.
    let curves: Vec<Vec<f64>> = complete
        .filter_map(|entry| read_validation(&sweep.dir.join(&entry.dir)).ok())
        .filter(|curve| curve.len() > 1)
        .collect();
    let rises = |curve: &&Vec<f64>| {
        let (last, before) = curve.split_last().expect("at least two");
        before.iter().all(|value| value < last)
    };
    let (rising, all) = (curves.iter().filter(rises).count(), curves.len());
    if rising == 0 {
        return Vec::new();
    }
    vec![format!(
        "the best validation of the reference is that of its last epoch in {rising} of {all} runs: it is undertrained, and \
         more `reference.epochs` might be better"
    )]
}
