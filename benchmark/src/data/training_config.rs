//! Which users are trained on.

use prefsweep_datasets::InvalidSetting;
use schemars::JsonSchema;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Who is trained on; who is evaluated does not depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingConfig {
    /// All users, or so many that are drawn once per seed; fewer are the first of more.
    pub users: Users,
    /// Which stages see few users.
    pub stages: Stages,
}

/// A number of users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Users {
    /// Everybody.
    #[default]
    All,
    /// So many.
    Few(usize),
}

/// Stages that are trained on few users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stages {
    /// Reference and preference stage, on the same users.
    #[default]
    Both,
    /// The preference stage alone; the reference is that of all users.
    Preference,
}

impl TrainingConfig {
    /// Whether every setting is in its range; keys are relative to `training`.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn check(&self) -> Result<(), InvalidSetting> {
        match self.users {
            Users::All => Ok(()),
            Users::Few(count) => InvalidSetting::at_least("users", count, 1),
        }
    }

    /// How many users the preference stage is trained on, unless all.
    #[must_use]
    pub fn few(&self) -> Option<usize> {
        match self.users {
            Users::All => None,
            Users::Few(count) => Some(count),
        }
    }

    /// What the reference is trained on.
    #[must_use]
    pub fn of_reference(self) -> Self {
        match self.stages {
            Stages::Both => self,
            Stages::Preference => Self::default(),
        }
    }

    /// The same without a choice that does not matter: of all users every stage sees all.
    #[must_use]
    pub fn resolved(self) -> Self {
        if self.users == Users::All { Self::default() } else { self }
    }
}

impl Stages {
    /// The name in YAML.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Preference => "preference",
        }
    }
}

/// The word for everybody.
const ALL: &str = "all";

impl Serialize for Users {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str(ALL),
            Self::Few(count) => serializer.serialize_u64(*count as u64),
        }
    }
}

impl<'de> Deserialize<'de> for Users {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AllOrCount;

        impl Visitor<'_> for AllOrCount {
            type Value = Users;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("all, or a whole number, 1 or above")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Users, E> {
                if text == ALL {
                    return Ok(Users::All);
                }
                Err(E::invalid_value(Unexpected::Str(text), &self))
            }

            fn visit_u64<E: Error>(self, count: u64) -> Result<Users, E> {
                let fits = usize::try_from(count).ok().map(Users::Few);
                fits.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(count), &self))
            }

            fn visit_i64<E: Error>(self, count: i64) -> Result<Users, E> {
                let fits = usize::try_from(count).ok().map(Users::Few);
                fits.ok_or_else(|| E::invalid_value(Unexpected::Signed(count), &self))
            }
        }

        deserializer.deserialize_any(AllOrCount)
    }
}

impl JsonSchema for Users {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Users".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "All users, or a number of them.",
            "oneOf": [{ "enum": [ALL] }, { "type": "integer", "minimum": 1 }],
        })
    }
}
