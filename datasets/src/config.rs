//! The dataset section of an experiment.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::candidates::CandidateConfig;
use crate::features::FeatureFiles;
use crate::loaders::Format;
use crate::registry::DatasetName;
use crate::setting::{InvalidSetting, require};
use crate::split::{SplitBy, SplitConfig};
use crate::synthetic::SyntheticConfig;
use crate::titles::TitleFile;

/// Minimum of `min_interactions`: one to train on, one for validation, one for testing.
pub const MIN_INTERACTIONS: usize = 3;

/// Which dataset is used, and how it is preprocessed and split.
///
/// The id of a run is a hash that includes this as JSON: a setting added later is omitted at its
/// default value, so that existing ids stay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetConfig {
    /// The dataset.
    pub name: DatasetName,
    /// Settings of the generator; only with `name: synthetic`.
    #[serde(default)]
    pub synthetic: Option<SyntheticConfig>,
    /// Your own file; only with `name: file`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileConfig>,
    /// Files with features of the items, for `model.features`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<FeatureFiles>,
    /// Interactions with a lower rating are dropped; without it ratings are ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_rating: Option<f64>,
    /// Which of a user's repeated interactions with an item is kept.
    #[serde(default, skip_serializing_if = "Repeats::is_default")]
    pub repeats: Repeats,
    /// Users with fewer interactions (repeated items counted once) are dropped.
    #[serde(default = "default_min_interactions")]
    #[schemars(range(min = 3))]
    pub min_interactions: usize,
    /// k-core: users and items with fewer interactions are dropped repeatedly until none is left.
    /// Without it the default of the dataset's manifest applies; 1 drops nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub k_core: Option<usize>,
    /// Uses a random sample of the remaining users; without it all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_users: Option<UserSample>,
    /// Only this many of a user's latest interactions are kept, held-out ones included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 3))]
    pub max_history: Option<usize>,
    /// A ratio split; without it leave-one-out: the last item of a user is the test target, the last
    /// but one the validation target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<SplitConfig>,
    /// The candidate lists of the sampled evaluation.
    #[serde(default)]
    pub candidates: CandidateConfig,
}

fn default_min_interactions() -> usize {
    5
}

/// Which of a user's repeated interactions with an item is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Repeats {
    /// The earliest.
    #[default]
    First,
    /// The latest.
    Last,
}

impl Repeats {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A file of your own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileConfig {
    /// Its path relative to the data folder (`--data-dir`).
    pub path: String,
    /// Its format.
    pub format: Format,
    /// A file with the titles of its items; without it the one that the publisher of the format distributes, if it is
    /// there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub titles: Option<TitleFile>,
}

/// A random sample of users; with the same seed, a smaller sample is part of a larger one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserSample {
    /// Number of users.
    #[schemars(range(min = 1))]
    pub count: usize,
    /// Seed of the draw.
    #[serde(default)]
    pub seed: u64,
}

impl DatasetConfig {
    /// What the data are called: the dataset's name, and that of a file of your own, which is marked where a dataset
    /// has it already, after what was trained on where that is another domain.
    #[must_use]
    pub fn label(&self) -> String {
        let own = self.file.as_ref().and_then(|file| Path::new(&file.path).file_stem());
        let Some(stem) = own.map(|stem| stem.to_string_lossy()) else {
            return self.name.as_str().to_owned();
        };
        let taken = DatasetName::ALL.iter().any(|name| name.as_str() == stem);
        let name = if taken { format!("{stem} (own file)") } else { stem.into_owned() };
        match self.other_domain() {
            Some(domain) => format!("{domain} → {name}"),
            None => name,
        }
    }

    /// What is trained on, where that is another domain than what is tested.
    #[must_use]
    pub fn other_domain(&self) -> Option<String> {
        match &self.file.as_ref()?.format {
            Format::CandidateLists(lists) => lists.other_domain(),
            _ => None,
        }
    }

    /// The configuration of `name` with all defaults.
    #[must_use]
    pub fn new(name: DatasetName) -> Self {
        Self {
            name,
            synthetic: None,
            file: None,
            features: None,
            min_rating: None,
            repeats: Repeats::default(),
            min_interactions: default_min_interactions(),
            k_core: None,
            sample_users: None,
            max_history: None,
            split: None,
            candidates: CandidateConfig::default(),
        }
    }

