//! The critical-difference diagram (Demšar, JMLR 7, 2006): mean ranks on a line, and bars that join what is not told
//! apart.

use super::figure::Figure;
use super::palette::{BLUE, GREY, INK};
use super::scene::{Height, Scene, Side, Words, text_width};

const WIDTH: f64 = 960.0;
const TEXT: f64 = 15.0;
const MARGIN: f64 = 10.0;
/// Height of a label's row, and of a bar's.
const ROW: f64 = 24.0;
const BAR: f64 = 12.0;

/// A method with its mean rank.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ranked {
    pub(crate) label: String,
    pub(crate) rank: f64,
}

/// The diagram of at least two methods, best first; `groups` holds positions of those that are not told apart.
pub(crate) fn critical_difference(
    ranked: &[Ranked],
    groups: &[Vec<usize>],
    difference: f64,
) -> Figure {
    let widths = ranked.iter().map(|method| text_width(&text(method), TEXT, false));
    let room = MARGIN + widths.fold(0.0, f64::max) + TEXT;
    let (left, right) = (room, WIDTH - room);
    let last = ranked.len().max(2) as f64;
    let at = |rank: f64| left + (rank - 1.0) / (last - 1.0) * (right - left);
    let mut scene = Scene::new(WIDTH);

    // How long the critical difference is.
    let bar = MARGIN + 1.4 * TEXT;
    let end = at(1.0 + difference).min(WIDTH - MARGIN);
    let words = Words::new(format!("critical difference {difference:.2}"), (left, MARGIN), TEXT);
    scene.words(words.height(Height::Top).colour(GREY));
    scene.line(vec![(left, bar), (end, bar)], GREY, 2.0);
    for x in [left, end] {
        scene.line(vec![(x, bar - 4.0), (x, bar + 4.0)], GREY, 2.0);
    }

    let axis = bar + 44.0;
    scene.line(vec![(left, axis), (right, axis)], INK, 1.5);
    for rank in 1..=ranked.len() {
        let x = at(rank as f64);
        scene.line(vec![(x, axis - 6.0), (x, axis)], INK, 1.5);
        let words = Words::new(rank.to_string(), (x, axis - 16.0), TEXT).side(Side::Centre);
        scene.words(words.colour(INK));
    }

    let first = axis + 14.0 + BAR * groups.len() as f64;
    let half = ranked.len().div_ceil(2);
    let mut bottom = first;
    for (place, method) in ranked.iter().enumerate() {
        let is_left = place < half;
        // The best and the worst are nearest to the line.
        let row = if is_left { place } else { ranked.len() - 1 - place };
        let y = first + ROW * (row as f64 + 0.5);
        bottom = bottom.max(y + ROW / 2.0);
        let x = at(method.rank);
        let (edge, side) = if is_left { (left, Side::Right) } else { (right, Side::Left) };
        scene.line(vec![(x, axis), (x, y), (edge, y)], GREY, 1.2);
        let gap = if is_left { -6.0 } else { 6.0 };
        scene.words(Words::new(text(method), (edge + gap, y), TEXT).side(side).colour(INK));
    }
    for (row, group) in groups.iter().enumerate() {
        let (Some(from), Some(to)) = (group.first(), group.last()) else { continue };
        let y = axis + 10.0 + BAR * row as f64;
        let ends = [at(ranked[*from].rank) - 4.0, at(ranked[*to].rank) + 4.0];
        scene.line(ends.map(|x| (x, y)).to_vec(), BLUE, 4.0);
    }
    scene.height = bottom + MARGIN;
    let title = "Mean ranks over datasets".to_owned();
    let caption = "Mean rank over datasets, 1 is best; a bar joins losses that are not told apart.";
    Figure::new("critical-difference", title, caption.to_owned(), scene)
}

fn text(method: &Ranked) -> String {
    format!("{} {:.2}", method.label, method.rank)
}

#[cfg(test)]
mod tests {
    use super::super::svg;
    use super::*;

    #[test]
    fn labels_ranks_and_bars_are_drawn() {
        let ranked = [("A", 1.2), ("B", 2.0), ("C", 2.8)]
            .map(|(label, rank)| Ranked { label: label.to_owned(), rank });
        let figure = critical_difference(&ranked, &[vec![0, 1]], 1.0);
        let drawn = svg::file(&figure.scene);
        for expected in ["A 1.20", "B 2.00", "C 2.80", "critical difference 1.00"] {
            assert!(drawn.contains(expected), "no {expected}");
        }
        let bars = |groups: &[Vec<usize>]| {
            let scene = critical_difference(&ranked, groups, 1.0).scene;
            scene.shapes.len()
        };
        assert_eq!(bars(&[vec![0, 1], vec![1, 2]]), bars(&[]) + 2);
    }
}
