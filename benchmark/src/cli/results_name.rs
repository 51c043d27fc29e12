//! What an experiment's folder of results is called.

use std::path::{Component, Path};

use prefsweep::experiment::ConfigError;
use prefsweep_store::RESULTS_DEPTH;

/// Bytes that a file system takes for the name of a folder, with room for what is beside it while it is written.
const LONGEST: usize = 200;

/// The name that was given, or that of the experiment's file and overrides: a folder of its own below the folder for
/// results, where `store gc` finds what it names.
pub(crate) fn results_name(
    given: Option<&str>,
    experiment: &Path,
    overrides: &[String],
) -> Result<String, ConfigError> {
    let name = given.map_or_else(|| default_name(experiment, overrides), str::to_owned);
    let refused = |allowed: &str| {
        let hint = if given.is_some() { "" } else { "; give one with --name" };
        ConfigError::of("--name", format!("found `{name}`, allowed {allowed}{hint}"))
    };
    let parts: Option<Vec<&str>> = Path::new(&name)
        .components()
        .map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        })
        .collect();
    match parts.as_deref() {
        None | Some([]) => Err(refused("a folder below the one for results (--results)")),
        // Also where capitals are not told apart.
        Some([first, ..]) if first.eq_ignore_ascii_case("store") => {
            Err(refused("anything but `store`, where all experiments keep their runs"))
        }
        Some(parts) if parts.len() > RESULTS_DEPTH => {
            Err(refused(&format!("at most {RESULTS_DEPTH} folders in one another")))
        }
        Some(parts) if parts.iter().any(|part| part.len() > LONGEST) => {
            Err(refused(&format!("names of at most {LONGEST} bytes")))
        }
        Some(_) => Ok(name),
    }
}

/// The file's name, and what was overridden, as a folder's name.
pub(crate) fn default_name(experiment: &Path, overrides: &[String]) -> String {
    let stem = experiment.file_stem().unwrap_or_default().to_string_lossy();
    let mut name = stem.into_owned();
    for text in overrides {
        name.push('+');
        name.extend(
            text.chars().map(|c| if c.is_alphanumeric() || "._=-".contains(c) { c } else { '_' }),
        );
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folders_of_their_own_below_the_one_for_results() {
        let of = |given: &str| results_name(Some(given), Path::new("mine.yaml"), &[]);
        for good in ["a", "a/b", "a/b/c/d", ".hidden", "stores", "a/store", "mit Leerzeichen"] {
            assert_eq!(of(good).unwrap(), good);
        }
        let long = "n".repeat(LONGEST + 1);
        for bad in ["", ".", "..", "a/../..", "/tmp/a", "store", "Store/x", "a/b/c/d/e", &long] {
            let error = of(bad).unwrap_err().to_string();
            assert!(error.starts_with("--name: found `"), "{error}");
        }
    }

    #[test]
    fn names_of_files_are_checked_too() {
        let of = |file: &str, overrides: &[String]| results_name(None, Path::new(file), overrides);
        let beta = ["preference.beta=0.5".to_owned()];
        assert_eq!(of("one/mine.yaml", &beta).unwrap(), "mine+preference.beta=0.5");
        let error = of("store.yaml", &[]).unwrap_err().to_string();
        assert!(error.ends_with("; give one with --name"), "{error}");
        assert!(of("store.yaml", &beta).is_ok());
        assert!(of("mine.yaml", &[format!("title={}", "x".repeat(LONGEST))]).is_err());
    }
}
