//! Blocks as one HTML file that needs nothing else.
//!
//! Plots are put in as SVG, tables can be sorted, and the sections are listed beside the text. No
//! address outside the page is loaded.

use crate::escape::html_escape;
use crate::grid::{Entry, Grid};
use crate::page::block::{Block, Heading};
use crate::page::prose::{Prose, Span, share};
use crate::plots::{Element, Figure};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// The whole file.
pub(crate) fn render(title: &str, blocks: &[Block]) -> String {
    let body = body(blocks);
    let links: String = sections(blocks)
        .map(|section| {
            let class = if section.level == 2 { "" } else { " class=\"inner\"" };
            let (anchor, text) = (&section.anchor, inline(&section.text));
            format!("<li{class}><a href=\"#{anchor}\">{text}</a></li>\n")
        })
        .collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n\
         <nav aria-label=\"Sections\">\n<button type=\"button\" id=\"theme\">Theme</button>\n\
         <ul>\n{links}</ul>\n</nav>\n<main>\n{body}</main>\n<script>\n{SCRIPT}</script>\n\
         </body>\n</html>\n",
        html_escape(title)
    )
}

fn sections(blocks: &[Block]) -> impl Iterator<Item = &Heading> {
    blocks.iter().filter_map(|block| match block {
        Block::Heading(heading) if heading.level == 2 => Some(heading),
        Block::Section { heading, .. } => Some(heading),
        _ => None,
    })
}

fn body(blocks: &[Block]) -> String {
    blocks.iter().map(block).collect()
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(Heading { level, text, anchor }) => {
            format!("<h{level} id=\"{}\">{}</h{level}>\n", html_escape(anchor), inline(text))
        }
        Block::Prose(prose) => format!("<p>{}</p>\n", inline(prose)),
        Block::List(items) => {
            let items: String =
                items.iter().map(|item| format!("<li>{}</li>\n", inline(item))).collect();
            format!("<ul>\n{items}</ul>\n")
        }
        Block::Table(grid) => table(grid),
        Block::Captioned(grid) => format!("<p>{}</p>\n{}", html_escape(&grid.caption), table(grid)),
        Block::Numbered { label, grid } => format!(
            "<p class=\"caption\"><strong>{label}.</strong> {}</p>\n<div data-table=\"{label}\">\n{}</div>\n",
            html_escape(&grid.caption),
            table(grid)
        ),
        // The script shows the controls; without it the page stands as it is.
        Block::Controls { data } => format!(
            "<div id=\"controls\" hidden></div>\n<script type=\"application/json\" id=\"views\">{}</script>\n",
            data.replace('<', "\\u003c")
        ),
        Block::Answer(lines) => {
            let lines: String =
                lines.iter().map(|line| format!("<p>{}</p>\n", inline(line))).collect();
            format!("<div class=\"answer\">\n{lines}</div>\n")
        }
        Block::Figure(figure) => picture(figure),
        Block::Folded { title, blocks } => {
            format!("<details>\n<summary>{}</summary>\n{}</details>\n", inline(title), body(blocks))
        }
        Block::Section { heading, blocks } => format!(
            "<details class=\"section\" id=\"{}\">\n<summary>{}</summary>\n{}</details>\n",
            html_escape(&heading.anchor),
            inline(&heading.text),
            body(blocks)
        ),
        Block::Code { text, .. } => {
            format!("<pre><code>{}\n</code></pre>\n", html_escape(text.trim_end()))
        }
        Block::Note(prose) => format!("<blockquote>\n<p>{}</p>\n</blockquote>\n", inline(prose)),
    }
}

/// More columns are set in smaller type, so that they fit the page.
const MANY_COLUMNS: usize = 8;

