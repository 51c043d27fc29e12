//! The policies that there are, and how YAML names them.
//!
//! To add one: write a folder with a policy and settings that implement
//! [`PolicySettings`](crate::policy::PolicySettings), and add one line to the registry below.

use std::sync::Arc;

use prefsweep_datasets::{FeatureKind, InvalidSetting};
use prefsweep_store::{Identify, Identity};
use serde::de::{DeserializeSeed, Error, IntoDeserializer, MapAccess};
use serde::{Deserialize, Deserializer};

use crate::catalogue::Catalogue;
use crate::policy::{Policy, PolicySettings};
use crate::sasrec::SasrecConfig;
use crate::titles::TitlesConfig;

/// The section of the YAML.
const SECTION: &str = "model";

/// Declares the enum of policies: one variant per line, `"yaml_name" => Variant(Settings)`.
///
/// In YAML a policy is `name: {settings}`; the first one is also, and always when it is written, its
/// settings without the name.
macro_rules! policies {
    (
        $(#[$attribute:meta])*
        $visible:vis enum $config:ident {
            $bare_name:literal => $bare:ident($bare_settings:ty),
            $($name:literal => $variant:ident($settings:ty),)*
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq)]
        $visible enum $config {
            $bare($bare_settings),
            $($variant($settings),)*
        }

        impl $config {
            /// The names that YAML accepts.
            $visible const NAMES: &'static [&'static str] = &[$bare_name, $($name),*];

            /// What the section may begin with: a setting of the policy without a name, or a name.
            const FIRST: &'static [&'static str] =
                &joined::<{ <$bare_settings>::KEYS.len() + $config::NAMES.len() }>(
                    <$bare_settings>::KEYS,
                    $config::NAMES,
                );

            /// The name in YAML.
            #[must_use]
            $visible fn name(&self) -> &'static str {
                match self {
                    Self::$bare(_) => $bare_name,
                    $(Self::$variant(_) => $name,)*
                }
            }

            /// The settings of whichever policy it is.
            #[must_use]
            $visible fn settings(&self) -> &dyn PolicySettings {
                match self {
                    Self::$bare(settings) => settings,
                    $(Self::$variant(settings) => settings,)*
                }
            }
        }

        impl Default for $config {
            fn default() -> Self {
                Self::$bare(<$bare_settings>::default())
            }
        }

        impl serde::Serialize for $config {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    Self::$bare(settings) => settings.serialize(serializer),
                    $(Self::$variant(settings) => {
                        serializer.collect_map(std::iter::once(($name, settings)))
                    })*
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $config {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Section;

                impl<'de> serde::de::Visitor<'de> for Section {
                    type Value = $config;

                    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        let names = $config::NAMES.join(", ");
                        write!(out, "settings of {}, or `name: {{settings}}` of {names}", $bare_name)
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(
                        self,
                        mut map: A,
                    ) -> Result<$config, A::Error> {
                        let Some(key) = map.next_key_seed(FirstKey($config::FIRST))? else {
                            return Ok($config::default());
                        };
                        let found = match key.as_str() {
                            $bare_name => $config::$bare(map.next_value()?),
                            $($name => $config::$variant(map.next_value()?),)*
                            _ => {
                                let names = $config::NAMES;
                                let settings = Unnamed { names, first: Some(key), rest: map };
                                let settings =
                                    serde::de::value::MapAccessDeserializer::new(settings);
                                return serde::Deserialize::deserialize(settings)
                                    .map($config::$bare);
                            }
                        };
                        match map.next_key::<String>()? {
                            None => Ok(found),
                            Some(second) => Err(beside(&second, &format!("`{key}`"))),
                        }
                    }
                }

                deserializer.deserialize_struct(stringify!($config), $config::NAMES, Section)
            }
        }

        impl schemars::JsonSchema for $config {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                "Policy".into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let bare = generator.subschema_for::<$bare_settings>();
                let named = [
                    ($bare_name, bare.clone()),
                    $(($name, generator.subschema_for::<$settings>()),)*
                ];
                let named = named.into_iter().map(|(name, settings)| {
                    serde_json::json!({
                        "type": "object",
                        "properties": { name: settings },
                        "required": [name],
                        "additionalProperties": false,
                    })
                });
                let mut forms = vec![serde_json::to_value(&bare).expect("a schema is plain data")];
                forms.extend(named);
                schemars::json_schema!({
                    "description": "The policy: settings of SASRec, or `name: {settings}`.",
                    "anyOf": forms,
                })
            }
        }
    };
}

