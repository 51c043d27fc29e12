//! Overrides.

use super::case::{Case, run, with};
use crate::place::EXPERIMENT;

pub(super) fn cases() -> Vec<Case> {
    let set = |what, text: &str| run(what, EXPERIMENT).argument("--set").argument(text);
    let axis = with("seeds: [1]", "seeds: [1]\n  axes: {preference.beta: [0.5, 1]}");
    vec![
        set("no value", "preference.beta"),
        set("nothing for a value", "preference.beta="),
        set("no key", "=3"),
        set("an unknown key", "preference.betta=1"),
        set("an unknown section", "preferences.beta=1"),
        set("a key without its section", "beta=1"),
        set("a key within a value", "preference.beta.x=1"),
        set("a value out of range", "preference.beta=0"),
        set("a text where a whole number is needed", "preference.steps=few"),
        set("a part of a number where a whole one is needed", "preference.steps=2.5"),
        set("a negative number", "preference.steps=-2"),
        set("a number that is too large", "sweep.seeds=[99999999999999999999]"),
        set("infinity", "preference.beta=.inf"),
        set("a decimal comma", "preference.beta=0,5"),
        set("true where a number is needed", "preference.beta=true"),
        set("a list where a number is needed", "preference.beta=[1, 2]"),
        set("settings where a number is needed", "preference.beta={a: 1}"),
        set("a value where a list is needed", "sweep.seeds=3"),
        set("a text in a list of numbers", "sweep.seeds=[one]"),
        set("a list that is not closed", "sweep.seeds=[1, 2"),
        set("a quote that is not closed", "title='Test"),
        set("a text with a colon", "title=Test: one"),
        set("a text that begins with @", "title=@Test"),
        set("an axis where axes are a number", "sweep.axes=3")
            .argument("--set")
            .argument("sweep.axes.preference.beta=[1]"),
        set("a section removed", "preference=null"),
        set("a section replaced by a text", "preference=fast"),
        set("a section with a misspelt key", "preference={bta: 1}"),
        set("an unknown loss", "sweep.losses=[dmppo]"),
        set("a loss without a setting that it needs", "sweep.losses=[dynamic_po]"),
        set("a loss with a misspelt setting", "sweep.losses=[{ro_dpo: {poll: 3}}]"),
        set("a setting of a loss that has none", "sweep.losses=[{bpr: {beta: 2}}]"),
        set("two losses in one entry", "sweep.losses=[{dmpo: {}, dpo: {}}]"),
        set("a list where a loss is needed", "sweep.losses=[[dmpo]]"),
        set("an unknown sampler", "preference.sampler=popular"),
        set("two samplers", "preference.sampler={hard: {}, uniform: {}}"),
        set("an unknown dataset", "dataset.name=ml"),
        set("an unknown device", "device=tpu"),
        set("a ratio of two parts", "dataset.split={ratio: [8, 2], by: interactions}"),
        set("an unknown model", "model.name=gru"),
        set("more negatives than the data have", "sweep.negatives=[500]"),
        set("more users than the data have", "evaluation.users=1000"),
        run("the value of an axis", axis).argument("--set").argument("preference.beta=2"),
    ]
}
