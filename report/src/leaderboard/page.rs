//! The page: losses by datasets, and which of them are told apart.

use prefsweep_store::LossKey;

use super::standings::{Ranking, Standings};
use super::tables::{Cell, by_dataset};
use crate::distinct::distinct;
use crate::links::Linked;
use crate::names::{dataset_name, loss_name};
use crate::numbers::{p_relation, plural};
use crate::page::{Block, Prose, prose, set_apart};
use crate::plots::{Figure, Ranked, critical_difference};
use crate::verdict::Verdicts;

/// The heading.
pub(super) const TITLE: &str = "Leaderboard";

/// The whole page.
pub(super) fn page(
    standings: &Standings<'_>,
    measure: &str,
    figure: Option<Figure>,
    links: &[Linked],
) -> Vec<Block> {
    let mut page = vec![Block::heading(1, TITLE), about(standings).into()];
    let table = by_dataset(standings, measure, Cell::Interval);
    page.push(prose!("{}", table.caption).into());
    page.push(Block::table(table));
    page.extend(gains(standings).map(Block::from));
    page.push(Block::Folded {
        title: "Experiments".into(),
        blocks: vec![Block::List(experiments(standings, links))],
    });
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

fn about(standings: &Standings<'_>) -> Prose {
    prose!(
        "Preference losses beside continued supervised training, on {}.",
        plural(standings.boards.len(), "dataset")
    )
}

/// Which experiment counts for each dataset, and why the others do not.
fn experiments(standings: &Standings<'_>, links: &[Linked]) -> Vec<Prose> {
    let name = |verdicts: &Verdicts| {
        let linked = links.iter().find(|linked| linked.experiment == verdicts.experiment);
        linked.map_or(Prose::from(verdicts.experiment.as_str()), Linked::prose)
    };
    let counted = standings.boards.iter().map(|board| {
        let dataset = dataset_name(&board.verdicts.dataset);
        prose!("{}: {}, {}", dataset, name(board.verdicts), plural(board.seeds, "seed"))
    });
    let mut items: Vec<Prose> = counted.collect();
    items.push(
        "Of several on a dataset the one with the most losses at default settings counts, then the one with the most K."
            .into(),
    );
    for reason in distinct(standings.left_out.iter().map(|(_, why)| *why)) {
        let here = standings.left_out.iter().filter(|(_, why)| *why == reason);
        let names = Prose::list(here.map(|(verdicts, _)| name(verdicts))).unwrap_or_default();
        items.push(prose!("Not counted ({}): {}", reason, names));
    }
    items
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
         datasets only large differences can be. {}.",
        plural(ranking.datasets, "dataset"),
        p_relation(ranking.p),
        format!("{:.2}", ranking.critical_difference),
        told_apart(ranking)
    )
}

/// Every loss with those that it is told apart from, the better one first.
fn told_apart(ranking: &Ranking<'_>) -> Prose {
    let apart = ranking.losses.iter().filter_map(|(better, rank)| {
        let worse = ranking.losses.iter();
        let worse = worse.filter(|(_, other)| other - rank >= ranking.critical_difference);
        let worse = Prose::list(worse.map(|(loss, _)| ranked_name(*loss)))?;
        Some(prose!("{} from {}", ranked_name(*better), worse))
    });
    let pairs = Prose::join(apart, "; ");
    if pairs.is_empty() { "No two are told apart".into() } else { prose!("Told apart: {}", pairs) }
}

fn ranked_name(loss: Option<&LossKey>) -> String {
    loss.map_or("SFT".to_owned(), loss_name)
}

/// The critical-difference diagram; none without ranks over datasets.
pub(super) fn figure(standings: &Standings<'_>) -> Option<Figure> {
    let ranking = standings.ranking.as_ref()?;
    let ranked: Vec<Ranked> = ranking
        .losses
        .iter()
        .map(|(loss, rank)| Ranked { label: ranked_name(*loss), rank: *rank })
        .collect();
    Some(critical_difference(&ranked, &ranking.groups, ranking.critical_difference))
}
