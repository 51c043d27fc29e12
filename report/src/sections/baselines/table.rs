//! The references and the baselines, a row each.

use crate::findings::Findings;
use crate::grid::{Entry, Grid};
use crate::measure::{Measure, protocol_name};
use crate::numbers::{metric, plain_estimate, plus_minus};
use crate::statistics::Estimate;

/// NDCG and HR at the main cut-off, on both protocols.
fn measures(findings: &Findings) -> [Measure; 4] {
    let of = |protocol, metric| Measure::new("test", protocol, metric, findings.cutoff);
    [of("full", "ndcg"), of("full", "hr"), of("candidates", "ndcg"), of("candidates", "hr")]
}

/// The name of every row, in text and in files, with its values.
fn rows(findings: &Findings) -> Vec<(String, String, Vec<Option<Estimate>>)> {
    let measures = measures(findings);
    let references = findings.references.iter().map(|reference| {
        let values = measures.iter().map(|measure| reference.group.metric(measure));
        (reference.label.clone(), reference.label.clone(), values.collect())
    });
    let baselines = findings.baselines.iter().map(|baseline| {
        let values = measures.iter().map(|measure| baseline.metric(measure));
        (baseline.title.clone(), baseline.name.clone(), values.collect())
    });
    references.chain(baselines).collect()
}

/// For people; the best of a column is not marked, since nothing here was tested.
pub(super) fn readable(findings: &Findings) -> Grid {
    let mut header = vec!["method".to_owned()];
    let measures = measures(findings);
    header.extend(
        measures.iter().map(|m| format!("{} {}", protocol_name(&m.protocol), findings.name(m))),
    );
    let row = |(title, _, values): (String, String, Vec<Option<Estimate>>)| {
        let numbers = values.into_iter().map(|value| Entry::from(plus_minus(value, metric)));
        std::iter::once(title.into()).chain(numbers).collect()
    };
    let caption = format!(
        "{}: the reference (test split, mean over seeds ± half-width of the 95 % t interval) beside \
         rankings computed from the training part alone, on the same users and candidates.",
        findings.sweep.index.dataset.name
    );
    Grid {
        name: "baselines",
        caption,
        header,
        words: 1,
        rows: rows(findings).into_iter().map(row).collect(),
    }
}

/// For programs.
pub(super) fn plain_numbers(findings: &Findings) -> Grid {
    let mut header = vec!["method".to_owned()];
    for measure in measures(findings) {
        let name = format!("{}_{}@{}", measure.protocol, measure.metric, measure.cutoff);
        header.extend([format!("{name}_mean"), format!("{name}_half_width")]);
    }
    let row = |(_, name, values): (String, String, Vec<Option<Estimate>>)| {
        let numbers = values.into_iter().flat_map(plain_estimate).map(Entry::from);
        std::iter::once(name.into()).chain(numbers).collect()
    };
    Grid {
        name: "baselines",
        caption: String::new(),
        header,
        words: 1,
        rows: rows(findings).into_iter().map(row).collect(),
    }
}
