//! The registry of datasets: one page per dataset in `manifests/`, part of the program.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::config::DatasetName;
use crate::download::Download;
use crate::loaders::Format;

/// What is known of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The name in an experiment.
    pub name: DatasetName,
    /// The name in a text.
    pub title: String,
    /// Who publishes it.
    pub publisher: String,
    /// Where it is published, the official place first.
    pub addresses: Vec<String>,
    /// Where its terms of use are.
    pub licence: String,
    /// The terms in a few words.
    pub condition: String,
    /// What to cite, BibTeX.
    #[serde(default)]
    pub citation: String,
    /// What else one should know.
    #[serde(default)]
    pub notes: String,
    /// What to download; empty for generated data and where the publisher wants a login or a form.
    #[serde(default)]
    pub download: Vec<Download>,
    /// How to get it where there is nothing that a program may download.
    #[serde(default)]
    pub by_hand: String,
    /// The files that are looked for, in this order; the first found is loaded.
    #[serde(default)]
    pub files: Vec<DataFile>,
    /// Preprocessing where the experiment says nothing.
    #[serde(default)]
    pub preprocessing: DefaultPreprocessing,
    /// What the generator makes with its default settings.
    #[serde(default)]
    pub generated: Option<PreparedFacts>,
}

/// One form in which a dataset is published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    /// Places below the data folder.
    pub paths: Vec<String>,
    /// How it is read.
    pub format: Format,
    /// What it is, where it is not the publisher's file.
    #[serde(default)]
    pub repackaging: Option<String>,
    /// SHA-256 of the file (hex), of files that were at hand.
    #[serde(default)]
    pub sha256: Option<String>,
    /// What is in the file, counted in a file that was at hand.
    #[serde(default)]
    pub raw: Option<RawFacts>,
    /// What default preprocessing makes of it, counted likewise.
    #[serde(default)]
    pub prepared: Option<PreparedFacts>,
}

/// The size of a file's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawFacts {
    /// Different users.
    pub users: usize,
    /// Different items.
    pub items: usize,
    /// Interactions, repetitions included.
    pub interactions: usize,
}

/// The size of a dataset after preprocessing, and its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreparedFacts {
    /// Users.
    pub users: usize,
    /// Items.
    pub items: usize,
    /// Interactions.
    pub interactions: usize,
    /// The dataset's fingerprint.
    pub fingerprint: String,
}

/// Preprocessing where the experiment says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DefaultPreprocessing {
    /// See [`DatasetConfig::k_core`](crate::DatasetConfig::k_core).
    pub k_core: Option<usize>,
}

impl Manifest {
    /// One line for reports: what it is, whose, and on which condition.
    #[must_use]
    pub fn source(&self) -> String {
        format!("{}, {}; {}", self.title, self.publisher, self.condition)
    }

    /// The file in `data_dir` that would be loaded, if one is there.
    #[must_use]
    pub fn present(&self, data_dir: &Path) -> Option<PathBuf> {
        let paths = self.files.iter().flat_map(|file| &file.paths);
        paths.map(|path| data_dir.join(path)).find(|path| path.is_file())
    }
}

macro_rules! registry {
    ($($variant:ident: $page:literal,)*) => {
        impl DatasetName {
            /// Every dataset, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            fn page(self) -> &'static str {
                match self {
                    $(Self::$variant => include_str!(concat!("../manifests/", $page, ".yaml")),)*
                }
            }

            /// The name as written in an experiment.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $page,)*
                }
            }
        }
    };
}

registry! {
    Synthetic: "synthetic",
    Ml100k: "ml-100k",
    Ml1m: "ml-1m",
    AmazonBeauty: "amazon-beauty",
    AmazonVideoGames: "amazon-video-games",
    AmazonMoviesTv: "amazon-movies-tv",
    Lastfm: "lastfm",
    Steam: "steam",
    Goodreads: "goodreads",
    File: "file",
}

impl DatasetName {
    /// The dataset's page.
    ///
    /// # Panics
    /// Never: the tests read every page.
    #[must_use]
    pub fn manifest(self) -> &'static Manifest {
        static MANIFESTS: OnceLock<Vec<Manifest>> = OnceLock::new();
        let manifests = MANIFESTS.get_or_init(|| {
            let read = |name: &Self| serde_saphyr::from_str(name.page());
            Self::ALL.iter().map(|name| read(name).expect("a page that the tests read")).collect()
        });
        manifests.iter().find(|manifest| manifest.name == self).expect("a page of its own name")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::download::ArchiveKind;

    #[test]
    fn every_dataset_has_a_page_of_its_name() {
        for &name in DatasetName::ALL {
            let page: Manifest = serde_saphyr::from_str(name.page())
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(page.name, name);
            assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
            for text in [&page.title, &page.publisher, &page.licence, &page.condition] {
                assert!(!text.trim().is_empty() && !text.contains('\n'), "{name}: {text:?}");
            }
        }
    }

    #[test]
    fn published_datasets_have_address_citation_and_files() {
        let published =
            |name: &&DatasetName| !matches!(**name, DatasetName::Synthetic | DatasetName::File);
        for name in DatasetName::ALL.iter().filter(published) {
            let page = name.manifest();
            assert!(page.addresses.iter().all(|address| address.starts_with("https://")), "{name}");
            assert!(!page.addresses.is_empty() && !page.files.is_empty(), "{name}");
            let citation = page.citation.trim();
            assert!(citation.starts_with('@') && citation.ends_with('}'), "{name}: {citation}");
            let braces = |brace| citation.matches(brace).count();
            assert_eq!(braces('{'), braces('}'), "{name}");
        }
    }

    #[test]
    fn no_file_is_looked_for_by_two_datasets() {
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
    fn what_is_downloaded_is_what_the_loaders_look_for() {
        for name in DatasetName::ALL {
            let page = name.manifest();
            let looked_for: Vec<&String> = page.files.iter().flat_map(|file| &file.paths).collect();
            for download in &page.download {
                assert!(download.addresses.iter().all(|address| address.starts_with("https://")));
                assert!(!download.addresses.is_empty(), "{name}");
                // Last, so that the data appear after their terms.
                let last = download.members.last().expect("a member");
                assert!(looked_for.contains(&&last.to), "{name}: {}", last.to);
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
            assert!(own || page.download.is_empty() != page.by_hand.is_empty(), "{name}");
        }
    }
}
