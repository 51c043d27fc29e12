//! Names of the files of a result, and the columns of its tables.
//!
//! ```text
//! results/<experiment>/index.json    Index
//! <entry>/spec.json                  the resolved settings, with the key of a cell
//! <entry>/identity.txt               the canonical text whose hash is the entry's name
//! <entry>/metrics.csv                METRICS_COLUMNS, one row per step and measure
//! <entry>/trajectory.csv             TRAJECTORY_COLUMNS, one row per evaluation step
//! <entry>/experts.csv                EXPERTS_COLUMNS, one row per step, block and expert, of models with experts
//! <entry>/ranks.parquet              RANKS_COLUMNS, one row per step, split, protocol and user
//! <entry>/lists.parquet              LISTS_COLUMNS, one row per user and place in the list
//! <entry>/explanations.json          a list of Explanation, of policies over titles
//! <entry>/final.safetensors          the policy at the last evaluation, where weights were to be kept
//! <entry>/picked.safetensors         the policy at the evaluation with the best validation NDCG@10, likewise
//! <entry>/items.csv                  ITEMS_COLUMNS, the item of each row of the table of items, likewise
//! <entry>/provenance.json            Provenance
//! <entry>/complete.json              the hash of every other file
//! ```

/// Name of the index inside a results folder.
pub const INDEX_FILE: &str = "index.json";
/// Name of the long table of ranking metrics inside an entry of the store.
pub const METRICS_FILE: &str = "metrics.csv";
/// Name of the wide table of training quantities inside a cell folder.
pub const TRAJECTORY_FILE: &str = "trajectory.csv";
/// Name of the table of epochs inside a reference's folder.
pub const TRAINING_FILE: &str = "training.csv";
/// Columns of [`TRAINING_FILE`], in order; the last is empty where validation was not evaluated.
pub const TRAINING_COLUMNS: [&str; 3] = ["epoch", "loss", "validation_ndcg_10"];
/// Name of the per-user ranks inside an entry of the store.
pub const RANKS_FILE: &str = "ranks.parquet";
/// Name of the recommended items of every user inside an entry of the store.
pub const LISTS_FILE: &str = "lists.parquet";
/// Name of the resolved settings inside an entry of the store.
pub const SPEC_FILE: &str = "spec.json";
/// Name of the canonical text whose hash names an entry of the store.
pub const IDENTITY_FILE: &str = "identity.txt";
/// Name of the file that makes an entry complete: the BLAKE3 hash of every other file.
pub const MARKER_FILE: &str = "complete.json";
/// Name of the provenance record inside an entry of the store.
pub const PROVENANCE_FILE: &str = "provenance.json";

/// Columns of [`METRICS_FILE`], in order.
pub const METRICS_COLUMNS: [&str; 6] = ["step", "split", "protocol", "metric", "cutoff", "value"];
/// Columns of [`TRAJECTORY_FILE`], in order; every one but `step` may be empty, and files written by
/// earlier versions lack the last ones. `docs/results.md` says what each holds.
pub const TRAJECTORY_COLUMNS: [&str; 41] = [
    "step",
    "loss",
    "loss_normalised",
    "margin",
    "accuracy",
    "positive_log_ratio",
    "negative_log_ratio",
    "gradient_norm",
    "boundary_weight",
    "boundary_share",
    "easy_share",
    "boundary_negatives",
    "kl",
    "effective_negatives",
    "saturated",
    "beta_b_10",
    "beta_b_50",
    "beta_b_90",
    "false_negatives",
    "false_negatives_expected",
    "false_share",
    "liked_mass",
    "liked_mass_lost",
    "regret",
    "validation_loss",
    "coefficient",
    "coefficient_clipped",
    "coefficient_below_one",
    "rerouted",
    "busiest_expert",
    "catalogue_mass",
    "chosen_length",
    "valid_share",
    "positive_change",
    "negative_change",
    "candidate_length",
    "expected_length",
    "rank_without_top",
    "rank_without_random",
    "top_matters_more",
    "beam_recall",
];
/// What a quantity of a trajectory is called beside the names of losses: `loss` is the name of the loss there.
#[must_use]
pub fn training_name(quantity: &'static str) -> &'static str {
    if quantity == "loss" { "training_loss" } else { quantity }
}
/// Name of the use of experts inside an entry of the store, of models that have some.
pub const EXPERTS_FILE: &str = "experts.csv";
/// Columns of [`EXPERTS_FILE`], in order; blocks and experts count from 0, and `share` is of all assignments of
/// the block.
pub const EXPERTS_COLUMNS: [&str; 4] = ["step", "block", "expert", "share"];
/// Name of the explanations of some users' choices inside an entry of the store, of policies over titles.
pub const EXPLANATIONS_FILE: &str = "explanations.json";
/// Name of the kept weights of the last evaluation inside an entry of the store.
pub const FINAL_WEIGHTS_FILE: &str = "final.safetensors";
/// Name of the kept weights of the evaluation with the best validation NDCG@10, the first where several have it.
pub const PICKED_WEIGHTS_FILE: &str = "picked.safetensors";
/// Name of the table of items beside kept weights.
pub const ITEMS_FILE: &str = "items.csv";
/// Columns of [`ITEMS_FILE`], in order: the row of the item in matrices, from 0, and its id in the data.
pub const ITEMS_COLUMNS: [&str; 2] = ["row", "item"];
/// Columns of [`RANKS_FILE`], in order: `u32`, string, string, `u32`, `f32`, `u32`, `u32`.
///
/// `competitors` is how many items the held-out one is ranked against, `ties` how many of them have
/// exactly its score. Files written by earlier versions lack `ties`; the metrics beside them take the
/// expected rank for the rank itself.
pub const RANKS_COLUMNS: [&str; 7] =
    ["step", "split", "protocol", "user", "rank", "competitors", "ties"];
/// Columns of [`LISTS_FILE`], in order, all `u32`: the items recommended to a user after the test
/// history at the last evaluation, best first; `place` counts from 1.
pub const LISTS_COLUMNS: [&str; 4] = ["step", "user", "place", "item"];
/// Items in a list of [`LISTS_FILE`], where the user has so many unseen ones.
pub const LIST_LENGTH: usize = 20;

/// Values allowed in the `split` column.
pub const SPLITS: [&str; 2] = ["validation", "test"];
/// Values allowed in the `protocol` column.
pub const PROTOCOLS: [&str; 2] = ["full", "candidates"];
