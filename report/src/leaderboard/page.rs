//! The page: losses by datasets, and which of them are told apart.

use prefsweep_store::LossKey;

use super::standings::{Ranking, Standings};
use super::tables::{Cell, by_dataset};
use crate::links::Linked;
use crate::names::loss_name;
use crate::numbers::{p_relation, plural};
use crate::page::{Block, Prose, prose, set_apart};
use crate::plots::{Figure, Ranked, critical_difference};

/// The heading.
pub(super) const TITLE: &str = "Leaderboard";

/// The whole page.
pub(super) fn page(
    standings: &Standings<'_>,
    measure: &str,
    figure: Option<Figure>,
    links: &[Linked],
) -> Vec<Block> {
    let mut page = vec![Block::heading(1, TITLE), about(standings, links).into()];
    let table = by_dataset(standings, measure, Cell::Interval);
    page.push(prose!("{}", table.caption).into());
    page.push(Block::table(table));
    page.extend(gains(standings).map(Block::from));
    page.push(Block::heading(2, "Over datasets"));
    match &standings.ranking {
        None => page.push(
            prose!("Ranks over datasets take two datasets and two losses that both have.").into(),
        ),
        Some(ranking) => {
            page.push(over_datasets(ranking).into());
            page.extend(figure.map(Block::Figure));
        }
    }
    page.push(
        prose!(
            "All numbers: [leaderboard.csv](leaderboard.csv), [leaderboard.tex](leaderboard.tex)."
        )
        .into(),
    );
    set_apart(&mut page);
    page
}

fn about(standings: &Standings<'_>, links: &[Linked]) -> Prose {
    let used = links.iter().filter(|linked| {
        standings.boards.iter().any(|board| board.verdicts.experiment == linked.experiment)
    });
    let used = Prose::list(used.map(Linked::prose));
    let mut about = prose!(
        "Preference losses beside continued supervised training, on {}: {}. Of several experiments on a dataset \
         the one with the most losses at default settings counts, then the one with the most K.",
        plural(standings.boards.len(), "dataset"),
        used.unwrap_or_default()
    );
    let left_out = standings.left_out.iter().map(|(verdicts, why)| {
        let linked = links.iter().find(|linked| linked.experiment == verdicts.experiment);
        let name = linked.map_or(Prose::from(verdicts.experiment.as_str()), Linked::prose);
        prose!("{} ({})", name, *why)
    });
    if let Some(left_out) = Prose::list(left_out) {
        about.push(prose!(" Not counted: {}.", left_out));
    }
    about
}

/// Which losses are a gain anywhere.
fn gains(standings: &Standings<'_>) -> Option<Prose> {
    let gain = |loss: &&&LossKey| {
        let mut found = standings.boards.iter().filter_map(|board| board.standing(loss));
        found.any(|standing| standing.gain)
    };
    let names: Vec<String> =
        standings.losses.iter().filter(gain).map(|loss| loss_name(loss)).collect();
    let names = Prose::list(names).unwrap_or_else(|| "none".into());
    Some(prose!(
        "A **gain**, significantly above both the reference and SFT, on some dataset: {}.",
        names
    ))
}

fn over_datasets(ranking: &Ranking<'_>) -> Prose {
    prose!(
        "Mean rank over {} (1 is best) of the losses that all have. Friedman's test of equal ranks: {}. Mean ranks \
         less than {} apart (Nemenyi's critical difference at 0.05), joined by a bar, are not told apart; with so few \
         datasets only large differences can be.",
        plural(ranking.datasets, "dataset"),
        p_relation(ranking.p),
        format!("{:.2}", ranking.critical_difference)
    )
}

/// The critical-difference diagram; none without ranks over datasets.
pub(super) fn figure(standings: &Standings<'_>) -> Option<Figure> {
    let ranking = standings.ranking.as_ref()?;
    let name = |loss: Option<&LossKey>| match loss {
        Some(loss) => loss_name(loss),
        None => "SFT".to_owned(),
    };
    let ranked: Vec<Ranked> = ranking
        .losses
        .iter()
        .map(|(loss, rank)| Ranked { label: name(*loss), rank: *rank })
        .collect();
    Some(critical_difference(&ranked, &ranking.groups, ranking.critical_difference))
}
