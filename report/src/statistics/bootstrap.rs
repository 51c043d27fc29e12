//! Bootstrap over seeds and users.

use super::random::Random;
use super::{CONFIDENCE, Panel, Spread, t_quantile};

/// How users are drawn inside a resample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Users {
    /// One draw of users for all seeds drawn: right when the same people are ranked under every
    /// seed, as in prefsweep (the pigeonhole bootstrap of Owen, Annals of Applied Statistics 1, 2007).
    Shared,
    /// A fresh draw of users for every seed drawn: right when seeds have users of their own
    /// (Davison and Hinkley, "Bootstrap methods and their application", 1997, section 3.8).
    PerSeed,
}

/// Settings of a bootstrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resampling {
    /// Number of resamples.
    pub resamples: usize,
    /// Seed of the generator; equal seeds give equal results.
    pub seed: u64,
    /// How users are drawn.
    pub users: Users,
}

impl Default for Resampling {
    fn default() -> Self {
        Self { resamples: 10_000, seed: 1, users: Users::Shared }
    }
}

/// Means of all resamples.
#[derive(Debug, Clone, PartialEq)]
pub struct Resampled {
    /// Ascending.
    means: Vec<f64>,
}

/// Draws seeds with replacement, then users with replacement, and takes the mean; many times. Where several users are
/// one person, people are drawn with all that is theirs.
///
/// Give a panel of differences for a paired comparison: both sides then see the same draws. With a
/// single seed only users are drawn.
pub fn hierarchical(panel: &Panel, settings: &Resampling) -> Resampled {
    let mut random = Random::new(settings.seed);
    let mut draw = Draw::new(panel);
    let mut means: Vec<f64> = (0..settings.resamples)
        .map(|_| match settings.users {
            Users::Shared => draw.shared(&mut random),
            Users::PerSeed => draw.per_seed(&mut random),
        })
        .collect();
    means.sort_by(f64::total_cmp);
    Resampled { means }
}

struct Draw<'a> {
    seeds: usize,
    /// Under every seed, the sum of each person's users; where nothing is said of people, each user's value.
    by_seed: Vec<Vec<f64>>,
    /// Sum of each over the seeds of one resample.
    sums: Vec<f64>,
    /// How many users each person is, where several are one.
    sizes: Option<&'a [usize]>,
}

impl<'a> Draw<'a> {
    fn new(panel: &'a Panel) -> Self {
        let column = |seed| panel.by_person(panel.by_user().map(|row| row[seed]).collect());
        let by_seed: Vec<Vec<f64>> = (0..panel.seeds()).map(column).collect();
        let sums = vec![0.0; by_seed[0].len()];
        Self { seeds: panel.seeds(), by_seed, sums, sizes: panel.people() }
    }

    fn seeds(&self, random: &mut Random) -> Vec<usize> {
        (0..self.seeds).map(|_| random.two_below(self.seeds)[0]).collect()
    }

    fn shared(&mut self, random: &mut Random) -> f64 {
        self.sums.fill(0.0);
        for seed in self.seeds(random) {
            let column = self.by_seed[seed].iter();
            self.sums.iter_mut().zip(column).for_each(|(sum, value)| *sum += value);
        }
        let (sum, users) = self.drawn(&self.sums, random);
        sum / (users * self.seeds) as f64
    }

    fn per_seed(&self, random: &mut Random) -> f64 {
        let seeds = self.seeds(random);
        let drawn = seeds.iter().map(|seed| self.drawn(&self.by_seed[*seed], random));
        let (sum, users) = drawn.fold((0.0, 0), |all, of| (all.0 + of.0, all.1 + of.1));
        sum / users as f64
    }

    /// A draw of users or people: the sum of what is theirs, and how many users they are.
    fn drawn(&self, sums: &[f64], random: &mut Random) -> (f64, usize) {
        match self.sizes {
            Some(sizes) => draw_people(sums, sizes, random),
            None => (sum_of_draws(sums, random), sums.len()),
        }
    }
}

/// As many people as there are, drawn with replacement: the sum of what is theirs, and how many users they are.
fn draw_people(sums: &[f64], sizes: &[usize], random: &mut Random) -> (f64, usize) {
    let draws = (0..sums.len()).map(|_| random.two_below(sums.len())[0]);
    draws.fold((0.0, 0), |(sum, users), person| (sum + sums[person], users + sizes[person]))
}

