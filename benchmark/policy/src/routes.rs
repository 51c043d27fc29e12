//! Which experts positions use.

/// The experts of one block that some positions use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routes {
    /// The block, from 0.
    pub block: usize,
    /// Experts of the block, E.
    pub experts: usize,
    /// Experts that a position uses, k.
    pub active: usize,
    /// Their numbers, row-major `[positions, active]`, the likeliest first.
    pub chosen: Vec<u32>,
}

impl Routes {
    /// How many assignments every expert has, `[experts]`.
    #[must_use]
    pub fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.experts];
        for &expert in &self.chosen {
            counts[expert as usize] += 1;
        }
        counts
    }

    /// At how many positions the experts are not the same ones as in `other`, in whatever order.
    ///
    /// # Panics
    /// When the other's are those of other positions.
    #[must_use]
    pub fn changed(&self, other: &Self) -> u64 {
        assert_eq!(self.chosen.len(), other.chosen.len(), "routes of the same positions");
        let rows = self.chosen.chunks_exact(self.active);
        let rows = rows.zip(other.chosen.chunks_exact(other.active));
        rows.filter(|(now, then)| !now.iter().all(|expert| then.contains(expert))).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(chosen: &[u32]) -> Routes {
        Routes { block: 0, experts: 3, active: 2, chosen: chosen.to_vec() }
    }

    #[test]
    fn assignments_are_counted_and_changes_are_of_sets() {
        let before = routes(&[0, 1, 1, 2, 0, 2]);
        assert_eq!(before.counts(), [2, 2, 2]);
        assert_eq!(routes(&[1, 0, 1, 2, 1, 2]).changed(&before), 1);
    }
}
