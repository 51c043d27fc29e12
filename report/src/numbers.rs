//! How numbers are written in text and tables.

use crate::statistics::Estimate;

/// What stands for a number that does not exist.
pub(crate) const NOTHING: &str = "–";

/// A ranking metric: four decimals, with a true minus sign.
pub(crate) fn metric(value: f64) -> String {
    minus(format!("{value:.4}"))
}

/// A loss, share or weight: four significant digits, scientific below 0.001.
pub(crate) fn quantity(value: f64) -> String {
    let size = value.abs();
    minus(if value == 0.0 {
        "0".to_owned()
    } else if size < 1e-3 {
        format!("{value:.2e}")
    } else if size < 10.0 {
        format!("{value:.4}")
    } else {
        format!("{value:.1}")
    })
}

fn minus(text: String) -> String {
    let text = text.replace("e-", "e−");
    let negative = text.strip_prefix('-');
    match negative {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

/// Mean and half-width, or the mean alone for one seed.
pub(crate) fn plus_minus(estimate: Option<Estimate>, write: fn(f64) -> String) -> String {
    match estimate {
        None => NOTHING.to_owned(),
        Some(Estimate { mean, half_width: Some(half), .. }) => {
            // What differs between seeds by rounding alone does not differ.
            let half = if half > 1e-9 * mean.abs() { half } else { 0.0 };
            format!("{} ± {}", write(mean), write(half))
        }
        Some(Estimate { mean, .. }) => write(mean),
    }
}

/// A number with its sign; none where it is written as zero.
pub(crate) fn signed(value: f64, write: fn(f64) -> String) -> String {
    let text = write(value);
    if value > 0.0 && text.chars().any(|c| matches!(c, '1'..='9')) {
        format!("+{text}")
    } else {
        text
    }
}

/// A percentage with its sign and one decimal, without the sign of percent.
pub(crate) fn percent(value: f64) -> String {
    signed(value, |value| minus(format!("{value:.1}")))
}

/// A share as a percentage, with as few decimals as it has, for what somebody set.
pub(crate) fn whole_percent(share: f64) -> String {
    ((share * 1e5).round() / 1e3).to_string()
}

/// The level at which tests are usually judged.
pub(crate) const LEVEL: f64 = 0.05;

/// A p value for a table: two or four decimals, or as many as show on which side of 0.05 it lies.
pub(crate) fn p_value(value: f64) -> String {
    if value < 0.001 {
        return "< 0.001".to_owned();
    }
    let least = if value < 0.1 { 4 } else { 2 };
    let written = (least..15).map(|decimals| format!("{value:.decimals$}"));
    let mut right = written.filter(|text| {
        text.parse::<f64>().is_ok_and(|rounded| (rounded < LEVEL) == (value < LEVEL))
    });
    right.next().unwrap_or_else(|| value.to_string())
}

/// A p value for a sentence.
pub(crate) fn p_relation(value: f64) -> String {
    let written = p_value(value);
    if written.starts_with('<') { format!("p {written}") } else { format!("p = {written}") }
}

/// A mean and its half-width as plain numbers.
pub(crate) fn plain_estimate(estimate: Option<Estimate>) -> [String; 2] {
    [plain(estimate.map(|found| found.mean)), plain(estimate.and_then(|found| found.half_width))]
}

/// A plain number for a CSV file; empty when there is none.
pub(crate) fn plain(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map(|value| value.to_string()).unwrap_or_default()
}

/// A whole number with thin groups of thousands.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 seed`, `3 seeds`.
pub(crate) fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// Seconds as a person would say them.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds < 120.0 {
        format!("{seconds:.1} s")
    } else if seconds < 7200.0 {
        format!("{:.1} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3600.0)
    }
}

/// Seconds since 1970 as a UTC date and time.
pub(crate) fn utc(unix: u64) -> String {
    let (days, second) = ((unix / 86_400) as i64, unix % 86_400);
    // Days to civil date, Hinnant, http://howardhinnant.github.io/date_algorithms.html
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (second / 3600, second % 3600 / 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_that_were_set_have_the_decimals_they_were_given() {
        assert_eq!([0.02, 0.07, 0.14, 0.005].map(whole_percent), ["2", "7", "14", "0.5"]);
    }

    #[test]
    fn dates_are_civil() {
        assert_eq!(utc(0), "1970-01-01 00:00 UTC");
        assert_eq!(utc(951_827_696), "2000-02-29 12:34 UTC");
        assert_eq!(utc(1_767_225_599), "2025-12-31 23:59 UTC");
    }

    #[test]
    fn the_side_of_the_level_shows() {
        for (value, written) in [
            (0.0503, "0.0503"),
            (0.0498, "0.0498"),
            (0.049_999, "0.049999"),
            (0.05, "0.0500"),
            (0.050_001, "0.0500"),
            (0.000_99, "< 0.001"),
            (0.177_3, "0.18"),
            (1.0, "1.00"),
        ] {
            assert_eq!(p_value(value), written);
        }
        assert_eq!([0.2, 0.0001].map(p_relation), ["p = 0.20", "p < 0.001"]);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!([2.84, -0.04, -12.36].map(percent), ["+2.8", "0.0", "−12.4"]);
        assert_eq!(metric(-0.00001), "0.0000");
        assert_eq!(metric(-0.0123), "−0.0123");
        assert_eq!(quantity(0.000_594), "5.94e−4");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(12), "12");
        assert_eq!(duration(59.0), "59.0 s");
        let three = crate::statistics::estimate([0.1, 0.2, 0.3]);
        assert_eq!(plus_minus(three, metric), "0.2000 ± 0.2484");
        assert_eq!(
            [0.2, -0.2, 0.00001].map(|value| signed(value, metric)),
            ["+0.2000", "−0.2000", "0.0000"]
        );
    }
}
