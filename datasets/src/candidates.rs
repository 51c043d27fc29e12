//! Candidate lists of the sampled evaluation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dataset::Dataset;
use crate::error::DataError;
use crate::fingerprint::Fingerprint;
use crate::indices::Item;
use crate::random::{draw, stream};

/// Tag of the fingerprint. It was chosen under the project's former name and stays: another tag
/// would change the fingerprint of all lists, and with it the identity of every stored result.
const FINGERPRINT_TAG: &str = "recpo-candidates-v1";

/// The candidate lists of the sampled evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CandidateConfig {
    /// Sampled negatives per user; with the positive they make `negatives + 1` candidates.
    #[schemars(range(min = 1))]
    pub negatives: usize,
    /// Seed of the draw.
    pub seed: u64,
}

impl Default for CandidateConfig {
    fn default() -> Self {
        Self { negatives: 19, seed: 0 }
    }
}

/// The negatives with which a user's positive item is ranked, the same for all methods.
///
/// The papers rank 20 candidates: the positive and 19 negatives.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Candidates {
    /// Negatives in the order drawn, shape `[n_users][negatives]`.
    pub negatives: Vec<Vec<Item>>,
    /// BLAKE3 hash (hex) of the dataset's fingerprint and the lists.
    pub fingerprint: String,
}

impl Candidates {
    /// Draws `config.negatives` distinct items per user, uniformly outside the user's whole
    /// history (training, validation and test items).
    ///
    /// A user's list comes from `stream(seed, "candidates", [user])`; a shorter list is a prefix of a
    /// longer one. Where the source has candidate lists of its own, those are used instead.
    ///
    /// # Errors
    /// [`DataError::TooFewItems`] when a user has fewer unseen items than `config.negatives`.
    pub fn sample(dataset: &Dataset, config: &CandidateConfig) -> Result<Self, DataError> {
        let negatives = match &dataset.given_negatives {
            Some(given) => given.clone(),
            None => sampled(dataset, config)?,
        };
        let mut hash = Fingerprint::new(FINGERPRINT_TAG);
        hash.text(&dataset.fingerprint);
        hash.lists(&negatives);
        Ok(Self { negatives, fingerprint: hash.finish() })
    }
}

fn sampled(dataset: &Dataset, config: &CandidateConfig) -> Result<Vec<Vec<Item>>, DataError> {
    let mut seen: Vec<Item> = Vec::new();
    let list = |user: usize| -> Result<Vec<Item>, DataError> {
        seen.clone_from(&dataset.sequences[user]);
        seen.sort_unstable();
        seen.dedup();
        let found = dataset.n_items - seen.len();
        let mut stream = stream(config.seed, "candidates", &[user as u64]);
        let drawn = draw(found, config.negatives, &mut stream);
        let drawn = drawn.ok_or_else(|| DataError::TooFewItems {
            user: dataset.user_ids[user].clone(),
            found,
            needed: config.negatives,
        })?;
        Ok(drawn.into_iter().map(|index| unseen(&seen, index)).collect())
    };
    (0..dataset.n_users()).map(list).collect()
}

/// The unseen item with this index among all unseen items; `seen` is sorted.
fn unseen(seen: &[Item], index: usize) -> Item {
    let mut places = 0..seen.len();
    // Before the seen item at `place` there are as many unseen items as its index minus `place`.
    while let Some(last) = places.len().checked_sub(1) {
        let middle = places.start + last / 2;
        if seen[middle] as usize - middle <= index {
            places.start = middle + 1;
        } else {
            places.end = middle;
        }
    }
    (index + places.start) as Item
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn unseen_items_are_indexed_in_order(
            seen in proptest::sample::subsequence((0..30).collect::<Vec<Item>>(), 0..=30),
        ) {
            let expected: Vec<Item> = (0..30).filter(|item| !seen.contains(item)).collect();
            let found: Vec<Item> = (0..expected.len()).map(|index| unseen(&seen, index)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
