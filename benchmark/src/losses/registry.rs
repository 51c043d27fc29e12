//! From a name in YAML to a loss.

/// Declares [`LossConfig`](super::LossConfig): one variant per line, `"yaml_name" => Settings`.
///
/// In YAML a loss is its name (`dmpo`), or its name and settings (`dynamic_po: {over: dmpo}`).
macro_rules! registry {
    ($($name:literal => $settings:ident,)+) => {
        /// A loss and its settings, as in YAML: a name, or `name: {settings}`.
        #[derive(Clone, Debug, PartialEq)]
        #[expect(missing_docs, reason = "each variant is documented at its settings")]
        pub enum LossConfig {
            $($settings($settings),)+
        }

        impl LossConfig {
            /// The names that YAML accepts.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// The loss itself.
            #[must_use]
            pub fn as_loss(&self) -> &dyn PreferenceLoss {
                match self {
                    $(Self::$settings(settings) => settings,)+
                }
            }

            /// The name in tables and plots.
            #[must_use]
            pub fn label(&self) -> String {
                self.as_loss().label()
            }
        }

        impl serde::Serialize for LossConfig {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let mut map = serializer.serialize_map(Some(1))?;
                match self {
                    $(Self::$settings(settings) => map.serialize_entry($name, settings)?,)+
                }
                map.end()
            }
        }

        impl<'de> serde::Deserialize<'de> for LossConfig {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;

                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = LossConfig;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(
                            formatter,
                            "a loss ({}), by name or as `name: {{settings}}`",
                            LossConfig::NAMES.join(", ")
                        )
                    }

                    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<LossConfig, E> {
                        let none = std::iter::empty::<(String, String)>();
                        let none = serde::de::value::MapDeserializer::<_, E>::new(none);
                        match name {
                            $($name => serde::Deserialize::deserialize(none).map(LossConfig::$settings),)+
                            other => Err(E::unknown_variant(other, LossConfig::NAMES)),
                        }
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(
                        self,
                        mut map: A,
                    ) -> Result<LossConfig, A::Error> {
                        use serde::de::Error;
                        let Some(name) = map.next_key::<String>()? else {
                            return Err(A::Error::invalid_length(0, &self));
                        };
                        let loss = match name.as_str() {
                            $($name => LossConfig::$settings(map.next_value()?),)+
                            other => return Err(A::Error::unknown_variant(other, LossConfig::NAMES)),
                        };
                        match map.next_key::<String>()? {
                            None => Ok(loss),
                            Some(second) => Err(A::Error::custom(format!(
                                "found a second key `{second}` beside `{name}`, allowed one loss per entry"
                            ))),
                        }
                    }
                }

                deserializer.deserialize_any(Visitor)
            }
        }

        impl schemars::JsonSchema for LossConfig {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                "Loss".into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut forms = vec![serde_json::json!({ "enum": LossConfig::NAMES })];
                $(forms.push(serde_json::json!({
                    "type": "object",
                    "properties": { $name: generator.subschema_for::<$settings>() },
                    "required": [$name],
                    "additionalProperties": false,
                }));)+
                schemars::json_schema!({
                    "description": "A loss, by name or as `name: {settings}`.",
                    "oneOf": forms,
                })
            }
        }
    };
}

pub(super) use registry;
