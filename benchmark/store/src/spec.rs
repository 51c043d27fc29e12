//! The specification of a run as it lies in its entry.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::key::CellKey;

/// `spec.json` of a cell: its key beside its resolved settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellFile<S> {
    /// What it is, under the name it was trained as and without the axes of any experiment.
    pub key: CellKey,
    /// The resolved settings.
    pub settings: S,
}

/// The resolved value of a setting by its dotted key, as in `preference.beta`, in the settings of a
/// cell or of a reference.
///
/// A cell's settings hold those of its reference as `start`, with `model` and `reference` in them.
#[must_use]
pub fn setting<'a>(settings: &'a Value, key: &str) -> Option<&'a Value> {
    let root = match key.split('.').next() {
        Some("model" | "reference" | "dataset") => settings.get("start").unwrap_or(settings),
        _ => settings,
    };
    key.split('.').try_fold(root, |value, part| value.get(part))
}

/// Whether a dotted key is a setting or one of the settings inside it: `preference.sampler` and
/// `preference.sampler.popularity.exponent` are within `preference.sampler`.
#[must_use]
pub fn is_within(key: &str, setting: &str) -> bool {
    let mut parts = key.split('.');
    setting.split('.').all(|part| parts.next() == Some(part))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_are_found_by_their_dotted_keys() {
        let start = json!({"model": {"dim": 8}, "reference": {"epochs": 2}});
        let cell = json!({"start": start, "preference": {"sampler": {"hard": {"pool": 9}}}});
        assert_eq!(setting(&cell, "model.dim"), Some(&json!(8)));
        assert_eq!(setting(&start, "reference.epochs"), Some(&json!(2)));
        assert_eq!(setting(&cell, "preference.sampler.hard.pool"), Some(&json!(9)));
        assert_eq!(setting(&cell, "preference.beta"), None);
    }

    #[test]
    fn a_key_is_within_a_setting_part_by_part() {
        let sampler = "preference.sampler";
        assert!(is_within(sampler, sampler) && is_within("preference.sampler.hard", sampler));
        for key in ["preference", "preference.sampler_pool", "model.sampler", "sampler"] {
            assert!(!is_within(key, sampler), "{key}");
        }
    }
}
