//! Users and items after preprocessing.

/// Dense user index, `0..n_users`.
pub type User = u32;

/// Dense item index, `0..n_items`.
pub type Item = u32;
