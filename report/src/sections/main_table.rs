//! Table 1: one row per loss, the difference from K* to the largest K and what it allows to be said.

use crate::effects::Percent;
use crate::grid::{Entry, Grid};
use crate::numbers::{self, NOTHING, p_value};
use crate::sections::evidence::Evidence;
use crate::sections::levels::{Level, k_of};
use crate::verdict::{Difference, LossVerdict, Verdict};

/// The table; no rows where nothing is planned.
pub(crate) fn table(found: &Evidence<'_>) -> Grid {
    let verdicts = found.verdicts;
    let measure = &verdicts.measure;
    let axes = verdicts.axes();
    let mut largest: Vec<usize> =
        verdicts.losses.iter().filter_map(|loss| loss.largest_k).collect();
    largest.dedup();
    let at_largest = match largest[..] {
        [one] => format!("at K = {one}"),
        _ => "at largest K".to_owned(),
    };
    let header = axes.header([
        "loss",
        "K*",
        &format!("{measure} at K*"),
        &at_largest,
        "difference % [95 % CI]",
        "p (Holm)",
        "conclusion",
    ]);
    let rows = verdicts.losses.iter().enumerate().map(|(series, loss)| {
        let headline = loss.headline();
        let levels = levels(found, series, loss, headline);
        let [best, last] = levels.map(|level| level.map_or(NOTHING.to_owned(), numbers::metric));
        let p = headline.map_or(NOTHING.to_owned(), |(_, found)| p_value(found.p_holm));
        let mut row = axes.named(&loss.series);
        row.extend([
            k_of(loss, loss.best_k).into(),
            best.into(),
            last.into(),
            change(loss, headline, verdicts.rules.alpha),
            p.into(),
            word(loss).into(),
        ]);
        row
    });
    let caption = format!(
        "Test {measure} at K* (best on validation) and at the largest K, final step, mean over seeds (those that both have, where some are missing), and \
         their paired difference in % of the baseline; bold where significant. Where K* is the largest K, \
         the difference is from the smallest."
    );
    let rows = rows.collect();
    Grid { name: "verdict", caption, header, words: axes.words(), rows }
}

/// The measure at K* and at the largest K: where seeds are missing over those of the difference, so that the row agrees with
/// itself.
fn levels(
    found: &Evidence<'_>,
    series: usize,
    loss: &LossVerdict,
    headline: Option<(usize, &Difference)>,
) -> [Option<f64>; 2] {
    let own = Level::both(found, series, loss).map(|level| level.measure);
    let compared = headline.filter(|_| loss.best_k != loss.largest_k).map(|(_, found)| found);
    match compared.filter(|found| own.iter().flatten().any(|level| level.n != found.seeds)) {
        Some(found) => [found.before, found.after].map(Some),
        None => own.map(|level| level.map(|level| level.mean)),
    }
}

fn change(loss: &LossVerdict, headline: Option<(usize, &Difference)>, alpha: f64) -> Entry {
    let Some((from, found)) = headline else { return NOTHING.into() };
    let Some(percent) = Percent::of(found) else { return NOTHING.into() };
    let from = match loss.best_k == loss.largest_k {
        true => format!(" from K = {from}"),
        false => String::new(),
    };
    let text = percent.interval() + &from;
    Entry { text, bold: found.is_significant(alpha) }
}

/// The conclusion, marked where it rests on a single seed, and on another difference than the row shows: a rise is from the
/// smallest K.
pub(crate) fn word(loss: &LossVerdict) -> String {
    let headline = loss.headline();
    let mut word = loss.verdict.word().to_owned();
    let rises = matches!(loss.verdict, Verdict::Improves | Verdict::SmallRise);
    if let Some(smallest) =
        loss.smallest_k.filter(|k| rises && headline.map(|(from, _)| from) != Some(*k))
    {
        word.push_str(&format!(" from K = {smallest}"));
    }
    if headline.is_some_and(|(_, found)| found.seeds == 1) {
        word.push_str(" (one seed)");
    }
    word
}
