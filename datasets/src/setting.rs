//! Checks of single settings.

use std::fmt;

/// A setting whose value is not allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: found {found}; allowed: {allowed}")]
pub struct InvalidSetting {
    /// Path of the key below the dataset section, such as `synthetic.users`.
    pub key: String,
    /// The value found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
}

/// Fails with an [`InvalidSetting`] unless `holds`.
pub(crate) fn require(
    holds: bool,
    key: &str,
    found: impl fmt::Display,
    allowed: impl fmt::Display,
) -> Result<(), InvalidSetting> {
    if holds {
        return Ok(());
    }
    Err(InvalidSetting {
        key: key.to_owned(),
        found: found.to_string(),
        allowed: allowed.to_string(),
    })
}
