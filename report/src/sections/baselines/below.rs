//! References that rank worse than something that was not trained.

use crate::findings::Findings;
use crate::numbers::metric;

/// A reference below a baseline, in the main measure.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Below {
    /// The reference, with the swept settings it depends on.
    pub(super) reference: String,
    /// The baseline's title.
    pub(super) baseline: String,
    measure: String,
    /// Mean over seeds.
    mean: f64,
    of_baseline: f64,
    evaluation: String,
}

impl Below {
    /// Both values.
    pub(super) fn numbers(&self) -> String {
        let (mean, of_baseline) = (metric(self.mean), metric(self.of_baseline));
        format!("test {} {mean} against {of_baseline}, {}", self.measure, self.evaluation)
    }
}

/// Every pair of a reference and a baseline above its mean over seeds.
pub(super) fn below(findings: &Findings) -> Vec<Below> {
    let main = findings.main();
    let mut all = Vec::new();
    for reference in &findings.references {
        let Some(estimate) = reference.group.metric(&main) else { continue };
        for baseline in &findings.baselines {
            let of_baseline = baseline.metrics.get(&main).copied();
            if let Some(of_baseline) = of_baseline.filter(|value| estimate.mean < *value) {
                all.push(Below {
                    reference: reference.label.clone(),
                    baseline: baseline.title.clone(),
                    measure: findings.main_name(),
                    evaluation: findings.evaluation(),
                    mean: estimate.mean,
                    of_baseline,
                });
            }
        }
    }
    all
}

/// The same as sentences, for those who read no page.
pub(crate) fn below_baselines(findings: &Findings) -> Vec<String> {
    let sentence = |below: &Below| {
        format!("the {} is below {}: {}", below.reference, below.baseline, below.numbers())
    };
    below(findings).iter().map(sentence).collect()
}
