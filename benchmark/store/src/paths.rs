//! Where a file lies, seen from a folder.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// The absolute path, without links as far as it exists: `..` is taken from where a link leads.
#[must_use]
pub fn followed(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let real = absolute.ancestors().find_map(|known| {
        let (real, rest) = (known.canonicalize().ok()?, absolute.strip_prefix(known).ok()?);
        Some(plain(real).components().chain(rest.components()).collect())
    });
    real.unwrap_or(absolute)
}

/// A path as people write it: Windows calls what it has followed `\\?\C:\…`.
fn plain(path: PathBuf) -> PathBuf {
    let rest = path.to_str().and_then(|text| text.strip_prefix(r"\\?\"));
    // With a drive; what begins with `UNC` has no shorter form that every part of Windows takes.
    let rest = rest.filter(|rest| cfg!(windows) && rest.as_bytes().get(1) == Some(&b':'));
    rest.map(PathBuf::from).unwrap_or(path)
}

/// The way from a folder to a file; both are [followed]. Its parts have `/` between them on every system, so that it can
/// be read on another.
#[must_use]
pub fn seen_from(folder: &Path, file: &Path) -> PathBuf {
    let common = folder.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(common).map(|_| Component::ParentDir);
    slashed(&up.chain(file.components().skip(common)).collect::<PathBuf>()).into()
}

/// `path` as seen from `folder`, where both are below a common folder; otherwise absolute.
#[must_use]
pub fn relative(path: &Path, folder: &Path) -> PathBuf {
    let (path, folder) = (followed(path), followed(folder));
    let together = top(&path).is_some_and(|of_path| top(&folder) == Some(of_path));
    if together { seen_from(&folder, &path) } else { path }
}

/// The folder right below the root, with the root, and on Windows with the drive.
fn top(path: &Path) -> Option<PathBuf> {
    let depth = path.components().position(|part| matches!(part, Component::Normal(_)))?;
    Some(path.components().take(depth + 1).collect())
}

/// The path with `/` between its parts, as pages and commands have it on every system.
#[must_use]
pub fn slashed(path: &Path) -> OsString {
    if cfg!(windows) {
        path.to_string_lossy().replace('\\', "/").into()
    } else {
        // There a name may have a backslash, or be no text.
        path.as_os_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On Windows links are for administrators alone.
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
        // To the letter, on Windows too.
        assert_eq!(path.to_str(), Some("../store/cells/x"));
    }

    #[test]
    fn what_shares_the_root_alone_is_absolute() {
        let (path, folder) = (Path::new("/first/a"), Path::new("/second/b"));
        assert_eq!(relative(path, folder), followed(path));
        assert_eq!(relative(path, Path::new("/first/b")).to_str(), Some("../a"));
    }
}
