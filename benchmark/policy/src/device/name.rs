//! The device as a user names it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What can be written.
const ALLOWED: [&str; 8] = ["auto", "flex", "cpu", "ndarray", "wgpu", "gpu", "cuda", "wgpu:N"];

/// The device as a user names it: `auto`, `flex` (or `cpu`), `ndarray`, `wgpu` (or `gpu`, `cuda`) or `wgpu:N`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceName {
    /// A real GPU that works, otherwise flex.
    #[default]
    Auto,
    /// The CPU, burn's flex backend.
    Flex,
    /// The CPU, burn's ndarray backend.
    Ndarray,
    /// A GPU through wgpu: the given one of the list of `prefsweep devices`, or the first real one.
    Wgpu(Option<usize>),
}

/// A text that names no device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found `{found}`, allowed {}; `cpu` is flex, `gpu` and `cuda` are wgpu", ALLOWED.join(", "))]
pub struct NoDevice {
    found: String,
}

impl FromStr for DeviceName {
    type Err = NoDevice;

    fn from_str(text: &str) -> Result<Self, NoDevice> {
        let unknown = || NoDevice { found: text.into() };
        let (kind, number) = match text.split_once(':') {
            None => (text, None),
            // A sign is a number to `parse`, but not to a user.
            Some((kind, digits)) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                (kind, Some(digits.parse().map_err(|_| unknown())?))
            }
            Some(_) => return Err(unknown()),
        };
        match (kind, number) {
            ("auto", None) => Ok(Self::Auto),
            ("flex" | "cpu", None) => Ok(Self::Flex),
            ("ndarray", None) => Ok(Self::Ndarray),
            // Cards of every make, also those that others address through CUDA.
            ("wgpu" | "gpu" | "cuda", number) => Ok(Self::Wgpu(number)),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Flex => formatter.write_str("flex"),
            Self::Ndarray => formatter.write_str("ndarray"),
            Self::Wgpu(None) => formatter.write_str("wgpu"),
            Self::Wgpu(Some(number)) => write!(formatter, "wgpu:{number}"),
        }
    }
}

impl Serialize for DeviceName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DeviceName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::unknown_variant(&text, &ALLOWED))
    }
}

impl JsonSchema for DeviceName {
    fn schema_name() -> Cow<'static, str> {
        "DeviceName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The device: `auto` is a real GPU that works, otherwise flex; `flex` (or `cpu`) \
                and `ndarray` are the CPU; `wgpu` (or `gpu`, `cuda`) is the first real GPU, `wgpu:N` the \
                adapter N of `prefsweep devices`.",
            "type": "string",
            "anyOf": [
                {"enum": ["auto", "flex", "cpu", "ndarray", "wgpu", "gpu", "cuda"]},
                {"pattern": "^(wgpu|gpu|cuda):[0-9]+$"},
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for text in ["auto", "flex", "ndarray", "wgpu", "wgpu:0", "wgpu:12"] {
            assert_eq!(text.parse::<DeviceName>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn names_of_other_programs_are_understood() {
        let named = |text: &str| text.parse::<DeviceName>().unwrap().to_string();
        assert_eq!(["cpu", "gpu", "cuda", "cuda:1"].map(named), ["flex", "wgpu", "wgpu", "wgpu:1"]);
    }

    /// Those of the error, but for `wgpu:N`, are all names, and those of the schema the same.
    #[test]
    fn the_schema_knows_every_name() {
        let schema = serde_json::to_value(schemars::schema_for!(DeviceName)).unwrap();
        let (names, numbered) = (&schema["anyOf"][0]["enum"], &schema["anyOf"][1]["pattern"]);
        let (_, allowed) = ALLOWED.split_last().unwrap();
        assert_eq!(*names, serde_json::json!(allowed));
        assert_eq!(*numbered, "^(wgpu|gpu|cuda):[0-9]+$");
        for name in allowed.iter().copied().chain(["wgpu:3", "gpu:3", "cuda:3"]) {
            assert!(serde_json::from_value::<DeviceName>(name.into()).is_ok(), "{name}");
        }
        let error = serde_json::from_value::<DeviceName>("tpu".into()).unwrap_err().to_string();
        assert!(error.contains("`cpu`") && error.contains("`cuda`"), "{error}");
    }

    #[test]
    fn other_texts_name_no_device() {
        for text in
            ["", "tpu", "cpu:0", "Wgpu", "wgpu:", "wgpu:-1", "wgpu:+1", "wgpu:first", "flex:0"]
        {
            let error = text.parse::<DeviceName>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")) && error.contains("wgpu:N"), "{error}");
        }
    }
}
