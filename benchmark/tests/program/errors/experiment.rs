//! Experiment files.

use super::case::{Case, call, run, with};
use crate::place::EXPERIMENT;

pub(super) fn cases() -> Vec<Case> {
    [files(), forms(), types(), values()].into_iter().flatten().collect()
}

fn files() -> Vec<Case> {
    vec![
        call("a file that is not there", "run experimnt.yaml").file("experiment.yaml", EXPERIMENT),
        call("a folder in place of the file", "run e.yaml").folder("e.yaml"),
        call("a path through a file", "run e.yaml/x.yaml").file("e.yaml", EXPERIMENT),
        run("an empty file", ""),
        run("only a comment", "# later\n"),
        run("a file that is not UTF-8", b"title: caf\xe9\n".as_slice()),
        run("a file of zeros", [0; 40]),
        run("a list in place of the settings", "- a\n- b\n"),
        run("a text in place of the settings", "experiment\n"),
    ]
}

fn forms() -> Vec<Case> {
    let axes = |axes: &str| with("seeds: [1]", &format!("seeds: [1]\n  axes: {axes}"));
    vec![
        run("a key without a value", with("title: Test", "title:")),
        run("a list that is not closed", with("[1, 3]", "[1, 3")),
        run("settings that are not closed", with("items: 90}", "items: 90")),
        run("a bracket too many", with("[1, 3]", "[1, 3]]")),
        run("a quote that is not closed", with("title: Test", "title: \"Test")),
        run("a text with a colon", with("title: Test", "title: Test: one")),
        run("a tab for indentation", with("  epochs: 1", "\tepochs: 1")),
        run("a key at another depth", with("  beta: 1.0", "    beta: 1.0")),
        run("a key too far left", with("  beta: 1.0", " beta: 1.0")),
        run("no blank after a colon", with("  beta: 1.0", "  beta:1.0")),
        run("a text that begins with @", with("title: Test", "title: @Test")),
        run("a text that begins with %", with("title: Test", "title: %Test")),
        run("a text that begins with `", with("title: Test", "title: `Test`")),
        run("a text that begins with a star", with("title: Test", "title: *Test")),
        run("an unknown escape", with("title: Test", "title: \"\\q\"")),
        run("a key twice", with("title: Test", "title: Test\ntitle: Again")),
        run("a key that is a list", with("title: Test", "title: Test\n? [a, b]\n: 1")),
        run("two documents", format!("{EXPERIMENT}---\n{EXPERIMENT}")),
        run("lists within lists without end", axes(&format!("{{model.dim: {}", "[".repeat(3000)))),
    ]
}

