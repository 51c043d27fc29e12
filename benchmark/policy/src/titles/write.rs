//! What a policy over titles writes by itself.

use prefsweep_datasets::END;
use rayon::prelude::*;

use super::catalogue::Titles;
use crate::kernels::{dot, vectorised};
use crate::parameters::Parameters;
use crate::policy::Policy;
use crate::sasrec::{Branches, Continuer};
use crate::windows::Windows;

/// The tokens that a policy over titles writes after each window of items if it always takes the likeliest, the
/// first of several; with the end, or without it where it does not end within the longest title's length.
///
/// # Panics
/// When the policy is none over titles.
#[must_use]
pub fn write_titles(policy: &dyn Policy, weights: &Parameters, windows: &Windows) -> Vec<Vec<u32>> {
    let titles = policy.titles().expect("a policy over titles");
    let continuer = policy.continuer(weights).expect("a policy over titles continues");
    let histories = titles.last_histories(windows);
    histories.par_iter().map(|history| write(&continuer, titles, history)).collect()
}

fn write(continuer: &Continuer, titles: &Titles, history: &[u32]) -> Vec<u32> {
    let past = continuer.read(history, titles.longest());
    let mut branches = Branches::new(continuer, &past);
    let mut state = past.state().to_vec();
    let mut written = Vec::new();
    while written.len() < titles.longest() && written.last() != Some(&END) {
        if let Some(last) = written.last() {
            let before = (written.len() as u32).checked_sub(2);
            state = branches.extend(&[*last], &[before]);
        }
        written.push(likeliest(continuer.table(), &state));
    }
    written
}

/// The token with the highest score after a hidden state, the first of several.
fn likeliest(table: &[f32], state: &[f32]) -> u32 {
    let mut best = (0, f32::NEG_INFINITY);
    vectorised(
        #[inline(always)]
        || {
            for (token, row) in table.chunks_exact(state.len()).enumerate() {
                let score = dot(row, state);
                if score > best.1 {
                    best = (token as u32, score);
                }
            }
        },
    );
    best.0
}
