//! What a manifest says of a dataset.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::name::DatasetName;
use super::recipe::Download;
use crate::loaders::Format;
use crate::titles::TitleFile;

/// What is known about a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its name in an experiment.
    pub name: DatasetName,
    /// Its full name.
    pub title: String,
    /// Who publishes it.
    pub publisher: String,
    /// Where it is published, the official address first.
    pub addresses: Vec<String>,
    /// Its terms of use, or where they are stated.
    pub licence: String,
    /// Summary of the terms.
    pub condition: String,
    /// What to cite, as BibTeX.
    #[serde(default)]
    pub citation: String,
    /// Further remarks.
    #[serde(default)]
    pub notes: String,
    /// What to download; empty for generated data and where the publisher asks for a login or a form.
    #[serde(default)]
    pub download: Vec<Download>,
    /// How to get it where a program may not download it.
    #[serde(default)]
    pub by_hand: String,
    /// The supported files in order of preference; the first that exists is loaded.
    #[serde(default)]
    pub files: Vec<DataFile>,
    /// Preprocessing defaults.
    #[serde(default)]
    pub preprocessing: DefaultPreprocessing,
    /// The generator's output with its default settings.
    #[serde(default)]
    pub generated: Option<PreparedFacts>,
}

/// One file in which a dataset is distributed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    /// Paths relative to the data folder, in order of preference.
    pub paths: Vec<String>,
    /// Its format.
    pub format: Format,
    /// Its file of item titles, where that is not the one that the format implies.
    #[serde(default)]
    pub titles: Option<TitleFile>,
    /// A file in its folder with the items' attributes.
    #[serde(default)]
    pub attributes: Option<String>,
    /// What it is, where it is not the publisher's own file.
    #[serde(default)]
    pub repackaging: Option<String>,
    /// SHA-256 of the file (hex), where it could be computed.
    #[serde(default)]
    pub sha256: Option<String>,
    /// The size of its content, where it could be counted.
    #[serde(default)]
    pub raw: Option<RawFacts>,
    /// The result of default preprocessing, where it could be computed.
    #[serde(default)]
    pub prepared: Option<PreparedFacts>,
    /// What was published on exactly the result of default preprocessing and splitting: test split.
    #[serde(default)]
    pub published: Vec<PublishedFigure>,
}

/// A figure of a publication.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedFigure {
    /// The model, as its authors call it.
    pub model: String,
    /// The metric and its cut-off, as in `ndcg@10`.
    pub metric: String,
    /// Among what the target is ranked.
    #[serde(default)]
    pub protocol: PublishedProtocol,
    /// The figure; of a range the upper end.
    pub value: f64,
    /// With what settings.
    pub settings: String,
    /// Where it is from.
    pub source: String,
}

/// Among what the target of a published figure is ranked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublishedProtocol {
    /// All items.
    #[default]
    Full,
    /// The candidates of the release.
    Candidates,
}

impl PublishedProtocol {
    /// As in the `protocol` column of results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Candidates => "candidates",
        }
    }
}

/// The size of a file's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawFacts {
    /// Distinct users.
    pub users: usize,
    /// Distinct items.
    pub items: usize,
    /// Interactions, repetitions included.
    pub interactions: usize,
}

/// The size and fingerprint of a dataset after preprocessing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreparedFacts {
    /// Users.
    pub users: usize,
    /// Items.
    pub items: usize,
    /// Interactions.
    pub interactions: usize,
    /// Fingerprint of the dataset.
    pub fingerprint: String,
}

/// Preprocessing defaults, used where the experiment sets nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DefaultPreprocessing {
    /// See [`DatasetConfig::k_core`](crate::DatasetConfig::k_core).
    pub k_core: Option<usize>,
}

impl Manifest {
    /// One line for reports: title, publisher and terms.
    #[must_use]
    pub fn source(&self) -> String {
        format!("{}, {}; {}", self.title, self.publisher, self.condition)
    }

    /// The file in `data_dir` that would be loaded; None if there is none.
    #[must_use]
    pub fn present(&self, data_dir: &Path) -> Option<PathBuf> {
        let paths = self.files.iter().flat_map(|file| &file.paths);
        paths.map(|path| data_dir.join(path)).find(|path| path.is_file())
    }

    /// Where the files from the downloads are put, in the order of the downloads.
    #[must_use]
    pub fn download_paths(&self, data_dir: &Path) -> Vec<PathBuf> {
        let members = self.download.iter().flat_map(|download| &download.members);
        members.map(|member| data_dir.join(&member.to)).collect()
    }

    /// What was published on the prepared data with this fingerprint.
    #[must_use]
    pub fn published_on(&self, fingerprint: &str) -> &[PublishedFigure] {
        let is_it =
            |file: &&DataFile| file.prepared.as_ref().is_some_and(|p| p.fingerprint == fingerprint);
        self.files.iter().find(is_it).map_or(&[], |file| &file.published)
    }