/// As many values as there are, drawn with replacement, summed.
fn sum_of_draws(values: &[f64], random: &mut Random) -> f64 {
    let (mut first, mut second) = (0.0, 0.0);
    for _ in 0..values.len() / 2 {
        let [one, two] = random.two_below(values.len());
        first += values[one];
        second += values[two];
    }
    if values.len() % 2 == 1 {
        first += values[random.two_below(values.len())[0]];
    }
    first + second
}

impl Resampled {
    /// The plain percentile interval at [`CONFIDENCE`]; too short for a handful of seeds.
    pub fn percentile(&self) -> (f64, f64) {
        let tail = 0.5 - CONFIDENCE / 2.0;
        (self.quantile(tail), self.quantile(1.0 - tail))
    }

    /// The percentile interval, its distances from the mean stretched to the two-way standard
    /// error and to Student's t.
    ///
    /// Resampling `S` seeds understates their variance by `(S − 1) / S`, and normal quantiles are
    /// too short for few degrees of freedom (Hesterberg, The American Statistician 69, 2015, on
    /// "narrowness bias"). Each distance is multiplied by `error / sd of resamples · t / z`; the
    /// shape, asymmetry included, remains that of the bootstrap.
    pub fn stretched(&self, spread: &Spread) -> (f64, f64) {
        let sd = self.sd();
        if sd == 0.0 || spread.error == 0.0 {
            return (spread.mean, spread.mean);
        }
        let upper = 0.5 + CONFIDENCE / 2.0;
        // A t with this many degrees of freedom is normal to nine digits.
        let factor = t_quantile(upper, spread.df) / t_quantile(upper, 1e9) * spread.error / sd;
        let (low, high) = self.percentile();
        let stretch = |end: f64| spread.mean + factor * (end - spread.mean);
        (stretch(low), stretch(high))
    }

