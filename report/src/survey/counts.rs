//! How often each conclusion is significant, as a table.

use super::conclusions::{Conclusion, Finding, mark};
use super::kind::Kind;
use super::places::counted;
use super::standing::Count;
use crate::grid::{Entry, Grid};
use crate::numbers::NOTHING;
use crate::reading::Reading;

/// What a column counts.
#[derive(Debug, Clone, Copy)]
enum Column {
    /// The end of training, in experiments that vary this.
    End(Kind),
    /// Another analysis, in all experiments.
    Other(Reading),
}

impl Column {
    fn all() -> impl Iterator<Item = Self> {
        let others = Reading::ALL.into_iter().filter(|reading| *reading != Reading::End);
        Kind::ALL.into_iter().map(Self::End).chain(others.map(Self::Other))
    }

    fn title(self) -> &'static str {
        match self {
            Self::End(kind) => kind.title(),
            Self::Other(reading) => reading.title(),
        }
    }

    fn holds(self, finding: &Finding<'_>) -> bool {
        match self {
            Self::End(kind) => finding.reading == Reading::End && finding.kind == kind,
            Self::Other(reading) => finding.reading == reading,
        }
    }
}

/// One row per conclusion; bold where every comparison is significant.
pub(super) fn counts(found: &[(&Conclusion, Vec<Finding<'_>>)]) -> Grid {
    let used = |column: &Column| {
        found.iter().any(|(_, findings)| findings.iter().any(|finding| column.holds(finding)))
    };
    let columns: Vec<Column> = Column::all().filter(used).collect();
    let mut header = vec!["conclusion".to_owned()];
    header.extend(columns.iter().map(|column| column.title().to_owned()));
    let row = |(conclusion, findings): &(&Conclusion, Vec<Finding<'_>>)| {
        let mut row: Vec<Entry> = vec![conclusion.sentence().into()];
        row.extend(columns.iter().map(|column| {
            let here = || findings.iter().filter(|finding| column.holds(finding));
            let count = Count::of(conclusion, here());
            let text = match count.all {
                0 => NOTHING.to_owned(),
                _ => format!("{}{}", counted(count), mark(here())),
            };
            Entry { text, bold: count.all > 0 && count.shown == count.all }
        }));
        row
    };
    let rows = found.iter().map(row).collect();
    Grid { name: "survey-counts", caption: String::new(), header, words: 1, rows }
}
