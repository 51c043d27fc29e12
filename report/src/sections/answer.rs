//! The answer in at most five lines: effect and interval first, the word second.

use crate::effects::{Effect, Kind, Percent, readings};
use crate::names::series_name;
use crate::numbers::{metric, p_relation, percent, signed};
use crate::page::{Prose, prose};
use crate::reading::Reading;
use crate::sections::evidence::Evidence;
use crate::sections::levels::Level;
use crate::sections::main_table::word;
use crate::verdict::{Difference, LossVerdict};

/// So many effects are named in a line; the others are a number, and the table has them all.
const FEW: usize = 3;
/// Names longer than this, all together, are a number, too.
const LONG: usize = 120;

/// The lines; one that says so where nothing was tested.
pub(crate) fn lines(found: &Evidence<'_>) -> Vec<Prose> {
    let answer = Answer { found, alpha: found.verdicts.rules.alpha };
    if found.verdicts.losses.iter().all(|loss| loss.best_k.is_none()) {
        return vec![prose!("No run has results yet, so there is no verdict.")];
    }
    let lines =
        [answer.drops(), answer.others(), answer.dynamic_po(), answer.worth(), answer.elsewhere()];
    let lines: Vec<Prose> = lines.into_iter().flatten().collect();
    match lines.is_empty() {
        true => vec![prose!("No two settings can be compared yet, so there is no verdict.")],
        false => lines,
    }
}

/// Losses of which the same is said.
struct Alike {
    /// Since K* is the largest K.
    from_smallest: bool,
    word: String,
    names: Vec<String>,
    /// Differences in percent.
    shares: Vec<f64>,
}

struct Answer<'a> {
    found: &'a Evidence<'a>,
    alpha: f64,
}

impl<'a> Answer<'a> {
    fn of(&self, kind: Kind) -> impl Iterator<Item = (&'a Effect<'a>, &'a Difference)> {
        let effects = self.found.effects.iter().filter(move |effect| effect.kind == kind);
        effects.filter_map(|effect| Some((effect, effect.at_end()?)))
    }

    /// Of the loss that an effect judges; verdicts are in the order of series.
    fn verdict(&self, effect: &Effect<'_>) -> &'a LossVerdict {
        &self.found.verdicts.losses[effect.after.0]
    }

    /// `7 losses`, or settings where a loss has several.
    fn counted(&self, count: usize) -> String {
        let varied = self.found.verdicts.losses.iter().any(|loss| !loss.series.axes.is_empty());
        format!("{count} {}", if varied { "settings" } else { "losses" })
    }

    fn measure(&self) -> &'a str {
        &self.found.verdicts.measure
    }

    /// The losses that rank significantly lower at their largest K, largest drop first.
    fn drops(&self) -> Option<Prose> {
        let mut found: Vec<_> = self.of(Kind::Negatives).collect();
        found.sort_by(|(_, one), (_, other)| share(one).total_cmp(&share(other)));
        let (largest, difference) = found.first()?;
        let fallen: Vec<_> =
            found.iter().filter(|(_, difference)| difference.falls(self.alpha)).collect();
        if fallen.is_empty() {
            let word = word(self.verdict(largest));
            return Some(prose!(
                "**No significant drop of {} from K\\* to the largest K.** Lowest: {}: {}, {}: *{}*.",
                self.measure(),
                largest.name,
                effect(difference),
                p_relation(difference.p_holm),
                word
            ));
        }
        let parts = fallen.iter().take(FEW).map(|(row, difference)| {
            let (loss, word) = (self.loss(row), word(self.verdict(row)));
            prose!(
                "{}: **{}** {}{}: *{}*",
                row.name,
                effect(difference),
                self.measure(),
                loss,
                word
            )
        });
        let mut line = Prose::join(parts, "; ");
        line.push(and_more(fallen.len()));
        line.push(".");
        Some(line)
    }

    /// How the training loss went from one K to the other.
    fn loss(&self, effect: &Effect<'_>) -> String {
        let at = |(series, negatives)| Level::at(self.found, series, Some(negatives)).loss;
        let sides = effect.before.and_then(at).zip(at(effect.after));
        sides.map_or(String::new(), |(before, after)| {
            format!(" while normalised loss goes from {:.2} to {:.2}", before.mean, after.mean)
        })
    }

    /// The losses that do not rank significantly lower, by what is compared and by their word.
    fn others(&self) -> Option<Prose> {
        if self.of(Kind::Negatives).count() < 2 {
            return None;
        }
        let mut all: Vec<Alike> = Vec::new();
        for (row, difference) in self.of(Kind::Negatives) {
            let loss = self.verdict(row);
            if difference.falls(self.alpha) {
                continue;
            }
            let (from_smallest, word) = (loss.best_k == loss.largest_k, word(loss));
            let same =
                |known: &&mut Alike| known.from_smallest == from_smallest && known.word == word;
            let (name, share) = (series_name(&loss.series), share(difference));
            match all.iter_mut().find(same) {
                Some(known) => {
                    known.names.push(name);
                    known.shares.push(share);
                }
                None => {
                    let (names, shares) = (vec![name], vec![share]);
                    all.push(Alike { from_smallest, word, names, shares });
                }
            }
        }
        let part = |alike: &Alike| {
            let joined = alike.names.join(", ");
            let named = match alike.names.len() {
                count if count > 2 * FEW || (count > 1 && joined.len() > LONG) => {
                    self.counted(count)
                }
                _ => joined,
            };
            prose!("{} {}: *{}*", named, range(&alike.shares), alike.word)
        };
        let of = |from_smallest: bool, what: &str| {
            let here = all.iter().filter(|alike| alike.from_smallest == from_smallest);
            let line = Prose::join(here.map(part), "; ");
            (!line.is_empty()).then(|| prose!("{}: {}.", what, line))
        };
        let lines =
            [of(false, "K* to the largest K"), of(true, "Smallest to largest K, where that is K*")];
        let line = Prose::join(lines.into_iter().flatten(), " ");
        (!line.is_empty()).then_some(line)
    }

