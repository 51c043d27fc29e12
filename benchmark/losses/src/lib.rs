//! The preference losses.
