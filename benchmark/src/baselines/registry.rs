//! The baselines that there are.

use super::ease::Ease;
use super::item_knn::ItemKnn;
use super::markov::Markov;
use super::method::Method;
use super::popularity::Popularity;

/// Every baseline, in the order of the tables.
pub const BASELINES: &[&dyn Method] = &[&Popularity, &ItemKnn, &Ease, &Markov];

/// The baseline with this name in files.
#[must_use]
pub fn baseline(name: &str) -> Option<&'static dyn Method> {
    BASELINES.iter().copied().find(|method| method.name() == name)
}