    /// The file with this path relative to the data folder.
    pub(crate) fn file_at(&self, path: &str) -> Option<&DataFile> {
        self.files.iter().find(|file| file.paths.iter().any(|other| other == path))
    }
}

impl DatasetName {
    /// The dataset's manifest.
    ///
    /// # Panics
    /// Never: the tests parse every manifest.
    #[must_use]
    pub fn manifest(self) -> &'static Manifest {
        static MANIFESTS: OnceLock<Vec<Manifest>> = OnceLock::new();
        let manifests = MANIFESTS.get_or_init(|| {
            let parse = |name: &Self| serde_saphyr::from_str(name.manifest_text());
            Self::ALL.iter().map(|name| parse(name).expect("parsed by the tests")).collect()
        });
        manifests.iter().find(|manifest| manifest.name == self).expect("named by the tests")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::registry::recipe::ArchiveKind;

    #[test]
    fn every_dataset_has_a_manifest_with_its_name() {
        for &name in DatasetName::ALL {
            let manifest: Manifest = serde_saphyr::from_str(name.manifest_text())
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(manifest.name, name);
            assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
            for text in
                [&manifest.title, &manifest.publisher, &manifest.licence, &manifest.condition]
            {
                assert!(!text.trim().is_empty() && !text.contains('\n'), "{name}: {text:?}");
            }
        }
    }

    #[test]
    fn published_datasets_have_an_address_a_citation_and_files() {
        let published =
            |name: &&DatasetName| !matches!(**name, DatasetName::Synthetic | DatasetName::File);
        for name in DatasetName::ALL.iter().filter(published) {
            let manifest = name.manifest();
            assert!(
                manifest.addresses.iter().all(|address| address.starts_with("https://")),
                "{name}"
            );
            assert!(!manifest.addresses.is_empty() && !manifest.files.is_empty(), "{name}");
            let citation = manifest.citation.trim();
            assert!(citation.starts_with('@') && citation.ends_with('}'), "{name}: {citation}");
            let braces = |brace| citation.matches(brace).count();
            assert_eq!(braces('{'), braces('}'), "{name}");
        }
    }

    #[test]
    fn no_file_belongs_to_two_datasets() {
        let mut seen = HashSet::new();
        for file in DatasetName::ALL.iter().flat_map(|name| &name.manifest().files) {
            assert!(!file.paths.is_empty());
            for path in &file.paths {
                assert!(seen.insert(path), "{path} twice");
            }
            let hash = file.sha256.as_deref().unwrap_or_default();
            assert!(hash.is_empty() || hash.len() == 64, "{hash}");
            assert!(hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
        }
    }

    #[test]
    fn published_figures_belong_to_known_data() {
        let mut figures = 0;
        for manifest in DatasetName::ALL.iter().map(|name| name.manifest()) {
            for file in &manifest.files {
                for figure in &file.published {
                    figures += 1;
                    let (metric, cutoff) = figure.metric.split_once('@').expect("name@cut-off");
                    assert!(matches!(metric, "ndcg" | "hr"), "{}", figure.metric);
                    assert!(cutoff.parse::<usize>().is_ok_and(|k| k > 0), "{}", figure.metric);
                    assert!(0.0 < figure.value && figure.value < 1.0, "{figure:?}");
                    for text in [&figure.model, &figure.settings, &figure.source] {
                        assert!(!text.is_empty(), "{figure:?}");
                    }
                }
                if let Some(prepared) = &file.prepared {
                    let found = manifest.published_on(&prepared.fingerprint);
                    assert_eq!(found, file.published);
                } else {
                    assert!(file.published.is_empty(), "nothing says what the figures are of");
                }
            }
            assert!(manifest.published_on("of other data").is_empty());
        }
        assert!(figures > 0);
    }

    #[test]
    fn downloads_end_with_a_file_that_is_loaded() {
        for name in DatasetName::ALL {
            let manifest = name.manifest();
            let loaded: Vec<&String> = manifest.files.iter().flat_map(|file| &file.paths).collect();
            for download in &manifest.download {
                assert!(download.addresses.iter().all(|address| address.starts_with("https://")));
                assert!(!download.addresses.is_empty(), "{name}");
                // The data come last, so that they never exist without their terms.
                let last = download.members.last().expect("a member");
                assert!(loaded.contains(&&last.to), "{name}: {}", last.to);
                if download.kind == ArchiveKind::Plain {
                    assert_eq!(last.to, format!("{name}/{}", download.file));
                }
                for (hash, length) in [(&download.sha256, 64), (&download.md5, 32)] {
                    let hash = hash.as_deref().unwrap_or_default();
                    assert!(hash.is_empty() || hash.len() == length, "{hash}");
                    assert!(hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
                }
            }
            let own = *name == DatasetName::Synthetic;
            assert!(own || manifest.download.is_empty() != manifest.by_hand.is_empty(), "{name}");
        }
    }
}
