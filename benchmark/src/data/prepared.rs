//! A dataset made ready for training and evaluation, the same for every cell.

use std::path::Path;
use std::sync::OnceLock;

use prefsweep_datasets::{
    Candidates, DataError, Dataset, DatasetConfig, FeatureKind, ItemFeature, item_features,
    item_names,
};
use prefsweep_policy::{Catalogue, ModelConfig};

use super::features::fingerprint;
use super::held_out::{Split, evaluated};
use super::neighbours::Neighbourhoods;
use super::seen::Seen;
use super::truth::Truth;
use super::windows::{Window, windows};

/// Sequences, candidate lists, windows, and who has seen what.
#[derive(Debug)]
pub struct Prepared {
    /// The sequences.
    pub dataset: Dataset,
    /// Sampled competitors of the held-out items.
    pub candidates: Candidates,
    /// Training windows.
    pub windows: Vec<Window>,
    /// For each window the index of its first position among the positions of all windows.
    pub first_position: Vec<usize>,
    /// Training items of every user.
    pub seen: Seen,
    /// Similar items, for the sampler that needs them.
    pub neighbourhoods: Neighbourhoods,
    /// What each user truly likes, where that is known.
    pub truth: Option<Truth>,
    /// How many users are evaluated, where not all are; see [`evaluated`].
    pub most_evaluated: Option<usize>,
    /// What [`names`](Self::names) gives, once it was asked for.
    names: OnceLock<Option<Vec<String>>>,
    /// What [`features`](Self::features) gives, once it was asked for.
    features: OnceLock<Vec<ItemFeature>>,
}

impl Prepared {
    /// Loads (or generates) the dataset and prepares it for windows of `max_len`.
    ///
    /// # Errors
    /// When the data are missing, malformed or too small.
    pub fn load(
        config: &DatasetConfig,
        data_dir: &Path,
        max_len: usize,
    ) -> Result<Self, DataError> {
        Self::new(prefsweep_datasets::load(config, data_dir)?, config, max_len)
    }

    /// Prepares a dataset that is already loaded.
    ///
    /// # Errors
    /// When there are too few items for the candidate lists, or no user has two items to train on.
    pub fn new(
        dataset: Dataset,
        config: &DatasetConfig,
        max_len: usize,
    ) -> Result<Self, DataError> {
        let candidates = Candidates::sample(&dataset, &config.candidates)?;
        let windows = windows(&dataset, max_len);
        if windows.is_empty() {
            return Err(DataError::EmptyPart { dataset: config.label(), part: "training" });
        }
        let first_position = windows
            .iter()
            .scan(0, |next, window| {
                let first = *next;
                *next += window.inputs.len();
                Some(first)
            })
            .collect();
        let seen = Seen::new(&dataset);
        let neighbourhoods = Neighbourhoods::default();
        let truth = Truth::new(&dataset, &seen);
        Ok(Self {
            dataset,
            candidates,
            windows,
            first_position,
            seen,
            neighbourhoods,
            truth,
            most_evaluated: None,
            names: OnceLock::new(),
            features: OnceLock::new(),
        })
    }

    /// The same data with so many users to evaluate, where it is not all.
    #[must_use]
    pub fn evaluating(self, most: Option<usize>) -> Self {
        Self { most_evaluated: most, ..self }
    }

    /// The users who are evaluated in `split`, ascending.
    #[must_use]
    pub fn evaluated(&self, split: Split) -> Vec<u32> {
        evaluated(&self.dataset, split, self.most_evaluated)
    }

    /// A text for every item, where the source has titles.
    pub fn names(&self) -> Option<&[String]> {
        let names = || item_names(&self.dataset).map(|names| names.texts);
        self.names.get_or_init(names).as_deref()
    }

    /// The features of the items, of every kind that the data have.
    pub fn features(&self) -> &[ItemFeature] {
        self.features.get_or_init(|| item_features(&self.dataset))
    }

