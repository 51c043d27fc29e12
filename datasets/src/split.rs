//! Training, validation and test parts of the sequences.
//!
//! Without a `split` it is leave-one-out: the last item of a user is the test target and the last but
//! one the validation target. With a ratio every sequence is cut into three parts, of which the last
//! two may be empty. Each held-out part has one target per user: its first item, predicted from all
//! items before it. A user whose part is empty, or has nothing before it, has no instance there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::indices::Item;
use crate::setting::{InvalidSetting, require};

/// A ratio split instead of leave-one-out.
///
/// Each held-out part has one target per user: its first item, predicted from all of the user's items
/// before it. Users without a held-out item are in the training data and are not evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitConfig {
    /// Ratio of training, validation and test, such as [8, 1, 1].
    #[schemars(inner(range(min = 1, max = 1_000_000)))]
    pub ratio: [u32; 3],
    /// What is divided in this ratio.
    pub by: SplitBy,
}

/// What is divided in the ratio of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SplitBy {
    /// The interactions of each user in chronological order. The held-out parts are rounded down:
    /// with [8, 1, 1] a user with fewer than ten interactions is not evaluated.
    Interactions,
    /// All interactions in chronological order (temporal split): those from the first cut on are held
    /// out, those from the second on are for testing. Interactions at the time of a cut are after it.
    /// Needs a source with times.
    Time,
}

const MAX_RATIO: u32 = 1_000_000;

impl SplitConfig {
    pub(crate) fn validate(&self) -> Result<(), InvalidSetting> {
        let fits = self.ratio.iter().all(|part| (1..=MAX_RATIO).contains(part));
        let allowed = "three integers from 1 to 1000000: training, validation, test";
        require(fits, "split.ratio", format_args!("{:?}", self.ratio), allowed)
    }

    /// The same ratio in lowest terms, so that equivalent settings are equal.
    pub(crate) fn resolved(&self) -> Self {
        let [a, b, c] = self.ratio;
        let divisor = common_divisor(common_divisor(a, b), c).max(1);
        Self { ratio: self.ratio.map(|part| part / divisor), by: self.by }
    }

    /// How many of `count` interactions come before the validation part and before the test part.
    fn ends(&self, count: usize) -> [usize; 2] {
        let whole: u64 = self.ratio.iter().copied().map(u64::from).sum();
        let part = |ratio: u32| (count as u64 * u64::from(ratio) / whole) as usize;
        let test = count - part(self.ratio[2]);
        [test - part(self.ratio[1]), test]
    }
}

fn common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// Where a user's sequence is split: `..trained` is the training part, `validation..test` and
/// `test..` are held out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Number of training items, at most `validation`.
    pub trained: usize,
    /// Index of the first item held out for validation.
    pub validation: usize,
    /// Index of the first item held out for testing.
    pub test: usize,
}

impl Cut {
    fn at([validation, test]: [usize; 2]) -> Self {
        Self { trained: validation, validation, test }
    }
}

/// An evaluation instance: one item to predict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case<'a> {
    /// The user's items before the target, oldest first; never empty.
    pub history: &'a [Item],
    /// The item to predict.
    pub target: Item,
}

/// Cuts every sequence in the ratio.
pub(crate) fn cut_by_interactions(split: &SplitConfig, sequences: &[Vec<Item>]) -> Vec<Cut> {
    sequences.iter().map(|sequence| Cut::at(split.ends(sequence.len()))).collect()
}

/// Cuts all sequences at the same two times; `times` are those of the interactions, in order.
pub(crate) fn cut_by_time(split: &SplitConfig, times: &[Vec<f64>]) -> Vec<Cut> {
    let mut all: Vec<f64> = times.iter().flatten().copied().collect();
    // Without an interaction at or after it, a cut is after everything.
    let cuts = split.ends(all.len()).map(|end| match all.get(end) {
        None => f64::INFINITY,
        Some(_) => *all.select_nth_unstable_by(end, f64::total_cmp).1,
    });
    let before = |times: &Vec<f64>| cuts.map(|cut| times.partition_point(|&time| time < cut));
    times.iter().map(|times| Cut::at(before(times))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(ratio: [u32; 3], by: SplitBy) -> SplitConfig {
        SplitConfig { ratio, by }
    }

    #[test]
    fn held_out_parts_are_rounded_down() {
        let split = split([8, 1, 1], SplitBy::Interactions);
        let ends = [3, 9, 10, 19, 20, 101].map(|count| split.ends(count));
        assert_eq!(ends, [[3, 3], [9, 9], [8, 9], [17, 18], [16, 18], [81, 91]]);
    }

    #[test]
    fn ratios_are_reduced_to_lowest_terms() {
        let resolved = |ratio| split(ratio, SplitBy::Time).resolved().ratio;
        assert_eq!([resolved([80, 10, 10]), resolved([8, 1, 1])], [[8, 1, 1]; 2]);
        assert_eq!(resolved([6, 4, 2]), [3, 2, 1]);
        assert!(split([8, 0, 1], SplitBy::Time).validate().is_err());
    }

    #[test]
    fn cuts_in_time_by_hand() {
        // Ten interactions at 1, 2, 3, 4, 5, 6, 7, 8, 8, 9; the cuts are at 8 and 9, and the two
        // at 8 stay together.
        let times = vec![vec![1.0, 2.0, 8.0, 9.0], vec![3.0, 4.0, 5.0, 6.0, 7.0, 8.0]];
        let cuts = cut_by_time(&split([8, 1, 1], SplitBy::Time), &times);
        assert_eq!(cuts, [Cut::at([2, 3]), Cut::at([5, 6])]);
        let late =
            cut_by_time(&split([1, 1, 1], SplitBy::Time), &[vec![5.0], vec![6.0], vec![7.0]]);
        assert_eq!(late, [Cut::at([1, 1]), Cut::at([0, 1]), Cut::at([0, 0])]);
    }
}
