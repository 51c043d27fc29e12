//! Statistics against SciPy and statsmodels; `golden/statistics.py` makes the numbers.

use prefsweep_report::statistics::{
    Panel, cohen_dz, equivalence, holm, minimum_detectable, t_quantile, t_upper, wilcoxon,
};
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/statistics.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn close(found: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1e-3), "{found} {expected}");
}

#[test]
fn paired_tests() {
    for case in golden()["paired"].as_array().unwrap() {
        let differences = numbers(&case["differences"]);
        let found = wilcoxon(&differences).unwrap();
        let all = (found.n * (found.n + 1)) as f64 / 2.0;
        assert_eq!(found.n as u64, case["nonzero"].as_u64().unwrap());
        close(found.positive.min(all - found.positive), &case["wilcoxon_smaller"], 1e-12);
        close(found.p, &case["wilcoxon_p"], 1e-7);
        close(cohen_dz(&differences).unwrap(), &case["dz"], 1e-9);
        let spread = Panel::new(&[differences]).unwrap().spread();
        close(spread.p(), &case["t_p"], 1e-7);
        close(equivalence(&spread, case["margin"].as_f64().unwrap()), &case["tost_p"], 1e-7);
        let detectable = minimum_detectable(&spread, 0.05, 0.8);
        close(detectable, &case["mde"], 1e-7);
        close(detectable, &case["mde_exact"], 0.02);
    }
}

#[test]
fn two_way_errors() {
    for case in golden()["two_way"].as_array().unwrap() {
        let rows: Vec<Vec<f64>> = case["rows"].as_array().unwrap().iter().map(numbers).collect();
        let spread = Panel::new(&rows).unwrap().spread();
        close(spread.between_seeds.unwrap(), &case["between_seeds"], 1e-9);
        close(spread.between_users, &case["between_users"], 1e-9);
        close(spread.error, &case["error"], 1e-9);
        close(spread.df, &case["df"], 1e-9);
        close(spread.p(), &case["p"], 1e-7);
    }
}

#[test]
fn holm_correction() {
    for case in golden()["holm"].as_array().unwrap() {
        let found = holm(&numbers(&case["p"]));
        for (found, expected) in found.iter().zip(case["adjusted"].as_array().unwrap()) {
            close(*found, expected, 1e-9);
        }
    }
}

#[test]
fn student_t() {
    for case in golden()["t"].as_array().unwrap() {
        let df = case["df"].as_f64().unwrap();
        close(t_quantile(case["probability"].as_f64().unwrap(), df), &case["quantile"], 1e-7);
        close(t_upper(1.7, df), &case["upper"], 1e-7);
    }
}
