//! Differences and p values in words.

use super::compare::Difference;
use super::rules::LEVEL;
use crate::numbers::{metric, signed};

/// `−0.0123 (−0.0200 to −0.0046)`.
pub(crate) fn with_interval(found: &Difference) -> String {
    let (low, high) = found.interval;
    let [mean, low, high] = [found.difference, low, high].map(|value| signed(value, metric));
    format!("{mean} ({low} to {high})")
}

/// A percentage.
pub(crate) fn tenths(value: f64) -> String {
    format!("{value:+.1}").replace('-', "−")
}

/// For a table: three decimals, and more where three would be those of the level itself.
pub(crate) fn p_value(value: f64) -> String {
    if value < 0.001 {
        return "< 0.001".to_owned();
    }
    let is_level = |text: &str| value != LEVEL && text.parse() == Ok(LEVEL);
    let texts = (3..=8).map(|decimals| format!("{value:.decimals$}"));
    let mut texts = texts.skip_while(|text| is_level(text));
    texts.next().unwrap_or_else(|| value.to_string())
}

/// For a sentence.
pub(crate) fn relation(value: f64) -> String {
    let text = p_value(value);
    if text.starts_with('<') { format!("p {text}") } else { format!("p = {text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_sides_of_the_level_are_told_apart() {
        let texts = [0.0503, 0.0498, 0.04996, 0.050_000_4, 0.05].map(p_value);
        assert_eq!(texts, ["0.0503", "0.0498", "0.04996", "0.0500004", "0.050"]);
        assert_eq!(
            [0.0504, 0.051, 0.0493, 0.2, 1.0].map(p_value),
            ["0.0504", "0.051", "0.049", "0.200", "1.000"]
        );
        assert_eq!([0.0009, 0.001].map(relation), ["p < 0.001", "p = 0.001"]);
    }
}
