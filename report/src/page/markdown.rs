//! Blocks as GitHub-flavoured Markdown.

use crate::escape::{html_escape, markdown_escape};
use crate::page::block::Block;
use crate::page::html;
use crate::page::prose::{Prose, Span, share};
use crate::plots::Figure;

/// Every block, with a blank line between two.
pub(crate) fn render(blocks: &[Block]) -> String {
    let written = blocks.iter().map(block).filter(|text| !text.is_empty());
    written.collect::<Vec<_>>().join("\n")
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(heading) => {
            format!("{} {}\n", "#".repeat(heading.level.into()), inline(&heading.text))
        }
        Block::Prose(prose) => paragraph(prose) + "\n",
        Block::List(items) => items.iter().map(|item| format!("- {}\n", paragraph(item))).collect(),
        Block::Table(grid) => grid.markdown(),
        Block::Captioned(grid) => {
            format!("{}\n\n{}", markdown_escape(&grid.caption), grid.markdown())
        }
        Block::Numbered { label, grid } => {
            format!("**{label}.** {}\n\n{}", markdown_escape(&grid.caption), grid.markdown())
        }
        Block::Controls { .. } => String::new(),
        Block::Answer(lines) => {
            let lines: Vec<String> =
                lines.iter().map(|line| format!("> {}\n", paragraph(line))).collect();
            lines.join(">\n")
        }
        Block::Section { heading, blocks } => format!(
            "<details id=\"{}\">\n<summary>{}</summary>\n\n{}\n</details>\n",
            html_escape(&heading.anchor),
            html::inline(&heading.text),
            render(blocks)
        ),
        Block::Figure(figure) => picture(figure),
        Block::Folded { title, blocks } => format!(
            "<details>\n<summary>{}</summary>\n\n{}\n</details>\n",
            // Within a line of HTML, Markdown is not read.
            html::inline(title),
            render(blocks)
        ),
        Block::Code { language, text } => format!("```{language}\n{}\n```\n", text.trim_end()),
        Block::Note(prose) => format!("> {}\n", paragraph(prose)),
    }
}

fn picture(figure: &Figure) -> String {
    let name = figure.name;
    let label = figure.label.map_or(String::new(), |label| format!("**{label}.** "));
    format!(
        "![{}](plots/{name}.png)\n\n{label}*{}* ([SVG](plots/{name}.svg))\n",
        markdown_escape(&figure.title),
        markdown_escape(&figure.caption)
    )
}

/// One line, in which the first word does not start a list, a heading or a quotation.
fn paragraph(prose: &Prose) -> String {
    let text = inline(prose);
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let number = digits > 0 && text[digits..].starts_with(['.', ')']);
    if number {
        format!("{}\\{}", &text[..digits], &text[digits..])
    } else if text.starts_with(['#', '>', '+', '-']) {
        format!("\\{text}")
    } else {
        text
    }
}

/// Words within a line.
pub(crate) fn inline(prose: &Prose) -> String {
    prose.spans().iter().map(span).collect()
}

fn span(span: &Span) -> String {
    match span {
        Span::Plain(text) => markdown_escape(text),
        Span::Emphasis(text) => marked("*", text),
        Span::Strong(text) => marked("**", text),
        Span::Code(text) => {
            // A fence longer than any inside it.
            let fence = if text.contains('`') { "``" } else { "`" };
            format!("{fence}{text}{fence}")
        }
        Span::Link { text, to } => format!("[{}]({to})", markdown_escape(text)),
        Span::Share { text, hundredths } => {
            format!("{} ({})", markdown_escape(text), share(*hundredths))
        }
    }
}

/// Marks count only where they touch a word.
fn marked(mark: &str, text: &str) -> String {
    let word = text.trim();
    let start = text.len() - text.trim_start().len();
    let (before, after) = (&text[..start], &text[start + word.len()..]);
    format!("{before}{mark}{}{mark}{after}", markdown_escape(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Grid;
    use crate::page::marks::prose;

    #[test]
    fn every_block_is_written() {
        let grid = Grid {
            name: "t",
            caption: "A caption.".to_owned(),
            header: vec!["loss".to_owned(), "K".to_owned()],
            words: 1,
            rows: vec![vec!["a_b".into(), "1".into()]],
        };
        let blocks = [
            Block::heading(2, "Costs"),
            Block::Prose(prose!("An *odd* **{}** `{}` [csv](a.csv).", "a*b", "x")),
            Block::List(vec!["one".into(), prose!("{}", "2. two")]),
            Block::folded_table("Less & <more>", grid),
            Block::Code { language: "sh", text: "run\n".to_owned() },
            Block::Note(prose!("**Partial.**")),
        ];
        let expected = "## Costs\n\nAn *odd* **a\\*b** `x` [csv](a.csv).\n\n- one\n- 2\\. two\n\n\
             <details>\n<summary>Less &amp; &lt;more&gt;</summary>\n\nA caption.\n\n\
             | loss | K |\n| :-- | --: |\n| a_b | 1 |\n\n</details>\n\n\
             ```sh\nrun\n```\n\n> **Partial.**\n";
        assert_eq!(render(&blocks), expected);
    }

    #[test]
    fn marks_touch_their_words() {
        assert_eq!(inline(&prose!("a *{}* b", " x ")), "a  *x*  b");
        let empty = Block::table(Grid {
            name: "t",
            caption: String::new(),
            header: Vec::new(),
            words: 0,
            rows: Vec::new(),
        });
        assert_eq!(render(&[empty]), "*No results yet.*\n");
    }
}
