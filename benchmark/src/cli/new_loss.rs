//! `prefsweep new-loss`: the file of a loss to start from, and its lines in the registry.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use prefsweep::experiment::ConfigError;
use prefsweep_losses::LossConfig;

use super::args::NewLossArgs;
use super::outcome::Outcome;
use super::registry::unknown;
use super::show::print;

/// Where losses are in the sources.
const LOSSES: &str = "benchmark/losses/src";
/// Scores of a positive and two negatives, under the policy; under the reference all are equal.
const SCORES: [f64; 3] = [0.5, 0.0, 1.0];

/// Words that no module can be called by.
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "unsafe", "use",
    "virtual", "where", "while",
];

/// Copies a loss under a new name, registers the copy and writes a test of one value.
pub(crate) fn new_loss(args: &NewLossArgs) -> Result<Outcome> {
    let NewLossArgs { name, like, root } = args;
    check_name(name)?;
    let plain = serde_json::from_value::<LossConfig>(serde_json::json!(like));
    if !LossConfig::NAMES.contains(&like.as_str()) {
        return Err(unknown("new-loss --like", like, LossConfig::NAMES).into());
    }
    let refused = |message: String| ConfigError::of(format!("new-loss --like {like}"), message);
    let folder = root.join(LOSSES);
    let [config, modules] = ["config.rs", "lib.rs"].map(|file| folder.join(file));
    let (registry, declared) = (source(&config)?, source(&modules)?);
    let old = folder.join(format!("{like}.rs"));
    let (Ok(plain), Ok(text)) = (plain, fs::read_to_string(&old)) else {
        let message = "found a modifier or a loss in a folder of its own, allowed one that is a file of \
                       benchmark/losses/src";
        return Err(refused(message.into()).into());
    };
    let (from, to) = (type_name(like), type_name(name));
    let Some(copy) = copied(&text, (like, &from), (name, &to), value(&plain)) else {
        return Err(refused(format!("found no type {from} in {}", old.display())).into());
    };
    let new = folder.join(format!("{name}.rs"));
    if let Some(taken) = [&new, &folder.join(name)].into_iter().find(|path| path.exists()) {
        let message =
            format!("found {}, allowed a name that no file or folder there has", taken.display());
        return Err(ConfigError::of(format!("new-loss {name}"), message).into());
    }
    let registry = with_line(&registry, &format!("use crate::{name}::{to};"), "use crate::");
    let registry = registry.and_then(|text| {
        let entry = format!("    \"{like}\" => {from}({from}),\n");
        let own = format!("    \"{name}\" => {to}({to}),\n");
        text.contains(&entry).then(|| text.replacen(&entry, &format!("{entry}{own}"), 1))
    });
    let declared = with_line(&declared, &format!("mod {name};"), "mod ");
    let (Some(registry), Some(declared)) = (registry, declared) else {
        return Err(refused(format!("{} is not as this program knows it", config.display())).into());
    };
    for (path, text) in [(&new, &copy), (&config, &registry), (&modules, &declared)] {
        fs::write(path, text).with_context(|| path.display().to_string())?;
    }
    print(&format!(
        "{new}: {like} under another name; change `about`, the formula and the test's value\n\
         {config}: registered as `{name}`\n\
         {modules}: declared\n\n\
         then: cargo prefsweep losses {name}; just schema; cargo test --release\n\
         CONTRIBUTING.md, \"Add a loss\", says what each part is for\n",
        new = new.display(),
        config = config.display(),
        modules = modules.display(),
    ))?;
    Ok(Outcome::Done)
}

/// Whether the name can be one of a file, of a module and in YAML, and is free.
fn check_name(name: &str) -> Result<(), ConfigError> {
    let refused = |message: &str| {
        Err(ConfigError::of(format!("new-loss {name}"), format!("found `{name}`, {message}")))
    };
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(letters) {
        return refused("allowed small letters, digits and _, a letter first, as in my_dpo");
    }
    if KEYWORDS.contains(&name) {
        return refused("which is a keyword of Rust, allowed other words");
    }
    if LossConfig::NAMES.contains(&name) {
        return refused("allowed a name that no loss has yet");
    }
    Ok(())
}

fn source(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|_| {
        let message = format!(
            "found no {}; losses are added in a checkout of prefsweep: run this in its root, or give \
             --root",
            path.display()
        );
        ConfigError::of("new-loss", message).into()
    })
}

/// `my_dpo` as `MyDpo`.
fn type_name(name: &str) -> String {
    let part = |part: &str| {
        let mut letters = part.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase())
            .into_iter()
            .chain(letters)
            .collect::<String>()
    };
    name.split('_').map(part).collect()
}

