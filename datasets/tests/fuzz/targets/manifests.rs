//! Manifests of datasets, and settings of a dataset.

use std::fs;

use prefsweep_datasets::{DatasetConfig, Manifest};

use crate::engine::fuzz;

#[test]
fn manifests() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let seeds: Vec<Vec<u8>> = files.iter().map(|path| fs::read(path).unwrap()).collect();
    let words: [&[u8]; 4] = [b"format:", b"kind: tar_gz", b"members:", b"sha256:"];
    fuzz("manifests", 2000, &seeds, &words, |_, input| {
        // Read as the program reads the dataset's own: its text is YAML.
        let text = String::from_utf8_lossy(input);
        let _ = serde_saphyr::from_str::<DatasetConfig>(&text).map(|config| config.validate());
        serde_saphyr::from_str::<Manifest>(&text).is_ok()
    });
}
