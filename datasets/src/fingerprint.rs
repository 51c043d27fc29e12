//! Content hashes that do not depend on machine or library versions.

use crate::indices::Item;

/// A BLAKE3 hash over length-prefixed, little-endian content.
///
/// Fingerprints identify data in stored results, so neither this encoding nor the tags (`domain`)
/// may change, not even where a tag still carries the project's former name.
pub(crate) struct Fingerprint(blake3::Hasher);

impl Fingerprint {
    /// A hash of content of the kind `domain`; different kinds never collide.
    pub(crate) fn new(domain: &str) -> Self {
        let mut hash = Self(blake3::Hasher::new());
        hash.text(domain);
        hash
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text.as_bytes());
    }

    pub(crate) fn count(&mut self, count: usize) {
        self.0.update(&(count as u64).to_le_bytes());
    }

    pub(crate) fn lists(&mut self, lists: &[Vec<Item>]) {
        self.count(lists.len());
        for list in lists {
            self.count(list.len());
            for item in list {
                self.0.update(&item.to_le_bytes());
            }
        }
    }

    /// The hash in hexadecimal, 64 characters.
    pub(crate) fn finish(self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}
