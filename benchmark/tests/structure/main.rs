//! The structure of the source: no file imports in a circle with another, and the report is built
//! without anything that computes.
//!
//! An import is a name that a file takes from another file, by `use` or by its path. A facade, which
//! is a file that declares modules and defines nothing (`lib.rs`, `mod.rs`), is looked through: a name
//! is taken from the file that defines it. Tests do not count.
//!
//! Likewise of the documentation: a test that is named beside a promise is there.

mod circles;
mod dependencies;
mod imports;
mod links;
mod promises;
mod source;
mod tokens;

use std::path::{Path, PathBuf};

/// Crates and their folders.
const CRATES: [(&str, &str); 7] = [
    ("prefsweep_parquet", "datasets/parquet"),
    ("prefsweep_datasets", "datasets"),
    ("prefsweep_store", "benchmark/store"),
    ("prefsweep_losses", "benchmark/losses"),
    ("prefsweep_policy", "benchmark/policy"),
    ("prefsweep", "benchmark"),
    ("prefsweep_report", "report"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a crate of the workspace").into()
}

#[test]
fn no_file_imports_in_a_circle_with_another() {
    let crates = CRATES.map(|(name, folder)| {
        let source = root().join(folder).join("src");
        source::read(name, &source)
    });
    let files: Vec<source::File> = crates.into_iter().flatten().collect();
    assert!(files.len() > 200, "only {} files", files.len());
    let imports = imports::between(&files);
    let count: usize = imports.values().map(|from| from.len()).sum();
    assert!(count > 800, "only {count} imports");
    let found = circles::describe(&imports, &root());
    assert!(found.is_empty(), "files that import in a circle:\n\n{}", found.join("\n"));
}

#[test]
fn tests_that_are_named_beside_a_promise_are_there() {
    let folder = root().join("docs");
    let page = std::fs::read_to_string(folder.join("reliability.md")).unwrap();
    let promises = promises::promises(&page);
    assert!(promises.len() > 10, "only {} promises", promises.len());
    for promise in promises {
        let read = |file: &String| std::fs::read_to_string(folder.join(file)).expect(file);
        let sources: Vec<String> = promise.files.iter().map(read).collect();
        assert!(!promise.tests.is_empty(), "no test of: {}", promise.text);
        for test in promise.tests {
            let found = sources.iter().any(|source| promises::has_test(source, &test));
            assert!(found, "no test `{test}` in {:?}", promise.files);
        }
    }
}
