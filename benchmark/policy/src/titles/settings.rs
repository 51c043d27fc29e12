//! The settings of a policy over titles.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rank_by::RankBy;
use crate::policy::PolicySettings;
use crate::sasrec::SasrecConfig;

/// A causal transformer that reads the titles of the history and writes the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TitlesConfig {
    /// Width of the embeddings and of every block.
    #[schemars(range(min = 1, max = 4096))]
    pub dim: usize,
    /// Number of transformer blocks.
    #[schemars(range(min = 1, max = 64))]
    pub blocks: usize,
    /// Attention heads; must divide `dim`.
    #[schemars(range(min = 1, max = 64))]
    pub heads: usize,
    /// Width of the feed-forward layer.
    #[schemars(range(min = 1, max = 16384))]
    pub feed_forward: usize,
    /// Titles of the history in a window.
    #[schemars(range(min = 1, max = 2048))]
    pub max_len: usize,
    /// Tokens that are read at most; of a window with more the later titles are read without the earlier ones.
    #[schemars(range(min = 4, max = 2048))]
    pub context: usize,
    /// Tokens of a title at most, its end included; longer ones are cut.
    #[schemars(range(min = 2, max = 1024))]
    pub longest: usize,
    /// Tokens of the vocabulary at most, or one for each character and the end where that is more.
    #[schemars(range(min = 1, max = 65536))]
    pub vocabulary: usize,
    /// What items are ranked by; training knows the log-probability alone.
    pub rank_by: RankBy,
    /// The catalogue is scored as a whole up to so many nodes of the prefix tree of its titles.
    pub exact_nodes: usize,
    /// Beyond, so many of the likeliest beginnings of titles of each length are read on.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub beam: usize,
}

impl Default for TitlesConfig {
    fn default() -> Self {
        Self {
            dim: 128,
            blocks: 2,
            heads: 4,
            feed_forward: 256,
            max_len: 20,
            context: 256,
            longest: 32,
            vocabulary: 2048,
            rank_by: RankBy::Sum,
            exact_nodes: 50_000,
            beam: 256,
        }
    }
}

impl TitlesConfig {
    /// The transformer over tokens.
    pub(super) fn transformer(&self) -> SasrecConfig {
        let Self { dim, blocks, heads, feed_forward, context, .. } = *self;
        let max_len = context;
        SasrecConfig { dim, blocks, heads, feed_forward, max_len, ..SasrecConfig::default() }
    }

    /// The first setting below the key `at` that is not possible, if any.
    pub(super) fn first_invalid(&self, at: &str) -> Result<(), InvalidSetting> {
        for (key, found, [least, most]) in [
            ("max_len", self.max_len, [1, 2048]),
            ("longest", self.longest, [2, 1024]),
            ("vocabulary", self.vocabulary, [1, 65_536]),
            ("beam", self.beam, [1, 1_000_000]),
        ] {
            let key = format!("{at}.{key}");
            InvalidSetting::at_least(&key, found, least)?;
            InvalidSetting::at_most(&key, found, most)?;
        }
        if self.context < 2 * self.longest || self.context > 2048 {
            let allowed = format!(
                "from {} (twice {at}.longest: a title of the history and the next one) to 2048",
                2 * self.longest
            );
            return Err(InvalidSetting::new(&format!("{at}.context"), self.context, allowed));
        }
        self.transformer().check(at)
    }
}

impl Identify for TitlesConfig {
    fn identify(&self, identity: &mut Identity) {
        identity.field("dim", &self.dim);
        identity.field("blocks", &self.blocks);
        identity.field("heads", &self.heads);
        identity.field("feed_forward", &self.feed_forward);
        identity.field("max_len", &self.max_len);
        identity.field("context", &self.context);
        identity.field("longest", &self.longest);
        identity.field("vocabulary", &self.vocabulary);
        identity.added("rank_by", &self.rank_by, &RankBy::Sum);
        identity.added("exact_nodes", &self.exact_nodes, &50_000);
        identity.added("beam", &self.beam, &256);
    }
}
