//! The mapping: what an imported file's columns are called, and what it does not say itself.

use std::collections::BTreeMap;
use std::path::PathBuf;

use prefsweep_store::ReportSettings;
use serde::Deserialize;

/// A mapping file; every part may be left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Mapping {
    /// Name of the experiment; otherwise that of the results' folder.
    pub(super) name: Option<String>,
    /// Heading of the report.
    pub(super) title: Option<String>,
    /// The question in one or two sentences.
    pub(super) question: Option<String>,
    /// What was expected before the first run.
    pub(super) predictions: Vec<String>,
    /// What is known of the data.
    pub(super) dataset: Data,
    /// The k of HR@k and NDCG@k.
    pub(super) cutoffs: Option<Vec<usize>>,
    /// Margin of indifference, as a share of the reference's value.
    pub(super) margin: Option<f64>,
    /// Seeds on whose validation the values of axes are chosen.
    pub(super) tuning_seeds: Vec<u64>,
    /// The name that a column has in the file, by the usual one.
    pub(super) columns: BTreeMap<String, String>,
    /// A value for all rows, by the usual name of its column.
    pub(super) values: BTreeMap<String, Text>,
    /// The column that holds the values of an axis, by the axis.
    pub(super) axes: BTreeMap<String, String>,
    /// What a loss in the file is, by its name there.
    pub(super) losses: BTreeMap<String, Loss>,
    /// The files with the rows that texts were generated for, by split.
    pub(super) candidates: Option<BySplit>,
    /// The files, in place of a single one.
    pub(super) runs: Vec<RunFile>,
}

/// What is known of the data.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Data {
    pub(super) name: Option<String>,
    /// What was trained on, where that is another domain than what is tested.
    pub(super) trained_on: Option<String>,
    /// Items of the catalogue.
    pub(super) items: Option<usize>,
    /// Where the data come from, in a phrase.
    pub(super) source: Option<String>,
    /// Hash of the prepared data, as an export has it.
    pub(super) fingerprint: Option<String>,
    /// Hash of the candidate lists, as an export has it.
    pub(super) candidates_fingerprint: Option<String>,
}

/// A loss under the name that this program has for it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Loss {
    pub(super) name: String,
    /// The base loss of a modifier.
    #[serde(default)]
    pub(super) over: Option<String>,
}

/// A file for each split.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BySplit {
    #[serde(default)]
    pub(super) validation: Option<PathBuf>,
    pub(super) test: PathBuf,
}

/// The file of a run, or its files, with what its rows do not say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunFile {
    /// A table of ranks.
    #[serde(default)]
    pub(super) file: Option<PathBuf>,
    /// Texts that were generated for the validation rows.
    #[serde(default)]
    pub(super) validation: Option<PathBuf>,
    /// Texts that were generated for the test rows.
    #[serde(default)]
    pub(super) test: Option<PathBuf>,
    #[serde(default)]
    pub(super) loss: Option<String>,
    #[serde(default)]
    pub(super) over: Option<String>,
    #[serde(default, rename = "K")]
    pub(super) negatives: Option<u64>,
    #[serde(default)]
    pub(super) seed: Option<u64>,
    #[serde(default)]
    pub(super) step: Option<u64>,
}

/// A text or a number, as a text.
#[derive(Clone, Debug)]
pub(super) struct Text(pub(super) String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = Text;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a text or a number")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl Mapping {
    /// How the results are judged.
    pub(super) fn judged(&self) -> ReportSettings {
        self.margin.map_or_else(ReportSettings::default, |margin| ReportSettings { margin })
    }

    /// The k of HR@k and NDCG@k; of generated texts, which name one item, 1 alone.
    pub(super) fn cutoffs(&self) -> Vec<usize> {
        let usual: &[usize] = if self.candidates.is_some() { &[1] } else { &[1, 5, 10, 20] };
        self.cutoffs.clone().unwrap_or_else(|| usual.to_vec())
    }
}
