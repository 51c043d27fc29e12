//! What the fixtures call the losses, and ours.

use prefsweep_losses::LossConfig;
use serde_json::{Value, json};

/// The fixtures' losses that there are not: `exo` and `kto` are no functions of pairs, f-DPO's three
/// compare other functions of the log-ratio. The sheet of definitions leaves all of them for later.
pub(crate) const LATER: [&str; 5] = ["exo", "f_dpo_alpha", "f_dpo_forward_kl", "f_dpo_js", "kto"];

/// The settings that a fixture's case is computed with.
pub(crate) struct Parameters {
    pub(crate) beta: f64,
    pub(crate) dynamic_c: f64,
    pub(crate) gamma: f64,
    pub(crate) alpha: f64,
    pub(crate) lambda: f64,
    pub(crate) clip: f64,
    pub(crate) epsilon: f64,
    pub(crate) length_weight: f64,
    pub(crate) margin_lambda: f64,
    pub(crate) dpop_lambda: f64,
    pub(crate) gbce_t: f64,
}

/// Ours of that name; None for those of [`LATER`].
pub(crate) fn loss_of(name: &str, with: &Parameters) -> Option<LossConfig> {
    if LATER.contains(&name) {
        return None;
    }
    let settings = value_of(name, with);
    Some(serde_json::from_value(settings.clone()).unwrap_or_else(|e| panic!("{settings}: {e}")))
}

fn value_of(name: &str, with: &Parameters) -> Value {
    // For s_dpo and dmpo the plain name stands for a clip of the mean of a position's ratios.
    let ada = |over: &str, form: &str, ratio: &str, clip_over: &str, per_token: bool| {
        json!({"ada": {
            "over": value_of(over, with), "clip": with.clip, "form": form, "ratio": ratio,
            "clip_over": clip_over, "per_token": per_token,
        }})
    };
    let mean = |over: &str| if ["dmpo", "s_dpo"].contains(&over) { "mean" } else { "pair" };
    if let Some(over) = name.strip_prefix("dynamic_po_") {
        return json!({"dynamic_po": {"over": value_of(over, with), "c": with.dynamic_c}});
    }
    if let Some(over) = name.strip_prefix("floor_") {
        let base = value_of(over, with);
        return json!({"dynamic_po": {
            "over": base, "selection": "all", "margin": "fixed", "floor": true,
        }});
    }
    if let Some(over) = name.strip_prefix("ada_pair_") {
        return ada(over, "coefficient", "policy", "pair", false);
    }
    if let Some(over) = name.strip_prefix("ada_gradient_") {
        return ada(over, "gradient", "policy", "pair", false);
    }
    if let Some(over) = name.strip_prefix("ada_relative_") {
        return ada(over, "coefficient", "relative", "pair", false);
    }
    if let Some(over) = name.strip_prefix("ada_per_token_") {
        return ada(over, "coefficient", "policy", "pair", true);
    }
    if let Some(over) = name.strip_prefix("ada_").filter(|_| name != "ada_dpo") {
        return ada(over, "coefficient", "policy", mean(over), false);
    }
    if let Some(base) = name.strip_suffix("_lengths") {
        return value_of(base, with);
    }
    if let Some(base) = name.strip_suffix("_nll") {
        return json!({ base: {"nll": with.alpha} });
    }
    let (beta, gamma, alpha) = (with.beta, with.gamma, with.alpha);
    match name {
        "sim_po" | "s_sim_po" => json!({ name: {"beta": beta, "gamma": gamma} }),
        "mppo" => json!({"mppo": {"beta": beta}}),
        "cpo" => json!({"cpo": {"beta": beta, "alpha": alpha}}),
        "cpo_sim_po" => json!({"cpo_sim_po": {"beta": beta, "gamma": gamma, "alpha": alpha}}),
        "orpo" => json!({"orpo": {"lambda": with.lambda}}),
        "c_dpo" | "robust_dpo" => json!({ name: {"epsilon": with.epsilon} }),
        "r_dpo" => json!({"r_dpo": {"alpha": with.length_weight}}),
        "rec_po" => json!({"rec_po": {"lambda": with.margin_lambda}}),
        "rec_po_difference" => {
            json!({"rec_po": {"lambda": with.margin_lambda, "difference": true}})
        }
        "dpop" => json!({"dpop": {"lambda": with.dpop_lambda}}),
        "gbce" => json!({"gbce": {"t": with.gbce_t}}),
        "softmax_ce_logq" => json!({"softmax_ce": {"log_q": true}}),
        "ada_dpo" => json!({"ada_dpo": {"clip": with.clip}}),
        _ => json!(name),
    }
}
