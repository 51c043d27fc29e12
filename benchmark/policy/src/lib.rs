//! What scores items.
