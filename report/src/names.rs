//! Names as papers write them, for everything that a reader sees.
//!
//! Files keep the labels of `prefsweep_store`; nothing reads a name back.

use std::collections::BTreeMap;

use prefsweep_store::{CellKey, LossKey, SeriesKey, axis_name, value_name};
use serde_json::Value;

/// What the published methods call themselves. A loss that is not listed goes by its key.
const PUBLISHED: [(&str, &str); 32] = [
    ("dpo", "DPO"),
    ("s_dpo", "S-DPO"),
    ("dmpo", "DMPO"),
    ("ro_dpo", "RoDPO"),
    ("sim_po", "SimPO"),
    ("cpo", "CPO"),
    ("sft", "SFT"),
    ("softmax_ce", "softmax CE"),
    ("mppo", "MPPO"),
    ("ipo", "IPO"),
    ("orpo", "ORPO"),
    ("bce", "BCE"),
    ("gbce", "gBCE"),
    ("bpr", "BPR"),
    ("s_sim_po", "S-SimPO"),
    ("cpo_sim_po", "CPO-SimPO"),
    ("hinge", "SLiC hinge"),
    ("c_dpo", "cDPO"),
    ("robust_dpo", "robust DPO"),
    ("nca", "NCA"),
    ("bco_pair", "BCO (pairs)"),
    ("sppo_hard", "SPPO (hard)"),
    ("apo_zero", "APO-zero"),
    ("apo_down", "APO-down"),
    ("dpop", "DPOP"),
    ("discopop", "DiscoPOP"),
    ("r_dpo", "R-DPO"),
    ("dpo_norm", "length-normalised DPO"),
    ("rec_po", "RecPO"),
    ("ada_dpo", "AdaDPO"),
    ("ada", "AdaDPO"),
    ("dynamic_po", "DynamicPO"),
];

/// What published data sets call themselves.
const DATASETS: [(&str, &str); 10] = [
    ("synthetic", "synthetic data"),
    ("ml-100k", "ML-100K"),
    ("ml-1m", "ML-1M"),
    ("lastfm", "LastFM"),
    ("lastfm-s-dpo", "S-DPO's LastFM"),
    ("amazon-beauty", "Beauty"),
    ("amazon-video-games", "Video Games"),
    ("amazon-movies-tv", "Movies and TV"),
    ("steam", "Steam"),
    ("goodreads", "Goodreads"),
];

/// `ML-1M`; one that is not listed goes by its key.
pub(crate) fn dataset_name(key: &str) -> &str {
    DATASETS.iter().find(|(known, _)| *known == key).map_or(key, |(_, name)| name)
}

/// `DMPO`, `RoDPO (pool = 20)`, `DynamicPO (S-DPO, c = 6)`.
pub(crate) fn loss_name(key: &LossKey) -> String {
    let base = key.base.iter().map(|base| loss_name(base));
    bracketed(method(key), base.chain(settings(key)))
}

/// The loss without its base loss: `DynamicPO (c = 6)`.
pub(crate) fn modifier_name(key: &LossKey) -> String {
    bracketed(method(key), settings(key))
}

/// The loss with its value on every axis: `DMPO, beta = 0.5`.
pub(crate) fn series_name(key: &SeriesKey) -> String {
    with_axes(&loss_name(&key.loss), &key.axes)
}

/// `DMPO, K = 20, seed 1`.
pub(crate) fn cell_name(key: &CellKey) -> String {
    format!("{}, K = {}, seed {}", series_name(&key.series()), key.negatives, key.seed)
}

/// A name followed by the values on the axes.
pub(crate) fn with_axes(name: &str, axes: &BTreeMap<String, Value>) -> String {
    let values = axes.iter().map(|(axis, value)| equals(axis_name(axis), value));
    std::iter::once(name.to_owned()).chain(values).collect::<Vec<_>>().join(", ")
}

fn method(key: &LossKey) -> &str {
    let listed = PUBLISHED.iter().find(|(known, _)| *known == key.name);
    listed.map_or(&key.name, |(_, name)| name)
}

fn settings(key: &LossKey) -> impl Iterator<Item = String> {
    key.settings.iter().map(|(name, value)| equals(name, value))
}

fn equals(name: &str, value: &Value) -> String {
    format!("{name} = {}", value_name(value))
}

fn bracketed(name: &str, inside: impl Iterator<Item = String>) -> String {
    let inside: Vec<String> = inside.collect();
    if inside.is_empty() { name.to_owned() } else { format!("{name} ({})", inside.join(", ")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn losses_are_called_as_their_papers_call_them() {
        let s_dpo = LossKey::new("s_dpo");
        assert_eq!(loss_name(&s_dpo), "S-DPO");
        let mut dynamic = LossKey::over("dynamic_po", s_dpo);
        assert_eq!(loss_name(&dynamic), "DynamicPO (S-DPO)");
        dynamic.settings.insert("selection".into(), json!("all"));
        assert_eq!(loss_name(&dynamic), "DynamicPO (S-DPO, selection = all)");
        assert_eq!(modifier_name(&dynamic), "DynamicPO (selection = all)");
        assert_eq!(loss_name(&LossKey::new("my_loss")), "my_loss");
        let axes = [("preference.beta".to_owned(), json!(0.5))].into();
        let series = SeriesKey { loss: LossKey::new("dmpo"), axes };
        assert_eq!(series_name(&series), "DMPO, beta = 0.5");
    }
}
