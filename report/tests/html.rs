//! The HTML report is whole: well-formed, with everything inside, loading nothing.

use std::collections::BTreeSet;
use std::fs;

use crate::support::{World, write_index};

/// Elements without an end.
const VOID: [&str; 4] = ["meta", "br", "hr", "img"];

/// A tag as it stands in the text.
struct Tag<'a> {
    name: &'a str,
    attributes: &'a str,
    end: bool,
    closed: bool,
}

/// All tags, without what lies in scripts and style sheets.
fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let mut quoted = false;
        let length = rest[start..]
            .find(|character| {
                quoted ^= character == '"';
                character == '>' && !quoted
            })
            .expect("every tag ends");
        let inner = &rest[start + 1..start + length];
        rest = &rest[start + length + 1..];
        if inner.starts_with('!') {
            continue;
        }
        let end = inner.starts_with('/');
        let inner = inner.trim_start_matches('/');
        let closed = inner.ends_with('/');
        let inner = inner.trim_end_matches('/');
        let (name, attributes) = inner.split_once([' ', '\n']).unwrap_or((inner, ""));
        assert!(name.chars().all(char::is_alphanumeric), "odd tag `{name}`");
        if !end && matches!(name, "script" | "style") {
            let stop = rest.find(&format!("</{name}>")).expect("it ends");
            rest = &rest[stop..];
        }
        tags.push(Tag { name, attributes, end, closed });
    }
    tags
}

fn assert_well_formed(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in tags(html) {
        if tag.end {
            assert_eq!(open.pop(), Some(tag.name), "an end without its start, inside {open:?}");
        } else if !tag.closed && !VOID.contains(&tag.name) {
            // A block inside a paragraph would end the paragraph.
            let block = ["div", "p", "table", "ul", "details", "h2"].contains(&tag.name);
            assert!(!(block && open.contains(&"p")), "<{}> in <p>", tag.name);
            open.push(tag.name);
        }
    }
    assert!(open.is_empty(), "not closed: {open:?}");
}

fn html(world: &World) -> String {
    let dir = tempfile::tempdir().unwrap();
    let mut index = world.write(dir.path());
    index.dataset.name = "<it> \"falls\" & why".to_owned();
    index.dataset.source = "[x](https://example.org/<script>alert(1)</script>)".to_owned();
    write_index(dir.path(), &index);
    let files = prefsweep_report::write_report(dir.path(), &dir.path().join("out")).unwrap();
    fs::read_to_string(files.html).unwrap()
}

#[test]
fn the_page_is_well_formed_and_loads_nothing() {
    let html = html(&World::standard());
    assert_well_formed(&html);
    assert!(html.contains(
        "<title>Do more negatives hurt on &lt;it&gt; &quot;falls&quot; &amp; why?</title>"
    ));
    let tags = tags(&html);
    let count = |name: &str| tags.iter().filter(|tag| tag.name == name && !tag.end).count();
    assert_eq!((count("svg"), count("img"), count("script"), count("link")), (12, 0, 2, 0));
    for tag in &tags {
        let loads = ["src=", "srcset=", "xlink:", "xmlns", "style=\"background", "onload="];
        let found = loads.iter().find(|what| tag.attributes.contains(**what));
        assert!(found.is_none(), "<{} {}>", tag.name, tag.attributes);
        let address = tag.attributes.contains("://");
        assert!(!address || tag.name == "a", "<{} {}>", tag.name, tag.attributes);
    }
    for word in ["url(", "@import", "fetch(", "XMLHttpRequest", "import("] {
        assert!(!html.contains(word), "{word}");
    }
}

#[test]
fn sections_have_names_of_their_own_and_are_listed() {
    let html = html(&World::standard());
    let of = |attribute: &str| -> Vec<String> {
        let found = tags(&html).into_iter().filter_map(|tag| {
            let (_, rest) = tag.attributes.split_once(attribute)?;
            Some(rest.split_once('"')?.0.to_owned())
        });
        found.collect()
    };
    let ids = of("id=\"");
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{ids:?}");
    let targets = of("href=\"#");
    let sections =
        html.matches("<h2 ").count() + html.matches("<details class=\"section\"").count();
    assert_eq!(targets.len(), sections, "{targets:?}");
    assert!(targets.len() > 10, "{targets:?}");
    for target in targets {
        assert!(ids.contains(&target), "no section #{target}");
    }
    for section in
        ["answer", "evidence", "limits", "reproduce-and-verify", "tests", "cost", "provenance"]
    {
        assert!(ids.iter().any(|id| id == section), "no section #{section}");
    }
}

/// Every word of the Markdown tables is in the page.
#[test]
fn the_page_says_what_the_markdown_says() {
    let dir = tempfile::tempdir().unwrap();
    World::small().write(dir.path());
    let files = prefsweep_report::write_report(dir.path(), &dir.path().join("out")).unwrap();
    let (markdown, html) =
        (fs::read_to_string(files.report).unwrap(), fs::read_to_string(files.html).unwrap());
    let html = html.replace('\u{a0}', " ");
    let mut cells = 0;
    for row in markdown.lines().filter(|line| line.starts_with("| ") && !line.contains(":--")) {
        for cell in row.trim_matches('|').split(" | ") {
            let cell = cell.trim().trim_matches(['*', '`']).replace('<', "&lt;").replace('\\', "");
            assert!(html.contains(&cell), "`{cell}` of {row}");
            cells += 1;
        }
    }
    assert!(cells > 100);
    for heading in markdown.lines().filter_map(|line| line.strip_prefix("## ")) {
        assert!(html.contains(&format!(">{heading}</h2>")), "{heading}");
    }
}
