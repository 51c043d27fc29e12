//! Blocks as the body of a LaTeX document.

use crate::escape::latex_escape;
use crate::latex_table::{label, with_pages};
use crate::page::block::{Block, Heading};
use crate::page::prose::{Prose, Span, share};
use crate::plots::Figure;

/// What the document that takes the body in has to load.
const NEEDS: &str =
    "% needs \\usepackage{array}, \\usepackage{booktabs} and \\usepackage{graphicx}\n";

/// Every block, with a blank line between two.
pub(crate) fn render(blocks: &[Block]) -> String {
    format!("{NEEDS}\n{}", with_pages(&body(blocks)))
}

fn body(blocks: &[Block]) -> String {
    blocks.iter().map(block).collect::<Vec<_>>().join("\n")
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(heading) => heading_line(heading),
        Block::Section { heading, blocks } => {
            format!("{}\n{}", heading_line(heading), body(blocks))
        }
        Block::Controls { .. } => String::new(),
        Block::Answer(lines) => {
            let lines: Vec<String> = lines.iter().map(inline).collect();
            format!("\\begin{{quote}}\n{}\n\\end{{quote}}\n", lines.join("\n\n"))
        }
        Block::Prose(prose) => inline(prose) + "\n",
        Block::List(items) => {
            let items: String =
                items.iter().map(|item| format!("\\item {}\n", inline(item))).collect();
            format!("\\begin{{itemize}}\n{items}\\end{{itemize}}\n")
        }
        Block::Table(grid) | Block::Captioned(grid) | Block::Numbered { grid, .. } => grid.latex(),
        Block::Figure(figure) => picture(figure),
        Block::Folded { title, blocks } => {
            format!("\\paragraph{{{}}}\n{}", inline(title), body(blocks))
        }
        Block::Code { text, .. } => {
            format!("\\begin{{verbatim}}\n{}\n\\end{{verbatim}}\n", text.trim_end())
        }
        Block::Note(prose) => format!("\\begin{{quote}}\n{}\n\\end{{quote}}\n", inline(prose)),
    }
}

fn heading_line(heading: &Heading) -> String {
    let command = match heading.level {
        1 => "section",
        2 => "subsection",
        _ => "subsubsection",
    };
    let (text, anchor) = (inline(&heading.text), label(&heading.anchor));
    format!("\\{command}{{{text}}}\\label{{sec:{anchor}}}\n")
}

fn picture(figure: &Figure) -> String {
    let name = figure.name;
    format!(
        "\\begin{{figure*}}\n\\centering\n\\includegraphics[width=\\textwidth]{{plots/{name}.png}}\n\
         \\caption{{{}}}\n\\label{{fig:{name}}}\n\\end{{figure*}}\n",
        latex_escape(&figure.caption)
    )
}

fn inline(prose: &Prose) -> String {
    prose.spans().iter().map(span).collect()
}

fn span(span: &Span) -> String {
    match span {
        Span::Plain(text) => latex_escape(text),
        Span::Emphasis(text) => format!("\\emph{{{}}}", latex_escape(text)),
        Span::Strong(text) => format!("\\textbf{{{}}}", latex_escape(text)),
        Span::Code(text) => format!("\\texttt{{{}}}", latex_escape(text)),
        // A file beside the page keeps its name in print; a place on the page needs none.
        Span::Share { text, hundredths } => {
            format!("{} ({})", latex_escape(text), latex_escape(&share(*hundredths)))
        }
        Span::Link { text, to } if text == to => format!("\\texttt{{{}}}", latex_escape(to)),
        Span::Link { text, to } if to.starts_with('#') => latex_escape(text),
        Span::Link { text, to } => {
            format!("{} (\\texttt{{{}}})", latex_escape(text), latex_escape(to))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::marks::prose;

    #[test]
    fn every_block_is_written() {
        let blocks = [
            Block::heading(2, "Cost & time"),
            Block::Prose(prose!("An *odd* **{}** at `a_b`, [here](#x), [x.csv](x.csv).", "50 %")),
            Block::List(vec!["one".into()]),
            Block::Folded { title: "More".into(), blocks: vec![Block::Note("two".into())] },
            Block::Code { language: "sh", text: "a_b".to_owned() },
        ];
        let expected = "\\subsection{Cost \\& time}\\label{sec:cost--time}\n\n\
             An \\emph{odd} \\textbf{50 \\%} at \\texttt{a\\_b}, here, \\texttt{x.csv}.\n\n\
             \\begin{itemize}\n\\item one\n\\end{itemize}\n\n\
             \\paragraph{More}\n\\begin{quote}\ntwo\n\\end{quote}\n\n\
             \\begin{verbatim}\na_b\n\\end{verbatim}\n";
        assert_eq!(render(&blocks).strip_prefix(NEEDS).unwrap().trim_start(), expected);
    }
}
