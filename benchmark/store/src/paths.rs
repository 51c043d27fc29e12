//! Where a file lies, seen from a folder.

use std::path::{Component, Path, PathBuf};

/// The absolute path, without links as far as it exists: `..` is taken from where a link leads.
#[must_use]
pub fn followed(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let real = absolute.ancestors().find_map(|known| {
        let (real, rest) = (known.canonicalize().ok()?, absolute.strip_prefix(known).ok()?);
        Some(real.components().chain(rest.components()).collect())
    });
    real.unwrap_or(absolute)
}

/// The way from a folder to a file; both are [followed].
#[must_use]
pub fn seen_from(folder: &Path, file: &Path) -> PathBuf {
    let common = folder.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(common).map(|_| Component::ParentDir);
    up.chain(file.components().skip(common)).collect()
}
