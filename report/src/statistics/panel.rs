//! One number per seed and user, and how sure its mean is.

use std::collections::BTreeMap;

/// A value for every seed and user: a per-user metric, or a difference of two of them.
///
/// The same users appear under every seed, so seeds and users are crossed. Where several users are one person at several
/// times, people are what is drawn at random: see [`of_people`](Self::of_people).
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    seeds: usize,
    users: usize,
    /// User after user, all seeds of one user together.
    values: Vec<f64>,
    /// How many users each person is, in order; None where every user is a person.
    people: Option<Vec<usize>>,
}

/// The mean of a [`Panel`] with its two-way standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Mean over seeds and users.
    pub mean: f64,
    /// Mean square between seeds; none for a single seed.
    pub between_seeds: Option<f64>,
    /// Mean square between users.
    pub between_users: f64,
    /// Standard error of the mean.
    pub error: f64,
    /// Degrees of freedom of the standard error.
    pub df: f64,
}

/// How much the means of runs vary, learnt from more than the two that are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pooled {
    /// Variance of the difference of two runs of one seed.
    pub variance: f64,
    /// Its degrees of freedom.
    pub df: f64,
}

impl Pooled {
    /// From the mean of every training, by setting and seed. Where runs are missing: the seeds of the setting that
    /// has most of them, of those whose seeds another has too, and all settings that have these.
    pub fn of(settings: &[BTreeMap<u64, f64>]) -> Option<Self> {
        let having = |seeds: &BTreeMap<u64, f64>| -> Vec<&BTreeMap<u64, f64>> {
            let has_all = |of: &&BTreeMap<u64, f64>| seeds.keys().all(|seed| of.contains_key(seed));
            settings.iter().filter(has_all).collect()
        };
        let blocks = settings.iter().map(|seeds| (seeds, having(seeds)));
        let (seeds, columns) = blocks
            .filter(|(_, columns)| columns.len() > 1)
            .max_by_key(|(seeds, columns)| (seeds.len(), columns.len()))?;
        let row = |seed: &u64| columns.iter().map(|of| of[seed]).collect();
        Self::new(&seeds.keys().map(row).collect::<Vec<Vec<f64>>>())
    }

    /// From the mean of every training, a row per seed and a column per setting: twice the residual
    /// mean square of the two-way layout, the error of a randomised block design with seeds as
    /// blocks. None without two rows and two columns, or with rows of different lengths.
    pub fn new(rows: &[Vec<f64>]) -> Option<Self> {
        let (seeds, settings) = (rows.len(), rows.first()?.len());
        if seeds < 2 || settings < 2 || rows.iter().any(|row| row.len() != settings) {
            return None;
        }
        let mean = |values: &mut dyn Iterator<Item = f64>, n: usize| values.sum::<f64>() / n as f64;
        let of_rows: Vec<f64> =
            rows.iter().map(|row| mean(&mut row.iter().copied(), settings)).collect();
        let of_columns: Vec<f64> = (0..settings)
            .map(|column| mean(&mut rows.iter().map(|row| row[column]), seeds))
            .collect();
        let all = mean(&mut of_rows.iter().copied(), seeds);
        let residual = rows.iter().zip(&of_rows).flat_map(|(row, of_row)| {
            let columns = row.iter().zip(&of_columns);
            columns.map(move |(value, of_column)| (value - of_row - of_column + all).powi(2))
        });
        let df = ((seeds - 1) * (settings - 1)) as f64;
        Some(Self { variance: 2.0 * residual.sum::<f64>() / df, df })
    }
}

impl Panel {
    /// From one row of users per seed; none without two users, without a seed, with rows of
    /// different lengths or with a value that is not finite.
    pub fn new(rows: &[Vec<f64>]) -> Option<Self> {
        let users = rows.first()?.len();
        let sound = |row: &Vec<f64>| row.len() == users && row.iter().all(|v| v.is_finite());
        if users < 2 || !rows.iter().all(sound) {
            return None;
        }
        let values = (0..users).flat_map(|user| rows.iter().map(move |row| row[user])).collect();
        Some(Self { seeds: rows.len(), users, values, people: None })
    }

    /// The same with people of so many users each, in the order of users; None unless they are all users, and two
    /// people or more.
    pub fn of_people(self, sizes: Vec<usize>) -> Option<Self> {
        let fits = sizes.iter().sum::<usize>() == self.users && !sizes.contains(&0);
        let people = if sizes.len() == self.users { None } else { Some(sizes) };
        let enough = people.as_ref().is_none_or(|sizes| sizes.len() > 1);
        (fits && enough).then_some(Self { people, ..self })
    }

