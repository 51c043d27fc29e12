//! The claims at equal steps, negatives scored, or time.

mod longer;
mod table;

use crate::names::series_name;
use crate::numbers::plural;
use crate::page::{Block, Prose, prose};
use crate::reading::Reading;
use crate::sections::evidence::Evidence;
use crate::sections::outcomes::{Named, outcomes};
use crate::sections::section::{Section, TableFile};
use crate::verdict::{BudgetClaim, BudgetFamilies, Budgets, Question, Verdicts};

/// Nothing where no budget but steps is evaluable.
pub(crate) struct ComputeMatched;

impl Section for ComputeMatched {
    fn name(&self) -> &'static str {
        "Compute-matched comparison"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let verdicts = found.verdicts;
        let Some(budgets) = &verdicts.budgets else {
            return Vec::new();
        };
        let mut blocks: Vec<Block> = vec![how().into()];
        for question in Question::ALL {
            blocks.extend(paragraph(question, budgets, verdicts).map(Block::from));
        }
        blocks.extend(longer::paragraph(budgets, verdicts).map(Block::from));
        let details = Block::folded_table(
            "Compute-matched comparison: details",
            table::table(verdicts, budgets),
        );
        blocks.extend([details, families(&budgets.families).into()]);
        blocks
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        let budgets = found.verdicts.budgets.iter();
        budgets.map(|budgets| TableFile::latex(table::table(found.verdicts, budgets))).collect()
    }
}

fn how() -> Prose {
    prose!(
        "A step with K negatives scores K times as many negatives as a step with one, and takes longer. \
         Both sides are therefore also compared after the same number of steps, of negatives scored (K \
         per position and step) or of seconds: the side with the more expensive steps at its last \
         evaluation within the budget that both reach, the other at its last evaluation within what the \
         first has consumed. At equal negatives possibly only a smaller K is evaluable, and only early \
         in training; equal steps are then also evaluated there. Seconds per step are medians over \
         seeds of whole training runs, start-up and evaluations included, on the machine that ran them: \
         another machine may give other steps."
    )
}

fn paragraph(question: Question, budgets: &Budgets, verdicts: &Verdicts) -> Option<Prose> {
    let mut readings = Vec::new();
    for reading in Reading::BUDGETS {
        let wanted = |claim: &&BudgetClaim| (claim.question, claim.reading) == (question, reading);
        let found: Vec<Named<'_>> = budgets
            .claims
            .iter()
            .filter(wanted)
            .map(|claim| (name(claim), Some(&claim.difference)))
            .collect();
        if !found.is_empty() {
            let outcomes = outcomes(&found, verdicts.rules.alpha, ["lower", "higher"]);
            readings.push(prose!("*{}* {}", reading.when(), outcomes));
        } else if reading == Reading::EqualNegatives && question == Question::MoreNegatives {
            readings.push(prose!(
                "*{}* not evaluable: where the larger K is first evaluated it has scored more than the \
                 smallest ever does",
                reading.when()
            ));
        }
    }
    let what = match question {
        Question::MoreNegatives => "at more negatives compared with the smallest K",
        Question::DynamicPo => {
            "of DynamicPO compared with its base loss, at the same K, where equal steps are equal \
             negatives too"
        }
        Question::AboveControl => {
            "at the largest K compared with continued supervised training (`sft`), which scores no \
             negatives"
        }
    };
    (!readings.is_empty()).then(|| {
        let readings = Prose::join(readings, "; ");
        prose!("**{}** Test {} {}: {}.", question.title(), verdicts.measure, what, readings)
    })
}

/// The loss with the K and steps of both sides.
fn name(claim: &BudgetClaim) -> String {
    let (after, before) = (&claim.after, &claim.before);
    let steps = if after.step == before.step {
        format!("step {}", after.step)
    } else {
        format!("steps {} and {}", before.step, after.step)
    };
    let k = if after.setting.negatives == before.setting.negatives {
        after.setting.negatives.to_string()
    } else {
        format!("{} → {}", before.setting.negatives, after.setting.negatives)
    };
    format!("{}, K = {k}, {steps}", series_name(&after.setting.series))
}

fn families(families: &BudgetFamilies) -> Prose {
    prose!(
        "Equal steps at the end of training repeat what is tested above, with the correction that it \
         has there. The others are secondary, p after Holm's correction over four families: all claims \
         at equal steps, {}, at equal negatives, {}, and at equal time, {}; and the end of training \
         compared with any earlier step, {}.",
        plural(families.steps, "comparison"),
        families.negatives,
        families.time,
        families.longer
    )
}
