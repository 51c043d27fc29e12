//! Friedman's test of equal ranks, and Nemenyi's critical difference: which of several methods differ over
//! several datasets (Demšar, JMLR 7, 2006).

use statrs::distribution::{Continuous, ContinuousCDF, FisherSnedecor, Normal};

/// Methods ranked on every dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Friedman {
    /// Mean rank of every method over datasets, 1 for the best; ties share their mean.
    pub ranks: Vec<f64>,
    /// p of all methods ranking alike, by Iman and Davenport's F, and no less than that of one order on all datasets.
    pub p: f64,
    /// Mean ranks that are less than this apart are not told apart at level 0.05.
    pub critical_difference: f64,
}

/// Ranks `values` (a row per dataset, a column per method, larger is better); None for fewer than two datasets
/// or three methods, and for rows of unequal length.
#[must_use]
pub fn friedman(values: &[Vec<f64>]) -> Option<Friedman> {
    let (n, k) = (values.len(), values.first()?.len());
    let usable = |row: &Vec<f64>| row.len() == k && row.iter().all(|value| value.is_finite());
    if n < 2 || k < 3 || !values.iter().all(usable) {
        return None;
    }
    let mut ranks = vec![0.0; k];
    for row in values {
        for (mean, rank) in ranks.iter_mut().zip(ranked(row)) {
            *mean += rank / n as f64;
        }
    }
    let (datasets, methods) = (n as f64, k as f64);
    let squares: f64 = ranks.iter().map(|rank| rank * rank).sum();
    let chi = 12.0 * datasets / (methods * (methods + 1.0))
        * (squares - methods * (methods + 1.0).powi(2) / 4.0);
    let most = datasets * (methods - 1.0);
    let approximate = if chi >= most {
        0.0
    } else {
        let f = (datasets - 1.0) * chi / (most - chi);
        let distribution = FisherSnedecor::new(methods - 1.0, (methods - 1.0) * (datasets - 1.0));
        distribution.map_or(f64::NAN, |distribution| distribution.sf(f.max(0.0)))
    };
    // F is an approximation for many datasets: nothing is less probable than that all of them have one order.
    let orders: f64 = (1..=k).map(|method| method as f64).product();
    let p = approximate.max(orders.powi(1 - n as i32));
    let q = studentized_range(0.95, k) / 2.0_f64.sqrt();
    let critical_difference = q * (methods * (methods + 1.0) / (6.0 * datasets)).sqrt();
    Some(Friedman { ranks, p, critical_difference })
}

/// Groups of methods, best first, of which the first and the last are less than `apart` from each other: each
/// as large as it can be, none within another. Positions in `ranks`.
#[must_use]
pub fn alike(ranks: &[f64], apart: f64) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..ranks.len()).collect();
    order.sort_by(|a, b| ranks[*a].total_cmp(&ranks[*b]));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut reached = 0;
    for first in 0..order.len() {
        let within = |at: &usize| ranks[*at] - ranks[order[first]] < apart;
        let end = first + order[first..].iter().take_while(|at| within(at)).count();
        if end > reached && end - first > 1 {
            groups.push(order[first..end].to_vec());
        }
        reached = reached.max(end);
    }
    groups
}

/// Ranks of a row, 1 for the largest value.
fn ranked(row: &[f64]) -> Vec<f64> {
    let rank = |value: &f64| {
        let above = row.iter().filter(|other| *other > value).count();
        let ties = row.iter().filter(|other| *other == value).count();
        above as f64 + (ties as f64 + 1.0) / 2.0
    };
    row.iter().map(rank).collect()
}