fn types() -> Vec<Case> {
    let axes = |axes: &str| with("seeds: [1]", &format!("seeds: [1]\n  axes: {axes}"));
    vec![
        run("a text where a whole number is needed", with("steps: 2", "steps: many")),
        run("a part of a number where a whole one is needed", with("steps: 2", "steps: 2.5")),
        run("a negative number where none is allowed", with("steps: 2", "steps: -2")),
        run("a number that is too large", with("seeds: [1]", "seeds: [99999999999999999999]")),
        run("true where a number is needed", with("beta: 1.0", "beta: true")),
        run("a decimal comma", with("beta: 1.0", "beta: 1,5")),
        run("infinity", with("beta: 1.0", "beta: .inf")),
        run("a number that is 0 in 32 bits", with("beta: 1.0", "beta: 1e-60")),
        run("a list where a number is needed", with("steps: 2", "steps: [2, 3]")),
        run("settings where a number is needed", with("steps: 2", "dropout: {a: 1}")),
        run("nothing where a number is needed", with("beta: 1.0", "beta:")),
        run("more steps than are counted", with("steps: 2", "steps: 4294967296")),
        run("epochs of too many steps", with("steps: 2", "epochs: 9223372036854775808")),
        run("a range where a list is needed", with("[1, 3]", "1-5")),
        run("a value where a list is needed", with("[dmpo]", "dmpo")),
        run("a text in a list of numbers", with("[1, 3]", "[1, three]")),
        run("a list in a list of numbers", with("[1, 3]", "[1, [3]]")),
        run("a list where settings are needed", with("  epochs: 1", "  - epochs: 1")),
        run("a text where settings are needed", with("reference:\n  epochs: 1", "reference: one")),
        run("a text where settings may stand", with("  epochs: 1", "  early_stopping: yes")),
        run("a list where a text is needed", with("title: Test", "title: [Test]")),
        run("a number where a name is needed", with("name: synthetic", "name: 100")),
        run("a list where a name is needed", with("name: synthetic", "name: [synthetic]")),
        run("a list where a loss is needed", with("[dmpo]", "[[dmpo]]")),
        run("a number where a loss is needed", with("[dmpo]", "[3]")),
        run("two losses in one entry", with("[dmpo]", "[{dmpo: {}, dpo: {}}]")),
        run("a text for the settings of a loss", with("[dmpo]", "[{ro_dpo: fast}]")),
        run("a wrong type within a loss", with("[dmpo]", "[{ro_dpo: {pool: big}}]")),
        run("two samplers", with("  beta: 1.0", "  sampler: {hard: {pool: 5}, uniform: {}}")),
        run("a list where a sampler is needed", with("  beta: 1.0", "  sampler: [hard]")),
        run("an unknown schedule", with("  beta: 1.0", "  schedule: sine")),
        run("a list where a schedule is needed", with("  beta: 1.0", "  schedule: [cosine]")),
        run(
            "a ratio of two parts",
            with("  synthetic:", "  split: {ratio: [8, 2], by: interactions}\n  synthetic:"),
        ),
        run(
            "a ratio of four parts",
            with("  synthetic:", "  split: {ratio: [7, 1, 1, 1], by: interactions}\n  synthetic:"),
        ),
        run(
            "a ratio that is a text",
            with("  synthetic:", "  split: {ratio: 8-1-1, by: interactions}\n  synthetic:"),
        ),
        run("a number where a device is needed", with("title: Test", "title: Test\ndevice: 0")),
        run("an unknown model", with("model: {", "model: {name: gru, ")),
        run("a text where a model is needed", with("blocks: 1,", "blocks: one,")),
        run("a value where the values of an axis are needed", axes("{preference.beta: 0.5}")),
        run("a wrong type on an axis", axes("{preference.beta: [0.5, half]}")),
        run("a list on an axis", axes("{preference.beta: [[0.5]]}")),
        run("a part of a number on an axis", axes("{reference.epochs: [1.5]}")),
        run("a negative number on an axis", axes("{reference.epochs: [-1]}")),
        run("nothing on an axis", axes("{preference.beta: [null]}")),
        run("a misspelt setting on an axis", axes("{preference.sampler: [{hard: {pol: 5}}]}")),
        run("a misspelt name on an axis", axes("{preference.sampler: [hart]}")),
        run("axes that are a list", axes("[preference.beta]")),
    ]
}

