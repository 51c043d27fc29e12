//! What a held-out item is ranked against.

use serde::{Deserialize, Serialize};

/// What the held-out item competes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Protocol {
    /// All items that the user has not interacted with before.
    Full,
    /// The user's sampled candidates, shared by all methods.
    Candidates,
}

impl Protocol {
    /// Both protocols, in the order of the tables.
    pub const ALL: [Self; 2] = [Self::Full, Self::Candidates];

    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Candidates => "candidates",
        }
    }
}
