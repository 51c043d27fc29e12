//! A table of a few metrics at a few K that fits a column of a paper.

use std::path::Path;

use prefsweep_store::Direction;

use crate::analysis::Analysis;
use crate::error::ReportError;
use crate::escape::latex_escape;
use crate::findings::{Findings, ReferenceGroup};
use crate::grid::{Entry, Grid, TableFormat};
use crate::latex_table::label;
use crate::measure::Measure;
use crate::names::{dataset_name, series_name, with_axes};
use crate::numbers::{NOTHING, plain, plural};
use crate::statistics::Estimate;
use crate::verdict::{LossVerdict, Verdicts};

/// What the table shows; empty lists stand for what is usual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// Metrics with their cut-off, for example `ndcg@10`; the main measure and HR at its cut-off.
    pub metrics: Vec<String>,
    /// `best` (K*), `max` (the largest) or a number; K* and the largest.
    pub negatives: Vec<String>,
    /// Losses by their keys, for example `dmpo`; all.
    pub losses: Vec<String>,
}

/// One row per loss, the reference first; of each metric the mean over seeds, test split, full
/// ranking, final step.
///
/// A dagger marks a value at the largest K that differs significantly from that at K*, by the test of
/// the report, which is made for the main measure; as CSV and JSON a column says so. Nothing is bold: which loss is best is not
/// tested.
///
/// # Errors
///
/// [`ReportError::Choice`] where a metric, K or loss is not one of the experiment; otherwise as for
/// [`write_report`](crate::write_report).
pub fn column_table(
    results_dir: &Path,
    columns: &Columns,
    format: TableFormat,
) -> Result<String, ReportError> {
    let Analysis { findings, verdicts, .. } = Analysis::of(results_dir)?;
    let table = Table {
        metrics: metrics(&findings, &columns.metrics)?,
        negatives: negatives(&findings, &columns.negatives)?,
        losses: losses(&verdicts, &columns.losses)?,
        findings: &findings,
        verdicts: &verdicts,
    };
    Ok(match format {
        TableFormat::Latex => table.latex(&table.grid()),
        TableFormat::Markdown => {
            let grid = table.grid();
            format!("{}\n\n{}", grid.caption, grid.markdown())
        }
        TableFormat::Csv => table.numbers().csv(),
        TableFormat::Json => table.numbers().json(),
    })
}

/// Which K of each loss a column shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Best,
    Largest,
    K(usize),
}

impl At {
    fn of(self, loss: &LossVerdict) -> Option<usize> {
        match self {
            Self::Best => loss.best_k,
            Self::Largest => loss.largest_k,
            Self::K(negatives) => Some(negatives),
        }
    }

    fn title(self) -> String {
        match self {
            Self::Best => "K*".to_owned(),
            Self::Largest => "max K".to_owned(),
            Self::K(negatives) => format!("K = {negatives}"),
        }
    }
}

fn choice(option: &'static str, found: &str, allowed: Vec<String>) -> ReportError {
    ReportError::Choice { option, found: found.to_owned(), allowed: allowed.join(", ") }
}

fn metrics(findings: &Findings, wanted: &[String]) -> Result<Vec<Measure>, ReportError> {
    let index = &findings.sweep.index;
    let test = |metric: &str, cutoff| Measure::new("test", findings.protocol, metric, cutoff);
    if wanted.is_empty() {
        return Ok(vec![findings.main(), test("hr", findings.cutoff)]);
    }
    let judged = index.metrics.iter().filter(|facts| facts.direction != Direction::Neither);
    let known: Vec<(String, Measure)> = judged
        .flat_map(|facts| {
            let cutoffs = if facts.per_cutoff { &index.cutoffs[..] } else { &[0] };
            cutoffs.iter().map(|cutoff| {
                let name = match cutoff {
                    0 => facts.name.clone(),
                    cutoff => format!("{}@{cutoff}", facts.name),
                };
                (name, test(&facts.name, *cutoff))
            })
        })
        .collect();
    // A metric of which no run has a value, such as one of another split, is no choice.
    let is_measured = |measure: &Measure| {
        let mut groups = findings.groups.values();
        groups.any(|group| group.metric(measure).is_some())
    };
    let measured = known.iter().filter(|(_, measure)| is_measured(measure)).cloned();
    let measured: Vec<(String, Measure)> = measured.collect();
    let known = if measured.is_empty() { known } else { measured };
    let find = |text: &String| {
        let found = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, measure)| measure.clone()).ok_or_else(|| {
            choice("--metrics", text, known.iter().map(|(name, _)| name.clone()).collect())
        })
    };
    wanted.iter().map(find).collect()
}

