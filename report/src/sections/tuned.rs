//! The claims with every loss and K at its best setting.

mod caution;
mod table;

use prefsweep_store::axis_name;

use crate::names::loss_name;
use crate::numbers::plural;
use crate::page::{Block, Prose, prose};
use crate::sections::evidence::Evidence;
use crate::sections::outcomes::{Named, outcomes};
use crate::sections::section::{Section, TableFile};
use crate::verdict::{Question, Tuned, Verdicts};

/// Nothing where the sweep has no settings to choose among.
pub(crate) struct TunedSettings;

impl Section for TunedSettings {
    fn name(&self) -> &'static str {
        "Tuned settings"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let verdicts = found.verdicts;
        let Some(tuned) = &verdicts.tuned else {
            return Vec::new();
        };
        let axes = tuned.axes.iter().map(|axis| Prose::code(axis_name(axis)));
        let axes = Prose::list(axes).unwrap_or_default();
        let mut blocks = vec![
            prose!(
                "Each loss and K had the same budget, {} of {}. Of these it gets the one with the best \
                 validation {} at the end of training, {}; differences are measured on test.",
                plural(tuned.settings, "setting"),
                axes,
                verdicts.measure,
                chosen_on(tuned)
            )
            .into(),
        ];
        for question in Question::ALL {
            blocks.extend(paragraph(question, tuned, verdicts).map(Block::from));
        }
        blocks.extend(reference(tuned, verdicts).map(Block::from));
        blocks.push(Block::table(table::table(verdicts, tuned)));
        blocks.push(caution::caution(tuned, &axes).into());
        blocks
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        let tuned = found.verdicts.tuned.iter();
        tuned.map(|tuned| TableFile::latex(table::table(found.verdicts, tuned))).collect()
    }
}

/// Whose validation it is.
fn chosen_on(tuned: &Tuned) -> String {
    let seeds: Vec<String> = tuned.seeds.iter().map(u64::to_string).collect();
    match seeds.as_slice() {
        [] => "in the mean of the seeds".to_owned(),
        [seed] => format!("of seed {seed}, of which no result is"),
        seeds => format!("in the mean of the seeds {}, of which no result is", seeds.join(", ")),
    }
}

fn paragraph(question: Question, tuned: &Tuned, verdicts: &Verdicts) -> Option<Prose> {
    let claims = tuned.headlines().filter(|claim| claim.question == question);
    let found: Vec<Named<'_>> = claims
        .map(|claim| {
            let (before, after) = (claim.before.negatives, claim.after.negatives);
            let loss = loss_name(&claim.after.series.loss);
            let name = match question {
                Question::MoreNegatives => format!("{loss}, K = {before} → {after}"),
                Question::DynamicPo | Question::AboveControl => format!("{loss}, K = {after}"),
            };
            (name, Some(&claim.difference))
        })
        .collect();
    let what = match question {
        Question::MoreNegatives => {
            "at the largest K compared with K* (if K* is the largest K, the smallest K is used)"
        }
        Question::DynamicPo => "of DynamicPO compared with its base loss, each tuned",
        Question::AboveControl => {
            "at the largest K compared with continued supervised training (`sft`), each tuned"
        }
    };
    (!found.is_empty()).then(|| {
        let outcomes = outcomes(&found, verdicts.rules.alpha, ["lower", "higher"]);
        prose!("**{}** Test {} {}: {}.", question.title(), verdicts.measure, what, outcomes)
    })
}

fn reference(tuned: &Tuned, verdicts: &Verdicts) -> Option<Prose> {
    let tested =
        tuned.cells.iter().filter_map(|cell| Some((cell, cell.against_reference.as_ref()?)));
    let found: Vec<Named<'_>> = tested
        .map(|(cell, found)| {
            (format!("{}, K = {}", loss_name(&cell.series.loss), cell.negatives), Some(found))
        })
        .collect();
    (!found.is_empty()).then(|| {
        let outcomes = outcomes(&found, verdicts.rules.alpha, ["below it", "above it"]);
        prose!("**Compared with the reference:** {}.", outcomes)
    })
}
