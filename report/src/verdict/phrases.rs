//! Differences and p values in words.

use super::compare::Difference;
use crate::grid::markdown_escape;
use crate::numbers;

/// Which comparisons show a fall or a rise, by `ways` of saying so, with their numbers; the others by
/// name, or by number where they are many.
pub(super) fn shown(found: &[(String, &Difference)], alpha: f64, ways: [&str; 2]) -> String {
    let mut parts = Vec::new();
    let directions: [fn(&Difference, f64) -> bool; 2] = [Difference::falls, Difference::rises];
    for (way, shows) in ways.into_iter().zip(directions) {
        let showing = found.iter().filter(|(_, difference)| shows(difference, alpha));
        let names: Vec<String> = showing
            .map(|(name, found)| {
                let (name, p) = (markdown_escape(name), relation(found.p_holm));
                format!("{name} ({}, {p})", with_interval(found))
            })
            .collect();
        parts.extend((!names.is_empty()).then(|| format!("{way} for {}", names.join("; "))));
    }
    let unclear = |found: &Difference| !found.falls(alpha) && !found.rises(alpha);
    let names: Vec<String> = found
        .iter()
        .filter(|(_, found)| unclear(found))
        .map(|(name, _)| markdown_escape(name))
        .collect();
    let rest = match (names.len(), parts.is_empty()) {
        (0, _) => return parts.join(", "),
        (count, true) if count > FEW => format!("no difference shown for any of the {count}"),
        (count, false) if count > FEW => format!("no difference shown for the {count} others"),
        _ => format!("no difference shown for {}", names.join("; ")),
    };
    parts.push(rest);
    parts.join(", ")
}

/// So many names are read at a glance.
const FEW: usize = 6;

pub(crate) fn with_interval(found: &Difference) -> String {
    let (low, high) = found.interval;
    format!("{} ({} to {})", signed(found.difference), signed(low), signed(high))
}

pub(super) fn signed(value: f64) -> String {
    let text = numbers::metric(value);
    if value > 0.0 && text != "0.0000" { format!("+{text}") } else { text }
}

pub(super) fn tenths(value: f64) -> String {
    format!("{value:+.1}").replace('-', "−")
}

pub(crate) fn p_value(value: f64) -> String {
    if value < 0.001 { "< 0.001".to_owned() } else { format!("{value:.3}") }
}

pub(super) fn relation(value: f64) -> String {
    if value < 0.001 { "p < 0.001".to_owned() } else { format!("p = {value:.3}") }
}