policies! {
    /// A policy and its settings. In YAML: the settings of SASRec, or any policy as
    /// `name: {settings}`.
    #[expect(missing_docs, reason = "each variant is documented at its settings")]
    pub enum ModelConfig {
        "sasrec" => Sasrec(SasrecConfig),
        "titles" => Titles(TitlesConfig),
    }
}

impl ModelConfig {
    /// The policy for a catalogue.
    ///
    /// # Panics
    /// When it needs titles or features and the catalogue has none.
    #[must_use]
    pub fn build<'a>(&self, catalogue: impl Into<Catalogue<'a>>) -> Arc<dyn Policy> {
        self.settings().build(catalogue.into())
    }

    /// The longest window of history that the policy sees.
    #[must_use]
    pub fn max_len(&self) -> usize {
        self.settings().max_len()
    }

    /// Width of the policy's hidden states.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.settings().dim()
    }

    /// Whether the policy reads titles.
    #[must_use]
    pub fn needs_titles(&self) -> bool {
        self.settings().needs_titles()
    }

    /// The kinds of features of items that the policy needs.
    #[must_use]
    pub fn features(&self) -> Vec<FeatureKind> {
        self.settings().features()
    }

    /// Whether some block has sparse experts.
    #[must_use]
    pub fn has_experts(&self) -> bool {
        self.settings().has_experts()
    }

    /// Whether the settings are possible.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn check(&self) -> Result<(), InvalidSetting> {
        // The first policy's settings stand there without its name.
        if self.name() == Self::NAMES[0] {
            return self.settings().check(SECTION);
        }
        self.settings().check(&format!("{SECTION}.{}", self.name()))
    }
}

impl Identify for ModelConfig {
    fn identify(&self, identity: &mut Identity) {
        // Results from before there was a choice are SASRec's.
        let before = Self::default().name().to_owned();
        identity.added("policy", &self.name().to_owned(), &before);
        self.settings().identify(identity);
        identity.version("policy", self.settings().version());
    }
}

/// Both lists, one behind the other; `N` is how many there are in all.
const fn joined<const N: usize>(one: &[&'static str], other: &[&'static str]) -> [&'static str; N] {
    assert!(one.len() + other.len() == N, "all of both");
    let mut all = [""; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < one.len() { one[at] } else { other[at - one.len()] };
        at += 1;
    }
    all
}

/// A policy's name stands alone: its settings are below it.
fn beside<E: Error>(second: &str, first: &str) -> E {
    E::custom(format!(
        "found a second key `{second}` beside {first}, allowed one policy, without settings beside it"
    ))
}

/// The first key of the section, out of those that are known: the name of a policy, or a setting of the one without a
/// name.
struct FirstKey(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for FirstKey {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        let key = String::deserialize(deserializer)?;
        // Refused here rather than later, since the message then names the key and its line.
        let known = self.0.contains(&key.as_str());
        if known { Ok(key) } else { Err(D::Error::unknown_field(&key, self.0)) }
    }
}

/// A later key of settings without a name, for the settings to read: no policy's name.
struct LaterKey<K> {
    names: &'static [&'static str],
    seed: K,
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for LaterKey<K> {
    type Value = K::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K::Value, D::Error> {
        let key = String::deserialize(deserializer)?;
        if self.names.contains(&key.as_str()) {
            return Err(beside(&key, "settings without a policy's name"));
        }
        self.seed.deserialize(key.into_deserializer())
    }
}