/// A table that scrolls sideways by itself; columns of words are set flush left.
fn table(grid: &Grid) -> String {
    let many = grid.header.len() > MANY_COLUMNS;
    let class = |column: usize| if column < grid.words { "" } else { " class=\"number\"" };
    let head = |(column, text): (usize, &String)| {
        format!("<th{}>{}</th>", class(column), html_escape(text))
    };
    let cell = |(column, entry): (usize, &Entry)| {
        // A half-width stays with its sign where a narrow column breaks the line.
        let text = html_escape(&whole_mark(&entry.text)).replace(" ± ", " ±\u{a0}");
        // Words have other things in parentheses.
        let opening: &[char] = if column < grid.words { &['['] } else { &['[', '('] };
        let text = if many { whole_intervals(&text, opening) } else { text };
        let text = if entry.bold { format!("<strong>{text}</strong>") } else { text };
        format!("<td{}>{text}</td>", class(column))
    };
    let header: String = grid.header.iter().enumerate().map(head).collect();
    let header = match grid.header.iter().all(String::is_empty) {
        true => String::new(),
        false => format!("<thead><tr>{header}</tr></thead>\n"),
    };
    let row = |(place, row): (usize, &Vec<Entry>)| {
        let cells: String = row.iter().enumerate().map(cell).collect();
        format!("<tr data-row=\"{place}\">{cells}</tr>\n")
    };
    let rows: String = grid.rows.iter().enumerate().map(row).collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\"><table{}>\n{header}<tbody>\n{rows}</tbody>\n</table></div>\n",
        if many { " class=\"many\"" } else { "" }
    )
}

/// A text whose line does not break between a mark at its beginning and what is marked: `✓ +2.9`.
fn whole_mark(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(mark), Some(' ')) if !mark.is_alphanumeric() => {
            format!("{mark}\u{a0}{}", letters.as_str())
        }
        _ => text.to_owned(),
    }
}

/// A text whose lines do not break inside intervals: `[−1.0, +2.0]` and `(−0.1 to +0.2)`.
fn whole_intervals(text: &str, opening: &[char]) -> String {
    let mut inside = false;
    let whole = |letter: char| {
        inside = opening.contains(&letter) || inside && !matches!(letter, ']' | ')');
        if inside && letter == ' ' { '\u{a0}' } else { letter }
    };
    text.chars().map(whole).collect()
}

/// The picture itself, once for wide and, where it is drawn, once for narrow screens.
fn picture(figure: &Figure) -> String {
    let drawn = |class: &str, element: &Element| {
        // No larger than the size at which its text is that of the page.
        format!(
            "<div class=\"plot{class}\" tabindex=\"0\"><div style=\"max-width:{:.0}px\">\n{}</div></div>\n",
            element.width.ceil(),
            element.svg
        )
    };
    let pictures = match figure.elements() {
        (wide, None) => drawn("", &wide),
        (wide, Some(narrow)) => drawn(" wide", &wide) + &drawn(" narrow", &narrow),
    };
    let label = figure.label.map(|label| format!("<strong>{label}.</strong> "));
    format!(
        "<figure id=\"figure-{name}\">\n{pictures}<figcaption>{}{}</figcaption>\n</figure>\n",
        label.unwrap_or_default(),
        html_escape(&figure.caption),
        name = figure.name,
    )
}

/// Words within a paragraph.
pub(crate) fn inline(prose: &Prose) -> String {
    prose.spans().iter().map(span).collect()
}

fn span(span: &Span) -> String {
    let text = html_escape(span.text());
    match span {
        Span::Plain(_) => text,
        Span::Emphasis(_) => format!("<em>{text}</em>"),
        Span::Strong(_) => format!("<strong>{text}</strong>"),
        Span::Code(_) => format!("<code>{text}</code>"),
        Span::Link { to, .. } if to.starts_with('#') || to.contains("://") => {
            format!("<a href=\"{}\">{text}</a>", html_escape(to))
        }
        // The page travels alone: files beside it are named, not linked.
        Span::Link { text: name, to } if name == to => format!("<code>{}</code>", html_escape(to)),
        Span::Link { to, .. } => format!("{text} (<code>{}</code>)", html_escape(to)),
        Span::Share { hundredths, .. } => format!(
            "<span class=\"share\" style=\"background:{}\" title=\"{}\">{text}</span>",
            colour(*hundredths),
            share(*hundredths)
        ),
    }
}

