//! The registry of samplers.

use prefsweep_store::{Identify, Identity, registry};

use super::hard::Hard;
use super::in_batch::InBatch;
use super::popularity::Popularity;
use super::sampler::Sampler;
use super::similarity::Similarity;
use super::uniform::Uniform;

registry! {
    SamplerConfig, "Sampler", a "sampler"; dyn Sampler by as_sampler;
    "uniform" => Uniform(Uniform),
    "popularity" => Popularity(Popularity),
    "similarity" => Similarity(Similarity),
    "in_batch" => InBatch(InBatch),
    "hard" => Hard(Hard),
}

impl Default for SamplerConfig {
    fn default() -> Self {
        Self::Uniform(Uniform {})
    }
}

impl SamplerConfig {
    /// Whether it is the default.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Identify for SamplerConfig {
    fn identify(&self, identity: &mut Identity) {
        identity.field("name", self.name());
        identity.version("sampler", self.as_sampler().version());
        self.as_sampler().identify(identity);
    }
}
