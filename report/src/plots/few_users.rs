//! The gain of every loss over its reference against the number of users that are trained on.

use std::collections::BTreeMap;

use prefsweep_store::{LossKey, value_name};
use serde_json::Value;

use super::chart::{Axis, MARGIN, PAGE, Panel, footer, header, setting};
use super::figure::{Drawn, Figure};
use super::first_page::Tested;
use super::legend::{Item, REFERENCE_DASH, legend};
use super::looks::{Look, look};
use super::palette::GREY;
use super::scene::{Point, Scene};
use crate::distinct::distinct;
use crate::names::loss_name;
use crate::verdict::{Difference, Gain, Place};

const NAME: &str = "few_users";
const HEIGHT: f64 = 520.0;
/// Between lines at one number of users, of the distance between two.
const APART: f64 = 0.06;

/// A loss, and its gain at every place where it has one.
struct Line<'a> {
    loss: &'a LossKey,
    look: Look,
    gains: Vec<(Place<'a>, Difference)>,
}

/// The figure; none where the number of users is no axis.
pub(crate) fn draw(tested: Tested<'_>) -> Option<Drawn> {
    let (findings, verdicts) = (tested.findings, tested.verdicts);
    let few = verdicts.few_users.as_ref()?;
    let lines = lines(tested, &few.gains);
    let of_lines = || lines.iter().flat_map(|line| &line.gains);
    let missing = || Some(Err((NAME, "no loss is compared with its reference".to_owned())));
    if of_lines().next().is_none() {
        return missing();
    }
    let values = of_lines().flat_map(|(_, found)| [found.interval.0, found.interval.1]);
    let Some(y) = Axis::around(format!("{} − reference", verdicts.measure), values.chain([0.0]))
    else {
        return missing();
    };
    let mut places: Vec<Place<'_>> = distinct(of_lines().map(|(place, _)| *place));
    places.sort_by(|one, other| one.order(*other));
    let stages = distinct(places.iter().map(|place| place.stages));
    let users: Vec<Option<&Value>> = distinct(places.iter().map(|place| place.users));
    let title = format!("Gain in test {} over the reference by users trained on", verdicts.measure);
    let mut scene = Scene::new(PAGE);
    let others = others(&few.gains, &lines);
    let subtitle = format!(
        "{}. Every loss at the K that is best on validation{others}. Bars: 95 % interval, paired by user and seed.",
        setting(findings)
    );
    let top = header(&mut scene, &title, &subtitle) + Panel::top_room();
    let cell = (PAGE - 2.0 * MARGIN) / stages.len() as f64;
    for (at, stages) in stages.iter().enumerate() {
        let left = MARGIN + at as f64 * cell + Panel::left_room(&y);
        let name = |value: &Option<&Value>| value.map_or_else(String::new, value_name);
        let x = Axis::labelled("users trained on", users.iter().map(name));
        let width = MARGIN + (at + 1) as f64 * cell - left - 22.0;
        let panel = Panel { left, top, width, height: HEIGHT, x, y: y.clone() };
        let heading =
            stages.map_or_else(String::new, |value| format!("stages: {}", value_name(value)));
        panel.frame(&mut scene, &heading);
        scene.dashed(
            vec![panel.at(panel.x.low, 0.0), panel.at(panel.x.high, 0.0)],
            GREY,
            2.0,
            Some(REFERENCE_DASH),
        );
        for (order, line) in lines.iter().enumerate() {
            let shift = APART * (order as f64 - (lines.len() - 1) as f64 / 2.0);
            let points = users.iter().enumerate().filter_map(|(at, users)| {
                let here = Place { stages: *stages, users: *users };
                let found = line.gains.iter().find(|(place, _)| *place == here)?.1;
                Some((at as f64 + shift, found))
            });
            draw_line(&mut scene, &panel, line, &points.collect::<Vec<_>>());
        }
    }
    let items = lines.iter().map(|line| Item {
        label: loss_name(line.loss),
        colour: line.look.colour,
        marker: Some(line.look.marker),
        dash: line.look.dash,
        width: 3.0,
    });
    let below = top + HEIGHT + Panel::bottom_room() + 10.0;
    let below = legend(&mut scene, below, &items.collect::<Vec<_>>());
    footer(&mut scene, below, &[]);
    let caption = format!(
        "Test {} at the end of training minus that of the reference that a run started from, by the number of \
         users trained on; the users evaluated are always the same. Every loss is at the K that is best on validation{others}.",
        verdicts.measure
    );
    Some(Ok(Figure::new(NAME, title, caption, scene)))
}

/// One line per loss: of several values on other axes the first.
fn lines<'a>(tested: Tested<'a>, gains: &'a [Gain]) -> Vec<Line<'a>> {
    let losses = distinct(gains.iter().map(|gain| &gain.setting.series.loss));
    let line = |loss: &'a LossKey| {
        let own =
            || gains.iter().filter(move |gain| gain.setting.series.loss == *loss && gain.is_best);
        let places = distinct(own().map(Gain::place));
        let first = |place: Place<'a>| {
            let found = own().find(|gain| gain.place() == place)?;
            Some((place, found.over_reference?))
        };
        let mut series = tested.findings.sweep.series.iter();
        let series = series.position(|known| known.key.loss == *loss)?;
        let gains: Vec<_> = places.into_iter().filter_map(first).collect();
        (!gains.is_empty()).then(|| Line { loss, look: look(tested.findings, series), gains })
    };
    losses.into_iter().filter_map(line).collect()
}

/// The values on the other axes, as part of a sentence.
fn others(gains: &[Gain], lines: &[Line<'_>]) -> String {
    let first =
        gains.iter().find(|gain| lines.iter().any(|line| gain.setting.series.loss == *line.loss));
    let axes: BTreeMap<&str, &Value> = first
        .into_iter()
        .flat_map(|gain| &gain.setting.series.axes)
        .filter(|(axis, _)| !axis.starts_with("training."))
        .map(|(axis, value)| (prefsweep_store::axis_name(axis), value))
        .collect();
    axes.into_iter().map(|(axis, value)| format!(", {axis} {}", value_name(value))).collect()
}

fn draw_line(scene: &mut Scene, panel: &Panel, line: &Line<'_>, points: &[(f64, Difference)]) {
    let look = line.look;
    scene.part(&loss_name(line.loss), |scene| {
        for (x, found) in points {
            let (low, high) = found.interval;
            scene.line(vec![panel.at(*x, low), panel.at(*x, high)], look.colour.lighter(0.25), 2.0);
        }
        let means: Vec<Point> =
            points.iter().map(|(x, found)| panel.at(*x, found.difference)).collect();
        if means.len() > 1 {
            scene.dashed(means.clone(), look.colour, 3.0, look.dash);
        }
        for point in means {
            scene.marker(look.marker, point, 8.0, look.colour);
        }
    });
}
