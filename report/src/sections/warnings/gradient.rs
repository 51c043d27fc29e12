//! Gradients that exploded.

use std::collections::BTreeSet;

use prefsweep_store::CellStatus;

use crate::findings::Findings;
use crate::names::cell_name;
use crate::numbers::quantity;
use crate::tables::read_trajectory;

/// A last norm of more than so many times the median of the run's evaluations has exploded.
const FAR: f64 = 10.0;

/// The runs whose gradient is far larger at the end than it mostly was.
pub(super) fn exploded(findings: &Findings) -> Vec<String> {
    let cells = findings.sweep.index.cells.iter();
    // Cells that are the same by definition share a folder.
    let mut seen = BTreeSet::new();
    let complete = cells.filter(|cell| cell.status == CellStatus::Complete);
    let complete = complete.filter(|cell| seen.insert(&cell.dir));
    let warning = complete.filter_map(|cell| {
        // A file that cannot be read was said before.
        let table = read_trajectory(&findings.sweep.dir.join(&cell.dir)).ok()?;
        let norms = table.column("gradient_norm").ok()?.f64().ok()?;
        let mut norms: Vec<f64> = norms.iter().flatten().collect();
        let last = *norms.last()?;
        let typical = median(&mut norms);
        (norms.len() > 2 && last > FAR * typical).then(|| {
            format!(
                "the gradient exploded: its last norm is {}, the median of the run {} ({})",
                quantity(last),
                quantity(typical),
                cell_name(&cell.key)
            )
        })
    });
    warning.collect()
}

/// Of at least one number, which are sorted for it.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) / 2]
}