    fn dynamic_po(&self) -> Option<Prose> {
        let found: Vec<_> = self.of(Kind::DynamicPo).collect();
        let parts = found.iter().take(FEW).map(|(row, difference)| {
            let word = if difference.rises(self.alpha) {
                "significantly higher"
            } else if difference.falls(self.alpha) {
                "significantly lower"
            } else {
                "not significant"
            };
            let p = p_relation(difference.p_holm);
            prose!("{}: **{}**, {}: *{}*", row.name, effect(difference), p, word)
        });
        let mut line = Prose::join(parts, "; ");
        line.push(and_more(found.len()));
        line.push(".");
        (!found.is_empty()).then_some(line)
    }

    /// Which losses are worth having at their largest K: above the reference and, where there is one,
    /// above the control of continued supervised training.
    fn worth(&self) -> Option<Prose> {
        let reference = self.beside(Kind::Reference)?;
        let Some(control) = self.beside(Kind::Control) else {
            return Some(prose!("Largest K against the reference {}.", reference));
        };
        let losses = self.found.verdicts.losses.iter();
        let gains: Vec<String> = losses
            .filter(|loss| loss.is_gain(self.alpha))
            .map(|loss| series_name(&loss.series))
            .collect();
        let gains = match gains.len() {
            0 => "none".to_owned(),
            count if count > FEW => self.counted(count),
            _ => gains.join(", "),
        };
        Some(prose!(
            "Largest K against the reference {}; against continued supervised training {}. **Gain over \
             both: {}.**",
            reference,
            control,
            gains
        ))
    }

    /// The range of differences of a kind, and which are significant.
    fn beside(&self, kind: Kind) -> Option<Prose> {
        let found: Vec<_> = self.of(kind).collect();
        if found.is_empty() {
            return None;
        }
        let named = |wanted: &dyn Fn(&Difference) -> bool| {
            let here = found.iter().filter(|(_, difference)| wanted(difference));
            let names: Vec<String> = here
                .map(|(row, difference)| {
                    format!("{} {}", series_name(row.series), effect(difference))
                })
                .collect();
            match names.len() {
                0 => "none".to_owned(),
                count if count > FEW => format!("{count} of {}", found.len()),
                _ => names.join(", "),
            }
        };
        let all: Vec<f64> = found.iter().map(|(_, difference)| share(difference)).collect();
        Some(prose!(
            "({}): significantly above: {}; below: {}",
            range(&all),
            named(&|found| found.rises(self.alpha)),
            named(&|found| found.falls(self.alpha))
        ))
    }

    /// What is significant where training is evaluated otherwise.
    fn elsewhere(&self) -> Option<Prose> {
        let effects = self.found.effects;
        let others = readings(effects).into_iter().filter(|reading| *reading != Reading::End);
        let parts = others.map(|reading| {
            let tested = effects.iter().filter_map(|row| Some((row, row.at(reading)?.difference)));
            let significant: Vec<String> = tested
                .filter(|(_, found)| found.is_significant(self.alpha))
                .map(|(row, found)| format!("{} ({} %)", row.name, percent(share(found))))
                .collect();
            let named = match significant.len() {
                0 => "nothing".to_owned(),
                count if count > FEW => format!("{count} differences"),
                _ => significant.join(", "),
            };
            prose!("{}: {}", reading.when(), named)
        });
        let line = Prose::join(parts, "; ");
        (!line.is_empty()).then(|| prose!("Significant elsewhere: {}.", line))
    }
}

/// In percent of the baseline; 0 where that is 0.
fn share(found: &Difference) -> f64 {
    found.percent.unwrap_or(0.0)
}

/// `−2.8 % [−4.0, −1.5]`; of a baseline of 0 the difference itself.
fn effect(found: &Difference) -> String {
    Percent::of(found).map_or_else(|| signed(found.difference, metric), Percent::text)
}

/// `−0.4 to +1.2 %`.
fn range(shares: &[f64]) -> String {
    let low = percent(shares.iter().copied().fold(f64::INFINITY, f64::min));
    let high = percent(shares.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    if low == high { format!("{low} %") } else { format!("{low} to {high} %") }
}

fn and_more(count: usize) -> String {
    match count.saturating_sub(FEW) {
        0 => String::new(),
        more => format!("; and {more} more"),
    }
}