    /// The same configuration with the defaults of generator and dataset written out, so that
    /// equivalent configurations are equal.
    #[must_use]
    pub fn resolved(&self) -> Self {
        let mut resolved = self.clone();
        if resolved.name == DatasetName::Synthetic {
            resolved.synthetic.get_or_insert_default();
        }
        let default = self.name.manifest().preprocessing.k_core;
        resolved.k_core = self.k_core.or(default);
        if resolved.k_core == Some(1) && default.is_none() {
            resolved.k_core = None;
        }
        resolved.split = self.split.as_ref().map(SplitConfig::resolved);
        resolved
    }

    /// Whether it is a release with candidate lists, which are used as they are.
    fn are_lists(&self) -> bool {
        let is_list = |format: &Format| matches!(format, Format::CandidateLists(_));
        match &self.file {
            Some(file) => is_list(&file.format),
            None => self.name.manifest().files.iter().any(|file| is_list(&file.format)),
        }
    }

    /// For what reasons preprocessing drops rows, in its order and in words; for a resolved configuration.
    #[must_use]
    pub fn drops(&self) -> Vec<String> {
        if self.are_lists() {
            return vec!["in training rows, what would give a held-out row away".to_owned()];
        }
        let reasons = [
            self.min_rating.map(|least| format!("ratings below {least}")),
            Some("repeated items".to_owned()),
            Some(format!("users with fewer than {} items", self.min_interactions)),
            self.k_core.map(|k| format!("{k}-core")),
            self.sample_users
                .as_ref()
                .map(|sample| format!("users outside a sample of {}", sample.count)),
            self.max_history.map(|most| format!("all but the latest {most} items of a user")),
        ];
        reasons.into_iter().flatten().collect()
    }

