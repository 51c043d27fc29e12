//! `report.html`: the page of `report.md` in one file that needs nothing else.
//!
//! The Markdown is turned into HTML by pulldown-cmark; plots are put in as SVG, tables can be
//! sorted, and the sections are listed beside the text. No address outside the page is loaded.

use std::collections::BTreeSet;

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use crate::error::ReportError;
use crate::plots::Figure;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// A heading of the second level.
struct Section {
    id: String,
    name: String,
}

/// The whole page.
pub(crate) fn page(
    title: &str,
    markdown: &str,
    figures: &[&Figure],
) -> Result<String, ReportError> {
    let mut drawn = Vec::new();
    for figure in figures {
        drawn.push((format!("plots/{}.png", figure.name), inline(figure)?));
    }
    let (body, sections) = body(markdown, &drawn);
    let links: String = sections
        .iter()
        .map(|section| format!("<li><a href=\"#{}\">{}</a></li>\n", section.id, section.name))
        .collect();
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n\
         <nav aria-label=\"Sections\">\n<button type=\"button\" id=\"theme\">Theme</button>\n\
         <ul>\n{links}</ul>\n</nav>\n<main>\n{body}</main>\n<script>\n{SCRIPT}</script>\n\
         </body>\n</html>\n",
        escape(title)
    ))
}

/// The picture as an element of the page: without its own size, which the style sheet gives.
fn inline(figure: &Figure) -> Result<String, ReportError> {
    let svg = figure.svg()?;
    let (head, rest) = svg.split_once('>').unwrap_or(("<svg", ""));
    let view = head.split_once("viewBox=\"").and_then(|(_, rest)| rest.split_once('"'));
    let view = view.map_or(String::new(), |(view, _)| format!(" viewBox=\"{view}\""));
    Ok(format!(
        "<span class=\"figure\" tabindex=\"0\"><svg role=\"img\" aria-label=\"{}\"{view}>{rest}</span>",
        escape(&figure.title)
    ))
}

fn body(markdown: &str, figures: &[(String, String)]) -> (String, Vec<Section>) {
    let mut sections = Vec::new();
    let mut ids = BTreeSet::new();
    let mut events = Vec::new();
    let mut parser = Parser::new_ext(markdown, Options::ENABLE_TABLES);
    let raw = |text: String| Event::InlineHtml(CowStr::from(text));
    while let Some(event) = parser.next() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let inner: Vec<Event<'_>> =
                    until(&mut parser, |end| matches!(end, TagEnd::Heading(_)));
                let name = text(&inner);
                let id = unique(&name, &mut ids);
                let mut content = String::new();
                html::push_html(&mut content, inner.into_iter());
                events.push(Event::Html(
                    format!("<{level} id=\"{id}\">{content}</{level}>\n").into(),
                ));
                if level == HeadingLevel::H2 {
                    sections.push(Section { id, name: escape(&name) });
                }
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                let inner = until(&mut parser, |end| *end == TagEnd::Image);
                let drawn = figures.iter().find(|(path, _)| **path == *dest_url);
                events
                    .push(raw(drawn.map_or_else(|| escape(&text(&inner)), |(_, svg)| svg.clone())));
            }
            Event::Start(Tag::Table(columns)) => {
                events.push(Event::Html("<div class=\"scroll\" tabindex=\"0\">".into()));
                events.push(Event::Start(Tag::Table(columns)));
            }
            Event::End(TagEnd::Table) => {
                events.push(Event::End(TagEnd::Table));
                events.push(Event::Html("</div>\n".into()));
            }
            other => events.push(other),
        }
    }
    let mut body = String::new();
    html::push_html(&mut body, events.into_iter());
    (body, sections)
}

/// The events up to an end, which is taken too.
fn until<'a>(parser: &mut Parser<'a>, stop: fn(&TagEnd) -> bool) -> Vec<Event<'a>> {
    let mut inner = Vec::new();
    for event in parser.by_ref() {
        match event {
            Event::End(end) if stop(&end) => break,
            other => inner.push(other),
        }
    }
    inner
}

fn text(events: &[Event<'_>]) -> String {
    let words = events.iter().filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
        _ => None,
    });
    words.collect()
}

/// A name for links, as GitHub makes it, with a number where it is taken.
fn unique(name: &str, taken: &mut BTreeSet<String>) -> String {
    let plain: String = name
        .to_lowercase()
        .chars()
        .filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'))
        .map(|character| if character == ' ' { '-' } else { character })
        .collect();
    let mut id = plain.clone();
    let mut number = 0;
    while id.is_empty() || !taken.insert(id.clone()) {
        number += 1;
        id = format!("{plain}-{number}");
    }
    id
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_ids_of_their_own() {
        let (body, sections) = body("# A b!\n\n## Cost\n\n## Cost\n\n## *C* `d`\n", &[]);
        let ids: Vec<&str> = sections.iter().map(|section| section.id.as_str()).collect();
        assert_eq!(ids, ["cost", "cost-1", "c-d"]);
        assert!(body.contains("<h1 id=\"a-b\">A b!</h1>"), "{body}");
        assert!(body.contains("<h2 id=\"c-d\"><em>C</em> <code>d</code></h2>"), "{body}");
    }

    #[test]
    fn what_is_no_picture_of_ours_is_only_named() {
        let (body, _) = body("![a & b](https://example.org/x.png)\n", &[]);
        assert_eq!(body.trim(), "<p>a &amp; b</p>");
    }
}
