//! Values of experts from an independent implementation in double precision, for the tests of both forms.

use serde::Deserialize;

type Table = Vec<Vec<f64>>;

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
}

/// Some tokens, weights and an upstream gradient, and what follows.
#[derive(Deserialize)]
pub(super) struct Case {
    pub(super) experts: usize,
    pub(super) top_k: usize,
    pub(super) real: Vec<bool>,
    pub(super) input: Table,
    router: Table,
    w1: Vec<Table>,
    b1: Table,
    w2: Vec<Table>,
    b2: Table,
    pub(super) upstream: Table,
    pub(super) balance_weight: f64,
    pub(super) chosen: Vec<Vec<u32>>,
    pub(super) gates: Table,
    pub(super) share: Vec<f64>,
    pub(super) output: Table,
    pub(super) balance: f64,
    pub(super) grad_input: Table,
    pub(super) grad_router: Table,
    pub(super) grad_w1: Vec<Table>,
}

pub(super) fn cases() -> Vec<Case> {
    let text = include_str!("../../tests/fixtures/moe.json");
    let fixture: Fixture = serde_json::from_str(text).expect("the fixture is whole");
    assert!(fixture.cases.iter().any(|case| case.top_k > 1));
    fixture.cases
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

impl Case {
    pub(super) fn dim(&self) -> usize {
        self.input[0].len()
    }

    pub(super) fn width(&self) -> usize {
        self.b1[0].len()
    }

    /// Router, then weight and bias of the inner and of the outer layers.
    pub(super) fn weights(&self) -> [Vec<f32>; 5] {
        [
            narrow(&self.router.concat()),
            narrow(&self.w1.concat().concat()),
            narrow(&self.b1.concat()),
            narrow(&self.w2.concat().concat()),
            narrow(&self.b2.concat()),
        ]
    }

    pub(super) fn rows(&self, table: &Table) -> Vec<f32> {
        narrow(&table.concat())
    }

    /// The rows of real tokens.
    pub(super) fn real_rows(&self, table: &Table) -> Vec<f32> {
        narrow(&self.real_values(table))
    }

    pub(super) fn real_values(&self, table: &Table) -> Vec<f64> {
        let rows = table.iter().zip(&self.real).filter(|(_, real)| **real);
        rows.flat_map(|(row, _)| row.iter().copied()).collect()
    }
}

/// Within the rounding errors of single precision.
pub(super) fn assert_near(found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(1.0_f64, |largest, value| largest.max(value.abs()));
    for (found, expected) in found.iter().zip(expected) {
        assert!((f64::from(*found) - expected).abs() < 2e-6 * largest, "{found} {expected}");
    }
}
