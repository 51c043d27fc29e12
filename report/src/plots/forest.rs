//! A forest plot of the paired differences at the end of training: a row each, with its interval.

use super::chart::Axis;
use super::key::{Sign, dot, key};
use super::marker::Fill;
use super::palette::{BAND, BLUE, GREY, GRID, INK, VERMILLION};
use super::paper::Paper;
use super::scale::{across, direction, scale};
use super::scene::{Height, Scene, Side, Words, text_width, with_whole_k, wrap};
use crate::effects::{Effect, Kind, Percent};
use crate::numbers::{p_relation, p_value, whole_percent};
use crate::reading::Reading;
use crate::verdict::{Difference, Verdicts};

/// So many rows are read at a glance; where there are more, those about the reference are left to the
/// table.
const MOST_ROWS: usize = 40;
/// Where even then there are more than this, those alone are drawn that are significant at some evaluation point.
const TOO_MANY_ROWS: usize = 80;

/// A row as it is drawn.
struct Row<'a> {
    kind: Kind,
    label: Vec<String>,
    name: &'a str,
    found: &'a Difference,
    percent: Percent,
}

/// The rows that are shown.
pub(crate) struct Shown<'e, 'a> {
    pub(crate) rows: Vec<&'e Effect<'a>>,
    /// What is left out, as sentences behind others; nothing where all are shown.
    pub(crate) left_out: String,
}

/// Which rows are shown, and which not.
pub(crate) fn shown<'e, 'a>(effects: &'e [Effect<'a>], alpha: f64) -> Shown<'e, 'a> {
    let tested = |effect: &&Effect<'_>| effect.at_end().and_then(Percent::of).is_some();
    let mut rows: Vec<&Effect<'_>> = effects.iter().filter(tested).collect();
    let mut left_out = String::new();
    let all = rows.len();
    let is_other = |effect: &&Effect<'_>| effect.kind != Kind::Reference;
    if all > MOST_ROWS && rows.iter().any(is_other) {
        rows.retain(is_other);
    }
    if rows.len() < all {
        left_out =
            " Comparisons with the reference are in the tables: they are too many to draw.".into();
    }
    let others = rows.len();
    if others > TOO_MANY_ROWS {
        let found: Vec<&Effect<'_>> =
            rows.iter().copied().filter(|effect| effect.is_significant(alpha)).collect();
        // Where nothing is, the first ones stand for all.
        let kept = if found.is_empty() { "first" } else { "significant at some evaluation point" };
        rows = if found.is_empty() { rows[..MOST_ROWS].to_vec() } else { found };
        let count = rows.len();
        let what = if others < all { "others" } else { "comparisons" };
        left_out.push_str(&format!(" Of {others} {what} the {count} that are {kept} are drawn."));
    }
    Shown { rows, left_out }
}

