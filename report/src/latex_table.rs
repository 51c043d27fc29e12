//! A table in LaTeX that fits the width of a page: what is wider continues below, with its first columns repeated,
//! and what is longer in a further table.
//!
//! Widths are estimated from the number of letters; no package but `array` and `booktabs` is needed.

use crate::escape::latex_escape;
use crate::grid::{Entry, Grid};

/// What the document has to load.
const NEEDS: &str = "% needs \\usepackage{array} and \\usepackage{booktabs}\n";
/// Both columns of a page of the `article` class, the narrowest in use, in points.
const TEXT_WIDTH: f64 = 469.0;
/// A letter of `\footnotesize`, plain and bold: digits are as wide, most letters narrower.
const LETTER: f64 = 4.3;
const BOLD_LETTER: f64 = 5.0;
/// Between two columns.
const GAP: f64 = 6.0;
/// What is wider is a sentence, and is broken into lines.
const WIDEST: f64 = 150.0;
/// Lines of a table that fit a page with its caption.
const LINES: usize = 50;
/// Lines that a head and its rules take.
const HEAD: usize = 5;
/// LaTeX gives up on many floats that wait for a page: after so many, what waits is printed.
const WAITING: usize = 10;

impl Grid {
    /// The table as one or more `table*` environments; the first has caption and label.
    pub(crate) fn latex(&self) -> String {
        let widths = widths(self);
        let groups = groups(self, &widths);
        let mut floats: Vec<String> = Vec::new();
        let mut left = 0;
        let tallest = self.rows.iter().map(|row| height(row, &widths)).max().unwrap_or(1);
        let chunk = ((LINES - HEAD) / tallest).max(1);
        let pieces: Vec<&[Vec<Entry>]> =
            if self.rows.is_empty() { vec![&[]] } else { self.rows.chunks(chunk).collect() };
        for rows in pieces {
            for columns in &groups {
                let tabular = tabular(self, &widths, columns, rows);
                let lines = HEAD + rows.len() * tallest;
                match floats.last_mut().filter(|_| lines <= left) {
                    Some(float) => {
                        *float += &format!("\n\\par\\medskip\n{tabular}");
                        left -= lines;
                    }
                    None => {
                        floats.push(tabular);
                        left = LINES.saturating_sub(lines);
                    }
                }
            }
        }
        let mut text = String::from(NEEDS);
        for (number, float) in floats.iter().enumerate() {
            let caption = if number == 0 {
                format!(
                    "\\caption{{{}}}\n\\label{{tab:{}}}",
                    latex_escape(&self.caption),
                    label(self.name)
                )
            } else {
                "\\addtocounter{table}{-1}\n\\caption{\\emph{(continued)}}".to_owned()
            };
            text += &format!(
                "\\begin{{table*}}\n\\centering\n\\footnotesize\n\\setlength{{\\tabcolsep}}{{{}pt}}\n{caption}\n\
             {float}\n\\end{{table*}}\n",
                GAP / 2.0
            );
        }
        with_pages(&text)
    }
}

/// A text in which so few floats wait for a page that LaTeX finds one for all.
pub(crate) fn with_pages(text: &str) -> String {
    let mut paged = String::with_capacity(text.len());
    let mut waiting = 0;
    for line in text.lines() {
        let is_float = ["\\begin{table*}", "\\begin{figure*}"].contains(&line);
        if is_float && waiting == WAITING {
            paged.push_str(PAGE);
            paged.push('\n');
            waiting = 0;
        }
        waiting = if line == PAGE { 0 } else { waiting + usize::from(is_float) };
        paged.push_str(line);
        paged.push('\n');
    }
    paged
}

const PAGE: &str = "\\clearpage";

/// The columns that stand side by side: as many as fit after those that say what a row is.
fn groups(grid: &Grid, widths: &[f64]) -> Vec<Vec<usize>> {
    let (count, keys) = (grid.header.len(), keys(grid));
    let width = |column: usize| widths[column] + GAP;
    let key_width: f64 = (0..keys).map(width).sum();
    let mut groups = Vec::new();
    let (mut group, mut used): (Vec<usize>, f64) = ((0..keys).collect(), key_width);
    for column in keys..count {
        // The edges of a table have no gap.
        if used + width(column) - GAP > TEXT_WIDTH && group.len() > keys {
            groups.push(std::mem::replace(&mut group, (0..keys).collect()));
            used = key_width;
        }
        group.push(column);
        used += width(column);
    }
    groups.push(group);
    groups
}

