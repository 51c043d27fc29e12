//! What a report wrote, so that the next one removes what it no longer makes: a plot of an axis that is gone would
//! pass for one of the present results.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use crate::error::ReportError;
use crate::files::write_json;

/// Name of the list, in the report's folder.
const LIST_FILE: &str = "files.json";
/// The folders whose files come and go; whatever else lies there is left alone.
const FOLDERS: [&str; 2] = ["plots", "tables"];

/// Removes what an earlier report listed and this one did not write, and lists what this one wrote.
///
/// # Errors
/// When a file cannot be removed, or the list not written.
pub(crate) fn replace_outputs(out_dir: &Path, written: &[PathBuf]) -> Result<(), ReportError> {
    let list = out_dir.join(LIST_FILE);
    let text = fs::read(&list).unwrap_or_default();
    // Without a list, or with a damaged one, nothing is known to be of an earlier report.
    let earlier: Vec<String> = serde_json::from_slice(&text).unwrap_or_default();
    let now: BTreeSet<String> = written.iter().filter_map(|path| listed(out_dir, path)).collect();
    for name in earlier.iter().filter(|name| !now.contains(*name) && is_ours(name)) {
        let path = out_dir.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(ReportError::write(&path)(error));
            }
            _ => {}
        }
    }
    write_json(&list, &now)
}

/// A file as the list has it: its folder and its name.
fn listed(out_dir: &Path, path: &Path) -> Option<String> {
    let name = path.strip_prefix(out_dir).ok()?.to_str()?;
    Some(name.replace('\\', "/"))
}

/// Whether it is a file right in one of the report's folders.
fn is_ours(name: &str) -> bool {
    let parts: Vec<Component<'_>> = Path::new(name).components().collect();
    match parts[..] {
        [Component::Normal(folder), Component::Normal(_)] => {
            FOLDERS.iter().any(|known| folder == *known)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_longer_made_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("report");
        fs::create_dir_all(out.join("plots")).unwrap();
        let file = |name: &str| {
            let path = out.join(name);
            fs::write(&path, "x").unwrap();
            path
        };
        let own = file("plots/mine.svg");
        let (kept, stale) = (file("plots/kept.svg"), file("plots/stale.svg"));
        replace_outputs(&out, &[kept.clone(), stale.clone()]).unwrap();
        assert!(stale.is_file());
        replace_outputs(&out, std::slice::from_ref(&kept)).unwrap();
        assert!(!stale.exists());
        assert!(kept.is_file() && own.is_file());
        // A list is no way to other files.
        let outside = folder.path().join("precious");
        fs::write(&outside, "x").unwrap();
        let names = ["../precious", "plots/../../precious", "report.md", "plots"];
        fs::write(out.join(LIST_FILE), serde_json::to_vec(&names).unwrap()).unwrap();
        file("report.md");
        replace_outputs(&out, &[]).unwrap();
        assert!(outside.is_file() && out.join("report.md").is_file() && kept.is_file());
    }
}
