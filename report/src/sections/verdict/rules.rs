//! What the words of the verdict mean, and how its tests are corrected.

use crate::grid::Grid;
use crate::numbers::count;
use crate::page::{Block, Prose, prose};
use crate::verdict::{VERDICT_FILE, Verdicts};

/// Words, tests and families.
pub(super) fn blocks(verdicts: &Verdicts) -> Vec<Block> {
    let mut blocks = vec![
        Block::List(words(verdicts)),
        tests(verdicts).into(),
        Block::Captioned(families(verdicts)),
    ];
    blocks.push(prose!("All numbers: `{}` beside this page.", VERDICT_FILE).into());
    blocks
}

fn words(verdicts: &Verdicts) -> Vec<Prose> {
    let rules = &verdicts.rules;
    vec![
        prose!(
            "*Collapse*: at the largest K ranking is below that at K*, p after Holm's correction below \
             {} and the 95 % interval below zero, while the mean normalised training loss is not \
             higher.",
            rules.alpha
        ),
        prose!("*Improves*: the largest K is above the smallest by the same test."),
        prose!(
            "*Plateau*: two one-sided tests put the difference within {} % of the reference's {}.",
            100.0 * rules.margin_share,
            verdicts.measure
        ),
        prose!("*Inconclusive*: anything else, which does not mean that nothing happens."),
        prose!(
            "*Significant*: p after Holm's correction below {} and the 95 % interval on one side of \
             zero.",
            rules.alpha
        ),
        prose!(
            "*MDE*, the minimum detectable effect: the true difference that one uncorrected comparison \
             finds with {} % power.",
            100.0 * rules.power
        ),
    ]
}

fn tests(verdicts: &Verdicts) -> Prose {
    prose!(
        "Tests are paired by seed and user and allow for both: a hierarchical bootstrap of {} \
         resamples, stretched for few seeds, and a two-way t test. Intervals hold for one comparison; p \
         is corrected within each family below. A rule fixes the primary family, not the results: the \
         largest K of every loss compared with K*, the smallest K and the reference. All other families \
         are secondary and exploratory.",
        count(verdicts.rules.resamples as u64)
    )
}

/// How many comparisons are corrected together.
fn families(verdicts: &Verdicts) -> Grid {
    let (families, claims) = (&verdicts.families, &verdicts.claim_families);
    let rows = [
        ("primary: largest K − K*, − smallest K, − reference", families.primary),
        ("onset: other pairs of K", families.over_negatives),
        ("equivalence", families.equivalence),
        ("onset over training: pairs of steps", families.over_training),
        ("DynamicPO − base loss, end of training", claims.dynamic_po),
        ("both claims at matched KL", claims.equal_kl),
        ("both claims at the validation-selected checkpoint", claims.picked),
    ];
    Grid {
        name: "families",
        caption: "Families of Holm's correction.".to_owned(),
        header: vec!["family".to_owned(), "comparisons".to_owned()],
        words: 1,
        rows: rows.map(|(name, size)| vec![name.into(), size.to_string().into()]).into(),
    }
}
