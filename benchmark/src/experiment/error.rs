//! What is wrong with an experiment, in one message.

use std::fmt;

use prefsweep_datasets::InvalidSetting;

/// Why an experiment cannot be used: where, what was found, what is allowed.
#[derive(Debug)]
pub struct ConfigError {
    /// The YAML file, or `--set` for an override.
    pub source: String,
    /// Line and column, from 1.
    pub place: Option<(u64, u64)>,
    /// Dotted key.
    pub key: Option<String>,
    /// What is wrong: found and allowed.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.source)?;
        if let Some((line, column)) = self.place {
            write!(formatter, ":{line}:{column}")?;
        }
        if let Some(key) = &self.key {
            write!(formatter, ": key `{key}`")?;
        }
        write!(formatter, ": {}", self.message)?;
        if let Some(suggestion) = &self.suggestion {
            write!(formatter, "; did you mean `{suggestion}`?")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

impl ConfigError {
    /// An error about a file, an option or a command as a whole.
    #[must_use]
    pub fn of(source: impl Into<String>, message: impl Into<String>) -> Self {
        let (source, message) = (source.into(), message.into());
        Self { source, place: None, key: None, message, suggestion: None }
    }

    /// An error about a setting, in a source to be named later.
    #[must_use]
    pub(super) fn about(key: &str, message: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..Self::of("", message) }
    }
}

impl From<InvalidSetting> for ConfigError {
    fn from(setting: InvalidSetting) -> Self {
        let message = format!("found {}, allowed {}", setting.found, setting.allowed);
        Self::about(&setting.key, message)
    }
}

/// The closest known name, if one is close; in other letters alone (`S-DPO` for `s_dpo`) it is the same.
#[must_use]
pub fn closest<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let plain = |name: &str| -> String {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(found);
    known
        .map(|name| match plain(name) == wanted {
            true => (0, name),
            false => (strsim::damerau_levenshtein(found, name), name),
        })
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min()
        .map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_papers_write_them_are_recognised() {
        let known = ["dpo", "s_dpo", "dmpo", "dynamic_po", "ml-100k"];
        let closest = |found| closest(found, known.into_iter());
        for (found, meant) in [
            ("DMPO", "dmpo"),
            ("S-DPO", "s_dpo"),
            ("DynamicPO", "dynamic_po"),
            ("ML100K", "ml-100k"),
        ] {
            assert_eq!(closest(found).as_deref(), Some(meant));
        }
        assert_eq!(closest("dmppo").as_deref(), Some("dmpo"));
        assert_eq!(closest("transformer"), None);
    }
}