/// How many columns say what a row is, K among them.
fn keys(grid: &Grid) -> usize {
    let after = grid.header.iter().skip(grid.words).take_while(|name| *name == "K").count();
    (grid.words + after).min(grid.header.len())
}

/// The width of every column. Where those that say what a row is would leave no room for a value, the widest are made
/// narrower, down to their longest words.
fn widths(grid: &Grid) -> Vec<f64> {
    let columns = 0..grid.header.len();
    let whole: Vec<f64> = columns.clone().map(|column| content(grid, column)).collect();
    let words: Vec<f64> = columns.map(|column| longest_word(grid, column)).collect();
    let keys = keys(grid);
    let value = whole[keys..].iter().copied().fold(0.0, f64::max).min(WIDEST);
    let room = TEXT_WIDTH - value - GAP * keys as f64;
    let at_most = |most: f64| -> Vec<f64> {
        let width = |(whole, word): (&f64, &f64)| whole.min(most.max(*word));
        whole[..keys].iter().zip(&words).map(width).collect()
    };
    let mut most = WIDEST;
    while most > 0.0 && at_most(most).iter().sum::<f64>() > room {
        most -= 2.0;
    }
    let values = whole[keys..].iter().map(|width| width.min(WIDEST));
    at_most(most).into_iter().chain(values).collect()
}

/// The lines of a row.
fn height(row: &[Entry], widths: &[f64]) -> usize {
    let lines = |(entry, width): (&Entry, &f64)| filled(&entry.text, *width, letter(entry)).len();
    row.iter().zip(widths).map(lines).max().unwrap_or(1).max(1)
}

/// The width of a column's entries and of the longest word above them.
fn content(grid: &Grid, column: usize) -> f64 {
    let entries = grid.rows.iter().filter_map(|row| row.get(column)).map(entry_width);
    entries.fold(longest(&grid.header[column], LETTER), f64::max)
}

/// The width of the longest word of a column, which no line can be narrower than.
fn longest_word(grid: &Grid, column: usize) -> f64 {
    let entries = grid.rows.iter().filter_map(|row| row.get(column));
    let words = entries.map(|entry| longest(&entry.text, letter(entry)));
    words.fold(longest(&grid.header[column], LETTER), f64::max)
}

fn longest(text: &str, letter: f64) -> f64 {
    text.split(' ').map(|word| letter * word.chars().count() as f64).fold(0.0, f64::max)
}

fn entry_width(entry: &Entry) -> f64 {
    letter(entry) * entry.text.chars().count() as f64
}

fn letter(entry: &Entry) -> f64 {
    if entry.bold { BOLD_LETTER } else { LETTER }
}

fn tabular(grid: &Grid, widths: &[f64], columns: &[usize], rows: &[Vec<Entry>]) -> String {
    let side = |column: &usize| if *column < grid.words { 'l' } else { 'r' };
    let form = |column: &usize| match widths[*column] {
        width if content(grid, *column) > width => {
            format!(">{{\\raggedright\\arraybackslash}}p{{{width}pt}}")
        }
        _ => side(column).to_string(),
    };
    let form: String = columns.iter().map(form).collect();
    let mut text = format!("\\begin{{tabular}}{{@{{}}{form}@{{}}}}\n\\toprule\n");
    if grid.header.iter().any(|name| !name.is_empty()) {
        let name = |column: &usize| heading(&grid.header[*column], widths[*column], side(column));
        let names: Vec<String> = columns.iter().map(name).collect();
        text += &format!("{} \\\\\n\\midrule\n", names.join(" & "));
    }
    for row in rows {
        let cells = columns.iter().filter_map(|column| row.get(*column)).map(|entry| {
            let escaped = latex_escape(&entry.text);
            if entry.bold { format!("\\textbf{{{escaped}}}") } else { escaped }
        });
        text += &format!("{} \\\\\n", cells.collect::<Vec<_>>().join(" & "));
    }
    text + "\\bottomrule\n\\end{tabular}"
}