/// Settings whose first key was already read.
struct Unnamed<A> {
    /// Those of the policies.
    names: &'static [&'static str],
    first: Option<String>,
    rest: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Unnamed<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        match self.first.take() {
            Some(key) => seed.deserialize(key.into_deserializer()).map(Some),
            None => self.rest.next_key_seed(LaterKey { names: self.names, seed }),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.rest.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Settings of a second policy.
    #[derive(
        Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
    )]
    #[serde(deny_unknown_fields, default)]
    struct Second {
        experts: usize,
    }

    impl Identify for Second {
        fn identify(&self, identity: &mut Identity) {
            identity.field("experts", &self.experts);
        }
    }

    impl PolicySettings for Second {
        fn build(&self, _catalogue: Catalogue<'_>) -> Arc<dyn Policy> {
            unreachable!("only read and written here")
        }

        fn max_len(&self) -> usize {
            7
        }

        fn dim(&self) -> usize {
            3
        }

        fn check(&self, _at: &str) -> Result<(), InvalidSetting> {
            Ok(())
        }
    }

    policies! {
        enum TwoPolicies {
            "sasrec" => Sasrec(SasrecConfig),
            "second" => Second(Second),
        }
    }

    fn read(value: serde_json::Value) -> Result<TwoPolicies, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn settings_without_a_name_are_those_of_sasrec() {
        let expected = TwoPolicies::Sasrec(SasrecConfig { heads: 4, ..SasrecConfig::default() });
        assert_eq!(read(json!({"heads": 4})).as_ref(), Ok(&expected));
        assert_eq!(read(json!({"sasrec": {"heads": 4}})).as_ref(), Ok(&expected));
        assert_eq!(read(json!({})), Ok(TwoPolicies::default()));
        let written = serde_json::to_value(&expected).unwrap();
        assert_eq!(
            written,
            json!({"dim": 64, "blocks": 2, "heads": 4, "feed_forward": 64, "max_len": 50, "experts": null, "features": null})
        );
        assert_eq!(read(written), Ok(expected));
    }

    #[test]
    fn other_policies_are_written_with_their_name() {
        let second = TwoPolicies::Second(Second { experts: 8 });
        let written = serde_json::to_value(&second).unwrap();
        assert_eq!(written, json!({"second": {"experts": 8}}));
        assert_eq!(read(written), Ok(second.clone()));
        assert_eq!((second.name(), second.settings().dim()), ("second", 3));
    }

    #[test]
    fn unknown_keys_are_errors_wherever_they_stand() {
        let known =
            "expected one of `dim`, `blocks`, `heads`, `feed_forward`, `max_len`, `experts`";
        for value in [json!({"dimm": 1}), json!({"dim": 1, "dimm": 1})] {
            let error = read(value).unwrap_err();
            assert!(error.contains("unknown field `dimm`") && error.contains(known), "{error}");
        }
        let error = read(json!({"second": {"expert": 1}})).unwrap_err();
        assert!(error.contains("unknown field `expert`, expected `experts`"), "{error}");
    }

    #[test]
    fn a_misspelt_policy_is_answered_with_the_policies() {
        let expected = "unknown field `title`, expected one of `dim`, `blocks`, `heads`, `feed_forward`, `max_len`, \
                        `experts`, `features`, `sasrec`, `titles`";
        let error = serde_json::from_value::<ModelConfig>(json!({"title": {}})).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_policy_stands_alone() {
        for (text, found) in [
            (r#"{"second": {}, "dim": 1}"#, "`dim` beside `second`"),
            (r#"{"second": {}, "sasrec": {}}"#, "`sasrec` beside `second`"),
            (r#"{"dim": 8, "second": {}}"#, "`second` beside settings without a policy's name"),
            (r#"{"dim": 8, "sasrec": {}}"#, "`sasrec` beside settings without a policy's name"),
        ] {
            let error = serde_json::from_str::<TwoPolicies>(text).unwrap_err().to_string();
            let expected = format!(
                "found a second key {found}, allowed one policy, without settings beside it"
            );
            assert!(error.contains(&expected), "{error}");
        }
    }

    #[test]
    fn only_other_policies_add_their_name_to_an_identity() {
        let identity = |config: &ModelConfig| {
            let mut identity = Identity::new("cell", 1);
            identity.part("model", config);
            identity.text().to_owned()
        };
        assert_eq!(
            identity(&ModelConfig::default()),
            "cell=1\nmodel.dim=64\nmodel.blocks=2\nmodel.heads=2\nmodel.feed_forward=64\n\
             model.max_len=50\n"
        );
    }

    #[test]
    fn settings_that_do_not_fit_are_named_with_their_section() {
        let check = |settings: SasrecConfig| {
            let InvalidSetting { key, found, allowed } =
                ModelConfig::Sasrec(settings).check().unwrap_err();
            format!("{key}: {found}, {allowed}")
        };
        let default = SasrecConfig::default();
        assert_eq!(check(SasrecConfig { dim: 0, ..default.clone() }), "model.dim: 0, at least 1");
        assert_eq!(
            check(SasrecConfig { max_len: 4096, ..default.clone() }),
            "model.max_len: 4096, at most 2048"
        );
        assert_eq!(
            check(SasrecConfig { heads: 3, ..default }),
            "model.heads: 3, a divisor of model.dim = 64"
        );
    }

    #[test]
    fn the_keys_are_those_that_are_written() {
        let written = serde_json::to_value(SasrecConfig::default()).unwrap();
        let mut keys: Vec<&str> = written.as_object().unwrap().keys().map(String::as_str).collect();
        let mut listed = SasrecConfig::KEYS.to_vec();
        keys.sort_unstable();
        listed.sort_unstable();
        assert_eq!(keys, listed);
    }
}
