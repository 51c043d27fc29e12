//! Dates and times in the notations of the datasets, as seconds since 1970.

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `2017-12-31`, at midnight.
pub(super) fn date(text: &str) -> Option<f64> {
    let mut parts = text.split('-');
    let [year, month, day] = [parts.next()?, parts.next()?, parts.next()?];
    if parts.next().is_some() {
        return None;
    }
    Some(days(whole(year)?, whole(month)?, whole(day)?)? as f64 * 86_400.0)
}

/// `2017-12-31`, also with slashes and without separators, also with a time of day after `T` or a space, with
/// optional fractions of a second and an optional time zone, also after a space (`Z`, `UTC`, `+02:00`, `+0200`, `+02`); UTC without one.
pub(super) fn iso(text: &str) -> Option<f64> {
    if let Some(spelt_out) = basic(text) {
        return iso(&spelt_out);
    }
    let midnight = date(&text.get(..10)?.replace('/', "-"))?;
    let rest = text[10..].trim_end_matches("UTC").trim_end();
    if rest.is_empty() {
        return Some(midnight);
    }
    let clock = rest.strip_prefix(['T', ' '])?;
    let (clock, offset) = match clock.find(['Z', '+', '-']) {
        None => (clock, 0),
        Some(end) => (clock[..end].trim_end(), zone(&clock[end..])?),
    };
    let mut parts = clock.splitn(3, ':');
    let (hours, minutes) = (whole(parts.next()?)?, whole(parts.next()?)?);
    let (seconds, fraction) = match parts.next().unwrap_or("00").split_once(['.', ',']) {
        Some((seconds, digits)) => (whole(seconds)?, format!("0.{}", plain(digits)?).parse().ok()?),
        None => (whole(clock.split(':').nth(2).unwrap_or("00"))?, 0.0),
    };
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    Some(midnight + (hours * 3600 + minutes * 60 + seconds - offset) as f64 + fraction)
}

/// ISO 8601's basic form, `20171231T235959Z`, with its separators.
fn basic(text: &str) -> Option<String> {
    let (date, rest) = text.split_once('T')?;
    let date = plain(date).filter(|date| date.len() == 8)?;
    let clock = plain(rest.get(..6)?)?;
    let [year, month, day] = [&date[..4], &date[4..6], &date[6..]];
    let [hours, minutes, seconds] = [&clock[..2], &clock[2..4], &clock[4..]];
    Some(format!("{year}-{month}-{day}T{hours}:{minutes}:{seconds}{}", &rest[6..]))
}

/// Seconds east of Greenwich: `Z`, `+02:00`, `+0200`, `+02`.
fn zone(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let mut digits = text[1..].replacen(':', "", 1);
    if digits.len() == 2 {
        digits.push_str("00");
    }
    let zone = whole(Some(digits.as_str()).filter(|digits| digits.len() == 4)?)?;
    Some(sign * (zone / 100 * 60 + zone % 100) * 60)
}

fn plain(digits: &str) -> Option<&str> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then_some(digits)
}

/// `Fri Aug 25 13:55:02 -0700 2017`.
pub(super) fn english(text: &str) -> Option<f64> {
    let parts: Vec<&str> = text.split_ascii_whitespace().collect();
    let &[_, month, day, clock, zone, year] = parts.as_slice() else { return None };
    let month = MONTHS.iter().position(|name| *name == month)? as i64 + 1;
    let clock: Vec<i64> = clock.split(':').map(whole).collect::<Option<_>>()?;
    let &[hours, minutes, seconds] = clock.as_slice() else { return None };
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let offset = self::zone(zone)?;
    let days = days(whole(year)?, month, whole(day)?)?;
    Some((days * 86_400 + hours * 3600 + minutes * 60 + seconds - offset) as f64)
}

fn whole(digits: &str) -> Option<i64> {
    let plain = !digits.is_empty() && digits.len() <= 4;
    (plain && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// Days from 1970-01-01 in the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month - 1).ok()?)?;
    if !(1..=length).contains(&day) {
        return None;
    }
    let before = year - 1;
    let years = 365 * year + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400);
    let months: i64 = lengths[..month as usize - 1].iter().sum();
    // 719 527 is `years` of 1970-01-01.
    Some(years + months + day - 1 - 719_527)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from GNU date: `date -u -d TEXT +%s`.
    #[test]
    fn known_times() {
        assert_eq!(date("1970-01-01"), Some(0.0));
        assert_eq!(date("2017-12-31"), Some(1_514_678_400.0));
        assert_eq!(date("2000-02-29"), Some(951_782_400.0));
        assert_eq!(english("Fri Aug 25 13:55:02 -0700 2017"), Some(1_503_694_502.0));
        for text in ["2017-08-25 20:55:02", "2017-08-25T20:55:02Z", "2017-08-25T13:55:02-07:00"] {
            assert_eq!(iso(text), Some(1_503_694_502.0), "{text}");
        }
        assert_eq!(iso("2017-08-25 20:55:02.250+0000"), Some(1_503_694_502.25));
        assert_eq!(iso("2017-08-25 20:55"), Some(1_503_694_500.0));
        assert_eq!(iso("2017-12-31"), Some(1_514_678_400.0));
        // PostgreSQL, slashes, the basic form, a zone in words.
        for text in [
            "2017-08-25 20:55:02+00",
            "2017-08-25 22:55:02+02",
            "2017/08/25 20:55:02",
            "20170825T205502Z",
            "20170825T135502-0700",
            "2017-08-25 20:55:02 UTC",
            // Ruby, git.
            "2017-08-25 20:55:02 +0000",
        ] {
            assert_eq!(iso(text), Some(1_503_694_502.0), "{text}");
        }
        // Python's logging.
        assert_eq!(iso("2017-08-25 20:55:02,250"), Some(1_503_694_502.25));
        assert_eq!(english("Wed Mar 01 00:00:00 +0530 2000"), Some(951_849_000.0));
    }

    #[test]
    fn other_texts_are_rejected() {
        for text in ["", "2017-13-01", "2017-02-29", "2017-1", "2017-01-01-01", "x-01-01", "-1-1-1"]
        {
            assert_eq!(date(text), None, "{text}");
        }
        for text in
            ["2017-12-31x", "2017-12-31 25:00", "2017-12-31T10:00:00.", "2017-12-31 10:00+1"]
        {
            assert_eq!(iso(text), None, "{text}");
        }
        for text in ["", "Fri Aug 25 13:55:02 2017", "Fri Abc 25 13:55:02 -0700 2017"] {
            assert_eq!(english(text), None, "{text}");
        }
    }
}
