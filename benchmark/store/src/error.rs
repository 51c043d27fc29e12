//! A file operation that failed, in the words of the field.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A file operation that failed.
#[derive(Debug, thiserror::Error)]
#[error("{}: {}", path.display(), said(cause))]
pub struct StoreError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub cause: io::Error,
}

/// Names the path in an I/O error: `fs::read(path).map_err(at(path))`.
pub fn at(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |cause| StoreError { path, cause }
}

/// The same words on every system for what a user can do something about.
fn said(cause: &io::Error) -> String {
    match cause.kind() {
        ErrorKind::StorageFull => "no space left on device".into(),
        ErrorKind::QuotaExceeded => "the disk quota is used up".into(),
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".into(),
        // With words of its own where it is not the system's.
        ErrorKind::PermissionDenied if cause.raw_os_error().is_some() => "permission denied".into(),
        _ => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_user_can_change_is_said_with_the_path() {
        for (kind, said) in [
            (ErrorKind::StorageFull, "no space left on device"),
            (ErrorKind::QuotaExceeded, "the disk quota is used up"),
            (ErrorKind::ReadOnlyFilesystem, "the file system is read-only"),
        ] {
            let error = at(Path::new("store/drafts/a/metrics.csv"))(kind.into());
            assert_eq!(error.to_string(), format!("store/drafts/a/metrics.csv: {said}"));
        }
    }

    /// `/dev/full` refuses every byte with the error of a full disk.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_one() {
        let path = Path::new("/dev/full");
        let error = at(path)(std::fs::write(path, "x").unwrap_err());
        assert_eq!(error.to_string(), "/dev/full: no space left on device");
    }
}
