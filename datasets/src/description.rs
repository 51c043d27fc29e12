//! How interactions are distributed over users and items.

use serde::{Deserialize, Serialize};

use crate::dataset::Dataset;
use crate::statistics::{Statistics, popularity, statistics};
use crate::tokens::{ItemNames, Vocabulary, item_names};

/// Quantiles of sequence length that are reported.
const QUANTILES: [f64; 4] = [0.05, 0.25, 0.75, 0.95];
/// From this ratio of the longest to the shortest length, the bins of lengths double in width.
const WIDE: usize = 16;
/// How many of the most popular items are listed.
const MOST_POPULAR: usize = 10;
/// Tokens of the vocabulary with which titles are counted.
const VOCABULARY: usize = 2048;
/// Maximum number of bins of equal width.
const MAX_BINS: usize = 12;

/// Statistics and distributions of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Size, density and range.
    pub statistics: Statistics,
    /// Quantiles of sequence length: the smallest length that is not exceeded by that fraction of the
    /// users.
    pub length_quantiles: Vec<Quantile>,
    /// Users by sequence length.
    pub lengths: Vec<Bin>,
    /// Items by number of interactions, in bins that double in width.
    pub popularity: Vec<Bin>,
    /// The items with the most interactions, in descending order; empty without titles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub most_popular: Vec<PopularItem>,
    /// The titles of the items; None without titles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub titles: Option<TitleStatistics>,
}

/// The titles of the items, and what they are as word pieces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TitleStatistics {
    /// Items without a title.
    pub untitled: usize,
    /// Items whose title an item before them has too.
    pub repeated: usize,
    /// Tokens of a vocabulary that was learned from the titles.
    pub vocabulary: usize,
    /// Tokens of a title, its end included: the least, the mean and the most.
    pub tokens: (usize, f64, usize),
}

/// A popular item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PopularItem {
    /// Its original id.
    pub id: String,
    /// Its title, if the source has one.
    pub title: Option<String>,
    /// Its number of interactions.
    pub interactions: usize,
}

/// A quantile of sequence length.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantile {
    /// Fraction of the users, in 0..=1.
    pub share: f64,
    /// Length.
    pub length: usize,
}

/// A bin of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bin {
    /// Smallest value of the range.
    pub from: usize,
    /// Largest value of the range.
    pub to: usize,
    /// Number of values.
    pub count: usize,
}

/// Describes a dataset over all interactions, held-out ones included.
#[must_use]
pub fn describe(dataset: &Dataset) -> Description {
    let mut lengths: Vec<usize> = dataset.sequences.iter().map(Vec::len).collect();
    lengths.sort_unstable();
    let counts: Vec<usize> = popularity(dataset).into_iter().map(|count| count as usize).collect();
    let statistics = statistics(dataset);
    let wide = statistics.max_length >= WIDE * statistics.min_length.max(1);
    let quantile = |share| Quantile { share, length: quantile(&lengths, share) };
    Description {
        length_quantiles: QUANTILES.map(quantile).to_vec(),
        lengths: if wide { doubling(&lengths) } else { equal(&lengths) },
        popularity: doubling(&counts),
        most_popular: most_popular(dataset, &counts),
        titles: titles(dataset),
        statistics,
    }
}

/// Ties keep the order of items.
fn most_popular(dataset: &Dataset, counts: &[usize]) -> Vec<PopularItem> {
    let Some(titles) = &dataset.item_titles else { return Vec::new() };
    let mut items: Vec<usize> = (0..dataset.n_items).collect();
    items.sort_by_key(|&item| std::cmp::Reverse(counts[item]));
    items.truncate(MOST_POPULAR);
    let popular = |item: usize| PopularItem {
        id: dataset.item_ids[item].clone(),
        title: titles[item].clone(),
        interactions: counts[item],
    };
    items.into_iter().map(popular).collect()
}

