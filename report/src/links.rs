//! Links from a page on several experiments to their reports.

use std::path::{Component, Path, PathBuf};

use crate::page::{Prose, prose};
use crate::verdict_files::VerdictFile;

/// An experiment as a page names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Linked {
    pub(crate) experiment: String,
    /// Its report, seen from the page.
    pub(crate) to: String,
}

impl Linked {
    /// The experiments, seen from a page in `folder`; `extension` is that of their reports.
    pub(crate) fn all(experiments: &[VerdictFile], folder: &Path, extension: &str) -> Vec<Self> {
        let linked = |found: &VerdictFile| Self {
            experiment: found.verdicts.experiment.clone(),
            to: link(folder, &page_beside(&found.file, extension)),
        };
        experiments.iter().map(linked).collect()
    }

    /// The experiment's name, linked.
    pub(crate) fn prose(&self) -> Prose {
        prose!("[{}]({})", self.experiment, self.to)
    }
}

/// The path from `folder` to `file`, with `/` between its parts, as a page links it; both exist.
fn link(folder: &Path, file: &Path) -> String {
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
fn page_beside(verdict: &Path, extension: &str) -> PathBuf {
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