/// What the loss gives for [`SCORES`], at a beta of 1 unless it has its own.
fn value(loss: &LossConfig) -> f64 {
    let sample = prefsweep_losses::Sample {
        policy: &SCORES,
        reference: &[0.0; 3],
        log_normaliser: Some(2.0),
        reference_log_normaliser: Some(2.0),
        log_counts: Some(&[0.0; 2]),
        keys: Some(&[0.5; 2]),
        lengths: Some(&[1.0, 2.0, 3.0]),
        ratings: Some(&[5.0, 1.0, 2.0]),
        catalogue: 100,
    };
    loss.as_loss().closed_forms(&[sample], loss.beta(1.0)).remove(0).loss
}

/// The file of a loss under another name and type, with a test of its value in place of its own tests; None where it
/// has no such type.
fn copied(text: &str, old: (&str, &str), new: (&str, &str), value: f64) -> Option<String> {
    let text = text.split("\n#[cfg(test)]").next().unwrap_or(text);
    if !text.contains(&format!("struct {}", old.1)) {
        return None;
    }
    let mut copy = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(old.1) {
        let (before, after) = (&rest[..at], &rest[at + old.1.len()..]);
        let within = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        // Behind `::` it is somebody else's, such as a variant that several losses use.
        let part = within(before.chars().next_back())
            || within(after.chars().next())
            || before.ends_with("::");
        copy.push_str(before);
        copy.push_str(if part { old.1 } else { new.1 });
        rest = after;
    }
    copy.push_str(rest);
    let title = copy.find("title: \"").map(|at| at + "title: \"".len());
    if let Some(at) = title
        && let Some(length) = copy[at..].find('"')
    {
        copy.replace_range(at..at + length, new.0);
    }
    let [w, i, j] = SCORES;
    Some(format!(
        "{copy}
#[cfg(test)]
mod tests {{
    use serde_json::json;

    use crate::{{LossConfig, Sample}};

    /// To be replaced by a value worked out by hand from the formula: this is what `{like}` gives.
    #[test]
    fn a_value_is_that_of_the_formula() {{
        let loss: LossConfig = serde_json::from_value(json!(\"{name}\")).unwrap();
        let sample = Sample {{
            policy: &[{w:?}, {i:?}, {j:?}],
            reference: &[0.0; 3],
            log_normaliser: Some(2.0),
            reference_log_normaliser: Some(2.0),
            log_counts: Some(&[0.0; 2]),
            keys: Some(&[0.5; 2]),
            lengths: Some(&[1.0, 2.0, 3.0]),
            ratings: Some(&[5.0, 1.0, 2.0]),
            catalogue: 100,
        }};
        let found = loss.as_loss().closed_forms(&[sample], loss.beta(1.0)).remove(0).loss;
        let by_hand = {value:?};
        assert!((found - by_hand).abs() < 1e-12, \"{{found}}\");
    }}
}}
",
        like = old.0,
        name = new.0,
    ))
}

/// The text with `line` among the lines that begin with `start`, in their order; None where there are none.
fn with_line(text: &str, line: &str, start: &str) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().position(|line| line.starts_with(start))?;
    let block = lines[first..].iter().take_while(|line| line.starts_with(start));
    let before = block.take_while(|other| **other < line).count();
    lines.insert(first + before, line);
    Some(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_types_and_are_replaced_as_words() {
        assert_eq!(type_name("my_s_dpo2"), "MySDpo2");
        let text = "//! Dpo and DpoNorm.\nuse SDpo;\npub struct Dpo;\ntitle: \"DPO\",\n\n#[cfg(test)]\nmod tests {}\n";
        let copy = copied(text, ("dpo", "Dpo"), ("mine", "Mine"), 0.5).unwrap();
        let kept = "//! Mine and DpoNorm.\nuse SDpo;\npub struct Mine;\ntitle: \"mine\",\n";
        assert!(copy.starts_with(kept), "{copy}");
        assert!(copy.contains("let by_hand = 0.5;"), "{copy}");
        assert_eq!(copied("struct Other;", ("dpo", "Dpo"), ("mine", "Mine"), 0.5), None);
    }

    #[test]
    fn lines_are_put_in_order() {
        let text = "//! Docs.\n\nmod a;\nmod c;\n\npub use a::A;\n";
        let with = with_line(text, "mod b;", "mod ").unwrap();
        assert_eq!(with, "//! Docs.\n\nmod a;\nmod b;\nmod c;\n\npub use a::A;\n");
        assert_eq!(with_line("fn main() {}", "mod b;", "mod "), None);
    }

    #[test]
    fn the_value_is_that_of_the_loss() {
        let dpo = serde_json::from_value(serde_json::json!("dpo")).unwrap();
        let softplus = |x: f64| x.exp().ln_1p();
        // Mean over the pairs of -log sigma of the differences 1/2 and -1/2.
        assert!((value(&dpo) - (softplus(-0.5) + softplus(0.5)) / 2.0).abs() < 1e-12);
    }
}
