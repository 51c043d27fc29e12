//! The distribution of margin strengths, such as DynamicPO's `beta_b`.

/// Strengths counted in bins so that its size does not grow with the steps.
#[derive(Clone, Debug, Default)]
pub(super) struct Strengths {
    beta: f64,
    /// Bin i holds `i beta / 1000` up to the next; empty until something is counted.
    counts: Vec<u64>,
}

impl Strengths {
    /// Per `beta`; the last bin ends at `2 beta`, above every `beta_b`.
    const BINS: f64 = 1000.0;

    pub(super) fn add(&mut self, strength: f64, beta: f64) {
        let bins = 2 * Self::BINS as usize;
        if self.counts.is_empty() {
            self.beta = beta;
            self.counts = vec![0; bins];
        }
        let bin = (strength / beta * Self::BINS) as usize;
        self.counts[bin.min(bins - 1)] += 1;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if self.counts.is_empty() {
            self.clone_from(other);
        } else {
            self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
        }
    }

    /// The middle of the bin that holds each quantile.
    pub(super) fn quantiles<const N: usize>(&self, shares: [f64; N]) -> Option<[f64; N]> {
        let total: u64 = self.counts.iter().sum();
        (total > 0).then(|| {
            shares.map(|share| {
                let wanted = ((share * total as f64).ceil() as u64).max(1);
                let mut below = 0;
                let reaches = |count: &u64| {
                    below += count;
                    below >= wanted
                };
                let bin = self.counts.iter().position(reaches).expect("the counts add up");
                (bin as f64 + 0.5) * self.beta / Self::BINS
            })
        })
    }
}
