//! Checks of one entry of the store.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Check, Checked, Finding, metrics};
use crate::results::{
    Index, MARKER_FILE, METRICS_FILE, PROVENANCE_FILE, Provenance, RANKS_FILE, SPEC_FILE,
};
use crate::sweep::read_json;

/// What the index says of an entry.
pub(super) struct Expected<'a> {
    pub(super) id: &'a str,
    pub(super) seed: u64,
    /// None for a reference.
    pub(super) negatives: Option<usize>,
    /// What a cell starts from.
    pub(super) reference: Option<&'a str>,
    pub(super) index: &'a Index,
}

/// A folder of the store.
pub(super) struct Entry {
    dir: PathBuf,
}

impl Entry {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// All checks of a training.
    pub(super) fn verify(&self, expected: &Expected<'_>) -> Vec<Checked> {
        let mut all = self.content();
        let damaged: BTreeSet<PathBuf> = all
            .iter()
            .filter(|checked| matches!(checked.finding, Finding::Differs { .. }))
            .map(|checked| checked.file.clone())
            .collect();
        let mut add = |check, name: &str, findings: Vec<Finding>| {
            let file = self.dir.join(name);
            all.extend(findings.into_iter().map(|finding| Checked {
                check,
                file: file.clone(),
                finding,
            }));
        };
        let spec = fs::read_to_string(self.dir.join(SPEC_FILE)).ok();
        add(Check::Identity, SPEC_FILE, identity(spec.as_deref(), expected));
        add(Check::Data, SPEC_FILE, data(spec.as_deref(), expected));
        let ranks = self.dir.join(RANKS_FILE);
        let (metrics_file, findings) = if damaged.contains(&ranks) {
            // Reading it could say anything; that it is damaged has been said.
            (RANKS_FILE, Vec::new())
        } else if ranks.is_file() {
            let stored = self.dir.join(METRICS_FILE);
            (METRICS_FILE, metrics::verify(&stored, &ranks, expected.index))
        } else {
            (RANKS_FILE, vec![Finding::Missing])
        };
        add(Check::Metrics, metrics_file, findings);
        add(Check::Provenance, PROVENANCE_FILE, vec![provenance(&self.dir.join(PROVENANCE_FILE))]);
        all
    }

    /// Every file against its hash.
    pub(super) fn content(&self) -> Vec<Checked> {
        let of = |file: PathBuf, finding| Checked { check: Check::Content, file, finding };
        let marker = self.dir.join(MARKER_FILE);
        let Ok(text) = fs::read(&marker) else {
            return vec![of(marker, Finding::Missing)];
        };
        let mut all = Vec::new();
        // A marker of another form has no hashes; one that is not even JSON is damaged.
        let hashes = match serde_json::from_slice::<Value>(&text) {
            Ok(value) => serde_json::from_value(value).unwrap_or_default(),
            Err(error) => {
                all.push(of(marker, differs(format!("broken JSON ({error})"), "hashes of files")));
                BTreeMap::<String, String>::new()
            }
        };
        for (name, expected) in &hashes {
            let file = self.dir.join(name);
            let finding = match fs::read(&file) {
                Err(_) => Finding::Missing,
                Ok(bytes) => same(&blake3::hash(&bytes).to_hex(), expected),
            };
            all.push(of(file, finding));
        }
        for file in files(&self.dir) {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name != MARKER_FILE && !hashes.contains_key(&name) {
                all.push(of(file, Finding::NotHashed));
            }
        }
        all
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

fn same(found: &str, expected: &str) -> Finding {
    if found == expected { Finding::Ok } else { differs(found, expected) }
}

fn differs(found: impl Into<String>, expected: impl Into<String>) -> Finding {
    Finding::Differs { found: found.into(), expected: expected.into() }
}

/// The specification as it was hashed: without the white space of the file.
fn compact(text: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let keep = |character: &char| {
        let kept = inside || !character.is_ascii_whitespace();
        match character {
            '"' if !escaped => inside = !inside,
            _ => {}
        }
        escaped = inside && *character == '\\' && !escaped;
        kept
    };
    text.chars().filter(keep).collect()
}

fn hash(spec: &str) -> String {
    blake3::hash(spec.as_bytes()).to_hex()[..16].to_owned()
}

fn identity(spec: Option<&str>, expected: &Expected<'_>) -> Vec<Finding> {
    let Some(spec) = spec.map(compact) else {
        return vec![Finding::Missing];
    };
    let mut findings = vec![same(&hash(&spec), expected.id)];
    let value: Value = serde_json::from_str(&spec).unwrap_or_default();
    let of_reference = value.get("reference").filter(|_| expected.negatives.is_some());
    let number = |value: Option<&Value>| value.and_then(Value::as_u64);
    let seed = number(of_reference.unwrap_or(&value).get("seed"));
    findings.push(same(&word("seed", seed), &word("seed", Some(expected.seed))));
    if let Some(negatives) = expected.negatives {
        let found = number(value.get("negatives"));
        findings.push(same(&word("K =", found), &word("K =", Some(negatives as u64))));
    }
    if let Some(reference) = expected.reference {
        // The reference's own specification is the first field of the cell's.
        let found = spec.strip_prefix("{\"reference\":").and_then(object).map(hash);
        findings.push(same(
            &format!("reference {}", found.as_deref().unwrap_or("none")),
            &format!("reference {reference}"),
        ));
    }
    findings
}

fn word(name: &str, number: Option<u64>) -> String {
    format!("{name} {}", number.map_or("none".to_owned(), |number| number.to_string()))
}

/// The JSON object at the start of a text without white space.
fn object(text: &str) -> Option<&str> {
    let (mut depth, mut inside, mut escaped) = (0_usize, false, false);
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            b'"' if !escaped => inside = !inside,
            b'{' if !inside => depth += 1,
            b'}' if !inside => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(&text[..=position]);
                }
            }
            _ => {}
        }
        escaped = inside && byte == b'\\' && !escaped;
    }
    None
}

fn data(spec: Option<&str>, expected: &Expected<'_>) -> Vec<Finding> {
    let value: Value = match spec.map(serde_json::from_str) {
        None => return vec![Finding::Missing],
        Some(Err(error)) => return vec![differs(format!("broken JSON ({error})"), "JSON")],
        Some(Ok(value)) => value,
    };
    let spec = if expected.negatives.is_some() { &value["reference"] } else { &value };
    let facts = &expected.index.dataset;
    [("data", &facts.fingerprint), ("candidates", &facts.candidates_fingerprint)]
        .into_iter()
        .map(|(name, expected)| {
            let found = spec[format!("{name}_fingerprint")].as_str().unwrap_or("none");
            same(&format!("{name} fingerprint {found}"), &format!("{name} fingerprint {expected}"))
        })
        .collect()
}

fn provenance(path: &Path) -> Finding {
    if !path.is_file() {
        return Finding::Missing;
    }
    match read_json::<Provenance>(path) {
        Ok(_) => Finding::Ok,
        Err(error) => differs(error.to_string(), "a provenance record"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_goes_outside_of_strings_only() {
        let text = "{\n  \"a b\": \"c \\\" d\",\n  \"e\": [1, 2]\n}\n";
        assert_eq!(compact(text), "{\"a b\":\"c \\\" d\",\"e\":[1,2]}");
    }

    #[test]
    fn the_first_object_ends_at_its_own_brace() {
        assert_eq!(object("{\"a\":{\"b\":\"}\\\"\"}},\"c\":1}"), Some("{\"a\":{\"b\":\"}\\\"\"}}"));
        assert_eq!(object("{\"a\":1"), None);
    }
}