    /// Checks every value.
    ///
    /// # Errors
    /// The first setting that is not allowed.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        require(
            self.min_interactions >= MIN_INTERACTIONS,
            "min_interactions",
            self.min_interactions,
            format_args!(
                "at least {MIN_INTERACTIONS} (one to train on, one for validation, one for testing)"
            ),
        )?;
        InvalidSetting::at_least("candidates.negatives", self.candidates.negatives, 1)?;
        require(
            self.synthetic.is_none() || self.name == DatasetName::Synthetic,
            "synthetic",
            format_args!("settings of the generator with name: {}", self.name),
            "this key only with name: synthetic",
        )?;
        self.validate_file()?;
        if self.are_lists() {
            self.validate_lists()?;
        }
        self.validate_preprocessing()?;
        self.validate_split()?;
        match self.resolved().synthetic {
            Some(synthetic) => synthetic.validate(self.min_interactions, self.candidates.negatives),
            None => Ok(()),
        }
    }

    fn validate_split(&self) -> Result<(), InvalidSetting> {
        let Some(split) = &self.split else { return Ok(()) };
        split.validate()?;
        let has_times = self.name != DatasetName::Synthetic;
        let allowed = "interactions, since generated data have no times";
        require(has_times || split.by == SplitBy::Interactions, "split.by", "time", allowed)
    }

    fn validate_file(&self) -> Result<(), InvalidSetting> {
        let own = self.name == DatasetName::File;
        let Some(file) = &self.file else {
            let allowed = "path and format of your file with name: file";
            return require(!own, "file", "nothing", allowed);
        };
        let found = format_args!("a file with name: {}", self.name);
        require(own, "file", found, "this key only with name: file")?;
        require(!file.path.is_empty(), "file.path", "an empty string", "the path of a file")?;
        if let Some(titles) = &file.titles {
            let (key, found) = ("file.titles.file", "an empty string");
            require(!titles.file.is_empty(), key, found, "the name of a file")?;
        }
        match &file.format {
            Format::Table(table) => table.validate(),
            Format::CandidateLists(lists) => {
                lists.validate()?;
                let found = "a file with format: candidate_lists";
                let allowed = "nothing: the items of a release are titles";
                require(file.titles.is_none(), "file.titles", found, allowed)
            }
            _ => Ok(()),
        }
    }

    /// Released candidate lists are used without preprocessing.
    fn validate_lists(&self) -> Result<(), InvalidSetting> {
        let lists = match self.name {
            DatasetName::File => "format: candidate_lists".to_owned(),
            name => format!("name: {name}"),
        };
        for (key, given) in [
            ("min_rating", self.min_rating.is_some()),
            ("repeats", self.repeats != Repeats::default()),
            ("min_interactions", self.min_interactions != default_min_interactions()),
            ("k_core", self.k_core.is_some()),
            ("sample_users", self.sample_users.is_some()),
            ("max_history", self.max_history.is_some()),
            ("split", self.split.is_some()),
            ("candidates", self.candidates != CandidateConfig::default()),
        ] {
            let allowed = "nothing: rows, split and candidates are given by the release";
            require(!given, key, format_args!("a setting with {lists}"), allowed)?;
        }
        Ok(())
    }

    fn validate_preprocessing(&self) -> Result<(), InvalidSetting> {
        let generated = self.name == DatasetName::Synthetic;
        for (key, given) in [
            ("features", self.features.is_some()),
            ("min_rating", self.min_rating.is_some()),
            ("repeats", self.repeats != Repeats::default()),
            ("k_core", self.k_core.is_some()),
            ("sample_users", self.sample_users.is_some()),
            ("max_history", self.max_history.is_some()),
        ] {
            let found = "a setting with name: synthetic";
            require(!(generated && given), key, found, "this key only with data from a file")?;
        }
        if let Some(features) = &self.features {
            features.validate()?;
        }
        if let Some(least) = self.min_rating {
            InvalidSetting::finite("min_rating", least)?;
        }
        if let Some(k_core) = self.k_core {
            require(k_core >= 1, "k_core", k_core, "at least 1 (which drops nothing)")?;
        }
        if let Some(sample) = &self.sample_users {
            InvalidSetting::at_least("sample_users.count", sample.count, 1)?;
        }
        if let Some(most) = self.max_history {
            let allowed = format_args!("at least min_interactions ({})", self.min_interactions);
            require(most >= self.min_interactions, "max_history", most, allowed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<DatasetConfig, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn own_files_go_by_their_names() {
        let label = |path: &str| {
            let file = format!(r#"{{"path": "{path}", "format": "sequences"}}"#);
            parse(&format!(r#"{{"name": "file", "file": {file}}}"#)).unwrap().label()
        };
        assert_eq!(label("of/mine/clicks.csv"), "clicks");
        assert_eq!(label("ml-1m.txt"), "ml-1m (own file)");
        assert_eq!(DatasetConfig::new(DatasetName::Ml1m).label(), "ml-1m");
    }

    #[test]
    fn what_is_trained_in_another_domain_is_called_after_both() {
        let label = |more: &str| {
            let lists = format!(r#"{{"test": "t", "train": "f", "trained_on": "films"{more}}}"#);
            let file =
                format!(r#"{{"path": "artists.json", "format": {{"candidate_lists": {lists}}}}}"#);
            parse(&format!(r#"{{"name": "file", "file": {file}}}"#)).unwrap().label()
        };
        assert_eq!(label(""), "films → artists");
        let also = |more: &str| {
            format!(r#", "also": [{{"path": "a", "users": 60}}, {{"path": "b"{more}}}]"#)
        };
        assert_eq!(label(&also(r#", "users": 40"#)), "films + 100 users → artists");
        assert_eq!(label(&also("")), "films + more → artists");
    }

    #[test]
    fn defaults_are_filled_in() {
        let config = parse(r#"{"name": "ml-100k"}"#).unwrap();
        assert_eq!(config, DatasetConfig::new(DatasetName::Ml100k));
        assert_eq!(config.min_interactions, 5);
        assert_eq!(config.candidates, CandidateConfig { negatives: 19, seed: 0 });
        config.validate().unwrap();
    }

    #[test]
    fn unknown_keys_and_names_are_errors() {
        for json in [
            r#"{"name": "ml-100k", "min_interaction": 5}"#,
            r#"{"name": "ml100k"}"#,
            r#"{"name": "synthetic", "synthetic": {"user": 5}}"#,
            r#"{"name": "synthetic", "candidates": {"negative": 5}}"#,
        ] {
            assert!(parse(json).is_err(), "{json}");
        }
    }

    #[test]
    fn wrong_values_are_named_by_key() {
        for (json, key) in [
            (r#"{"name": "ml-100k", "min_interactions": 2}"#, "min_interactions"),
            (r#"{"name": "ml-100k", "candidates": {"negatives": 0}}"#, "candidates.negatives"),
            (r#"{"name": "ml-100k", "synthetic": {}}"#, "synthetic"),
            (r#"{"name": "ml-100k", "min_rating": null, "k_core": 0}"#, "k_core"),
            (r#"{"name": "ml-100k", "sample_users": {"count": 0}}"#, "sample_users.count"),
            (r#"{"name": "ml-100k", "max_history": 4}"#, "max_history"),
            (r#"{"name": "ml-100k", "split": {"ratio": [8, 0, 1], "by": "time"}}"#, "split.ratio"),
            (r#"{"name": "synthetic", "split": {"ratio": [8, 1, 1], "by": "time"}}"#, "split.by"),
            (r#"{"name": "synthetic", "k_core": 5}"#, "k_core"),
            (r#"{"name": "synthetic", "min_rating": 5}"#, "min_rating"),
            (r#"{"name": "synthetic", "repeats": "last"}"#, "repeats"),
            (r#"{"name": "lastfm-s-dpo", "k_core": 5}"#, "k_core"),
            (r#"{"name": "lastfm-s-dpo", "candidates": {"negatives": 99}}"#, "candidates"),
            (r#"{"name": "file"}"#, "file"),
            (r#"{"name": "steam", "file": {"path": "x", "format": "pairs"}}"#, "file"),
            (r#"{"name": "file", "file": {"path": "", "format": "pairs"}}"#, "file.path"),
            (
                r#"{"name": "file", "file": {"path": "x", "format": {"table":
                   {"user": "a", "item": "b", "separator": ""}}}}"#,
                "file.format.table.separator",
            ),
            (
                r#"{"name": "file", "file": {"path": "x", "format": {"table":
                   {"user": "a", "item": "a"}}}}"#,
                "file.format.table.item",
            ),
            (
                r#"{"name": "file", "split": {"ratio": [8, 1, 1], "by": "time"}, "file":
                   {"path": "x", "format": {"candidate_lists": {"test": "y"}}}}"#,
                "split",
            ),
            (
                r#"{"name": "file", "file": {"path": "x", "format": {"candidate_lists": {"test": ""}}}}"#,
                "file.format.candidate_lists.test",
            ),
            (
                r#"{"name": "file", "file": {"path": "x", "format": {"candidate_lists":
                   {"test": "y", "trained_on": "films"}}}}"#,
                "file.format.candidate_lists.trained_on",
            ),
            (
                r#"{"name": "file", "file": {"path": "x", "format": {"candidate_lists":
                   {"test": "y", "train": "z", "trained_on": " "}}}}"#,
                "file.format.candidate_lists.trained_on",
            ),
            (
                r#"{"name": "file", "file": {"path": "x", "format": "pairs",
                   "titles": {"file": "", "format": "tsv"}}}"#,
                "file.titles.file",
            ),
            (
                r#"{"name": "file", "file": {"path": "x", "format": {"candidate_lists": {"test": "y"}},
                   "titles": {"file": "z", "format": "tsv"}}}"#,
                "file.titles",
            ),
            (r#"{"name": "synthetic", "synthetic": {"users": 0}}"#, "synthetic.users"),
            (r#"{"name": "synthetic", "synthetic": {"items": 58}}"#, "synthetic.items"),
            (r#"{"name": "synthetic", "synthetic": {"min_length": 4}}"#, "synthetic.min_length"),
            (r#"{"name": "synthetic", "synthetic": {"max_length": 14}}"#, "synthetic.max_length"),
            (r#"{"name": "synthetic", "synthetic": {"recent": 0}}"#, "synthetic.recent"),
            (
                r#"{"name": "synthetic", "synthetic": {"taste_weight": -1.0}}"#,
                "synthetic.taste_weight",
            ),
            (
                r#"{"name": "synthetic", "synthetic": {"users": 1000000, "items": 1000000}}"#,
                "synthetic.items",
            ),
            (
                r#"{"name": "synthetic", "synthetic": {"clusters": {"count": 16}}}"#,
                "synthetic.clusters.count",
            ),
            (
                r#"{"name": "synthetic", "synthetic": {"clusters": {"count": 3}}}"#,
                "synthetic.clusters.favourites",
            ),
            (
                r#"{"name": "synthetic", "synthetic": {"clusters": {"count": 9, "stay": 1.5}}}"#,
                "synthetic.clusters.stay",
            ),
            (
                r#"{"name": "synthetic", "synthetic": {"taste_weight": 1.0, "clusters": {"count": 9}}}"#,
                "synthetic.taste_weight",
            ),
        ] {
            assert_eq!(parse(json).unwrap().validate().unwrap_err().key, key, "{json}");
        }
    }

    #[test]
    fn schema_names_the_ranges() {
        let schema = serde_json::to_value(schemars::schema_for!(DatasetConfig)).unwrap();
        assert_eq!(schema["properties"]["min_interactions"]["minimum"], 3);
        assert_eq!(schema["$defs"]["SyntheticConfig"]["properties"]["users"]["minimum"], 1);
        assert_eq!(schema["additionalProperties"], false);
    }

    #[test]
    fn resolving_writes_out_the_generator_defaults() {
        let short = DatasetConfig::new(DatasetName::Synthetic);
        let long = parse(r#"{"name": "synthetic", "synthetic": {}}"#).unwrap();
        assert_eq!(short.resolved(), long.resolved());
        assert_eq!(DatasetConfig::new(DatasetName::Ml100k).resolved().synthetic, None);
    }

    /// These strings were hashed before the preprocessing settings existed.
    #[test]
    fn newer_settings_are_omitted_at_their_defaults() {
        let written = |name| serde_json::to_string(&DatasetConfig::new(name).resolved()).unwrap();
        assert_eq!(
            written(DatasetName::Ml100k),
            r#"{"name":"ml-100k","synthetic":null,"min_interactions":5,"candidates":{"negatives":19,"seed":0}}"#
        );
        assert_eq!(
            written(DatasetName::Synthetic),
            concat!(
                r#"{"name":"synthetic","synthetic":{"users":800,"items":600,"latent_dim":8,"#,
                r#""min_length":15,"max_length":40,"popularity_exponent":1.0,"taste_weight":2.0,"#,
                r#""recency_weight":1.0,"popularity_weight":0.5,"recent":3,"seed":7},"#,
                r#""min_interactions":5,"candidates":{"negatives":19,"seed":0}}"#
            )
        );
    }

    #[test]
    fn resolving_writes_out_the_defaults_of_the_dataset() {
        let resolved = |json| parse(json).unwrap().resolved();
        let manifest = DatasetName::AmazonBeauty.manifest();
        assert_eq!(manifest.preprocessing.k_core, Some(5));
        let beauty = resolved(r#"{"name": "amazon-beauty"}"#);
        assert_eq!(beauty, resolved(r#"{"name": "amazon-beauty", "k_core": 5}"#));
        assert_eq!(beauty, beauty.resolved());
        let all = resolved(r#"{"name": "amazon-beauty", "k_core": 1}"#);
        assert_eq!((all.k_core, all.resolved().k_core), (Some(1), Some(1)));
        assert_eq!(resolved(r#"{"name": "ml-100k", "k_core": 1}"#).k_core, None);
    }

    #[test]
    fn newer_settings_survive_a_round_trip() {
        let config = parse(
            r#"{"name": "file", "min_rating": 4, "repeats": "last", "k_core": 3, "max_history": 50,
                "split": {"ratio": [8, 1, 1], "by": "interactions"},
                "sample_users": {"count": 100}, "file": {"path": "x.csv", "format":
                {"table": {"user": "u", "item": "i"}}, "titles": {"file": "y", "format": "tsv"}}}"#,
        )
        .unwrap();
        config.validate().unwrap();
        let written = serde_json::to_string(&config).unwrap();
        assert_eq!(parse(&written).unwrap(), config);
    }
}
