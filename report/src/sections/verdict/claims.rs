//! Every paired difference with its numbers, at each evaluation point.

use crate::effects::{Effect, Point, readings};
use crate::grid::Grid;
use crate::numbers::{NOTHING, metric, p_value, percent};
use crate::reading::{FROM_START_NOTE, Reading, start_mark};
use crate::sections::evidence::Evidence;
use crate::verdict::with_interval;

/// One row per comparison and evaluation point.
pub(super) fn table(found: &Evidence<'_>) -> Grid {
    let header =
        ["compared", "evaluated at", "difference in %", "difference [95 % CI]", "p (Holm)", "MDE"];
    let mut rows = Vec::new();
    for effect in found.effects {
        for reading in readings(found.effects) {
            let point = effect.at(reading);
            rows.extend(point.map(|point| row(effect, reading, point).map(Into::into).into()));
        }
    }
    let mut points = found.effects.iter().filter_map(|effect| effect.at(Reading::EqualDivergence));
    let marked = points.any(|point| point.from_start);
    let caption = format!(
        "Paired differences of test {} at each evaluation point. MDE: minimum detectable effect of the \
         comparison alone.{}",
        found.verdicts.measure,
        if marked { format!(" {FROM_START_NOTE}") } else { String::new() }
    );
    let header = header.map(str::to_owned).into();
    Grid { name: "claims", caption, header, words: 2, rows }
}

fn row(effect: &Effect<'_>, reading: Reading, point: &Point<'_>) -> [String; 6] {
    let found = point.difference;
    let from = if point.from_smallest { ", from the smallest K" } else { "" };
    let start = start_mark(point.from_start);
    [
        format!("{}{from}", effect.name),
        format!("{}{start}", reading.title()),
        found.percent.map_or(NOTHING.to_owned(), percent),
        with_interval(found),
        p_value(found.p_holm),
        metric(found.minimum_detectable),
    ]
}
