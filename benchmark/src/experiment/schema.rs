//! The JSON schema of experiment files, for editors.

use super::Experiment;

/// The schema as indented JSON, ending in a newline.
#[must_use]
pub fn json_schema() -> String {
    let schema = schemars::schema_for!(Experiment);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain data");
    text.push('\n');
    text
}