/// The picture; none where nothing was tested.
pub(crate) fn scene(effects: &[Effect<'_>], verdicts: &Verdicts, paper: Paper) -> Option<Scene> {
    let text = paper.text;
    let rows = rows(effects, verdicts.rules.alpha, paper);
    let margin = 100.0 * verdicts.rules.margin_share;
    let all: Vec<Percent> = rows.iter().map(|row| row.percent).collect();
    let axis = scale(&all, margin).filter(|_| !rows.is_empty())?;
    let mut scene = Scene::new(paper.width);
    let labels = rows.iter().flat_map(|row| &row.label);
    let label_room = labels.map(|line| text_width(line, text, false)).fold(0.0, f64::max);
    let numbers = paper.is_wide().then(|| Numbers::of(&rows, text));
    let left = paper.margin() + label_room + 0.9 * text;
    let number_room = numbers.as_ref().map_or(0.0, |numbers| numbers.width + 1.5 * text);
    let width = paper.width - paper.margin() - number_room - left - 0.4 * text;
    let frame = Frame { left, width, axis: &axis, paper };

    let top = paper.margin();
    let mut y = top;
    let mut body = Scene::new(paper.width);
    let mut bands = Vec::new();
    for kind in Kind::ALL {
        let of_kind: Vec<&Row<'_>> = rows.iter().filter(|row| row.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        let heading = wrap(kind.title(), text, true, paper.width - 2.0 * paper.margin());
        for line in heading {
            let at = (paper.margin(), y);
            body.words(Words::new(line, at, text).bold().colour(INK).height(Height::Top));
            y += 1.3 * text;
        }
        if let Some(numbers) = numbers.as_ref().filter(|_| bands.is_empty()) {
            numbers.heading(&mut body, paper, y - 1.3 * text);
        }
        y += 0.25 * text;
        let from = y;
        for row in of_kind {
            let height = row.label.len() as f64 * 1.2 * text + 0.45 * text;
            frame.row(&mut body, row, y, height, verdicts.rules.alpha);
            if let Some(numbers) = &numbers {
                numbers.row(&mut body, paper, row, y + height / 2.0);
            }
            y += height;
        }
        bands.push((from, y));
        y += 0.7 * text;
    }
    let bottom = bands.last().map_or(y, |(_, bottom)| *bottom);
    for (from, to) in &bands {
        frame.ground(&mut scene, *from, *to, margin);
    }
    scene.shapes.extend(body.shapes);
    y = frame.foot(&mut scene, bottom, &axis_title(verdicts));
    let signs = signs(&rows, verdicts);
    scene.height = key(&mut scene, paper, y + 0.6 * text, &signs) + paper.margin();
    Some(scene)
}

/// What the horizontal axis measures.
fn axis_title(verdicts: &Verdicts) -> String {
    format!("paired difference of test {}, % of the baseline", verdicts.measure)
}

fn rows<'a>(effects: &'a [Effect<'_>], alpha: f64, paper: Paper) -> Vec<Row<'a>> {
    let share = if paper.is_wide() { 0.36 } else { 0.5 };
    let row = |effect: &'a Effect<'_>| {
        let found = effect.at(Reading::End)?.difference;
        let percent = Percent::of(found)?;
        let label = wrap(&with_whole_k(&effect.name), paper.text, false, share * paper.width);
        Some(Row { kind: effect.kind, label, name: &effect.name, found, percent })
    };
    shown(effects, alpha).rows.into_iter().filter_map(row).collect()
}

fn signs(rows: &[Row<'_>], verdicts: &Verdicts) -> Vec<(Sign, String)> {
    let alpha = verdicts.rules.alpha;
    let mut signs = Vec::new();
    if rows.iter().any(|row| row.found.falls(alpha)) {
        signs.push((Sign::Dot(Fill::Full, VERMILLION), "significantly lower".to_owned()));
    }
    if rows.iter().any(|row| row.found.rises(alpha)) {
        signs.push((Sign::Dot(Fill::Full, BLUE), "significantly higher".to_owned()));
    }
    if rows.iter().any(|row| !direction(row.found, alpha).1) {
        signs.push((Sign::Dot(Fill::Open, GREY), "not significant".to_owned()));
    }
    signs.push((Sign::Band, format!("margin ±{} %", whole_percent(verdicts.rules.margin_share))));
    signs
}

/// Where the picture itself lies.
struct Frame<'a> {
    left: f64,
    width: f64,
    axis: &'a Axis,
    paper: Paper,
}

impl Frame<'_> {
    /// Pixels of a value, and whether it lies within.
    fn at(&self, value: f64) -> (f64, bool) {
        let share = self.axis.share(value);
        (self.left + share.clamp(0.0, 1.0) * self.width, (0.0..=1.0).contains(&share))
    }

    /// The band of the margin, the grid and the line at zero.
    fn ground(&self, scene: &mut Scene, top: f64, bottom: f64, margin: f64) {
        let (left, right) = (self.at(-margin).0, self.at(margin).0);
        scene.area(vec![(left, top), (right, top), (right, bottom), (left, bottom)], BAND, 1.0);
        for (value, _) in across(self.axis, self.width, self.paper.text) {
            let (x, _) = self.at(value);
            let colour = if value == 0.0 { INK } else { GRID };
            scene.line(vec![(x, top), (x, bottom)], colour, self.paper.hair());
        }
    }

    fn row(&self, scene: &mut Scene, row: &Row<'_>, top: f64, height: f64, alpha: f64) {
        let text = self.paper.text;
        let y = top + height / 2.0;
        let first = y - (row.label.len() - 1) as f64 * 0.6 * text;
        for (line, words) in row.label.iter().enumerate() {
            let at = (self.left - 0.9 * text, first + line as f64 * 1.2 * text);
            scene.words(Words::new(words, at, text).side(Side::Right).colour(INK));
        }
        let (colour, significant) = direction(row.found, alpha);
        let Percent { mean, low, high } = row.percent;
        let [(start, starts), (end, ends)] = [low, high].map(|value| self.at(value));
        let width = self.paper.hair() * if significant { 2.2 } else { 1.5 };
        scene.line(vec![(start, y), (end, y)], colour, width);
        let cap = 0.22 * text;
        for (x, inside, outwards) in [(start, starts, -1.0), (end, ends, 1.0)] {
            if inside {
                scene.line(vec![(x, y - cap), (x, y + cap)], colour, width);
            } else {
                // An arrow head: the interval goes on.
                let back = x - outwards * 1.6 * cap;
                scene.area(vec![(x, y), (back, y - cap), (back, y + cap)], colour, 1.0);
            }
        }
        let fill = if significant { Fill::Full } else { Fill::Open };
        scene.marker(dot(fill), (self.at(mean).0, y), 0.3 * text, colour);
        let hint =
            format!("{}: {}, {}", row.name, row.percent.text(), p_relation(row.found.p_holm));
        let corners = [(self.left, top), (self.left + self.width, top + height)];
        scene.hint(corners, hint);
    }

    /// Ticks and title below; gives the height below them.
    fn foot(&self, scene: &mut Scene, bottom: f64, title: &str) -> f64 {
        let text = self.paper.text;
        let right = self.left + self.width;
        scene.line(vec![(self.left, bottom), (right, bottom)], GREY, self.paper.hair());
        for (value, label) in across(self.axis, self.width, text) {
            let (x, _) = self.at(value);
            scene.line(vec![(x, bottom), (x, bottom + 0.3 * text)], GREY, self.paper.hair());
            let words = Words::new(label, (x, bottom + 0.55 * text), text).colour(GREY);
            scene.words(words.side(Side::Centre).height(Height::Top));
        }
        let mut y = bottom + 1.75 * text;
        let room = self.paper.width - 2.0 * self.paper.margin();
        for line in wrap(title, text, false, room) {
            let half = text_width(&line, text, false) / 2.0;
            let farthest = self.paper.width - self.paper.margin() - half;
            let x = (self.left + self.width / 2.0).min(farthest).max(self.paper.margin() + half);
            let words = Words::new(line, (x, y), text).side(Side::Centre);
            scene.words(words.height(Height::Top).colour(INK));
            y += 1.3 * text;
        }
        y
    }
}

/// The columns of numbers right of the picture.
struct Numbers {
    /// Of both columns.
    width: f64,
    /// Of the column of p.
    p: f64,
}

impl Numbers {
    const HEADINGS: [&str; 2] = ["% [95 % CI]", "p (Holm)"];

    fn of(rows: &[Row<'_>], text: f64) -> Self {
        let widest = |texts: Vec<String>, heading: &str| {
            let texts = texts.iter().map(|words| text_width(words, text, false));
            texts.fold(text_width(heading, text, true), f64::max)
        };
        let interval =
            widest(rows.iter().map(|row| row.percent.interval()).collect(), Self::HEADINGS[0]);
        let p =
            widest(rows.iter().map(|row| p_value(row.found.p_holm)).collect(), Self::HEADINGS[1]);
        Self { width: interval + p + 1.2 * text, p }
    }

    fn ends(&self, paper: Paper) -> [f64; 2] {
        let right = paper.width - paper.margin();
        [right - self.p - 1.2 * paper.text, right]
    }

    fn heading(&self, scene: &mut Scene, paper: Paper, y: f64) {
        for (x, heading) in self.ends(paper).into_iter().zip(Self::HEADINGS) {
            let words = Words::new(heading, (x, y), paper.text).bold().colour(INK);
            scene.words(words.side(Side::Right).height(Height::Top));
        }
    }

    fn row(&self, scene: &mut Scene, paper: Paper, row: &Row<'_>, y: f64) {
        let texts = [row.percent.interval(), p_value(row.found.p_holm)];
        for (x, words) in self.ends(paper).into_iter().zip(texts) {
            let words = Words::new(words, (x, y), paper.text).colour(INK);
            scene.words(words.side(Side::Right));
        }
    }
}

#[cfg(test)]
mod tests {
    use prefsweep_store::{LossKey, SeriesKey};

    use super::*;
    use crate::verdict::fixtures::difference;

    #[test]
    fn what_is_too_much_to_draw_is_left_to_the_tables() {
        let series: SeriesKey = LossKey::new("dmpo").into();
        let [clear, unclear] = [(5.0, 0.01), (0.5, 0.8)].map(|(at, p)| difference(at, 1.0, p));
        let of = |kind, found, count| vec![Effect::of_end(kind, &series, found); count];
        let drawn = |effects: Vec<Effect<'_>>| {
            let found = shown(&effects, 0.05);
            (found.rows.len(), found.left_out)
        };
        assert_eq!(drawn(of(Kind::Reference, &unclear, 40)), (40, String::new()));
        let mut many = of(Kind::Reference, &clear, 30);
        many.extend(of(Kind::Control, &unclear, 50));
        let (rows, left_out) = drawn(many.clone());
        assert_eq!(rows, 50);
        assert!(left_out.ends_with("they are too many to draw."), "{left_out}");
        many.extend(of(Kind::Negatives, &unclear, 50));
        many.extend(of(Kind::Negatives, &clear, 2));
        let (rows, left_out) = drawn(many);
        assert_eq!(rows, 2);
        let said = "Of 102 others the 2 that are significant at some evaluation point are drawn.";
        assert!(left_out.ends_with(said), "{left_out}");
        assert_eq!(drawn(of(Kind::Control, &unclear, 81)).0, MOST_ROWS);
    }
}
