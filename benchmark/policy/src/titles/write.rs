//! What a policy over titles writes by itself.

use std::sync::Arc;

use prefsweep_datasets::END;

use crate::parameters::Parameters;
use crate::policy::Policy;
use crate::tensors::to_host;
use crate::windows::Windows;

/// The tokens that a policy over titles writes after each window of items if it always takes the likeliest, the
/// first of several; with the end, or without it where it does not end within the longest title's length.
///
/// # Panics
/// When the policy is none over titles.
#[must_use]
pub fn write_titles(policy: &dyn Policy, weights: &Parameters, windows: &Windows) -> Vec<Vec<u32>> {
    let titles = policy.titles().expect("a policy over titles");
    let mut first = 0;
    let read = windows.lengths.iter().map(|&length| {
        let items = &windows.items[first..first + length];
        first += length;
        let latest = titles.readable(items).swap_remove(0);
        items[latest].iter().flat_map(|&item| titles.tokens(item).iter().copied()).collect()
    });
    let mut texts: Vec<Vec<u32>> = read.collect();
    let mut written = vec![Vec::new(); texts.len()];
    for _ in 0..titles.longest() {
        let open: Vec<usize> =
            (0..texts.len()).filter(|&text| written[text].last() != Some(&END)).collect();
        if open.is_empty() {
            break;
        }
        let mut windows = Windows::default();
        open.iter().for_each(|&text| windows.push(&texts[text]));
        let scores = policy.score_all(weights, policy.last_hidden(weights, &Arc::new(windows)));
        for (&text, scores) in open.iter().zip(to_host(scores).chunks_exact(policy.symbols())) {
            let better = |best: usize, token: usize| {
                if scores[token] > scores[best] { token } else { best }
            };
            let token = (0..scores.len()).fold(0, better) as u32;
            texts[text].push(token);
            written[text].push(token);
        }
    }
    written
}
