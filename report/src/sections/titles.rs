//! Policies that write titles: how long what they recommend is, and whether it is a title at all.

use crate::findings::{Findings, Group};
use crate::grid::Grid;
use crate::numbers::{metric, plus_minus, signed};
use crate::page::{Block, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};
use crate::statistics::Estimate;

/// Columns of lengths, which are empty where no titles are written.
const LENGTHS: [&str; 3] = ["candidate_length", "expected_length", "chosen_length"];

/// The column that says what a beam finds, which is empty where the whole catalogue is read.
const BEAM: &str = "beam_recall";

/// Length and validity of titles; nothing where no policy writes some.
pub(crate) struct Titles;

impl Section for Titles {
    fn name(&self) -> &'static str {
        "Titles"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        if !are_written(found.findings) {
            return Vec::new();
        }
        let mut blocks = vec![
            prose!(
                "A log-probability is a sum over tokens, so that a loss can favour short or long titles. \
                 Lengths are tokens, the end included, after the users' validation histories at the end \
                 of training: *chosen*, of the most probable of a user's candidates; *expected*, of \
                 titles that are drawn with the policy's probabilities; *top*, of the most probable \
                 title of the catalogue. Differences from the reference stand in parentheses. \
                 *Catalogue mass* is the probability that what a policy writes is a title of the \
                 catalogue; *valid*, the share of users for whom the likeliest tokens, one after the \
                 other, are one."
            )
            .into(),
        ];
        if has_beam(found.findings) {
            blocks.push(
                prose!(
                    "The catalogue is read by a beam. *Found* is the share of the first ten titles of the exact \
                     ranking that are also the first ten by the beam, over eight users; what is missed ranks as if \
                     the rest of its tokens were chance, mostly too low, in the full-sort evaluation."
                )
                .into(),
            );
        }
        blocks.extend(found.figure("title_length"));
        blocks.push(Block::Table(table(found.findings)));
        blocks
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        if !are_written(found.findings) {
            return Vec::new();
        }
        vec![TableFile::latex(table(found.findings))]
    }
}

/// Whether a part of the catalogue was left out.
fn has_beam(findings: &Findings) -> bool {
    findings.groups.values().any(|group| group.training(BEAM).is_some())
}

fn are_written(findings: &Findings) -> bool {
    let mut groups = findings.groups.values();
    groups.any(|group| LENGTHS.iter().any(|length| group.training(length).is_some()))
}

/// One row per series and K.
fn table(findings: &Findings) -> Grid {
    let sweep = &findings.sweep;
    let mut header =
        sweep.axes.header(["loss", "K", "chosen", "expected", "top", "catalogue mass", "valid"]);
    let beam = has_beam(findings);
    header.extend(beam.then(|| "found".to_owned()));
    let rows = findings.groups.iter().map(|(&(series, negatives), group)| {
        let mut row = sweep.named_row(series);
        row.push(negatives.to_string().into());
        row.extend(LENGTHS.map(|column| beside_reference(group, column).into()));
        let shares = ["catalogue_mass", "valid_share"];
        row.extend(shares.map(|column| beside_reference(group, column).into()));
        row.extend(beam.then(|| plus_minus(group.training(BEAM), metric).into()));
        row
    });
    Grid {
        name: "titles",
        caption: "Lengths of titles in tokens, and what is written, at the end of training; in parentheses the \
                  difference from the reference."
            .into(),
        header,
        words: sweep.axes.words(),
        rows: rows.collect(),
    }
}

/// A quantity at the end of training, and its difference from where training began.
fn beside_reference(group: &Group, column: &str) -> String {
    let now = group.training(column);
    let means = [now, group.at_first(column)].map(|found| found.map(|Estimate { mean, .. }| mean));
    match means {
        [Some(end), Some(start)] => {
            format!("{} ({})", plus_minus(now, metric), signed(end - start, metric))
        }
        _ => plus_minus(now, metric),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Analysis;
    use crate::support::World;
    use crate::written_titles::{write_columns, write_titles};

    #[test]
    fn lengths_are_beside_those_of_the_reference() {
        let dir = tempfile::tempdir().unwrap();
        let index = World::small().write(dir.path());
        assert!(!are_written(&Analysis::of(dir.path()).unwrap().findings));
        // By the last step, 100, they are shorter by a token for one negative and by 1.9 for ten.
        write_titles(dir.path(), &index, |k, step| {
            let time = f64::from(step) / 100.0;
            let length = 8.5 - time * (0.9 + 0.1 * k as f64);
            [length, length + 1.0, 3.0, 0.5 + 0.25 * time, 0.75]
        });
        let findings = Analysis::of(dir.path()).unwrap().findings;
        assert!(are_written(&findings));
        let rows = table(&findings).rows;
        assert_eq!(rows.len(), 4);
        let expected = [
            ["1", "7.5000 (−1.0000)", "8.5000 (−1.0000)", "3.0000 (0.0000)"],
            ["10", "6.6000 (−1.9000)", "7.6000 (−1.9000)", "3.0000 (0.0000)"],
        ];
        for (row, expected) in rows.iter().zip(expected.into_iter().cycle()) {
            let shown = row.iter().map(|entry| entry.text.replace(" ± 0.0000", ""));
            let shown: Vec<String> = shown.collect();
            assert_eq!(shown[1..5], expected);
            assert_eq!(shown[5..], ["0.7500 (+0.2500)", "0.7500 (0.0000)"]);
        }
    }

    #[test]
    fn what_a_beam_finds_is_shown_where_there_is_one() {
        let dir = tempfile::tempdir().unwrap();
        let index = World::small().write(dir.path());
        write_titles(dir.path(), &index, |_, _| [8.0, 8.0, 8.0, 0.5, 0.5]);
        assert!(!has_beam(&Analysis::of(dir.path()).unwrap().findings));
        write_columns(dir.path(), &index, ["beam_recall"], |k, _| [0.9 - 0.01 * k as f64]);
        let found = table(&Analysis::of(dir.path()).unwrap().findings);
        assert_eq!(found.header.last().unwrap(), "found");
        let shown = |row: usize| found.rows[row].last().unwrap().text.replace(" ± 0.0000", "");
        assert_eq!([shown(0), shown(1)], ["0.8900", "0.8000"]);
    }
}
