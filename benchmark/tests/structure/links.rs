//! Links of the documentation lead to files and headings that are there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::root;

/// Pages that people read.
fn pages() -> Vec<PathBuf> {
    let ends = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "md");
    let within = |folder: PathBuf| {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(ends).collect::<Vec<_>>()
    };
    [within(root()), within(root().join("docs"))].concat()
}

/// A page outside its blocks of code.
fn prose(page: &Path) -> String {
    let text = fs::read_to_string(page).unwrap();
    let parts = text.split("\n```").enumerate();
    parts.filter(|(at, _)| at % 2 == 0).map(|(_, part)| part).collect()
}

/// The targets of links, with the text between the one before and the link.
fn links(text: &str) -> Vec<(&str, &str)> {
    let mut links = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        let Some((target, next)) = after.split_once(')') else { break };
        links.push((before, target));
        rest = next;
    }
    links
}

/// The anchor of a heading, as code hosts make it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(page: &Path) -> Vec<String> {
    let text = prose(page);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#'))).collect()
}

#[test]
fn every_link_of_the_documentation_leads_somewhere() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for page in pages() {
        for (_, target) in links(&prose(&page)) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            seen += 1;
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { page.clone() } else { page.with_file_name(file) };
            let leads =
                file.exists() && (heading.is_empty() || anchors(&file).contains(&heading.into()));
            if !leads {
                wrong.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(seen > 150, "only {seen} links");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `docs/SUMMARY.md` is the contents of the pages as a book.
#[test]
fn every_page_of_docs_is_once_in_its_contents() {
    let contents = root().join("docs/SUMMARY.md");
    let text = prose(&contents);
    let listed: Vec<PathBuf> =
        links(&text).into_iter().map(|(_, page)| contents.with_file_name(page)).collect();
    let distinct: BTreeSet<PathBuf> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), distinct.len(), "a page is listed twice: {listed:#?}");
    let there: BTreeSet<PathBuf> = pages()
        .into_iter()
        .filter(|page| page.parent() == contents.parent() && *page != contents)
        .collect();
    assert!(there.len() > 15, "only {there:#?}");
    assert_eq!(distinct, there);
}