fn values() -> Vec<Case> {
    let axes = |axes: &str| with("seeds: [1]", &format!("seeds: [1]\n  axes: {axes}"));
    let titles = |settings: &str| {
        let sasrec = "model: {dim: 8, blocks: 1, heads: 2, feed_forward: 8, max_len: 10}";
        with(sasrec, &format!("model: {{titles: {settings}}}"))
    };
    let objective =
        |objective: &str| with("  epochs: 1", &format!("  epochs: 1\n  objective: {objective}"));
    let pool = "{preference.sampler: [uniform, hard: {pool: 2}]}";
    let experts =
        |experts: &str| with("max_len: 10}", &format!("max_len: 10, experts: {{{experts}}}}}"));
    let features =
        |features: &str| with("max_len: 10}", &format!("max_len: 10, features: {features}}}"));
    vec![
        run("a misspelt key", with("  beta: 1.0", "  bta: 1.0")),
        run("a misspelt section", with("reference:", "referense:")),
        run("a missing section", EXPERIMENT.split("sweep:").next().unwrap()),
        call("a value out of range, of a plan", "plan e.yaml --device flex")
            .file("e.yaml", with("beta: 1.0", "beta: -1.0")),
        run("a value out of range", with("beta: 1.0", "beta: -1.0")),
        run("more users than there are", with("sweep:", "training: {users: 61}\nsweep:")),
        run(
            "as many users to evaluate as there are",
            with("sweep:", "evaluation: {users: 60}\nsweep:"),
        ),
        run("no users to evaluate", with("sweep:", "evaluation: {users: 0}\nsweep:")),
        run("a sampled objective without negatives", objective("sampled_softmax")),
        run("an objective with no negatives", objective("{sampled_softmax: {negatives: 0}}")),
        run("an objective with more negatives than items", objective("{gbce: {negatives: 80}}")),
        run("a calibration beyond 1", objective("{gbce: {negatives: 5, t: 2}}")),
        run("an unknown objective", objective("softmax")),
        run(
            "more clusters than their users can fill",
            with("items: 90}", "items: 90, clusters: {count: 3}}"),
        ),
        run(
            "tastes beside clusters",
            with("items: 90}", "items: 90, taste_weight: 1.0, clusters: {count: 2}}"),
        ),
        run(
            "a world that is too large without clusters",
            with("users: 60, items: 90", "users: 200000, items: 1000000"),
        ),
        run("a word for a number of users", with("sweep:", "training: {users: few}\nsweep:")),
        run("heads that do not divide dim", with("heads: 2", "heads: 3")),
        run("more active experts than there are", experts("experts: 2, active: 4")),
        run("active experts that do not divide feed_forward", experts("active: 3")),
        run(
            "how to train experts of a model without",
            with("  beta: 1.0", "  experts: {router: frozen}"),
        ),
        run("features of a model without any", features("{ids: false}")),
        run("features that the data have not", features("{genres: true}")),
        run(
            "a file of features for generated data",
            with("items: 90}", "items: 90}\n  features: {dense: v.tsv}"),
        ),
        run("an unknown loss", with("[dmpo]", "[dmppo]")),
        run("a loss as papers write it", with("[dmpo]", "[S-DPO]")),
        run("a loss as labels have it", with("[dmpo]", "['dynamic_po(dmpo)']")),
        run("a loss without a setting that it needs", with("[dmpo]", "[dynamic_po]")),
        run(
            "a modifier of a modifier of a loss without margins",
            with("[dmpo]", "[{ada: {over: {dynamic_po: {over: bce}}}}]"),
        ),
        run(
            "a pool smaller than K",
            with("[dmpo]", "[{ro_dpo: {pool: 2}}]").replace("[1, 3]", "[1, 3, 5]"),
        ),
        run("a misspelt setting of a loss", with("[dmpo]", "[{ro_dpo: {poll: 3}}]")),
        run("a setting of a loss that has none", with("[dmpo]", "[bpr: {beta: 2}]")),
        run("a pool smaller than K", with("[dmpo]", "[{ro_dpo: {pool: 2}}]")),
        run("a value twice", with("[1, 3]", "[3, 3]")),
        run("an empty list", with("seeds: [1]", "seeds: []")),
        run("more negatives than items", with("[1, 3]", "[1, 300]")),
        run("an unknown dataset", with("name: synthetic", "name: ml-100")),
        run("an unknown device", with("title: Test", "title: Test\ndevice: wgpu:x")),
        run("an unknown sampler", with("  beta: 1.0", "  sampler: popular")),
        run(
            "a setting of a sampler out of range",
            with("  beta: 1.0", "  sampler: {popularity: {exponent: -1}}"),
        ),
        run(
            "a sampler for a loss that has its own",
            with("[dmpo]", "[dmpo, ro_dpo]").replace("  beta: 1.0", "  sampler: in_batch"),
        ),
        run("a loss of lengths for items without titles", with("[dmpo]", "[r_dpo]")),
        run("titles of data without any", titles("{}")),
        run("experts of a policy over titles", titles("{experts: {experts: 4}}")),
        run("no room for two titles", titles("{context: 40, longest: 30}")),
        run(
            "a sampler by hidden states for titles",
            titles("{}").replace("  beta: 1.0", "  sampler: hard"),
        ),
        run("a margin out of range", with("sweep:", "report: {margin: 2}\nsweep:")),
        run("an axis that is no setting", axes("{preference.lr: [0.1]}")),
        run("an axis outside the stages", axes("{title: [a]}")),
        run("an axis within another", axes("{model: [{}], model.dim: [8]}")),
        run("an axis value twice", axes("{preference.sampler: [hard, uniform, hard]}")),
        run("an axis without values", axes("{preference.beta: []}")),
        run("a pool smaller than K on an axis", axes(pool)),
        run(
            "a cut-off that no table holds",
            format!("{EXPERIMENT}evaluation: {{cutoffs: [10, 5000000000]}}\n"),
        ),
        run("no cut-offs", format!("{EXPERIMENT}evaluation: {{cutoffs: []}}\n")),
        run(
            "too few interactions per user",
            with("  synthetic:", "  min_interactions: 2\n  synthetic:"),
        ),
        run(
            "a setting of files for generated data",
            with("  synthetic:", "  k_core: 5\n  synthetic:"),
        ),
        run(
            "a file of your own without its section",
            with("  name: synthetic\n  synthetic: {users: 60, items: 90}", "  name: file"),
        ),
    ]
}