    /// `self − before`, seed by seed and user by user; none when the shapes differ.
    pub fn minus(&self, before: &Self) -> Option<Self> {
        let same = (self.seeds, self.users) == (before.seeds, before.users);
        let pairs = self.values.iter().zip(&before.values);
        (same && self.people == before.people).then(|| Self {
            values: pairs.map(|(after, before)| after - before).collect(),
            people: self.people.clone(),
            ..*self
        })
    }

    /// Number of seeds.
    pub fn seeds(&self) -> usize {
        self.seeds
    }

    /// Number of users.
    pub fn users(&self) -> usize {
        self.users
    }

    /// How many users each person is, where some person is several.
    pub(super) fn people(&self) -> Option<&[usize]> {
        self.people.as_deref()
    }

    /// What is given for every user, added up over each person.
    pub fn by_person(&self, of_users: Vec<f64>) -> Vec<f64> {
        let Some(sizes) = &self.people else { return of_users };
        let mut of_users = of_users.into_iter();
        sizes.iter().map(|size| of_users.by_ref().take(*size).sum()).collect()
    }

    /// Mean over everything.
    pub fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.values.len() as f64
    }

    /// Mean of every user over seeds.
    pub fn user_means(&self) -> Vec<f64> {
        self.by_user().map(|row| row.iter().sum::<f64>() / self.seeds as f64).collect()
    }

    /// Mean of every seed over users.
    pub fn seed_means(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.seeds];
        for row in self.by_user() {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        sums.into_iter().map(|sum| sum / self.users as f64).collect()
    }

    pub(super) fn by_user(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.seeds)
    }

    /// Mean and standard error that allow for both other seeds and other users.
    ///
    /// With the mean squares of a two-way layout with one value per place, `A` between the `S`
    /// seeds and `B` between the `U` users, the squared error is `(A + B) / (S U)`. The unbiased
    /// estimate would subtract the residual mean square (the three-term form of Cameron, Gelbach
    /// and Miller, J. Bus. Econ. Stat. 29, 2011); leaving it in is never smaller than either
    /// one-way error, so the result errs on the side of caution. Degrees of freedom by
    /// Satterthwaite (Biometrics Bulletin 2, 1946): `(A + B)² / (A² / (S − 1) + B² / (U − 1))`.
    /// With a single seed only users count: `B / U` with `U − 1`.
    ///
    /// Where users are `G` people, `B` is what the mean varies by when one person at a time is left out (the jackknife over
    /// people): `B = S U (G − 1) / G · Σ_g (D_g / (U − n_g))²`, `D_g` the sum over the `n_g` users of person `g` of (mean of
    /// user − mean), with `U² / Σ n_g² − 1` degrees of freedom: as many people of equal size would have, at least 1. With
    /// one user each both are what they are above.
    pub fn spread(&self) -> Spread {
        self.spread_with(None)
    }

    /// As [`Self::spread`], with the mean square between seeds not below the pooled one.
    ///
    /// Two degrees of freedom often find next to no variation between three seeds where there is
    /// some, and a small p then follows by chance. The larger of the two counts, with its own
    /// degrees of freedom.
    pub fn spread_with(&self, pooled: Option<Pooled>) -> Spread {
        let mean = self.mean();
        let (seeds, users) = (self.seeds as f64, self.users as f64);
        let (b, of_b) = self.between_users(mean);
        if self.seeds == 1 {
            let error = (b / users).sqrt();
            return Spread { mean, between_seeds: None, between_users: b, error, df: of_b };
        }
        let own = users * squares(&self.seed_means(), mean) / (seeds - 1.0);
        let (a, of_a) = match pooled.map(|pooled| (users * pooled.variance, pooled.df)) {
            Some((mean_square, df)) if mean_square > own => (mean_square, df),
            _ => (own, seeds - 1.0),
        };
        let error = ((a + b) / (seeds * users)).sqrt();
        let uncertainty = a * a / of_a + b * b / of_b;
        let df = if uncertainty > 0.0 { (a + b).powi(2) / uncertainty } else { seeds - 1.0 };
        Spread { mean, between_seeds: Some(a), between_users: b, error, df }
    }

    /// The mean square between users, or people, and its degrees of freedom.
    fn between_users(&self, mean: f64) -> (f64, f64) {
        let (seeds, users, means) = (self.seeds as f64, self.users as f64, self.user_means());
        let Some(sizes) = &self.people else {
            return (seeds * squares(&means, mean) / (users - 1.0), users - 1.0);
        };
        let people = sizes.len() as f64;
        let apart = self.by_person(means.iter().map(|of| of - mean).collect());
        let left_out = apart.iter().zip(sizes).map(|(sum, size)| sum / (users - *size as f64));
        let moved: f64 = left_out.map(|moved| moved.powi(2)).sum();
        let squared: f64 = sizes.iter().map(|size| (*size as f64).powi(2)).sum();
        let df = (users * users / squared - 1.0).max(1.0);
        (seeds * users * (people - 1.0) / people * moved, df)
    }
}

