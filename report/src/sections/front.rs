//! The first screen of a report: question, answer, the evidence in three figures and a table, limits,
//! and the commands that make and check it.

use crate::page::{Block, prose};
use crate::sections::evidence::Evidence;
use crate::sections::{answer, limits, main_table, opening, reproduce};

/// Everything above the details.
pub(crate) fn front(found: &Evidence<'_>) -> Vec<Block> {
    let mut page = opening::opening(found);
    page.push(Block::heading(2, "Answer"));
    page.push(Block::Answer(answer::lines(found)));
    page.push(Block::heading(2, "Evidence"));
    page.extend(found.views.clone().map(|data| Block::Controls { data }));
    page.extend(["forest", "matrix"].iter().filter_map(|name| found.figure(name)));
    let table = main_table::table(found);
    if !table.rows.is_empty() {
        page.push(Block::Numbered { label: "Table 1", grid: table });
    }
    page.extend(unreached(found));
    page.extend(found.figure("paired"));
    page.push(Block::heading(2, "Limits"));
    page.push(Block::List(limits::lines(found)));
    page.push(Block::heading(2, "Reproduce and verify"));
    page.extend(reproduce::commands(found));
    page
}

/// Losses whose largest planned K has no results, which no comparison shows.
fn unreached(found: &Evidence<'_>) -> Option<Block> {
    let sweep = &found.findings.sweep;
    let losses = found.verdicts.losses.iter().enumerate();
    let names: Vec<String> = losses
        .filter(|(series, loss)| {
            let planned = sweep.planned_negatives(*series).last().copied();
            loss.largest_k.is_some() && loss.largest_k < planned
        })
        .map(|(series, _)| sweep.series[series].name.clone())
        .collect();
    (!names.is_empty()).then(|| {
        prose!("The largest planned K has no results yet for {}.", names.join(", ")).into()
    })
}
