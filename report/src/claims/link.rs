//! Where a file lies, seen from a folder.

use std::path::{Component, Path, PathBuf};

/// The path from `folder` to `file`, with `/` between its parts, as a page links it; both exist.
pub(super) fn link(folder: &Path, file: &Path) -> String {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (folder, file) = (whole(folder), whole(file));
    let common = folder.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(common).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(file.components().skip(common)).collect();
    let parts =
        path.components().map(|part| part.as_os_str().to_string_lossy().replace(' ', "%20"));
    parts.collect::<Vec<_>>().join("/")
}

/// The page beside a `verdict.json`, in a format, or that file where there is none.
pub(super) fn page_beside(verdict: &Path, extension: &str) -> PathBuf {
    let page = verdict.with_file_name(format!("report.{extension}"));
    if page.is_file() { page } else { verdict.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn links_go_up_and_down() {
        let root = tempfile::tempdir().unwrap();
        let (out, report) = (root.path().join("a/out"), root.path().join("b c/report"));
        for folder in [&out, &report] {
            fs::create_dir_all(folder).unwrap();
        }
        let verdict = report.join("verdict.json");
        fs::write(&verdict, "").unwrap();
        assert_eq!(link(&out, &page_beside(&verdict, "md")), "../../b%20c/report/verdict.json");
        fs::write(report.join("report.md"), "").unwrap();
        assert_eq!(link(&out, &page_beside(&verdict, "md")), "../../b%20c/report/report.md");
    }
}
