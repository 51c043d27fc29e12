//! A comparison of two results as Markdown, CSV or JSON.

use super::outcome::{Drift, Row};
use crate::error::ReportError;
use crate::escape::markdown_escape;
use crate::grid::{Entry, Grid};
use crate::numbers::{self, NOTHING, p_value, plain};
use crate::verdict::with_interval;

impl Drift {
    /// The table, then what only one side has.
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "A: {}\nB: {}\n\n{}\n",
            markdown_escape(&self.a),
            markdown_escape(&self.b),
            self.readable().markdown()
        );
        for (protocol, why) in &self.unpaired {
            text.push_str(&format!("Not tested, {protocol}: {}.\n", markdown_escape(why)));
        }
        for (side, only) in [("A", &self.only_in_a), ("B", &self.only_in_b)] {
            if !only.is_empty() {
                text.push_str(&format!("\nOnly in {side}:\n\n"));
                only.iter()
                    .for_each(|what| text.push_str(&format!("- {}\n", markdown_escape(what))));
            }
        }
        text
    }

    /// One line per row, in plain numbers.
    pub fn csv(&self) -> String {
        let header = [
            "label",
            "K",
            "protocol",
            "metric",
            "seeds",
            "a",
            "b",
            "difference",
            "low",
            "high",
            "p_holm",
            "p_sign_flip",
            "identical",
            "moved",
        ];
        let rows = self.rows.iter().map(|row| {
            let number = |pick: fn(&crate::verdict::Difference) -> f64| -> Entry {
                plain(row.difference.as_ref().map(pick)).into()
            };
            vec![
                row.label.clone().into(),
                row.negatives.map(|k| k.to_string()).unwrap_or_default().into(),
                row.protocol.into(),
                row.metric.clone().into(),
                row.seeds.to_string().into(),
                plain(Some(row.a)).into(),
                plain(Some(row.b)).into(),
                plain(Some(row.b - row.a)).into(),
                number(|found| found.interval.0),
                number(|found| found.interval.1),
                number(|found| found.p_holm),
                number(|found| found.p_sign_flip),
                row.identical.to_string().into(),
                row.moved.map(|moved| moved.to_string()).unwrap_or_default().into(),
            ]
        });
        grid(header.to_vec(), rows.collect()).csv()
    }

    /// Everything, for programs.
    ///
    /// # Errors
    ///
    /// When a number cannot be written, which none of these can cause.
    pub fn json(&self) -> Result<String, ReportError> {
        let path = std::path::Path::new("the comparison");
        let json = serde_json::to_string_pretty(self);
        json.map(|json| json + "\n").map_err(|error| ReportError::json(path, &error))
    }

    fn readable(&self) -> Grid {
        let header = [
            "loss",
            "K",
            "protocol",
            "metric",
            "seeds",
            "A",
            "B",
            "B − A (95 % interval)",
            "p (Holm)",
            "ranks",
        ];
        grid(header.to_vec(), self.rows.iter().map(readable_row).collect())
    }
}

fn readable_row(row: &Row) -> Vec<Entry> {
    let difference = match &row.difference {
        Some(found) => with_interval(found),
        None if row.moved.is_some() => "0".to_owned(),
        None => NOTHING.to_owned(),
    };
    let ranks = match row.moved {
        None => "not paired".to_owned(),
        Some(0) => "identical to the bit".to_owned(),
        Some(moved) => format!("{} differ", numbers::count(moved as u64)),
    };
    vec![
        row.label.clone().into(),
        row.negatives.map_or(NOTHING.to_owned(), |k| k.to_string()).into(),
        row.protocol.into(),
        row.metric.clone().into(),
        row.seeds.to_string().into(),
        numbers::metric(row.a).into(),
        numbers::metric(row.b).into(),
        difference.into(),
        row.difference.map_or(NOTHING.to_owned(), |found| p_value(found.p_holm)).into(),
        ranks.into(),
    ]
}

fn grid(header: Vec<&str>, rows: Vec<Vec<Entry>>) -> Grid {
    let header = header.into_iter().map(str::to_owned).collect();
    Grid { name: "drift", caption: String::new(), header, words: 1, rows }
}
