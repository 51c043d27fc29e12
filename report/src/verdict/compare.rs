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
pub(crate) type UserValues = BTreeMap<u64, Vec<(u32, f64)>>;

/// A difference of means over seeds and users, paired by both.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Seeds on both sides.
    pub seeds: usize,
    /// Users on both sides, under every seed.
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
    /// Cohen's d of the users' differences, each averaged over seeds.
    pub cohen_dz: Option<f64>,
    /// Sign-flip p over users; these trained models only, uncorrected.
    pub p_sign_flip: f64,
    /// Wilcoxon signed-rank p over users; these trained models only, uncorrected.
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
        p_sign_flip: sign_flip(&by_user, rules.resamples, rules.seed),
        p_wilcoxon: wilcoxon(&by_user).map(|found| found.p),
    })
}

/// The variation between runs over all settings.
pub(super) fn pool<'a>(settings: impl Iterator<Item = &'a UserValues>) -> Option<Pooled> {
    let mean = |values: &[(u32, f64)]| {
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
    let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
    for (user, _) in pairs.iter().flat_map(|(after, before)| after.iter().chain(before.iter())) {
        *seen.entry(*user).or_default() += 1;
    }
    let everywhere = |values: &[(u32, f64)]| -> Vec<f64> {
        let kept = values.iter().filter(|(user, _)| seen[user] == 2 * pairs.len());
        kept.map(|(_, value)| *value).collect()
    };
    let side = |values: Vec<&Vec<(u32, f64)>>| -> Vec<Vec<f64>> {
        values.into_iter().map(|values| everywhere(values)).collect()
    };
    let after = Panel::new(&side(pairs.iter().map(|pair| pair.0).collect()))?;
    let before = Panel::new(&side(pairs.iter().map(|pair| pair.1).collect()))?;
    Some((after, before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_common_seeds_and_users_count() {
        let after = UserValues::from([
            (1, vec![(0, 1.0), (1, 2.0), (2, 5.0)]),
            (2, vec![(0, 2.0), (2, 4.0)]),
            (3, vec![(0, 9.0), (2, 9.0)]),
        ]);
        let before = UserValues::from([
            (1, vec![(0, 0.0), (1, 9.0), (2, 0.0), (3, 1.0)]),
            (2, vec![(0, 0.0), (1, 9.0), (2, 0.0)]),
        ]);
        let found = compare(&after, &before, None, &Rules::default()).unwrap();
        assert_eq!((found.seeds, found.users, found.difference), (2, 2, 3.0));
        assert_eq!(found.percent, None);
        assert_eq!(compare(&after, &UserValues::new(), None, &Rules::default()), None);
    }
}
