//! A scale of differences in percent, shared by the figures that draw them.

use super::chart::Axis;
use super::palette::{BLUE, GREY, Rgb, VERMILLION};
use super::scene::text_width;
use crate::effects::Percent;
use crate::verdict::Difference;

/// An interval reaches beyond the frame where it is this many times as long as the largest effect.
const LONGEST: f64 = 3.0;

/// A linear scale around zero, the margin and all intervals, except ends that would dwarf the rest.
pub(crate) fn scale(found: &[Percent], margin: f64) -> Option<Axis> {
    let largest = found.iter().map(|found| found.mean.abs()).fold(margin, f64::max);
    let farthest = LONGEST * largest;
    let ends = found.iter().flat_map(|found| [found.low, found.high]);
    let ends = ends.map(|end| end.clamp(-farthest, farthest));
    Axis::around("", ends.chain([0.0, 1.15 * margin, -1.15 * margin]))
}

/// The ticks of a horizontal scale, as many as stay apart in this width.
pub(crate) fn across(axis: &Axis, width: f64, text: f64) -> Vec<(f64, String)> {
    let labels = axis.ticks.iter().map(|(_, label)| text_width(label, text, false));
    thinned(axis, width / (labels.fold(0.0, f64::max) + 0.7 * text))
}

/// The ticks of a vertical scale, as many as stay apart in this height.
pub(crate) fn upwards(axis: &Axis, height: f64, text: f64) -> Vec<(f64, String)> {
    thinned(axis, height / (1.6 * text))
}

/// About so many ticks, zero among them.
fn thinned(axis: &Axis, most: f64) -> Vec<(f64, String)> {
    let every = (axis.ticks.len() as f64 / most).ceil().max(1.0) as usize;
    let zero = axis.ticks.iter().position(|(value, _)| *value == 0.0).unwrap_or(0);
    let kept = axis.ticks.iter().enumerate().filter(|(at, _)| at.abs_diff(zero) % every == 0);
    kept.map(|(_, tick)| tick.clone()).collect()
}

/// The colour of a difference, and whether it is significant.
pub(crate) fn direction(found: &Difference, alpha: f64) -> (Rgb, bool) {
    if found.falls(alpha) {
        (VERMILLION, true)
    } else if found.rises(alpha) {
        (BLUE, true)
    } else {
        (GREY, false)
    }
}
