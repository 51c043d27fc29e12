//! The kinds of features.

/// A kind of features of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FeatureKind {
    /// Genres, from the file of titles.
    Genres,
    /// Attributes, from a file of them.
    Attributes,
    /// Words of titles.
    TitleWords,
    /// A vector for every item, from a file; of generated data the items' latent vectors with noise.
    Dense,
}

impl FeatureKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Genres, Self::Attributes, Self::TitleWords, Self::Dense];

    /// The name in YAML.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Genres => "genres",
            Self::Attributes => "attributes",
            Self::TitleWords => "title_words",
            Self::Dense => "dense",
        }
    }

    /// Where data have them from, for those who miss them.
    #[must_use]
    pub fn source(self) -> &'static str {
        match self {
            Self::Genres => {
                "genres come with the titles of MovieLens, or from a column `genres` of a file of titles"
            }
            Self::Attributes => "dataset.features.attributes names a file of them",
            Self::TitleWords => "words come from titles",
            Self::Dense => "dataset.features.dense names a file of vectors",
        }
    }
}