fn negatives(findings: &Findings, wanted: &[String]) -> Result<Vec<At>, ReportError> {
    if wanted.is_empty() {
        return Ok(vec![At::Best, At::Largest]);
    }
    let known = findings.negatives();
    let find = |text: &String| match text.as_str() {
        "best" => Ok(At::Best),
        "max" => Ok(At::Largest),
        number => match number.parse() {
            Ok(negatives) if known.contains(&negatives) => Ok(At::K(negatives)),
            _ => {
                let words = ["best", "max"].map(str::to_owned).into_iter();
                let allowed = words.chain(known.iter().map(usize::to_string)).collect();
                Err(choice("--k", text, allowed))
            }
        },
    };
    wanted.iter().map(find).collect()
}

/// Positions of the series.
fn losses(verdicts: &Verdicts, wanted: &[String]) -> Result<Vec<usize>, ReportError> {
    if wanted.is_empty() {
        return Ok((0..verdicts.losses.len()).collect());
    }
    let mut found = Vec::new();
    for text in wanted {
        let before = found.len();
        let losses = verdicts.losses.iter().enumerate();
        found.extend(losses.filter(|(_, loss)| loss.series.loss.to_string() == *text).map(|l| l.0));
        if found.len() == before {
            let mut allowed: Vec<String> =
                verdicts.losses.iter().map(|loss| loss.series.loss.to_string()).collect();
            allowed.dedup();
            return Err(choice("--losses", text, allowed));
        }
    }
    Ok(found)
}

struct Table<'a> {
    metrics: Vec<Measure>,
    negatives: Vec<At>,
    losses: Vec<usize>,
    findings: &'a Findings,
    verdicts: &'a Verdicts,
}

/// Beside a value that differs significantly from that at K*.
const DAGGER: &str = "†";

impl Table<'_> {
    fn grid(&self) -> Grid {
        let mut header = vec!["loss".to_owned()];
        header.extend(self.metrics.iter().flat_map(|measure| {
            let name = self.findings.name(measure);
            self.negatives.iter().map(move |at| format!("{name}, {}", at.title()))
        }));
        let mut rows = self.references();
        for series in &self.losses {
            let loss = &self.verdicts.losses[*series];
            let mut row: Vec<Entry> = vec![series_name(&loss.series).into()];
            for measure in &self.metrics {
                row.extend(
                    self.negatives.iter().map(|at| self.entry(*series, measure, *at).into()),
                );
            }
            rows.push(row);
        }
        let dagger = match rows.iter().flatten().any(|entry: &Entry| entry.text.contains(DAGGER)) {
            true => format!(
                " {DAGGER} {} differs significantly from K* (Holm, 5 %).",
                self.verdicts.measure
            ),
            false => String::new(),
        };
        let caption = format!(
            "{}, test split, {}, mean over {}; K*: best on validation.{dagger}",
            dataset_name(&self.findings.sweep.index.dataset.name),
            match self.findings.protocol {
                "full" => "full ranking",
                _ => "sampled candidates",
            },
            plural(self.findings.most_seeds(), "seed")
        );
        Grid { name: "column", caption, header, words: 1, rows }
    }

    /// The same in plain numbers, with what the dagger says in a column of its own.
    fn numbers(&self) -> Grid {
        let mut header = vec!["loss".to_owned()];
        for measure in &self.metrics {
            let name = self.findings.name(measure);
            header.extend(self.negatives.iter().map(|at| format!("{name}, {}", at.title())));
            if self.is_tested(measure) {
                header.push(format!("{name} at max K differs significantly from K*"));
            }
        }
        let mut rows = Vec::new();
        for known in &self.findings.references {
            let mut row: Vec<Entry> = vec![with_axes("reference", &known.axes).into()];
            for measure in &self.metrics {
                let value = known.group.metric(measure).map(|found| found.mean);
                row.extend(self.negatives.iter().map(|_| Entry::from(plain(value))));
                row.extend(self.is_tested(measure).then(|| Entry::from("")));
            }
            rows.push(row);
        }
        for series in &self.losses {
            let loss = &self.verdicts.losses[*series];
            let mut row: Vec<Entry> = vec![series_name(&loss.series).into()];
            for measure in &self.metrics {
                let value = |at: &At| self.value(*series, measure, *at).map(|found| found.mean);
                row.extend(self.negatives.iter().map(|at| Entry::from(plain(value(at)))));
                let differs =
                    self.differs(loss).map_or("", |differs| if differs { "yes" } else { "no" });
                row.extend(self.is_tested(measure).then(|| Entry::from(differs)));
            }
            rows.push(row);
        }
        Grid { name: "column", caption: String::new(), header, words: 1, rows }
    }

    /// Whether a dagger may stand in the columns of a metric.
    fn is_tested(&self, measure: &Measure) -> bool {
        let largest = self.verdicts.losses.iter().filter_map(|loss| loss.largest_k).max();
        *measure == self.findings.main()
            && self.negatives.iter().any(|at| match at {
                At::Largest => true,
                At::K(negatives) => Some(*negatives) == largest,
                At::Best => false,
            })
    }

    /// Whether the largest K differs significantly from K*; none where they were not compared.
    fn differs(&self, loss: &LossVerdict) -> Option<bool> {
        let alpha = self.verdicts.rules.alpha;
        let found = loss.larger.last()?.difference?;
        Some(found.is_significant(alpha))
    }

    fn value(&self, series: usize, measure: &Measure, at: At) -> Option<Estimate> {
        let negatives = at.of(&self.verdicts.losses[series])?;
        self.findings.groups.get(&(series, negatives))?.metric(measure)
    }

    fn references(&self) -> Vec<Vec<Entry>> {
        let references = self.findings.references.iter();
        let row = |known: &ReferenceGroup| {
            let values = self.metrics.iter().flat_map(|measure| {
                let value = known
                    .group
                    .metric(measure)
                    .map_or(NOTHING.to_owned(), |found| short(found.mean));
                self.negatives.iter().map(move |_| Entry::from(value.clone()))
            });
            let name = with_axes("reference", &known.axes);
            std::iter::once(name.into()).chain(values).collect()
        };
        references.map(row).collect()
    }

    fn entry(&self, series: usize, measure: &Measure, at: At) -> String {
        let loss = &self.verdicts.losses[series];
        let differs = *measure == self.findings.main()
            && at.of(loss) == loss.largest_k
            && self.differs(loss) == Some(true);
        let mark = if differs { DAGGER } else { "" };
        let value = self.value(series, measure, at);
        value.map_or(NOTHING.to_owned(), |value| short(value.mean) + mark)
    }

    /// A `table` of one column, with the metrics over their K.
    fn latex(&self, grid: &Grid) -> String {
        let k = self.negatives.len();
        let columns = "r".repeat(self.metrics.len() * k);
        let (needs, names) = names(grid);
        let mut text = format!(
            "% needs {needs}\\usepackage{{booktabs}}\n\\begin{{table}}\n\\centering\n\\small\n\
             \\setlength{{\\tabcolsep}}{{{}pt}}\n\\caption{{{}}}\n\\label{{tab:{}}}\n\
             \\begin{{tabular}}{{@{{}}{names}{columns}@{{}}}}\n\\toprule\n",
            GAP / 2.0,
            math(&grid.caption),
            label(&self.verdicts.experiment)
        );
        let names: Vec<String> = self
            .metrics
            .iter()
            .map(|measure| {
                format!(
                    "\\multicolumn{{{k}}}{{c}}{{{}}}",
                    latex_escape(&self.findings.name(measure))
                )
            })
            .collect();
        text.push_str(&format!("& {} \\\\\n", names.join(" & ")));
        let at: Vec<String> = self.negatives.iter().map(|at| at.latex()).collect();
        let at: Vec<String> = self.metrics.iter().map(|_| at.join(" & ")).collect();
        text.push_str(&format!("loss & {} \\\\\n\\midrule\n", at.join(" & ")));
        for row in &grid.rows {
            let cells: Vec<String> = row.iter().map(|entry| math(&entry.text)).collect();
            text.push_str(&format!("{} \\\\\n", cells.join(" & ")));
        }
        text.push_str("\\bottomrule\n\\end{tabular}\n\\end{table}\n");
        text
    }
}

