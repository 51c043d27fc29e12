//! One paired comparison of per-user values, with everything the report says about it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::change::Change;
use super::rules::Rules;
use crate::statistics::{
    Panel, Pooled, Resampling, Spread, Users, cohen_dz, equivalence, hierarchical, holm,
    minimum_detectable, percent_change, sign_flip, wilcoxon,
};

/// By seed, the value of every user, in order of users.
pub(crate) type UserValues = BTreeMap<u64, Vec<(User, f64)>>;

/// A user and the person that the user is, by the number of that person's first user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct User {
    pub(crate) person: u32,
    pub(crate) user: u32,
}

impl User {
    /// With the first user of every person, ascending; with none, everybody is a person of their own.
    pub(crate) fn of(user: u32, firsts: &[u32]) -> Self {
        let next = firsts.partition_point(|first| *first <= user);
        Self { person: if next == 0 { user } else { firsts[next - 1] }, user }
    }

    /// How many of these users, ascending, each person is.
    pub(crate) fn people(users: &[Self]) -> Vec<usize> {
        users.chunk_by(|one, next| one.person == next.person).map(<[_]>::len).collect()
    }
}

#[cfg(test)]
impl From<u32> for User {
    /// A person of their own.
    fn from(user: u32) -> Self {
        Self { person: user, user }
    }
}

/// A difference of means over seeds and users, paired by both.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Seeds on both sides.
    pub seeds: usize,
    /// Users on both sides, under every seed; where several are one person, each of them (a test of that person).
    pub users: usize,
    /// Mean of the first side.
    pub before: f64,
    /// Mean of the second side.
    pub after: f64,
    /// Second minus first.
    pub difference: f64,
    /// The difference in percent of the first side.
    pub percent: Option<f64>,
    /// 95 % interval: hierarchical bootstrap, stretched for few seeds; not corrected for the
    /// number of comparisons.
    pub interval: (f64, f64),
    /// The plain percentile interval of the same bootstrap.
    pub percentile_interval: (f64, f64),
    /// Two-way standard error.
    pub error: f64,
    /// Degrees of freedom of the standard error.
    pub df: f64,
    /// Two-sided p over seeds and users.
    pub p: f64,
    /// `p` after Holm's correction over its family.
    pub p_holm: f64,
    /// Smallest true difference found with the stated power by a single, uncorrected test.
    pub minimum_detectable: f64,
    /// The same at the level of the strictest step of Holm's correction.
    pub minimum_detectable_in_family: f64,
    /// Cohen's d of the users' differences, each averaged over seeds; of tests, where several are one person's.
    pub cohen_dz: Option<f64>,
    /// Sign-flip p over users (where several are one person: over people, of the sums over each); these trained models only, uncorrected.
    pub p_sign_flip: f64,
    /// Wilcoxon signed-rank p over the same; these trained models only, uncorrected.
    pub p_wilcoxon: Option<f64>,
}

impl Difference {
    /// Its numbers without those that need users.
    pub fn change(&self) -> Change {
        Change {
            seeds: self.seeds,
            before: self.before,
            after: self.after,
            difference: self.difference,
            interval: self.interval,
            error: self.error,
            p: self.p,
            p_holm: self.p_holm,
        }
    }

    /// [`Change::falls`].
    pub fn falls(&self, alpha: f64) -> bool {
        self.change().falls(alpha)
    }

    /// [`Change::rises`].
    pub fn rises(&self, alpha: f64) -> bool {
        self.change().rises(alpha)
    }

    /// [`Change::is_significant`].
    pub fn is_significant(&self, alpha: f64) -> bool {
        self.change().is_significant(alpha)
    }

    /// [`Change::holds_zero`].
    pub fn holds_zero(&self) -> bool {
        self.change().holds_zero()
    }

    fn spread(&self) -> Spread {
        Spread {
            mean: self.difference,
            between_seeds: None,
            between_users: f64::NAN,
            error: self.error,
            df: self.df,
        }
    }

    /// p of the difference being within `margin`.
    pub(super) fn equivalence(&self, margin: f64) -> f64 {
        equivalence(&self.spread(), margin)
    }
}

/// The comparison over the seeds both sides have and the users all of them have.
pub(crate) fn compare(
    after: &UserValues,
    before: &UserValues,
    pooled: Option<Pooled>,
    rules: &Rules,
) -> Option<Difference> {
    let (after, before) = aligned(after, before)?;
    let panel = after.minus(&before)?;
    let spread = panel.spread_with(pooled);
    let by_user = panel.user_means();
    let by_person = panel.by_person(by_user.clone());
    let settings =
        Resampling { resamples: rules.resamples, seed: rules.seed, users: Users::Shared };
    let resampled = hierarchical(&panel, &settings);
    let p = spread.p();
    let detectable = minimum_detectable(&spread, rules.alpha, rules.power);
    Some(Difference {
        seeds: panel.seeds(),
        users: panel.users(),
        before: before.mean(),
        after: after.mean(),
        difference: spread.mean,
        percent: percent_change(spread.mean, before.mean()),
        interval: resampled.stretched(&spread),
        percentile_interval: resampled.percentile(),
        error: spread.error,
        df: spread.df,
        p,
        p_holm: p,
        minimum_detectable: detectable,
        minimum_detectable_in_family: detectable,
        cohen_dz: cohen_dz(&by_user),
        p_sign_flip: sign_flip(&by_person, rules.resamples, rules.seed),
        p_wilcoxon: wilcoxon(&by_person).map(|found| found.p),
    })
}

