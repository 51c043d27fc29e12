//! What losses gain by the number of users that are trained on.

use prefsweep_store::value_name;
use serde_json::Value;

use crate::distinct::distinct;
use crate::grid::{Entry, Grid};
use crate::names::loss_name;
use crate::numbers::{NOTHING, metric, p_value, signed};
use crate::page::{Block, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};
use crate::verdict::{CONTROL, Difference, FewUsers, Gain, Place, Verdicts, with_interval};

/// Gains over the reference and over continued supervised training; nothing where the number of users is no axis.
pub(crate) struct GainsOfFewUsers;

impl Section for GainsOfFewUsers {
    fn name(&self) -> &'static str {
        "Few users"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let verdicts = found.verdicts;
        let Some(few) = &verdicts.few_users else { return Vec::new() };
        let how = prose!(
            "*Users* is how many are trained on; those evaluated are always the same. With *stages* `both` the reference \
                 has seen the same few, with `preference` it has seen all. Differences are of test {} at the \
                 end of training, paired by user and seed; that to `sft` is to the same reference trained on, \
                 without negatives, on the same users.",
            verdicts.measure
        );
        let mut blocks = vec![how.into()];
        blocks.extend(found.figure("few_users"));
        blocks.push(Block::Captioned(summary(verdicts, few)));
        blocks.extend([
            Block::folded_table("Few users: every loss and K", table(verdicts, few)),
            prose!(
                "At the largest K of a loss p is that of the tests above. The others are secondary, {} tests in a \
                 family of their own; what is one run under several names counts once under each.",
                few.family
            )
            .into(),
        ]);
        blocks
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        let few = found.verdicts.few_users.iter();
        few.flat_map(|few| {
            let (summary, table) = (summary(found.verdicts, few), table(found.verdicts, few));
            [TableFile::latex(summary), TableFile::csv(table)]
        })
        .collect()
    }
}

/// One row per number of users and K, over all losses and further axes.
fn summary(verdicts: &Verdicts, few: &FewUsers) -> Grid {
    let control = |gain: &&Gain| gain.setting.series.loss.name == CONTROL;
    let losses: Vec<&Gain> = few.gains.iter().filter(|gain| !control(gain)).collect();
    let mut keys: Vec<(Place<'_>, usize)> =
        distinct(losses.iter().map(|gain| (gain.place(), gain.setting.negatives)));
    keys.sort_by(|one, other| one.0.order(other.0).then(one.1.cmp(&other.1)));
    let rows = keys.into_iter().map(|(place, negatives)| {
        let is_here = |gain: &&&Gain| (gain.place(), gain.setting.negatives) == (place, negatives);
        let here: Vec<&&Gain> = losses.iter().filter(is_here).collect();
        let over = |of: fn(&Gain) -> Option<Difference>| -> [Entry; 2] {
            let found: Vec<Difference> = here.iter().filter_map(|gain| of(gain)).collect();
            if found.is_empty() {
                return [NOTHING.into(), NOTHING.into()];
            }
            let mean = found.iter().map(|one| one.difference).sum::<f64>() / found.len() as f64;
            let above = found.iter().filter(|one| one.rises(verdicts.rules.alpha)).count();
            let below = found.iter().filter(|one| one.falls(verdicts.rules.alpha)).count();
            [signed(mean, metric).into(), format!("{above}, {below} of {}", found.len()).into()]
        };
        let name = |value: Option<&Value>| value.map_or(NOTHING.to_owned(), value_name);
        let mut row: Vec<Entry> =
            vec![name(place.stages).into(), name(place.users).into(), negatives.to_string().into()];
        row.extend(over(|gain| gain.over_reference));
        row.extend(over(|gain| gain.over_control));
        row
    });
    let header = [
        "stages",
        "users",
        "K",
        "gain over reference",
        "significantly above, below",
        "gain over sft",
        "significantly above, below",
    ];
    let caption = format!(
        "Mean difference in test {} over all losses and settings, and how many of them are significantly above or below.",
        verdicts.measure
    );
    let header = header.map(str::to_owned).to_vec();
    Grid { name: "few_users_summary", caption, header, words: 2, rows: rows.collect() }
}

/// One row per series and K.
fn table(verdicts: &Verdicts, few: &FewUsers) -> Grid {
    let axes = verdicts.axes();
    let header = axes.header([
        "loss",
        "K",
        "reference",
        "− reference (95 % interval)",
        "p (Holm)",
        "− sft (95 % interval)",
        "p (Holm)",
    ]);
    let mut gains: Vec<&Gain> = few.gains.iter().collect();
    // Of equals in the order of the report.
    gains.sort_by(|one, other| one.place().order(other.place()));
    let row = |gain: &&Gain| -> Vec<Entry> {
        let series = &gain.setting.series;
        let (reference, control) = (gain.over_reference.as_ref(), gain.over_control.as_ref());
        let interval = |found: Option<&Difference>| found.map_or(NOTHING.to_owned(), with_interval);
        let p = |found: Option<&Difference>| {
            found.map_or(NOTHING.to_owned(), |found| p_value(found.p_holm))
        };
        let best = if gain.is_best { "*" } else { "" };
        let k = match &series.loss.name[..] {
            CONTROL => NOTHING.to_owned(),
            _ => format!("{}{best}", gain.setting.negatives),
        };
        let mut row = axes.row(loss_name(&series.loss), &series.axes, NOTHING);
        row.extend([
            k.into(),
            reference.map_or(NOTHING.to_owned(), |found| metric(found.before)).into(),
            interval(reference).into(),
            p(reference).into(),
            interval(control).into(),
            p(control).into(),
        ]);
        row
    };
    let caption = format!(
        "Test {} minus that of the reference and of continued supervised training; an asterisk marks K*, best on validation.",
        verdicts.measure
    );
    let words = axes.len() + 1;
    Grid { name: "few_users_all", caption, header, words, rows: gains.iter().map(row).collect() }
}