/// The colour of a share: blue above 0 and orange below, the stronger the larger, up to two nats.
fn colour(hundredths: i64) -> String {
    const STRONGEST: f64 = 200.0;
    let strength = 0.6 * (hundredths.abs() as f64 / STRONGEST).min(1.0);
    let hue = if hundredths < 0 { "230,97,1" } else { "33,113,181" };
    format!("rgba({hue},{strength:.2})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::marks::prose;

    #[test]
    fn every_block_is_written() {
        let grid = Grid {
            name: "t",
            caption: "Odd & even.".to_owned(),
            header: vec!["loss".to_owned(), "K".to_owned()],
            words: 1,
            rows: vec![vec!["a<b".into(), Entry { text: "1".to_owned(), bold: true }]],
        };
        let blocks = [
            Block::Prose(prose!("An *odd* **{}** `{}` [csv](a.csv).", "<b>", "x & y")),
            Block::List(vec!["one".into()]),
            Block::folded_table("More", grid),
            Block::Code { language: "sh", text: "a > b\n".to_owned() },
            Block::Note("mind".into()),
        ];
        let expected = "<p>An <em>odd</em> <strong>&lt;b&gt;</strong> <code>x &amp; y</code> \
             csv (<code>a.csv</code>).</p>\n<ul>\n<li>one</li>\n</ul>\n\
             <details>\n<summary>More</summary>\n<p>Odd &amp; even.</p>\n<div class=\"scroll\" tabindex=\"0\"><table>\n\
             <thead><tr><th>loss</th><th class=\"number\">K</th></tr></thead>\n<tbody>\n\
             <tr data-row=\"0\"><td>a&lt;b</td><td class=\"number\"><strong>1</strong></td></tr>\n</tbody>\n\
             </table></div>\n</details>\n<pre><code>a &gt; b\n</code></pre>\n\
             <blockquote>\n<p>mind</p>\n</blockquote>\n";
        assert_eq!(body(&blocks), expected);
    }

    #[test]
    fn intervals_of_many_columns_are_not_broken() {
        let grid = |columns: usize| Grid {
            name: "some",
            caption: String::new(),
            header: vec!["a".to_owned(); columns],
            words: 1,
            rows: vec![vec!["+4.3 [+2.1, +6.4] from K = 1".into(); columns]],
        };
        let (few, many) = (table(&grid(8)), table(&grid(9)));
        assert!(few.contains("<table>") && few.contains("+4.3 [+2.1, +6.4]"), "{few}");
        assert!(many.contains("<table class=\"many\">"), "{many}");
        assert!(many.contains("+4.3 [+2.1,\u{a0}+6.4] from K = 1<"), "{many}");
        let text = "A (b = c) (+1.0 to +2.0)";
        assert_eq!(whole_intervals(text, &['[']), text);
        assert_eq!(whole_intervals("(+1.0 to +2.0), a", &['(']), "(+1.0\u{a0}to\u{a0}+2.0), a");
    }

    #[test]
    fn a_mark_stays_with_what_is_marked() {
        assert_eq!(whole_mark("✓ 2 of 3 (1/2)"), "✓\u{a0}2 of 3 (1/2)");
        for text in ["a drop", "3 of 4", "−1.6 % [−2.5, −0.6]", "–", ""] {
            assert_eq!(whole_mark(text), text);
        }
    }

    #[test]
    fn sections_are_listed() {
        let blocks = [Block::heading(1, "A & b"), Block::heading(2, prose!("*C* `d`"))];
        let page = render("A & b", &blocks);
        assert!(page.contains("<title>A &amp; b</title>"), "{page}");
        assert!(page.contains("<h1 id=\"a--b\">A &amp; b</h1>"), "{page}");
        assert!(page.contains("<h2 id=\"c-d\"><em>C</em> <code>d</code></h2>"), "{page}");
        assert!(page.contains("<li><a href=\"#c-d\"><em>C</em> <code>d</code></a></li>"), "{page}");
    }
}
