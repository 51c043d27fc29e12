//! The words and signs of the page.

use crate::numbers::{count, plural};
use crate::page::{Block, Prose, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::Section;
use crate::verdict::CONTROL;

/// Definitions.
pub(crate) struct HowToRead;

impl Section for HowToRead {
    fn name(&self) -> &'static str {
        "How to read this"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let seeds = found.findings.sweep.seeds().len();
        let few = match seeds {
            0..5 => format!(
                " With {} an interval is wide: a difference that is not significant may still exist.",
                plural(seeds, "seed")
            ),
            _ => String::new(),
        };
        let mut items = vec![
            prose!(
                "**HR@k** is the share of test users whose held-out item is among the k highest ranked; \
                 **NDCG@k** also rewards a higher rank among them. Both lie between 0 and 1. NDCG@1 \
                 equals HR@1, and a cut-off as long as every candidate list gives 1 for everyone; \
                 neither is shown."
            ),
            prose!(
                "**Full-sort evaluation** ranks the held-out item among all items; **sampled \
                 evaluation** ranks it among a fixed list of sampled items, as published work on these \
                 losses does.{}",
                sample(found)
            ),
            negatives(found),
            prose!(
                "**K\\*** has the highest mean validation {} at the last evaluation. Choosing on \
                 validation and reporting on test keeps the choice from inflating the number.",
                found.measure()
            ),
            prose!(
                "**±** is half the width of the 95 % t interval of a mean over seeds; it describes that \
                 mean and is not a test. Whether two means differ is told by the tests alone: \
                 paired by seed and user, corrected for the number of comparisons. A paired difference \
                 can be significant although the intervals of the two means overlap.{}",
                few
            ),
            prose!(
                "**Normalised training loss** is the loss divided by its value where the policy equals \
                 the reference: 1 at the start, for every K. The task itself changes with K: at one and \
                 the same policy DMPO's expected loss is never higher with more negatives, so that a lower \
                 loss at a larger K is not a better fit. *Accuracy*, the share of pairs with a positive \
                 margin, is comparable."
            ),
            prose!(
                "**reference** is the frozen policy that every run starts from; the **baselines** beside it \
                 are computed from the training part without training a model."
            ),
        ];
        items.extend(found.verdicts.has_control().then(|| {
            prose!(
                "**{}** is the control: the reference's own supervised training continued for as many \
                 steps, without negatives, so that it is one run whatever K.",
                CONTROL
            )
        }));
        vec![Block::List(items)]
    }
}

/// Whom both rank, where it is not everybody.
fn sample(found: &Evidence<'_>) -> String {
    let dataset = &found.findings.sweep.index.dataset;
    dataset.sampled_of().map_or(String::new(), |all| {
        format!(
            " Both rank {} of {} test users, drawn at random once for all runs; each rank is exact. Intervals and tests \
             cover the choice of users.",
            count(dataset.ranked("test") as u64),
            count(all as u64)
        )
    })
}

fn negatives(found: &Evidence<'_>) -> Prose {
    if found.findings.sweep.index.imported.is_some() {
        return prose!(
            "**K** is the number of negatives per positive. Differences are taken within a seed and then \
             averaged: where runs of one seed share more than the seed, less of them is due to chance."
        );
    }
    prose!(
        "**K** is the number of negatives per positive. Runs of one seed share batches, dropout masks and \
         nested negatives, so differences are taken within a seed and then averaged. At K = 1 DPO, S-DPO and \
         DMPO are the same loss: one run, listed under each."
    )
}