fn titles(dataset: &Dataset) -> Option<TitleStatistics> {
    let ItemNames { texts, untitled, repeated } = item_names(dataset)?;
    let vocabulary = Vocabulary::learn(texts.iter().map(String::as_str), VOCABULARY);
    let tokens = |text: &String| vocabulary.encode(text).expect("its own texts").len() + 1;
    let lengths: Vec<usize> = texts.iter().map(tokens).collect();
    let mean = lengths.iter().sum::<usize>() as f64 / lengths.len() as f64;
    let (least, most) = (*lengths.iter().min()?, *lengths.iter().max()?);
    let tokens = (least, mean, most);
    Some(TitleStatistics { untitled, repeated, vocabulary: vocabulary.len(), tokens })
}

/// The smallest value that is not exceeded by this fraction of the values.
fn quantile(sorted: &[usize], share: f64) -> usize {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or(0)
}

/// Bins 0, 1, 2–3, 4–7, …, from the first to the last that is not empty.
fn doubling(values: &[usize]) -> Vec<Bin> {
    let place = |value: usize| (usize::BITS - value.leading_zeros()) as usize;
    let range = |place: usize| match place {
        0 => (0, 0),
        place => (1 << (place - 1), (1 << (place - 1)) * 2 - 1),
    };
    bins(values, place, range)
}

/// Up to twelve bins of equal width, starting at the smallest value.
fn equal(values: &[usize]) -> Vec<Bin> {
    let (Some(&least), Some(&most)) = (values.iter().min(), values.iter().max()) else {
        return Vec::new();
    };
    let width = (most - least + 1).div_ceil(MAX_BINS);
    let range = |place| (least + place * width, least + (place + 1) * width - 1);
    bins(values, |value| (value - least) / width, range)
}

fn bins(
    values: &[usize],
    place: impl Fn(usize) -> usize,
    range: impl Fn(usize) -> (usize, usize),
) -> Vec<Bin> {
    let places: Vec<usize> = values.iter().map(|&value| place(value)).collect();
    let (Some(&first), Some(&last)) = (places.iter().min(), places.iter().max()) else {
        return Vec::new();
    };
    let mut counts = vec![0; last - first + 1];
    for place in places {
        counts[place - first] += 1;
    }
    let bin = |(place, count)| {
        let (from, to) = range(place);
        Bin { from, to, count }
    };
    (first..).zip(counts).map(bin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(bins: &[Bin]) -> Vec<(usize, usize, usize)> {
        bins.iter().map(|bin| (bin.from, bin.to, bin.count)).collect()
    }

    #[test]
    fn doubling_bins_by_hand() {
        let bins = doubling(&[0, 1, 2, 3, 3, 4, 7, 16]);
        let expected = [(0, 0, 1), (1, 1, 1), (2, 3, 3), (4, 7, 2), (8, 15, 0), (16, 31, 1)];
        assert_eq!(ranges(&bins), expected);
        assert_eq!(ranges(&doubling(&[5, 9])), [(4, 7, 1), (8, 15, 1)]);
        assert_eq!(doubling(&[]), []);
    }

    #[test]
    fn equal_bins_by_hand() {
        // 5..=29 are 25 values: width 3, nine bins, the last of which ends at 31.
        let bins = equal(&[5, 7, 8, 29]);
        assert_eq!(ranges(&bins)[..2], [(5, 7, 2), (8, 10, 1)]);
        assert_eq!(ranges(&bins)[8], (29, 31, 1));
        assert_eq!(bins.len(), 9);
        assert_eq!(ranges(&equal(&[4, 4])), [(4, 4, 2)]);
    }

    #[test]
    fn quantiles_by_hand() {
        let sorted = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        assert_eq!([0.05, 0.25, 0.5, 0.95, 1.0].map(|s| quantile(&sorted, s)), [1, 3, 5, 10, 10]);
        assert_eq!(quantile(&[], 0.5), 0);
    }
}
