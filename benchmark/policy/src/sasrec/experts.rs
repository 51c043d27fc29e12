//! The settings of sparse experts.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most experts of a block.
const MOST: usize = 256;

/// Sparse experts in place of the feed-forward layer: a router without bias, `P = softmax(x W_r)`, gives
/// every position its `active` likeliest experts (of equals the first), each of them a feed-forward layer of
/// width `feed_forward / active`. What an expert says is multiplied by its `P`; with several active ones `P` is
/// normalised over these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExpertsConfig {
    /// Experts of a block, E; with one the block is dense.
    #[schemars(range(min = 1, max = 256))]
    pub experts: usize,
    /// Experts that a position uses, k; at most `experts`, and a divisor of `feed_forward`.
    #[schemars(range(min = 1, max = 256))]
    pub active: usize,
    /// Which blocks have experts; the others keep their one feed-forward layer.
    pub blocks: ExpertBlocks,
}

/// Which blocks have experts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpertBlocks {
    /// Every block.
    All,
    /// The last block.
    Last,
}

impl Default for ExpertsConfig {
    fn default() -> Self {
        Self { experts: 4, active: 1, blocks: ExpertBlocks::All }
    }
}

impl ExpertsConfig {
    /// Whether block `index` of so many has experts.
    pub(super) fn are_in(&self, index: usize, blocks: usize) -> bool {
        match self.blocks {
            ExpertBlocks::All => true,
            ExpertBlocks::Last => index + 1 == blocks,
        }
    }

    /// The first setting below the key `at` that is not possible, if any; `model` is the key of the
    /// section that has a `feed_forward` of this width.
    pub(super) fn first_invalid(
        &self,
        at: &str,
        model: &str,
        feed_forward: usize,
    ) -> Result<(), InvalidSetting> {
        let (experts, active) = (format!("{at}.experts"), format!("{at}.active"));
        InvalidSetting::at_least(&experts, self.experts, 1)?;
        InvalidSetting::at_most(&experts, self.experts, MOST)?;
        InvalidSetting::at_least(&active, self.active, 1)?;
        if self.active > self.experts {
            let allowed = format!("at most {experts} = {}", self.experts);
            return Err(InvalidSetting::new(&active, self.active, allowed));
        }
        if !feed_forward.is_multiple_of(self.active) {
            let allowed = format!("a divisor of {model}.feed_forward = {feed_forward}");
            return Err(InvalidSetting::new(&active, self.active, allowed));
        }
        Ok(())
    }
}

impl Identify for ExpertsConfig {
    fn identify(&self, identity: &mut Identity) {
        identity.field("experts", &self.experts);
        identity.field("active", &self.active);
        let blocks = match self.blocks {
            ExpertBlocks::All => "all",
            ExpertBlocks::Last => "last",
        };
        identity.field("blocks", blocks);
    }
}
