//! What the values of options may be.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use prefsweep_datasets::DatasetName;

/// Seconds of an option: thirty years.
const LONGEST: f64 = 1e9;

/// The name of a dataset.
pub(super) fn dataset_names() -> impl TypedValueParser<Value = DatasetName> {
    let find = |name: String| {
        let known = DatasetName::ALL.iter().copied().find(|known| known.as_str() == name);
        known.ok_or("a name that the parser does not know")
    };
    PossibleValuesParser::new(DatasetName::ALL.iter().map(|name| name.as_str())).try_map(find)
}

/// A time in seconds.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.0..=LONGEST).contains(seconds));
    let seconds = seconds.map(Duration::from_secs_f64);
    seconds.ok_or_else(|| format!("allowed a number of seconds, from 0 to {LONGEST}"))
}

/// A whole number within bounds.
pub(super) fn whole<T>(least: u64, most: u64) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: TryFrom<u64>,
{
    move |text| {
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        let number = number.and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| format!("allowed a whole number from {least} to {most}"))
    }
}

/// What stands on a line for sbatch behind an option.
pub(super) fn word(text: &str) -> Result<String, String> {
    let is_one = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    if is_one { Ok(text.to_owned()) } else { Err("allowed one word".to_owned()) }
}

/// An option for sbatch, on one line.
pub(super) fn option(text: &str) -> Result<String, String> {
    let is_one = text.starts_with('-') && !text.contains(char::is_control);
    if is_one {
        Ok(text.to_owned())
    } else {
        Err("allowed an option, as in --account=lab".to_owned())
    }
}
