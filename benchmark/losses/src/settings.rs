//! What every loss says of itself.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::Identify;
use serde_json::Value;

/// What a reader is told of a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The name, as papers write it.
    pub title: &'static str,
    /// The formula, in the notation of the documentation.
    pub formula: &'static str,
    /// Who published it, and in which form it is here.
    pub source: &'static str,
}

/// What every loss says of itself; all of it but [`about`](Self::about) has defaults.
pub trait LossSettings: Identify {
    /// What a reader is told of it.
    fn about(&self) -> About;

    /// The version of the numerics: raised when a correction changes numbers, so that results from
    /// before are not taken for results of now.
    fn version(&self) -> u32 {
        1
    }

    /// A strength of its own; None: that of the preference stage.
    fn beta(&self) -> Option<f64> {
        None
    }

    /// Whether it has a strength at all; if not, [`beta`](Self::beta) is 1.
    fn has_strength(&self) -> bool {
        true
    }

    /// Whether negatives enter the loss; if not, it is the same for every number of them, and
    /// trained once.
    fn uses_negatives(&self) -> bool {
        true
    }

    /// Where the negatives come from.
    fn sampling(&self) -> Sampling {
        Sampling::Configured
    }

    /// The loss that is the same function at this number of negatives, if there is one: as in YAML,
    /// `{name: {settings}}`.
    fn same_as(&self, _negatives: usize) -> Option<Value> {
        None
    }

    /// Whether the settings are possible with this number of negatives.
    ///
    /// # Errors
    /// The setting that is not, its key relative to the loss.
    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        Ok(())
    }
}

/// Where a loss's negatives come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sampling {
    /// As `preference.sampler` says.
    Configured,
    /// From the policy's own top items.
    PolicyPool {
        /// Items in the pool.
        size: usize,
        /// Steps between refreshes of the policy that fills the pool.
        refresh: usize,
        /// None: uniform over the pool; otherwise softmax of the scores at this temperature.
        temperature: Option<f64>,
        /// The K best instead of a draw.
        deterministic: bool,
    },
}