fn squares(means: &[f64], mean: f64) -> f64 {
    means.iter().map(|m| (m - mean).powi(2)).sum()
}

impl Spread {
    /// Two-sided p of the mean being zero; 1 where nothing differs at all.
    pub fn p(&self) -> f64 {
        match (self.error > 0.0, self.mean == 0.0) {
            (true, _) => super::t_two_sided(self.mean / self.error, self.df),
            (false, true) => 1.0,
            (false, false) => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_by_two_by_hand() {
        // Seed means 2, 3; user means 2, 3 ; mean 2.5; A = 2 · 0.5 = 1, B = 1.
        let spread = Panel::new(&[vec![1.0, 3.0], vec![3.0, 3.0]]).unwrap().spread();
        assert_eq!(
            (spread.mean, spread.between_seeds, spread.between_users),
            (2.5, Some(1.0), 1.0)
        );
        assert!((spread.error - 0.5_f64.sqrt()).abs() < 1e-15);
        assert!((spread.df - 2.0).abs() < 1e-12);
    }

    #[test]
    fn pooled_variance_of_two_columns_is_that_of_their_difference() {
        // Differences 1, 2, 6: mean 3, squares 4 + 1 + 9 = 14, variance 7.
        let pooled = Pooled::new(&[vec![5.0, 6.0], vec![1.0, 3.0], vec![0.0, 6.0]]).unwrap();
        assert!((pooled.variance - 7.0).abs() < 1e-12);
        assert_eq!(pooled.df, 2.0);
        assert_eq!(Pooled::new(&[vec![1.0, 2.0]]), None);
    }

    /// Runs that are missing elsewhere do not take away what the others say.
    #[test]
    fn pooled_variance_leaves_out_what_lacks_runs() {
        let setting = |values: &[(u64, f64)]| values.iter().copied().collect::<BTreeMap<_, _>>();
        let whole =
            [setting(&[(1, 5.0), (2, 1.0), (3, 0.0)]), setting(&[(1, 6.0), (2, 3.0), (3, 6.0)])];
        let rows = [vec![5.0, 6.0], vec![1.0, 3.0], vec![0.0, 6.0]];
        let expected = Pooled::new(&rows);
        assert_eq!(Pooled::of(&whole), expected);
        let one_seed = setting(&[(1, 2.0)]);
        let two_seeds = setting(&[(2, 4.0), (3, 9.0)]);
        let [first, second] = whole.clone();
        let lacking = [two_seeds.clone(), first.clone(), one_seed, second, setting(&[])];
        assert_eq!(Pooled::of(&lacking), expected);
        // Of three seeds there is one setting: two seeds are in two.
        let rows = [vec![4.0, 1.0], vec![9.0, 0.0]];
        assert_eq!(Pooled::of(&[two_seeds, first]), Pooled::new(&rows));
        assert_eq!(Pooled::of(&[]), None);
    }

    #[test]
    fn pooled_variance_counts_where_it_is_larger() {
        let panel = Panel::new(&[vec![1.0, 3.0], vec![3.0, 3.0]]).unwrap();
        let small = Pooled { variance: 0.1, df: 9.0 };
        assert_eq!(panel.spread_with(Some(small)), panel.spread());
        // A = 2 · 4 = 8, B = 1: error √(9 / 4), df 81 / (64 / 9 + 1).
        let large = panel.spread_with(Some(Pooled { variance: 4.0, df: 9.0 }));
        assert!((large.error - 1.5).abs() < 1e-12);
        assert!((large.df - 81.0 / (64.0 / 9.0 + 1.0)).abs() < 1e-12);
    }

    #[test]
    fn shapes_that_cannot_be_used_are_refused() {
        assert_eq!(Panel::new(&[]), None);
        assert_eq!(Panel::new(&[vec![1.0]]), None);
        assert_eq!(Panel::new(&[vec![1.0, 2.0], vec![1.0]]), None);
        assert_eq!(Panel::new(&[vec![1.0, f64::NAN]]), None);
    }

    #[test]
    fn people_of_one_user_each_are_users() {
        let panel = Panel::new(&[vec![1.0, 3.0, 2.5], vec![3.0, 3.0, 7.0]]).unwrap();
        assert_eq!(panel.clone().of_people(vec![1; 3]), Some(panel.clone()));
        for wrong in [vec![3], vec![1, 1], vec![2, 2], vec![3, 0]] {
            assert_eq!(panel.clone().of_people(wrong), None);
        }
        let other = panel.clone().of_people(vec![1, 2]).unwrap();
        assert_eq!(panel.minus(&other), None);
        assert_eq!(other.minus(&other).unwrap().people(), Some(&[1, 2][..]));
    }

    /// A hundred people, of whom one has an eighth of the tests, and all of whose tests are alike: over many worlds
    /// without an effect one in twenty finds one, with one seed and with three, and the error is what means vary by.
    /// Independent tests find one in most.
    #[test]
    fn people_of_unequal_size_find_nothing_where_there_is_nothing() {
        use crate::statistics::{Random, Resampling, hierarchical, t_quantile};
        let mut random = Random::new(3);
        let sizes: Vec<usize> =
            (0..100).map(|g| if g == 0 { 250 } else { 1 + g * 7 % 35 }).collect();
        for seeds in [1, 3] {
            let (mut found, mut apart, mut means, mut errors) = (0, 0, 0.0, 0.0);
            let worlds = 800;
            for world in 0..worlds {
                let mut rows = vec![Vec::new(); seeds];
                let of_seed: Vec<f64> = (0..seeds).map(|_| 0.05 * random.normal()).collect();
                for size in &sizes {
                    let person = random.normal();
                    for _ in 0..*size {
                        let test = 0.5 * random.normal();
                        let values = of_seed.iter().map(|seed| person + test + seed);
                        rows.iter_mut().zip(values).for_each(|(row, value)| row.push(value));
                    }
                }
                let panel = Panel::new(&rows).unwrap();
                let beyond = |spread: &Spread| {
                    usize::from(spread.mean.abs() > t_quantile(0.975, spread.df) * spread.error)
                };
                apart += beyond(&panel.spread());
                let panel = panel.of_people(sizes.clone()).unwrap();
                let spread = panel.spread();
                found += beyond(&spread);
                means += spread.mean.powi(2);
                errors += spread.error.powi(2);
                if world < 3 {
                    let settings = Resampling { resamples: 4000, ..Resampling::default() };
                    let ratio = hierarchical(&panel, &settings).sd() / spread.error;
                    assert!((0.75..1.1).contains(&ratio), "{seeds}: resamples vary by {ratio}");
                }
            }
            let rate = |count: usize| count as f64 / f64::from(worlds);
            let allowed = 0.05 + 2.0 * (0.05 * 0.95 / f64::from(worlds)).sqrt();
            assert!(rate(found) < allowed, "{seeds}: {}", rate(found));
            assert!(rate(found) > 0.02, "{seeds}: {}", rate(found));
            assert!(rate(apart) > 0.5, "{seeds}: {}", rate(apart));
            let ratio = (errors / means).sqrt();
            assert!((0.9..1.2).contains(&ratio), "{seeds}: {ratio}");
        }
    }

    #[test]
    fn people_by_hand() {
        // Users 1, 2 and 6 of two people: mean 3, left out 6 and 1.5, so that the variance of the mean is
        // 1 / 2 · (3² + 1.5²) = 5.625; sizes 2 and 1: 9 / 5 − 1 = 0.8 degrees of freedom, but one at least.
        let panel = Panel::new(&[vec![1.0, 2.0, 6.0]]).unwrap().of_people(vec![2, 1]).unwrap();
        let spread = panel.spread();
        assert!((spread.error.powi(2) - 5.625).abs() < 1e-12, "{spread:?}");
        assert_eq!(spread.df, 1.0);
        // People of equal size are as users of their means.
        let panel = Panel::new(&[vec![1.0, 1.0, 2.0, 2.0, 6.0, 6.0]]).unwrap();
        let people = panel.of_people(vec![2; 3]).unwrap().spread();
        let users = Panel::new(&[vec![1.0, 2.0, 6.0]]).unwrap().spread();
        assert!((people.error - users.error).abs() < 1e-12);
        assert!((people.df - users.df).abs() < 1e-12);
    }

    #[test]
    fn nothing_differs() {
        let same = Panel::new(&[vec![0.0; 5], vec![0.0; 5]]).unwrap();
        assert_eq!(same.spread().p(), 1.0);
        assert_eq!(Panel::new(&[vec![0.1; 5]]).unwrap().spread().p(), 0.0);
    }

    proptest::proptest! {
        /// The error is never below that of seeds alone or of users alone.
        #[test]
        fn at_least_both_one_way_errors(
            rows in proptest::collection::vec(proptest::collection::vec(-1.0_f64..1.0, 8), 2..6),
        ) {
            let panel = Panel::new(&rows).unwrap();
            let seeds = crate::statistics::estimate(panel.seed_means()).unwrap();
            let users = crate::statistics::estimate(panel.user_means()).unwrap();
            let error = panel.spread().error + 1e-12;
            proptest::prop_assert!(error >= seeds.sd.unwrap() / (rows.len() as f64).sqrt());
            proptest::prop_assert!(error >= users.sd.unwrap() / 8_f64.sqrt());
            let least = (rows.len() as f64 - 1.0).min(7.0);
            proptest::prop_assert!(panel.spread().df >= least - 1e-9);
        }
    }
}
