//! A small table of text, written as Markdown, LaTeX, CSV or JSON.

use serde_json::{Map, Number, Value};

use crate::escape::{csv_escape, markdown_escape};

/// The formats a table can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// GitHub-flavoured Markdown.
    Markdown,
    /// LaTeX with `booktabs` rules.
    Latex,
    /// Comma-separated values, plain numbers, one header line.
    Csv,
    /// A list of objects, one per row; numbers are numbers.
    Json,
}

impl TableFormat {
    /// How the names of its files end.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Latex => "tex",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// One entry of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) text: String,
    pub(crate) bold: bool,
}

impl<T: Into<String>> From<T> for Entry {
    fn from(text: T) -> Self {
        Self { text: text.into(), bold: false }
    }
}

/// A table: a caption, a header and rows of the same width.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grid {
    /// Short name, used for file names and LaTeX labels.
    pub(crate) name: &'static str,
    pub(crate) caption: String,
    pub(crate) header: Vec<String>,
    /// Number of leading columns that hold words and are set flush left.
    pub(crate) words: usize,
    pub(crate) rows: Vec<Vec<Entry>>,
}

impl Grid {
    /// The table in a format.
    pub(crate) fn text(&self, format: TableFormat) -> String {
        match format {
            TableFormat::Markdown => self.markdown(),
            TableFormat::Latex => self.latex(),
            TableFormat::Csv => self.csv(),
            TableFormat::Json => self.json(),
        }
    }

    /// A Markdown table, without its caption.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::new();
        let header: Vec<String> = self.header.iter().map(|cell| markdown_escape(cell)).collect();
        markdown_row(&mut text, &header);
        let rule: Vec<String> = (0..self.header.len())
            .map(|column| if column < self.words { ":--" } else { "--:" }.to_owned())
            .collect();
        markdown_row(&mut text, &rule);
        for row in &self.rows {
            let cells: Vec<String> = row
                .iter()
                .map(|entry| {
                    let escaped = markdown_escape(&entry.text);
                    if entry.bold { format!("**{escaped}**") } else { escaped }
                })
                .collect();
            markdown_row(&mut text, &cells);
        }
        text
    }

    /// Columns of a terminal, two spaces apart, without the caption.
    pub(crate) fn aligned(&self) -> String {
        let lines: Vec<Vec<&str>> =
            std::iter::once(self.header.iter().map(String::as_str).collect())
                .chain(self.rows.iter().map(|row| row.iter().map(|e| e.text.as_str()).collect()))
                .collect();
        let width = |column: usize| {
            let texts = lines.iter().filter_map(|line| line.get(column));
            texts.map(|text| text.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        let mut text = String::new();
        for line in &lines {
            let cells = line.iter().zip(&widths).enumerate();
            let cells: Vec<String> = cells
                .map(|(column, (cell, width))| match column < self.words {
                    true => format!("{cell:<width$}"),
                    false => format!("{cell:>width$}"),
                })
                .collect();
            text.push_str(cells.join("  ").trim_end());
            text.push('\n');
        }
        text
    }

    /// A header line and one line per row.
    /// A list of objects with the columns as keys; what reads as a number is one, what is empty is null.
    pub(crate) fn json(&self) -> String {
        let value = |text: &str| match serde_json::from_str::<Number>(text) {
            Ok(number) => Value::Number(number),
            Err(_) if text.is_empty() => Value::Null,
            Err(_) => Value::from(text),
        };
        let object = |row: &Vec<Entry>| -> Map<String, Value> {
            let cells = self.header.iter().zip(row);
            cells.map(|(name, entry)| (name.clone(), value(&entry.text))).collect()
        };
        let rows: Vec<Map<String, Value>> = self.rows.iter().map(object).collect();
        serde_json::to_string_pretty(&rows).expect("plain data") + "\n"
    }

    pub(crate) fn csv(&self) -> String {
        let mut text = String::new();
        csv_row(&mut text, self.header.iter().map(String::as_str));
        for row in &self.rows {
            csv_row(&mut text, row.iter().map(|entry| entry.text.as_str()));
        }
        text
    }
}

fn markdown_row(text: &mut String, cells: &[String]) {
    text.push_str(&format!("| {} |\n", cells.join(" | ")));
}

fn csv_row<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>) {
    let cells: Vec<String> = cells.map(csv_escape).collect();
    text.push_str(&cells.join(","));
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        Grid {
            name: "odd",
            caption: "50% of a_b".to_owned(),
            header: vec!["loss".to_owned(), "x & y".to_owned()],
            words: 1,
            rows: vec![
                vec!["dynamic_po(dmpo), a=1".into(), "0.1 ± 0.2".into()],
                vec!["a|b_ \"c\"".into(), Entry { text: "−1".to_owned(), bold: true }],
            ],
        }
    }

    #[test]
    fn markdown_keeps_special_characters() {
        assert_eq!(
            grid().markdown(),
            "| loss | x & y |\n| :-- | --: |\n| dynamic_po(dmpo), a=1 | 0.1 ± 0.2 |\n\
             | a\\|b\\_ \"c\" | **−1** |\n"
        );
    }

    #[test]
    fn columns_of_a_terminal_are_aligned() {
        assert_eq!(
            grid().aligned(),
            "loss                       x & y\n\
             dynamic_po(dmpo), a=1  0.1 ± 0.2\n\
             a|b_ \"c\"                      −1\n"
        );
    }

    #[test]
    fn csv_quotes_what_needs_it() {
        assert_eq!(
            grid().csv(),
            "loss,x & y\n\"dynamic_po(dmpo), a=1\",0.1 ± 0.2\n\"a|b_ \"\"c\"\"\",−1\n"
        );
    }
}
