//! What the words of the verdict mean, and how its tests are corrected.

use crate::grid::Grid;
use crate::numbers::{count, whole_percent};
use crate::page::{Block, Prose, prose};
use crate::verdict::{CONTROL, VERDICT_FILE, Verdicts};

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
            "*Significant*: p after Holm's correction below {} and the 95 % interval on one side of \
             zero.",
            rules.alpha
        ),
        prose!(
            "*Margin of indifference*: {} % of the reference's {}; smaller differences do not matter.",
            whole_percent(rules.margin_share),
            verdicts.measure
        ),
        prose!(
            "*Collapse*: at the largest K ranking is significantly below that at K*, by more than the \
             margin, while the mean normalised training loss is not higher. *Small drop*: the same, by \
             no more than the margin."
        ),
        prose!(
            "*Improves*: the largest K is significantly above the smallest, by more than the margin. \
             *Small rise*: the same, by no more than the margin."
        ),
        prose!(
            "*Equivalent*: two one-sided tests put the difference within the margin, and its 95 % \
             interval holds zero."
        ),
        prose!("*Undecided*: anything else, which does not mean that nothing happens."),
        prose!(
            "*Gain*: the largest K is significantly above the reference and above continued supervised \
             training (`{}`). Without that control nothing is called a gain.",
            CONTROL
        ),
        prose!(
            "*MDE*, the minimum detectable effect: the true difference that one uncorrected comparison \
             finds with {} % power.",
            100.0 * rules.power
        ),
    ]
}

fn tests(verdicts: &Verdicts) -> Prose {
    let baselines = match verdicts.has_control() {
        true => "K*, the smallest K, the reference and the control",
        false => "K*, the smallest K and the reference",
    };
    prose!(
        "Tests are paired by seed and user and allow for both: a hierarchical bootstrap of {} \
         resamples, stretched for few seeds, and a two-way t test. Intervals hold for one comparison; p \
         is corrected within each family below. A rule fixes the primary family, not the results: the \
         largest K of every loss compared with {}. All other families are secondary and exploratory.",
        count(verdicts.rules.resamples as u64),
        baselines
    )
}

/// How many comparisons are corrected together.
fn families(verdicts: &Verdicts) -> Grid {
    let (families, claims) = (&verdicts.families, &verdicts.claim_families);
    let primary = match verdicts.has_control() {
        true => "primary: largest K − K*, − smallest K, − reference, − control",
        false => "primary: largest K − K*, − smallest K, − reference",
    };
    let mut rows = vec![
        (primary, families.primary),
        ("onset: other pairs of K", families.over_negatives),
        ("equivalence", families.equivalence),
        ("onset over training: pairs of steps", families.over_training),
        ("DynamicPO − base loss, end of training", claims.dynamic_po),
        ("all claims at matched KL", claims.equal_kl),
        ("all claims at the validation-selected checkpoint", claims.picked),
    ];
    if claims.picked_by_loss > 0 {
        let name = "all claims at the checkpoint selected by validation loss";
        rows.push((name, claims.picked_by_loss));
    }
    let row = |(name, size): (&str, usize)| vec![name.into(), size.to_string().into()];
    Grid {
        name: "families",
        caption: "Families of Holm's correction.".to_owned(),
        header: vec!["family".to_owned(), "comparisons".to_owned()],
        words: 1,
        rows: rows.into_iter().map(row).collect(),
    }
}