/// The variation between runs over all settings.
pub(super) fn pool<'a>(settings: impl Iterator<Item = &'a UserValues>) -> Option<Pooled> {
    let mean = |values: &[(User, f64)]| {
        values.iter().map(|(_, value)| value).sum::<f64>() / values.len() as f64
    };
    let by_seed =
        |values: &UserValues| values.iter().map(|(seed, values)| (*seed, mean(values))).collect();
    Pooled::of(&settings.map(by_seed).collect::<Vec<_>>())
}

/// Corrects tests as part of a family of at least `size`, whose other members count as not
/// rejected; returns the size of the family.
pub(crate) fn correct(tests: &mut [&mut Difference], size: usize, rules: &Rules) -> usize {
    let mut p: Vec<f64> = tests.iter().map(|found| found.p).collect();
    p.resize(size.max(p.len()), 1.0);
    let strictest = rules.alpha / p.len().max(1) as f64;
    for (found, adjusted) in tests.iter_mut().zip(holm(&p)) {
        found.p_holm = adjusted;
        found.minimum_detectable_in_family =
            minimum_detectable(&found.spread(), strictest, rules.power);
    }
    p.len()
}

fn aligned(after: &UserValues, before: &UserValues) -> Option<(Panel, Panel)> {
    let pairs: Vec<_> = after
        .iter()
        .filter_map(|(seed, after)| before.get(seed).map(|before| (after, before)))
        .collect();
    let mut seen: BTreeMap<User, usize> = BTreeMap::new();
    for (user, _) in pairs.iter().flat_map(|(after, before)| after.iter().chain(before.iter())) {
        *seen.entry(*user).or_default() += 1;
    }
    seen.retain(|_, times| *times == 2 * pairs.len());
    let people = User::people(&seen.keys().copied().collect::<Vec<_>>());
    let everywhere = |values: &[(User, f64)]| -> Vec<f64> {
        let kept = values.iter().filter(|(user, _)| seen.contains_key(user));
        kept.map(|(_, value)| *value).collect()
    };
    let side = |values: Vec<&Vec<(User, f64)>>| {
        let rows: Vec<Vec<f64>> = values.into_iter().map(|values| everywhere(values)).collect();
        Panel::new(&rows)?.of_people(people.clone())
    };
    let after = side(pairs.iter().map(|pair| pair.0).collect())?;
    let before = side(pairs.iter().map(|pair| pair.1).collect())?;
    Some((after, before))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[(u32, f64)]) -> Vec<(User, f64)> {
        values.iter().map(|(user, value)| (User::from(*user), *value)).collect()
    }

    #[test]
    fn people_are_the_users_from_their_first_on() {
        let people = |firsts: &[u32]| {
            let users: Vec<User> = (3..9).map(|user| User::of(user, firsts)).collect();
            User::people(&users)
        };
        assert_eq!(people(&[3, 4, 8]), [1, 4, 1]);
        assert_eq!(people(&[]), [1; 6]);
    }

    #[test]
    fn users_of_one_person_count_as_one() {
        // Two people of two users each, who agree: without either the mean is off by 1, so that the squared error is
        // 1 / 2 · (1 + 1), with 16 / 8 − 1 degrees of freedom; of four users it would be 4 / 3 / 4.
        let person = |user: u32| User { person: user / 2 * 2, user };
        let values = [1.0, 1.0, 3.0, 3.0];
        let side = |factor: f64, person: &dyn Fn(u32) -> User| {
            let of = |(user, value): (u32, &f64)| (person(user), factor * value);
            UserValues::from([(1, (0..).zip(&values).map(of).collect())])
        };
        let found = |person: &dyn Fn(u32) -> User| {
            let (after, before) = (side(2.0, person), side(1.0, person));
            compare(&after, &before, None, &Rules::default()).unwrap()
        };
        let of_people = found(&person);
        assert_eq!((of_people.users, of_people.difference), (4, 2.0));
        assert_eq!((of_people.error, of_people.df), (1.0, 1.0));
        let of_users = found(&User::from);
        assert!((of_users.error - (1.0_f64 / 3.0).sqrt()).abs() < 1e-15 && of_users.df == 3.0);
    }

    #[test]
    fn only_common_seeds_and_users_count() {
        let after = UserValues::from([
            (1, of(&[(0, 1.0), (1, 2.0), (2, 5.0)])),
            (2, of(&[(0, 2.0), (2, 4.0)])),
            (3, of(&[(0, 9.0), (2, 9.0)])),
        ]);
        let before = UserValues::from([
            (1, of(&[(0, 0.0), (1, 9.0), (2, 0.0), (3, 1.0)])),
            (2, of(&[(0, 0.0), (1, 9.0), (2, 0.0)])),
        ]);
        let found = compare(&after, &before, None, &Rules::default()).unwrap();
        assert_eq!((found.seeds, found.users, found.difference), (2, 2, 3.0));
        assert_eq!(found.percent, None);
        assert_eq!(compare(&after, &UserValues::new(), None, &Rules::default()), None);
    }
}
