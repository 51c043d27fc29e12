//! The settings of SASRec.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::experts::ExpertsConfig;
use crate::features::FeaturesConfig;

/// The stabiliser in LayerNorm's denominator, as in the original implementation.
pub(super) const LAYER_NORM_EPSILON: f64 = 1e-8;

/// SASRec: a causal transformer with tied item embeddings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SasrecConfig {
    /// Width of the embeddings and of every block.
    #[schemars(range(min = 1, max = 4096))]
    pub dim: usize,
    /// Number of transformer blocks.
    #[schemars(range(min = 1, max = 64))]
    pub blocks: usize,
    /// Attention heads; must divide `dim`.
    #[schemars(range(min = 1, max = 64))]
    pub heads: usize,
    /// Width of the feed-forward layer; SASRec's own is `dim`.
    #[schemars(range(min = 1, max = 16384))]
    pub feed_forward: usize,
    /// Longest window of history that the model sees.
    #[schemars(range(min = 1, max = 2048))]
    pub max_len: usize,
    /// Sparse experts in place of the feed-forward layer; none unless given.
    pub experts: Option<ExpertsConfig>,
    /// Features of items beside their ids, or in place of them; ids alone unless given.
    pub features: Option<FeaturesConfig>,
}

impl Default for SasrecConfig {
    fn default() -> Self {
        Self {
            dim: 64,
            blocks: 2,
            heads: 2,
            feed_forward: 64,
            max_len: 50,
            experts: None,
            features: None,
        }
    }
}

impl SasrecConfig {
    /// The keys in YAML.
    pub(crate) const KEYS: &'static [&'static str] =
        &["dim", "blocks", "heads", "feed_forward", "max_len", "experts", "features"];

    /// The first setting below the key `at` that is not possible, if any.
    pub(super) fn first_invalid(&self, at: &str) -> Result<(), InvalidSetting> {
        for (key, found, most) in [
            ("dim", self.dim, 4096),
            ("blocks", self.blocks, 64),
            ("heads", self.heads, 64),
            ("feed_forward", self.feed_forward, 16_384),
            ("max_len", self.max_len, 2048),
        ] {
            let key = format!("{at}.{key}");
            InvalidSetting::at_least(&key, found, 1)?;
            InvalidSetting::at_most(&key, found, most)?;
        }
        if !self.dim.is_multiple_of(self.heads) {
            let allowed = format!("a divisor of {at}.dim = {}", self.dim);
            return Err(InvalidSetting::new(&format!("{at}.heads"), self.heads, allowed));
        }
        if let Some(features) = &self.features {
            features.first_invalid(&format!("{at}.features"))?;
        }
        self.experts.as_ref().map_or(Ok(()), |experts| {
            experts.first_invalid(&format!("{at}.experts"), at, self.feed_forward)
        })
    }
}

impl Identify for SasrecConfig {
    fn identify(&self, identity: &mut Identity) {
        identity.field("dim", &self.dim);
        identity.field("blocks", &self.blocks);
        identity.field("heads", &self.heads);
        identity.field("feed_forward", &self.feed_forward);
        identity.field("max_len", &self.max_len);
        if let Some(experts) = &self.experts {
            identity.part("experts", experts);
        }
        if let Some(features) = &self.features {
            identity.part("features", features);
        }
    }
}
