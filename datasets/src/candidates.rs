//! Candidate lists of the sampled evaluation protocol.

use serde::{Deserialize, Serialize};

use crate::config::CandidateConfig;
use crate::dataset::{Dataset, Item};
use crate::error::DataError;
use crate::fingerprint::Fingerprint;
use crate::random::{draw, stream};

/// The negatives that a user's positive item is ranked against, shared by all methods.
///
/// The protocol of the papers is 20 candidates: the positive and 19 negatives.
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
    /// A user's list comes from `stream(seed, "candidates", [user])`; a shorter list is the start
    /// of a longer one.
    ///
    /// # Errors
    /// [`DataError::TooFewItems`] when a user leaves fewer unseen items than are asked for.
    pub fn sample(dataset: &Dataset, config: &CandidateConfig) -> Result<Self, DataError> {
        let negatives = (0..dataset.n_users())
            .map(|user| {
                let mut stream = stream(config.seed, "candidates", &[user as u64]);
                let unseen = unseen_items(dataset, user);
                let found = unseen.len();
                draw(unseen, config.negatives, &mut stream).ok_or_else(|| DataError::TooFewItems {
                    dataset: dataset.name.clone(),
                    user: dataset.user_ids[user].clone(),
                    found,
                    needed: config.negatives,
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut hash = Fingerprint::new("recpo-candidates-v1");
        hash.text(&dataset.fingerprint);
        hash.lists(&negatives);
        Ok(Self { negatives, fingerprint: hash.finish() })
    }
}

fn unseen_items(dataset: &Dataset, user: usize) -> Vec<Item> {
    let mut seen = vec![false; dataset.n_items];
    for &item in &dataset.sequences[user] {
        seen[item as usize] = true;
    }
    (0..dataset.n_items as Item).filter(|&item| !seen[item as usize]).collect()
}
