//! Pages on several experiments, which link their reports.

use std::path::{Path, PathBuf};

use prefsweep_store::{followed, seen_from};

use crate::error::ReportError;
use crate::files::write;
use crate::page::{Block, Prose, html, markdown, prose};
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
    fn all(experiments: &[VerdictFile], folder: &Path, extension: &str) -> Vec<Self> {
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

/// Writes `<name>.md` and `<name>.html` into a folder, each with links to reports of its own kind.
pub(crate) fn write_pages(
    experiments: &[VerdictFile],
    folder: &Path,
    (name, title): (&str, &str),
    page: impl Fn(&[Linked]) -> Vec<Block>,
) -> Result<[PathBuf; 2], ReportError> {
    let files = ["md", "html"].map(|extension| folder.join(format!("{name}.{extension}")));
    let blocks = |extension: &str| page(&Linked::all(experiments, folder, extension));
    write(&files[0], &markdown::render(&blocks("md")))?;
    write(&files[1], &html::render(title, &blocks("html")))?;
    Ok(files)
}

/// The path from `folder` to `file`, with `/` between its parts, as a page links it; both exist.
fn link(folder: &Path, file: &Path) -> String {
    let path = seen_from(&followed(folder), &followed(file));
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
