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

/// `path` as seen from `folder`, where both are below a common folder; otherwise absolute.
#[must_use]
pub fn relative(path: &Path, folder: &Path) -> PathBuf {
    let (path, folder) = (followed(path), followed(folder));
    // The first component is the root.
    let together = path.components().nth(1) == folder.components().nth(1);
    if together { seen_from(&folder, &path) } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn links_are_followed() {
        let root = tempfile::tempdir().unwrap();
        let (results, far) = (root.path().join("a/results"), root.path().join("b/c/d/far"));
        for folder in [&results, &far] {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::os::unix::fs::symlink(&far, results.join("exp")).unwrap();
        let found = relative(&results.join("store/cells/x"), &results.join("exp"));
        std::fs::create_dir_all(results.join("store/cells/x")).unwrap();
        assert!(results.join("exp").join(found).is_dir());
    }

    #[test]
    fn paths_are_relative_to_the_index() {
        let path = relative(Path::new("results/store/cells/x"), Path::new("results/collapse"));
        assert_eq!(path, Path::new("../store/cells/x"));
    }
}
