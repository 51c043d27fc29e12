//! The matrix of evidence: the rows of the forest, a column for every evaluation point.

use super::forest::shown;
use super::key::{Sign, key};
use super::palette::{BAND, BLUE, GREY, INK, VERMILLION, WHITE};
use super::paper::Paper;
use super::scale::direction;
use super::scene::{Height, Scene, Side, Words, text_width, with_whole_k, wrap};
use crate::effects::{Effect, FROM_SMALLEST, Kind, Percent, Point, marks, readings};
use crate::numbers::{NOTHING, p_relation, percent};
use crate::reading::{FROM_START, Reading};
use crate::verdict::Verdicts;

/// How long a line of an upright title may be, in em.
const UPRIGHT: f64 = 8.5;

/// The title of a column.
fn title(reading: Reading) -> &'static str {
    match reading {
        Reading::End => "final step",
        Reading::EqualDivergence => "matched KL",
        Reading::Selected => "best checkpoint (NDCG)",
        Reading::SelectedByLoss => "best checkpoint (loss)",
        Reading::EqualTime => "equal time",
        other => other.title(),
    }
}

/// The picture; none where nothing was tested.
pub(crate) fn scene(effects: &[Effect<'_>], verdicts: &Verdicts, paper: Paper) -> Option<Scene> {
    let text = paper.text;
    let rows = shown(effects, verdicts.rules.alpha).rows;
    let columns = readings(effects);
    if rows.is_empty() {
        return None;
    }
    let share = if paper.is_wide() { 0.36 } else { 0.42 };
    let label =
        |effect: &Effect<'_>| wrap(&with_whole_k(&effect.name), text, false, share * paper.width);
    let labels: Vec<Vec<String>> = rows.iter().map(|row| label(row)).collect();
    let lines = labels.iter().flatten().map(|line| text_width(line, text, false));
    let left = paper.margin() + lines.fold(0.0, f64::max) + 0.8 * text;
    let room = paper.width - paper.margin() - left;
    let cell = (room / columns.len() as f64).min(11.0 * text);
    let mut scene = Scene::new(left + cell * columns.len() as f64 + paper.margin());
    scene.width = scene.width.max(if paper.is_wide() { 0.0 } else { paper.width });

    let mut y = heads(&mut scene, &columns, left, cell, text) + 0.3 * text;
    let mut kind: Option<Kind> = None;
    for (row, label) in rows.iter().zip(&labels) {
        if kind.is_some_and(|kind| kind != row.kind) {
            y += 0.5 * text;
        }
        kind = Some(row.kind);
        let height = label.len() as f64 * 1.2 * text + 0.55 * text;
        let middle = y + height / 2.0;
        let first = middle - (label.len() - 1) as f64 * 0.6 * text;
        for (line, words) in label.iter().enumerate() {
            let at = (left - 0.8 * text, first + line as f64 * 1.2 * text);
            scene.words(Words::new(words, at, text).side(Side::Right).colour(INK));
        }
        for (column, reading) in columns.iter().enumerate() {
            let x = left + column as f64 * cell;
            let corners = [(x, y), (x + cell, y + height)];
            draw_cell(&mut scene, row, *reading, corners, verdicts.rules.alpha, paper);
        }
        y += height;
    }
    let across = Paper { width: scene.width, ..paper };
    scene.height =
        key(&mut scene, across, y + 0.7 * text, &signs(&rows, verdicts)) + paper.margin();
    Some(scene)
}

/// Titles of columns, upright where a word is wider than its column; gives the height below them.
fn heads(scene: &mut Scene, columns: &[Reading], left: f64, cell: f64, text: f64) -> f64 {
    let top = 0.5 * text;
    let fits = |word: &str| text_width(word, text, true) <= cell - 0.4 * text;
    let flat = columns.iter().all(|reading| title(*reading).split(' ').all(fits));
    let middle = |column: usize| left + (column as f64 + 0.5) * cell;
    if flat {
        let wrapped: Vec<Vec<String>> = columns
            .iter()
            .map(|reading| wrap(title(*reading), text, true, cell - 0.4 * text))
            .collect();
        let most = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        for (column, lines) in wrapped.iter().enumerate() {
            for (line, words) in lines.iter().enumerate() {
                let above = (most - lines.len() + line) as f64 * 1.25 * text;
                let words = Words::new(words, (middle(column), top + above), text).bold();
                scene.words(words.side(Side::Centre).height(Height::Top).colour(INK));
            }
        }
        return top + most as f64 * 1.25 * text;
    }
    let upright: Vec<Vec<String>> =
        columns.iter().map(|reading| wrap(title(*reading), text, true, UPRIGHT * text)).collect();
    let longest = upright.iter().flatten().map(|line| text_width(line, text, true));
    let bottom = top + longest.fold(0.0, f64::max) + 0.2 * text;
    for (column, lines) in upright.iter().enumerate() {
        for (line, words) in lines.iter().enumerate() {
            let aside = line as f64 - (lines.len() - 1) as f64 / 2.0;
            let at = (middle(column) + 1.2 * aside * text, bottom);
            scene.words(Words::new(words, at, text).bold().colour(INK).upwards());
        }
    }
    bottom + 0.2 * text
}

fn draw_cell(
    scene: &mut Scene,
    row: &Effect<'_>,
    reading: Reading,
    corners: [(f64, f64); 2],
    alpha: f64,
    paper: Paper,
) {
    let [(left, top), (right, bottom)] = corners;
    let middle = ((left + right) / 2.0, (top + bottom) / 2.0);
    let point = row.at(reading);
    let Some((point, found)) = point.and_then(|at| Some((at, Percent::of(at.difference)?))) else {
        let words = Words::new(NOTHING, middle, paper.text).side(Side::Centre);
        scene.words(words.colour(GREY));
        return;
    };
    let (colour, significant) = direction(point.difference, alpha);
    let gap = 0.06 * paper.text;
    let (left, top, right, bottom) = (left + gap, top + gap, right - gap, bottom - gap);
    let fill = if significant { colour } else { BAND };
    scene.area(vec![(left, top), (right, top), (right, bottom), (left, bottom)], fill, 1.0);
    let words = Words::new(percent(found.mean) + &marks(point), middle, paper.text);
    let words = words.side(Side::Centre);
    scene.words(if significant { words.bold().colour(WHITE) } else { words.colour(GREY) });
    let hint = format!(
        "{}, {}: {}, {}",
        row.name,
        title(reading),
        found.text(),
        p_relation(point.difference.p_holm)
    );
    scene.hint(corners, hint);
}

fn signs(rows: &[&Effect<'_>], verdicts: &Verdicts) -> Vec<(Sign, String)> {
    let alpha = verdicts.rules.alpha;
    let points = || {
        rows.iter()
            .flat_map(|row| Reading::ALL.into_iter().filter_map(move |reading| row.at(reading)))
    };
    let any = |wanted: &dyn Fn(&Point<'_>) -> bool| points().any(wanted);
    let mut signs = Vec::new();
    if any(&|point| point.difference.falls(alpha)) {
        signs.push((Sign::Cell(VERMILLION), "significantly lower".to_owned()));
    }
    if any(&|point| point.difference.rises(alpha)) {
        signs.push((Sign::Cell(BLUE), "significantly higher".to_owned()));
    }
    signs.push((Sign::Cell(BAND), "not significant".to_owned()));
    if any(&|point| point.from_smallest) {
        signs.push((Sign::Bare, format!("{FROM_SMALLEST} from the smallest K")));
    }
    if any(&|point| point.from_start) {
        let meaning = "interpolated before the first evaluation";
        signs.push((Sign::Bare, format!("{FROM_START} {meaning}")));
    }
    signs
}