    /// What a policy is built for; only one that needs titles or features waits for them.
    #[must_use]
    pub fn catalogue(&self, model: &ModelConfig) -> Catalogue<'_> {
        let names = if model.needs_titles() { self.names() } else { None };
        let features = if model.features().is_empty() { &[] } else { self.features() };
        Catalogue { n_items: self.dataset.n_items, names, features }
    }

    /// A hash of the dataset's fingerprint and of the items' features of some kinds; None where there is no kind.
    ///
    /// # Panics
    /// When the data lack features of a kind.
    #[must_use]
    pub fn features_fingerprint(&self, kinds: &[FeatureKind]) -> Option<String> {
        let feature = |kind: &FeatureKind| {
            let feature = self.features().iter().find(|feature| feature.kind == *kind);
            feature.expect("features that the data have")
        };
        let features: Vec<&ItemFeature> = kinds.iter().map(feature).collect();
        (!features.is_empty()).then(|| fingerprint(&self.dataset.fingerprint, &features))
    }

    /// A hash of the dataset's fingerprint and of the names of all items, where they have some.
    #[must_use]
    pub fn titles_fingerprint(&self) -> Option<String> {
        let names = self.names()?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.dataset.fingerprint.as_bytes());
        for name in names {
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
        }
        Some(hasher.finalize().to_hex().to_string())
    }

    /// Number of training positions in all windows.
    #[must_use]
    pub fn n_positions(&self) -> usize {
        self.windows.iter().map(|window| window.inputs.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use prefsweep_datasets::{
        CandidateConfig, DatasetName, FileConfig, Format, SplitBy, SplitConfig,
    };
    use proptest::prelude::*;

    use super::*;
    use crate::data::held_out;

    const ITEMS: u32 = 40;
    const NEGATIVES: usize = 3;

    /// User, item, time.
    type Row = (u32, u32, u32);

    fn config(ratio: [u32; 3], by: SplitBy) -> DatasetConfig {
        DatasetConfig {
            file: Some(FileConfig {
                path: "rows.tsv".into(),
                format: Format::MovielensTab,
                titles: None,
            }),
            min_interactions: 3,
            split: Some(SplitConfig { ratio, by }),
            candidates: CandidateConfig { negatives: NEGATIVES, seed: 5 },
            ..DatasetConfig::new(DatasetName::File)
        }
    }

    fn prepare(rows: &[Row], config: &DatasetConfig) -> Result<Prepared, DataError> {
        let folder = tempfile::tempdir().unwrap();
        let line = |(user, item, time): &Row| format!("{user}\t{item}\t5\t{time}\n");
        let text: String = rows.iter().map(line).collect();
        std::fs::write(folder.path().join("rows.tsv"), text).unwrap();
        Prepared::load(config, folder.path(), 4)
    }

    /// Each user's (time, item), from the rows alone: in order of time, of repetitions the first,
    /// users with fewer than three left out.
    fn histories(rows: &[Row]) -> BTreeMap<String, Vec<(u32, u32)>> {
        let mut rows = rows.to_vec();
        rows.sort_by_key(|row| row.2);
        let mut histories: BTreeMap<String, Vec<(u32, u32)>> = BTreeMap::new();
        for (user, item, time) in rows {
            let history = histories.entry(user.to_string()).or_default();
            if history.iter().all(|(_, had)| *had != item) {
                history.push((time, item));
            }
        }
        histories.retain(|_, history| history.len() >= 3);
        histories
    }

    /// How many of each user's interactions are for training, for training and validation.
    fn expected_cuts(
        histories: &BTreeMap<String, Vec<(u32, u32)>>,
        [_, validation, test]: [u32; 3],
        whole: u32,
        by: SplitBy,
    ) -> BTreeMap<String, [usize; 2]> {
        let ends = |count: usize| {
            let part = |share: u32| count * share as usize / whole as usize;
            [count - part(test) - part(validation), count - part(test)]
        };
        let mut times: Vec<u32> = histories.values().flatten().map(|(time, _)| *time).collect();
        times.sort_unstable();
        let cuts = ends(times.len()).map(|end| times.get(end).copied().unwrap_or(u32::MAX));
        let of = |history: &Vec<(u32, u32)>| match by {
            SplitBy::Interactions => ends(history.len()),
            SplitBy::Time => cuts.map(|cut| history.iter().filter(|(time, _)| *time < cut).count()),
        };
        histories.iter().map(|(user, history)| (user.clone(), of(history))).collect()
    }

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        proptest::collection::vec((0_u32..7, 0..ITEMS, 0_u32..60), 60..160)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(80))]

        /// Nothing held out of a user (by interactions), or at or after a cut (by time), is in a
        /// window, among the seen items or in the popularity; lists never hold a user's own item.
        #[test]
        fn nothing_held_out_is_in_training(
            rows in rows(),
            ratio in (1_u32..9, 1_u32..4, 1_u32..4),
            by_time in any::<bool>(),
        ) {
            let ratio: [u32; 3] = ratio.into();
            let by = if by_time { SplitBy::Time } else { SplitBy::Interactions };
            let histories = histories(&rows);
            let cuts = expected_cuts(&histories, ratio, ratio.iter().sum(), by);
            let Ok(data) = prepare(&rows, &config(ratio, by)) else {
                // Some part is empty, or a user has had nearly everything.
                return Ok(());
            };
            let dataset = &data.dataset;
            let item = |id: u32| {
                dataset.item_ids.iter().position(|known| *known == id.to_string()).unwrap() as u32
            };
            let mut popularity = vec![0; dataset.n_items];
            prop_assert_eq!(dataset.n_users(), histories.len());
            for user in 0..dataset.n_users() {
                let id = &dataset.user_ids[user];
                let items: Vec<u32> = histories[id].iter().map(|(_, id)| item(*id)).collect();
                let [validation, test] = cuts[id];
                let training: BTreeSet<u32> = items[..validation].iter().copied().collect();
                for &item in &training {
                    popularity[item as usize] += 1;
                }

                let windows = data.windows.iter().filter(|window| window.user == user as u32);
                let trained: BTreeSet<u32> =
                    windows.flat_map(|w| w.inputs.iter().chain(&w.targets)).copied().collect();
                prop_assert!(trained.is_subset(&training));
                prop_assert!(training.len() < 2 || trained == training);
                for item in 0..dataset.n_items as u32 {
                    prop_assert_eq!(data.seen.contains(user as u32, item), training.contains(&item));
                }

                for (split, part) in
                    [(Split::Validation, validation..test), (Split::Test, test..items.len())]
                {
                    let found = held_out(dataset, user as u32, split);
                    let expected = (!part.is_empty() && part.start > 0)
                        .then(|| (&items[..part.start], items[part.start]));
                    prop_assert_eq!(found.map(|case| (case.history, case.target)), expected);
                }
                let list = &data.candidates.negatives[user];
                prop_assert_eq!(list.len(), NEGATIVES);
                prop_assert!(list.iter().all(|item| !items.contains(item)));
            }
            prop_assert_eq!(dataset.train_popularity(), popularity);
        }
    }

    #[test]
    fn a_cut_in_time_needs_times() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rows.tsv"), "1 1\n1 2\n1 3\n").unwrap();
        let mut config = config([8, 1, 1], SplitBy::Time);
        config.file.as_mut().unwrap().format = Format::Pairs;
        let error = Prepared::load(&config, folder.path(), 4).unwrap_err();
        assert!(error.is_user_error());
        assert!(error.to_string().contains("has no times"), "{error}");
    }

    #[test]
    fn a_split_without_a_held_out_item_is_an_error() {
        let rows: Vec<Row> = (0..9).map(|item| (1, item, item)).collect();
        let error = prepare(&rows, &config([8, 1, 1], SplitBy::Interactions)).unwrap_err();
        assert!(error.is_user_error());
        assert!(error.to_string().contains("has nothing for validation"), "{error}");
    }
}
