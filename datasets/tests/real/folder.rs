//! The folder of the real data, and the configuration of a file in it.

use std::env;
use std::path::{Path, PathBuf};

use prefsweep_datasets::DatasetConfig;
use serde_json::{Value, json};

const VARIABLE: &str = "PREFSWEEP_DATA_DIR";
const DEFAULT: &str = "../shared/datasets";

/// The folder of the real data, which holds these files.
///
/// # Panics
/// When a file is missing; the message says where it was expected.
pub(crate) fn folder_with(files: &[&str]) -> PathBuf {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a crate of the workspace");
    let variable = env::var_os(VARIABLE).filter(|value| !value.is_empty());
    // A relative path starts at the project's root, although the tests run in the crate's folder.
    let folder = project.join(variable.as_deref().unwrap_or(DEFAULT.as_ref()));
    for file in files {
        let path = folder.join(file);
        assert!(
            path.is_file(),
            "{} is missing: set {VARIABLE} to the folder that contains {file} \
             (default: {DEFAULT}, relative to the root of the project)",
            path.display()
        );
    }
    folder
}

/// The configuration of a file outside the registry, with further settings.
pub(crate) fn file_config(path: &str, format: &Value, settings: &Value) -> DatasetConfig {
    let mut config = json!({"name": "file", "file": {"path": path, "format": format}});
    config.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    serde_json::from_value(config).unwrap()
}
