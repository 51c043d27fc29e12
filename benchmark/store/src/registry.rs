//! From a name in YAML to the settings of a loss or a sampler.

/// Declares an enum of settings: one variant per line, `"yaml_name" => Variant(Settings)`, where
/// every settings struct implements the trait.
///
/// In YAML a variant is its name (`dmpo`), or its name and settings (`dynamic_po: {over: dmpo}`).
/// The calling crate needs `serde`, `serde_json` and `schemars`.
#[macro_export]
macro_rules! registry {
    (
        $config:ident, $title:literal, a $what:literal; dyn $trait:ident by $as_trait:ident;
        $($name:literal => $variant:ident($settings:ty),)+
    ) => {
        #[doc = concat!("A ", $what, " and its settings, as in YAML: a name, or `name: {settings}`.")]
        #[derive(Clone, Debug, PartialEq)]
        #[expect(missing_docs, reason = "each variant is documented at its settings")]
        pub enum $config {
            $($variant($settings),)+
        }

        impl $config {
            /// The names that YAML accepts.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// What the settings stand for.
            #[must_use]
            pub fn $as_trait(&self) -> &dyn $trait {
                match self {
                    $(Self::$variant(settings) => settings,)+
                }
            }

            /// The name in YAML.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)+
                }
            }
        }

        impl serde::Serialize for $config {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let mut map = serializer.serialize_map(Some(1))?;
                match self {
                    $(Self::$variant(settings) => map.serialize_entry($name, settings)?,)+
                }
                map.end()
            }
        }

        impl<'de> serde::Deserialize<'de> for $config {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;

                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = $config;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(
                            formatter,
                            "a {} ({}), by name or as `name: {{settings}}`",
                            $what,
                            $config::NAMES.join(", ")
                        )
                    }

                    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<$config, E> {
                        let none = std::iter::empty::<(String, String)>();
                        let none = serde::de::value::MapDeserializer::<_, E>::new(none);
                        match name {
                            $($name => serde::Deserialize::deserialize(none).map($config::$variant),)+
                            other => Err(E::unknown_variant(other, $config::NAMES)),
                        }
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(
                        self,
                        mut map: A,
                    ) -> Result<$config, A::Error> {
                        use serde::de::Error;
                        let Some(name) = map.next_key::<String>()? else {
                            return Err(A::Error::invalid_length(0, &self));
                        };
                        let found = match name.as_str() {
                            $($name => $config::$variant(map.next_value()?),)+
                            other => return Err(A::Error::unknown_variant(other, $config::NAMES)),
                        };
                        match map.next_key::<String>()? {
                            None => Ok(found),
                            Some(second) => Err(A::Error::custom(format!(
                                "found a second key `{second}` beside `{name}`, allowed one {} per entry",
                                $what
                            ))),
                        }
                    }
                }

                deserializer.deserialize_any(Visitor)
            }
        }

        impl schemars::JsonSchema for $config {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $title.into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut forms = vec![serde_json::json!({ "enum": $config::NAMES })];
                $(forms.push(serde_json::json!({
                    "type": "object",
                    "properties": { $name: generator.subschema_for::<$settings>() },
                    "required": [$name],
                    "additionalProperties": false,
                }));)+
                schemars::json_schema!({
                    "description": concat!("A ", $what, ", by name or as `name: {settings}`."),
                    "oneOf": forms,
                })
            }
        }
    };
}