    /// Standard deviation of the resampled means.
    pub fn sd(&self) -> f64 {
        let n = self.means.len() as f64;
        let mean = self.means.iter().sum::<f64>() / n;
        (self.means.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt()
    }

    /// Between order statistics, linearly.
    fn quantile(&self, probability: f64) -> f64 {
        let Some(last) = self.means.len().checked_sub(1) else {
            return f64::NAN;
        };
        let place = probability * last as f64;
        let (below, part) = (place.floor() as usize, place.fract());
        self.means[below] * (1.0 - part) + self.means[(below + 1).min(last)] * part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Normal seed, user and residual effects with standard deviations 0.3, 1 and 0.5.
    fn simulated(seeds: usize, users: usize) -> Panel {
        let mut random = Random::new(5);
        let of_users: Vec<f64> = (0..users).map(|_| random.normal()).collect();
        let rows: Vec<Vec<f64>> = (0..seeds)
            .map(|_| {
                let seed = 0.3 * random.normal();
                of_users.iter().map(|user| user + seed + 0.5 * random.normal()).collect()
            })
            .collect();
        Panel::new(&rows).unwrap()
    }

    /// Variance of a resampled mean, exactly, from the sums of squares of the two-way layout.
    fn exact_sd(panel: &Panel, users: Users) -> f64 {
        let (s, u, mean) = (panel.seeds() as f64, panel.users() as f64, panel.mean());
        let squares = |means: &[f64]| means.iter().map(|m| (m - mean).powi(2)).sum::<f64>();
        let (of_seeds, of_users) = (squares(&panel.seed_means()), squares(&panel.user_means()));
        let total: f64 = panel.by_user().flatten().map(|v| (v - mean).powi(2)).sum();
        let variance = match users {
            Users::Shared => {
                let rest = total - u * of_seeds - s * of_users;
                of_seeds / (s * s) + of_users / (u * u) + rest / (s * u).powi(2)
            }
            Users::PerSeed => of_seeds / (s * s) + (total - u * of_seeds) / (s * u).powi(2),
        };
        variance.sqrt()
    }

    #[test]
    fn spread_of_resamples_is_the_exact_one() {
        for (seeds, users) in [(1, 301), (3, 200), (8, 101)] {
            let panel = simulated(seeds, users);
            for drawn in [Users::Shared, Users::PerSeed] {
                let settings = Resampling { resamples: 20_000, seed: 3, users: drawn };
                let found = hierarchical(&panel, &settings);
                let ratio = found.sd() / exact_sd(&panel, drawn);
                assert!((ratio - 1.0).abs() < 0.02, "{seeds} {users} {drawn:?}: {ratio}");
            }
        }
    }

    #[test]
    fn interval_of_many_values_is_the_normal_one() {
        let panel = simulated(1, 20_000);
        let found = hierarchical(&panel, &Resampling::default());
        let spread = panel.spread();
        let (low, high) = found.percentile();
        let half = 1.959_963_984_540_054 * spread.error;
        assert!((low - (spread.mean - half)).abs() < 0.04 * half, "{low}");
        assert!((high - (spread.mean + half)).abs() < 0.04 * half, "{high}");
        let (low, high) = found.stretched(&spread);
        assert!(((high - low) / (2.0 * half) - 1.0).abs() < 0.03);
    }

    #[test]
    fn stretched_interval_of_three_seeds_has_the_width_of_student() {
        let panel = simulated(3, 400);
        let spread = panel.spread();
        let settings = Resampling { resamples: 20_000, ..Resampling::default() };
        let (low, high) = hierarchical(&panel, &settings).stretched(&spread);
        let student = 2.0 * t_quantile(0.975, spread.df) * spread.error;
        let ratio = (high - low) / student;
        assert!((ratio - 1.0).abs() < 0.1, "{ratio}");
    }

    /// Everyone twice is as once where people are drawn, and looks twice as sure where tests are.
    #[test]
    fn people_are_drawn_with_all_their_tests() {
        let once = simulated(3, 150);
        let twice: Vec<Vec<f64>> =
            (0..3).map(|seed| once.by_user().flat_map(|row| [row[seed]; 2]).collect()).collect();
        let tests = Panel::new(&twice).unwrap();
        let people = tests.clone().of_people(vec![2; 150]).unwrap();
        for users in [Users::Shared, Users::PerSeed] {
            let settings = Resampling { resamples: 20_000, seed: 3, users };
            let sd = |panel: &Panel| hierarchical(panel, &settings).sd();
            let ratio = sd(&people) / sd(&once);
            assert!((ratio - 1.0).abs() < 0.03, "{users:?}: {ratio}");
            assert!(sd(&tests) < 0.95 * sd(&people), "{users:?}");
        }
    }

    #[test]
    fn one_seed_of_the_generator_gives_one_result() {
        let panel = simulated(3, 50);
        let settings = Resampling { resamples: 200, ..Resampling::default() };
        assert_eq!(hierarchical(&panel, &settings), hierarchical(&panel, &settings));
        let other = Resampling { seed: 2, ..settings };
        assert_ne!(hierarchical(&panel, &settings), hierarchical(&panel, &other));
    }

    /// `cargo test --release -- --ignored resampling_time --nocapture` fails when it is slow.
    #[test]
    #[ignore = "a measurement of time"]
    fn resampling_time() {
        let panel = simulated(5, 20_000);
        let start = std::time::Instant::now();
        hierarchical(&panel, &Resampling::default());
        let seconds = start.elapsed().as_secs_f64();
        assert!(seconds < 10.0, "{seconds} s");
        std::fs::write(std::env::temp_dir().join("resampling-time"), format!("{seconds}")).unwrap();
    }

    proptest::proptest! {
        #[test]
        fn shifting_and_scaling_carry_over(
            row in proptest::collection::vec(-1.0_f64..1.0, 5..20), shift in -3.0_f64..3.0,
        ) {
            let moved: Vec<f64> = row.iter().map(|value| 2.0 * value + shift).collect();
            let settings = Resampling { resamples: 100, ..Resampling::default() };
            let plain = hierarchical(&Panel::new(&[row]).unwrap(), &settings).percentile();
            let moved = hierarchical(&Panel::new(&[moved]).unwrap(), &settings).percentile();
            proptest::prop_assert!((2.0 * plain.0 + shift - moved.0).abs() < 1e-9);
            proptest::prop_assert!((2.0 * plain.1 + shift - moved.1).abs() < 1e-9);
        }
    }
}