/// The lines of a text, each with as many words as fit.
fn filled(text: &str, width: f64, letter: f64) -> Vec<String> {
    let letters = (width / letter).ceil() as usize;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A column's name, in as many lines as its width asks for.
fn heading(name: &str, width: f64, side: char) -> String {
    let lines = filled(name, width, LETTER);
    let lines: Vec<String> = lines.iter().map(|line| latex_escape(line)).collect();
    match &lines[..] {
        [line] => line.clone(),
        lines => format!("\\shortstack[{side}]{{{}}}", lines.join("\\\\")),
    }
}

/// A name as LaTeX takes it for a label.
pub(crate) fn label(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() || "-_.:+".contains(c) { c } else { '-' };
    name.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(values: usize, rows: usize) -> Grid {
        let mut header = vec!["loss".to_owned(), "K".to_owned()];
        header.extend((0..values).map(|value| format!("a value called {value}")));
        let row = |row: usize| {
            let mut entries: Vec<Entry> = vec!["DMPO".into(), row.to_string().into()];
            entries.extend((0..values).map(|value| Entry::from(format!("{row}.{value} ± 0.0001"))));
            entries
        };
        let caption = "50 % of a_b".to_owned();
        Grid { name: "some", caption, header, words: 1, rows: (0..rows).map(row).collect() }
    }

    #[test]
    fn a_narrow_table_is_one() {
        let expected = "% needs \\usepackage{array} and \\usepackage{booktabs}\n\\begin{table*}\n\\centering\n\\footnotesize\n\
            \\setlength{\\tabcolsep}{3pt}\n\\caption{50 \\% of a\\_b}\n\\label{tab:some}\n\
            \\begin{tabular}{@{}lrr@{}}\n\\toprule\n\
            loss & K & \\shortstack[r]{a value\\\\called 0} \\\\\n\\midrule\n\
            DMPO & 0 & 0.0 $\\pm$ 0.0001 \\\\\n\
            \\bottomrule\n\\end{tabular}\n\\end{table*}\n";
        assert_eq!(grid(1, 1).latex(), expected);
    }

    #[test]
    fn a_wide_table_goes_on_below_with_its_first_columns() {
        let text = grid(12, 3).latex();
        assert_eq!(text.matches("\\begin{table*}").count(), 1);
        let tabulars: Vec<&str> = text.split("\\begin{tabular}").skip(1).collect();
        assert_eq!(tabulars.len(), 2, "{text}");
        assert!(tabulars.iter().all(|tabular| tabular.contains("loss & K & ")), "{text}");
        for (row, value) in (0..3).flat_map(|row| (0..12).map(move |value| (row, value))) {
            let cell = format!(" {row}.{value} $\\pm$ 0.0001 ");
            assert_eq!(text.matches(&cell).count(), 1, "{cell}");
        }
    }

    #[test]
    fn words_make_room_for_a_value() {
        let words = "a setting, another setting, a third setting";
        let header = ["one", "two", "three", "four", "value"].map(str::to_owned).to_vec();
        let mut row: Vec<Entry> = vec![words.into(); 4];
        row.push("+1.0 [+0.5, +1.5]".into());
        let grid = Grid { name: "some", caption: String::new(), header, words: 4, rows: vec![row] };
        let widths = widths(&grid);
        let all: f64 = widths.iter().sum::<f64>() + 4.0 * GAP;
        assert!(all <= TEXT_WIDTH && all > TEXT_WIDTH - 12.0, "{widths:?}");
        let text = grid.latex();
        assert_eq!(text.matches("\\begin{tabular}").count(), 1);
        assert_eq!(text.matches(&format!("p{{{}pt}}", widths[0])).count(), 4, "{text}");
    }

    #[test]
    fn a_very_long_table_has_pages_of_its_own() {
        let text = grid(1, 45 * 25).latex();
        assert_eq!(text.matches("\\begin{table*}").count(), 25);
        assert_eq!(text.matches("\\clearpage").count(), 2);
        assert_eq!(with_pages(&text), text);
    }

    #[test]
    fn a_long_table_goes_on_in_another_under_the_same_number() {
        let text = grid(1, 100).latex();
        assert_eq!(text.matches("\\begin{table*}").count(), 3);
        assert_eq!(text.matches("\\label{tab:some}").count(), 1);
        assert_eq!(text.matches("\\addtocounter{table}{-1}").count(), 2);
        for row in 0..100 {
            assert_eq!(text.matches(&format!("DMPO & {row} & ")).count(), 1);
        }
    }
}