impl At {
    fn latex(self) -> String {
        match self {
            Self::Best => "$K^*$".to_owned(),
            Self::Largest => "$K_{\\max}$".to_owned(),
            Self::K(negatives) => format!("$K{{=}}{negatives}$"),
        }
    }
}

/// A column of the `article` class, the narrowest in use, in points.
const COLUMN_WIDTH: f64 = 229.0;
/// Width of a letter of `\small` in points, an upper bound for digits and about right for names.
const LETTER: f64 = 4.7;
/// Between two columns.
const GAP: f64 = 8.0;
/// The least room for names, in points.
const LEAST: f64 = 60.0;

/// What the document has to load, and the column of the names: as wide as they are, or else what the numbers leave, in several
/// lines.
fn names(grid: &Grid) -> (&'static str, String) {
    let width = |column: usize| {
        let cells = grid.rows.iter().filter_map(|row| row.get(column));
        let longest = cells.map(|entry| entry.text.chars().count()).max().unwrap_or(0);
        LETTER * longest as f64
    };
    // A head is `K*` or `K = 20`.
    let numbers: f64 =
        (1..grid.header.len()).map(|column| width(column).max(5.0 * LETTER) + GAP).sum();
    let room = (COLUMN_WIDTH - numbers).max(LEAST);
    match width(0) <= room {
        true => ("", "l".to_owned()),
        false => (
            "\\usepackage{array} and ",
            format!(">{{\\raggedright\\arraybackslash\\hangindent=1em}}p{{{room:.0}pt}}"),
        ),
    }
}

/// Words of a table with `K*` as mathematics.
fn math(text: &str) -> String {
    latex_escape(text).replace("K*", "$K^*$")
}

/// Three or four digits without the zero before the point, as tables of papers have them.
fn short(value: f64) -> String {
    let text = format!("{value:.4}");
    text.strip_prefix('0').map(str::to_owned).unwrap_or(text)
}
