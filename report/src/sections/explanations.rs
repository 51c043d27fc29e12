//! Why policies over titles choose what they choose, and whether that explains anything.

use prefsweep_store::{Explanation, TokenShare};

use crate::explanations::Explained;
use crate::findings::{Findings, Group};
use crate::grid::Grid;
use crate::numbers::{metric, plus_minus};
use crate::page::{Block, Prose, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};

/// Columns of the test of deletion, which are empty where no titles are written.
const DELETION: [&str; 3] = ["rank_without_top", "rank_without_random", "top_matters_more"];
/// Titles of a history that are shown.
const TITLES: usize = 3;

/// The choices of some users, word by word; nothing where no policy writes titles.
pub(crate) struct Explanations;

impl Section for Explanations {
    fn name(&self) -> &'static str {
        "Explanations of choices"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let mut blocks = Vec::new();
        if let Some(table) = deletions(found.findings) {
            blocks.push(
                prose!(
                    "A user's *choice* is the first in the ranking of titles that the user has not had, after the test \
                     history. A title of the history matters as much as the log-probability of the choice falls without it. \
                     Were that an explanation, the choice would fall further in the ranking without the title that \
                     matters most than without another one, drawn at random: *more* is the share of users for whom \
                     it does (half for a tie, so that .5 is what chance gives)."
                )
                .into(),
            );
            blocks.push(Block::Captioned(table));
        }
        if !found.explanations.is_empty() {
            blocks.push(
                prose!(
                    "Below are choices of the lowest seed at the most negatives. The share of a word is the \
                     logarithm of the policy's probability of it over the reference's, summed over its tokens, in \
                     nats; the shares of a title add up to its log-ratio. Behind each stand the titles of the history \
                     that matter most, with how far the log-probability of the choice falls without them."
                )
                .into(),
            );
        }
        blocks.extend(found.explanations.iter().map(|run| choices(found.findings, run)));
        blocks
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        let words = (!found.explanations.is_empty()).then(|| words_of_all(found));
        let deletions = deletions(found.findings).map(TableFile::latex);
        deletions.into_iter().chain(words.map(TableFile::csv)).collect()
    }
}

/// The test of deletion, one row per series and K; None where no titles are written.
fn deletions(findings: &Findings) -> Option<Grid> {
    let tested = |group: &&Group| group.training("top_matters_more").is_some();
    findings.groups.values().find(tested)?;
    let sweep = &findings.sweep;
    let header = ["loss", "K", "rank without the top title", "without another", "more"];
    let groups = findings.groups.iter().filter(|(_, group)| tested(group));
    let rows = groups.map(|(&(series, negatives), group)| {
        let mut row = sweep.named_row(series);
        row.push(negatives.to_string().into());
        row.extend(DELETION.map(|column| plus_minus(group.training(column), metric).into()));
        row
    });
    Some(Grid {
        name: "deletion",
        caption: "Mean rank of the choice, 1 with the whole history, without the title that matters most and without \
                  another; share of users for whom the former is lower down."
            .into(),
        header: sweep.axes.header(header),
        words: sweep.axes.words(),
        rows: rows.collect(),
    })
}

/// The choices of a run, a line for each user.
fn choices(findings: &Findings, run: &Explained) -> Block {
    let name = &findings.sweep.series[run.series].name;
    let lines = run.choices.iter().map(strip).collect();
    Block::Folded {
        title: prose!("{}, K = {}, seed {}", name, run.negatives, run.seed),
        blocks: vec![Block::List(lines)],
    }
}

/// A choice word by word, and what it depends on.
fn strip(choice: &Explanation) -> Prose {
    let mut line = Prose::default();
    for (word, share) in words(&choice.tokens) {
        line.push_share(&word, share);
    }
    let mut history: Vec<_> = choice.history.iter().collect();
    history.sort_by(|one, other| other.fall.total_cmp(&one.fall));
    let titles = history.iter().take(TITLES).map(|title| {
        let mut shown = Prose::from("");
        shown.push_share(&title.text, title.fall);
        shown
    });
    let titles = Prose::join(titles, "; ");
    if !titles.is_empty() {
        line.push(" after ");
        line.push(titles);
    }
    line
}

/// The words of a title with the sums over their tokens; the end stands for itself.
fn words(tokens: &[TokenShare]) -> Vec<(String, f64)> {
    let mut words: Vec<(String, f64)> = Vec::new();
    for TokenShare { text, log_ratio } in tokens {
        let begins = !text.starts_with(char::is_alphanumeric);
        match words.last_mut() {
            Some((word, share)) if !begins => {
                word.push_str(text);
                *share += log_ratio;
            }
            _ if text.is_empty() => words.push((" (end)".to_owned(), *log_ratio)),
            _ => words.push((text.clone(), *log_ratio)),
        }
    }
    words
}

/// Every word of every choice.
fn words_of_all(found: &Evidence<'_>) -> Grid {
    let sweep = &found.findings.sweep;
    let mut rows = Vec::new();
    for run in found.explanations {
        for choice in &run.choices {
            for (place, (word, share)) in words(&choice.tokens).into_iter().enumerate() {
                let mut row = sweep.row(run.series);
                let numbers =
                    [run.negatives.to_string(), run.seed.to_string(), choice.user.to_string()];
                row.extend(numbers.map(Into::into));
                row.extend(
                    [(place + 1).to_string(), word.trim().to_owned(), share.to_string()]
                        .map(Into::into),
                );
                rows.push(row);
            }
        }
    }
    Grid {
        name: "explanations",
        caption: "Share of each word of the chosen titles in their log-ratios.".into(),
        header: sweep.axes.header(["loss", "K", "seed", "user", "place", "word", "log_ratio"]),
        words: sweep.axes.words(),
        rows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{html, latex, markdown};
    use prefsweep_store::TitleShare;

    fn choice() -> Explanation {
        let token = |(text, log_ratio): &(&str, f64)| TokenShare {
            text: (*text).to_owned(),
            log_ratio: *log_ratio,
        };
        let tokens = [
            ("Us", 0.25),
            ("ual", 0.5),
            (" Suspects", -1.0),
            (",", 0.0),
            (" (1995)", 2.5),
            ("", 0.125),
        ];
        let title =
            |(text, fall): &(&str, f64)| TitleShare { text: (*text).to_owned(), fall: *fall };
        Explanation {
            user: 3,
            tokens: tokens.iter().map(token).collect(),
            history: [("A", 0.5), ("B", 2.0), ("C", -0.5), ("D <x>", 1.0)]
                .iter()
                .map(title)
                .collect(),
        }
    }

    #[test]
    fn words_are_sums_of_their_tokens() {
        let expected =
            [("Usual", 0.75), (" Suspects", -1.0), (",", 0.0), (" (1995)", 2.5), (" (end)", 0.125)];
        let found = words(&choice().tokens);
        let found: Vec<(&str, f64)> =
            found.iter().map(|(word, share)| (word.as_str(), *share)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn strips_have_numbers_where_there_are_no_colours() {
        let line = strip(&choice());
        assert_eq!(
            markdown::inline(&line),
            "Usual (+0.75) Suspects (−1.00), (0.00) (1995) (+2.50) (end) (+0.13) after B (+2.00); D \\<x> (+1.00); A \
             (+0.50)"
        );
        let page = html::inline(&line);
        assert!(page.contains("title=\"−1.00\">Suspects</span>"), "{page}");
        assert!(latex::render(&[Block::List(vec![line])]).contains("Usual (+0.75) Suspects"));
    }
}