/// Quantile of the range of `k` independent standard normal variables: the studentized range with infinitely many
/// degrees of freedom.
fn studentized_range(probability: f64, k: usize) -> f64 {
    let (mut low, mut high) = (0.0, 50.0);
    while high - low > 1e-10 {
        let middle = 0.5 * (low + high);
        if range_below(middle, k) < probability { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// P(range < q) = k ∫ φ(z) [Φ(z) − Φ(z − q)]^(k−1) dz, by Simpson's rule; beyond 9 the density is below 1e-18.
fn range_below(q: f64, k: usize) -> f64 {
    const STEPS: usize = 2000;
    let normal = Normal::standard();
    let inside = |z: f64| normal.pdf(z) * (normal.cdf(z) - normal.cdf(z - q)).powi(k as i32 - 1);
    let (from, width) = (-9.0, 18.0 / STEPS as f64);
    let sum: f64 = (0..=STEPS)
        .map(|step| {
            let weight = match step {
                0 | STEPS => 1.0,
                step if step % 2 == 1 => 4.0,
                _ => 2.0,
            };
            weight * inside(from + width * step as f64)
        })
        .sum();
    k as f64 * sum * width / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Demšar's Table 5 (a): q at 0.05 for 2 to 10 methods, the range divided by the root of 2.
    #[test]
    fn critical_values_are_those_of_the_table() {
        let table = [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164];
        for (k, expected) in (2..).zip(table) {
            let found = studentized_range(0.95, k) / 2.0_f64.sqrt();
            assert!((found - expected).abs() < 1e-3, "{k}: {found} is not {expected}");
        }
    }

    /// Demšar's example: AUC of C4.5 and its variants with -m, -cf, and both, on 14 datasets (his Table 6): mean
    /// ranks 3.143, 2.000, 2.893, 1.964; F 3.69 with (3, 39) degrees of freedom; critical difference 1.25.
    #[test]
    fn the_textbook_example_has_its_published_values() {
        let rows = [
            [0.763, 0.768, 0.771, 0.798],
            [0.599, 0.591, 0.590, 0.569],
            [0.954, 0.971, 0.968, 0.967],
            [0.628, 0.661, 0.654, 0.657],
            [0.882, 0.888, 0.886, 0.898],
            [0.936, 0.931, 0.916, 0.931],
            [0.661, 0.668, 0.609, 0.685],
            [0.583, 0.583, 0.563, 0.625],
            [0.775, 0.838, 0.866, 0.875],
            [1.000, 1.000, 1.000, 1.000],
            [0.940, 0.962, 0.965, 0.962],
            [0.619, 0.666, 0.614, 0.669],
            [0.972, 0.981, 0.9751, 0.975],
            [0.957, 0.978, 0.946, 0.970],
        ];
        let found = friedman(&rows.map(Vec::from)).unwrap();
        for (rank, expected) in found.ranks.iter().zip([3.143, 2.000, 2.893, 1.964]) {
            assert!((rank - expected).abs() < 1e-3, "{:?}", found.ranks);
        }
        assert!((found.critical_difference - 1.25).abs() < 0.01, "{}", found.critical_difference);
        // R: pf(3.69, 3, 39, lower.tail = FALSE) is 0.0197.
        assert!((found.p - 0.0197).abs() < 1e-3, "{}", found.p);
        // As the paper says, the test cannot tell any of them apart at 0.05.
        assert_eq!(alike(&found.ranks, found.critical_difference), [[3, 1, 2, 0]]);
        let groups = alike(&found.ranks, 1.0);
        assert_eq!(groups, [vec![3, 1, 2], vec![2, 0]]);
    }

    #[test]
    fn too_little_is_not_ranked() {
        assert_eq!(friedman(&[vec![1.0, 2.0, 3.0]]), None, "one dataset");
        assert_eq!(friedman(&[vec![1.0, 2.0], vec![1.0, 2.0]]), None, "two methods");
        assert_eq!(friedman(&[vec![1.0, 2.0, 3.0], vec![1.0, 2.0]]), None);
        let same = friedman(&[vec![1.0, 2.0, 3.0], vec![1.0, 2.0, 3.0]]).unwrap();
        // The second dataset has the order of the first by chance in one of 3! cases.
        assert_eq!((same.p, &same.ranks[..]), (1.0 / 6.0, &[3.0, 2.0, 1.0][..]));
    }
}
