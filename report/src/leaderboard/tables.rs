//! The table of losses by datasets, and `leaderboard.csv`.

use prefsweep_store::LossKey;

use super::standings::{Ranking, Standing, Standings};
use crate::distinct::distinct;
use crate::grid::{Entry, Grid};
use crate::names::{dataset_name, loss_name};
use crate::numbers::{self, NOTHING, metric, plain};

/// How a cell of a loss is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    /// `+4.3 [+2.1, +6.4]`.
    Interval,
    /// `+4.3`, with a dagger for significance.
    Short,
}

/// A row per loss in the order of mean ranks where there are some, a column per dataset, then mean rank and cost.
pub(super) fn by_dataset(standings: &Standings<'_>, measure: &str, cell: Cell) -> Grid {
    let mut header = vec!["loss".to_owned()];
    header.extend(
        standings.boards.iter().map(|board| dataset_name(&board.verdicts.dataset).to_owned()),
    );
    if standings.ranking.is_some() {
        header.push("mean rank".to_owned());
    }
    header.push("cost".to_owned());
    let mut rows: Vec<Vec<Entry>> = Vec::new();
    for loss in ordered(standings) {
        let found: Vec<Option<Standing<'_>>> =
            standings.boards.iter().map(|board| board.standing(loss)).collect();
        let mut row: Vec<Entry> = vec![loss_name(loss).into()];
        row.extend(found.iter().zip(&standings.boards).map(|(found, board)| {
            let alpha = board.verdicts.rules.alpha;
            found.as_ref().map_or(NOTHING.into(), |found| difference(found, alpha, cell))
        }));
        if let Some(ranking) = &standings.ranking {
            row.push(rank(ranking, Some(loss)).into());
        }
        row.push(cost(found.iter().flatten().filter_map(|found| found.cost)).into());
        rows.push(row);
    }
    let mut last: Vec<Entry> = vec!["SFT (the control)".into()];
    last.extend(standings.boards.iter().map(|board| Entry::from(metric(board.control))));
    if let Some(ranking) = &standings.ranking {
        last.push(rank(ranking, None).into());
    }
    let is_known = rows.iter().any(|row| row.last().is_some_and(|cost| cost.text != NOTHING));
    last.push(if is_known { "1.0" } else { NOTHING }.into());
    rows.push(last);
    Grid { name: "leaderboard", caption: caption(standings, measure, cell), header, words: 1, rows }
}

fn caption(standings: &Standings<'_>, measure: &str, cell: Cell) -> String {
    let k: Vec<String> = standings.negatives().iter().map(usize::to_string).collect();
    let (interval, sign) = match cell {
        Cell::Interval => (" with 95 % interval", "bold"),
        Cell::Short => ("", "a dagger"),
    };
    format!(
        "Test {measure} at the end of training, K = {}: change in % of continued supervised training for as many \
         steps (SFT; last row: its {measure}){interval}; {sign}: significant after Holm's correction within its \
         experiment. Cost: time of a step in multiples of SFT's, mean over datasets.",
        k.join(" or ")
    )
}

/// Losses by mean rank; those that not every dataset has come after them.
fn ordered<'a>(standings: &Standings<'a>) -> Vec<&'a LossKey> {
    let ranked = standings.ranking.iter().flat_map(|ranking| &ranking.losses);
    distinct(ranked.filter_map(|(loss, _)| *loss).chain(standings.losses.iter().copied()))
}

fn difference(found: &Standing<'_>, alpha: f64, cell: Cell) -> Entry {
    let Some(percent) = found.percent() else { return NOTHING.into() };
    let significant = found.found.is_significant(alpha);
    match cell {
        Cell::Interval => Entry { text: percent.interval(), bold: significant },
        Cell::Short => {
            let mark = if significant { "†" } else { "" };
            format!("{}{mark}", numbers::percent(percent.mean)).into()
        }
    }
}

fn rank(ranking: &Ranking<'_>, loss: Option<&LossKey>) -> String {
    ranking.of(loss).map_or(NOTHING.to_owned(), |rank| format!("{rank:.2}"))
}

fn cost(values: impl Iterator<Item = f64>) -> String {
    let values: Vec<f64> = values.collect();
    match values.len() {
        0 => NOTHING.to_owned(),
        n => format!("{:.1}", values.iter().sum::<f64>() / n as f64),
    }
}

/// Every number, a row per loss and dataset.
pub(super) fn numbers(standings: &Standings<'_>) -> Grid {
    let header = [
        "loss",
        "dataset",
        "experiment",
        "negatives",
        "seeds",
        "users",
        "control",
        "value",
        "difference",
        "low",
        "high",
        "percent",
        "percent_low",
        "percent_high",
        "p",
        "p_holm",
        "gain",
        "cost",
        "mean_rank",
    ];
    let mut rows: Vec<Vec<Entry>> = Vec::new();
    for loss in ordered(standings) {
        let mean_rank = standings.ranking.as_ref().and_then(|ranking| ranking.of(Some(loss)));
        for board in &standings.boards {
            let Some(standing) = board.standing(loss) else { continue };
            let found = standing.found;
            let percent = standing.percent();
            let mut row: Vec<Entry> = vec![
                loss.to_string().into(),
                board.verdicts.dataset.as_str().into(),
                board.verdicts.experiment.as_str().into(),
                standing.negatives.to_string().into(),
                found.seeds.to_string().into(),
                found.users.to_string().into(),
            ];
            let (low, high) = found.interval;
            let numbers = [
                Some(found.before),
                Some(found.after),
                Some(found.difference),
                Some(low),
                Some(high),
                percent.map(|percent| percent.mean),
                percent.map(|percent| percent.low),
                percent.map(|percent| percent.high),
                Some(found.p),
                Some(found.p_holm),
            ];
            row.extend(numbers.map(|number| Entry::from(plain(number))));
            row.push(if standing.gain { "yes" } else { "no" }.into());
            row.extend([standing.cost, mean_rank].map(|number| Entry::from(plain(number))));
            rows.push(row);
        }
    }
    let header = header.map(str::to_owned).to_vec();
    Grid { name: "leaderboard", caption: String::new(), header, words: 3, rows }
}
