//! The settings of features.

use prefsweep_datasets::{FeatureKind, InvalidSetting};
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Features of items beside, or in place of, their ids: the embedding of item y is
/// `E_id[y] + sum_f sigma(v_f) F_f[y]`, where `F_f[y]` is the mean of the embeddings of its features of kind f (zeros
/// without any) and `v_f` is trained, from 0. Items are read and scored with the same embedding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each says whether a part is there")]
pub struct FeaturesConfig {
    /// Whether every item has an embedding of its own.
    #[serde(skip_serializing_if = "is_true")]
    pub ids: bool,
    /// Genres.
    #[serde(skip_serializing_if = "is_false")]
    pub genres: bool,
    /// Attributes, from a file of them.
    #[serde(skip_serializing_if = "is_false")]
    pub attributes: bool,
    /// Words of titles that occur at least twice.
    #[serde(skip_serializing_if = "is_false")]
    pub title_words: bool,
    /// Vectors, through one linear map.
    #[serde(skip_serializing_if = "is_false")]
    pub dense: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_true(flag: &bool) -> bool {
    *flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Default for FeaturesConfig {
    fn default() -> Self {
        Self { ids: true, genres: false, attributes: false, title_words: false, dense: false }
    }
}

impl FeaturesConfig {
    /// The kinds that are used.
    #[must_use]
    pub fn kinds(&self) -> Vec<FeatureKind> {
        let uses = |kind: &FeatureKind| match kind {
            FeatureKind::Genres => self.genres,
            FeatureKind::Attributes => self.attributes,
            FeatureKind::TitleWords => self.title_words,
            FeatureKind::Dense => self.dense,
        };
        FeatureKind::ALL.into_iter().filter(uses).collect()
    }

    /// The first setting below the key `at` that is not possible, if any.
    pub(crate) fn first_invalid(&self, at: &str) -> Result<(), InvalidSetting> {
        if !self.kinds().is_empty() {
            return Ok(());
        }
        let names = FeatureKind::ALL.map(FeatureKind::name).join(", ");
        let allowed = format!(
            "at least one of {names}, as in genres: true; ids alone are a model without {at}"
        );
        Err(InvalidSetting::new(at, "no features", allowed))
    }
}

impl Identify for FeaturesConfig {
    fn identify(&self, identity: &mut Identity) {
        identity.field("ids", &self.ids);
        for kind in self.kinds() {
            identity.field(kind.name(), &true);
        }
    }
}
