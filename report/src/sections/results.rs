//! The measures of every loss and K at the end of training.

pub(crate) mod headline;
mod long;

use crate::measure::Measure;
use crate::numbers::quantity;
use crate::page::{Block, Prose, prose};
use crate::sections::evidence::Evidence;
use crate::sections::section::{Section, TableFile};

/// The main results table, and how ranking and loss went along training.
pub(crate) struct Results;

impl Section for Results {
    fn name(&self) -> &'static str {
        "Results"
    }

    fn blocks(&self, found: &Evidence<'_>) -> Vec<Block> {
        let findings = found.findings;
        let mut blocks = vec![
            prose!(
                "Test split, last evaluation of each run. Each entry is the mean over seeds ± half the \
                 width of the 95 % t interval of that mean; one seed has no interval. Differences \
                 are tested under *Tests* alone."
            )
            .into(),
        ];
        let sampled = headline::readable(findings, "candidates");
        blocks.extend(match findings.protocol {
            "full" => vec![
                prose!("**Full-sort evaluation**").into(),
                Block::table(headline::readable(findings, "full")),
                Block::folded_table("Sampled evaluation", sampled),
            ],
            _ => vec![prose!("**Sampled evaluation**").into(), Block::table(sampled)],
        });
        blocks.push(
            prose!(
                "The same numbers as [CSV](tables/headline.csv) and LaTeX \
                 ([full-sort](tables/headline.tex), [sampled](tables/headline-candidates.tex)); every \
                 final measure, validation included, is in [metrics.csv](tables/metrics.csv)."
            )
            .into(),
        );
        blocks.extend(ties(found).map(Block::from));
        blocks.extend(valid_ratio(found).map(Block::from));
        let figures = ["ndcg_vs_loss", "trajectory", "candidates"];
        blocks.extend(figures.iter().filter_map(|name| found.figure(name)));
        blocks
    }

    fn tables(&self, found: &Evidence<'_>) -> Vec<TableFile> {
        let findings = found.findings;
        vec![
            TableFile::csv(headline::plain_numbers(findings)),
            TableFile::csv(long::measures(findings)),
            TableFile::csv(long::training(findings)),
            TableFile::csv(long::curves(findings)),
            TableFile::latex(headline::readable(findings, "full")),
            TableFile::latex(headline::readable(findings, "candidates")),
        ]
    }
}

/// The smallest share of generated texts that name one candidate, of imported runs of language models.
fn valid_ratio(found: &Evidence<'_>) -> Option<Prose> {
    let findings = found.findings;
    let of_runs = findings.groups.iter().filter_map(|((series, negatives), group)| {
        let measure = Measure::new("test", findings.protocol, "valid_ratio", 0);
        let least = group.by_seed(&measure)?.values().copied().reduce(f64::min)?;
        Some((format!("{}, K = {negatives}", findings.sweep.series[*series].name), least))
    });
    let (name, least) = of_runs.min_by(|one, other| one.1.total_cmp(&other.1))?;
    Some(prose!(
        "The *valid ratio*, the share of generated texts that name exactly one candidate, is at least {} ({}); other \
         texts count as wrong. It is in [metrics.csv](tables/metrics.csv).",
        quantity(least),
        name
    ))
}

/// The largest share of tied scores, of runs and baselines, where it was recorded.
fn ties(found: &Evidence<'_>) -> Option<Prose> {
    let findings = found.findings;
    let is_ties = |measure: &Measure| measure.metric == "ties";
    let of_runs = findings.groups.iter().filter_map(|((series, negatives), group)| {
        let measures = group.metrics.iter().filter(|(measure, _)| is_ties(measure));
        let shares = measures.flat_map(|(_, by_seed)| by_seed.values());
        let most = shares.copied().reduce(f64::max)?;
        Some((format!("{}, K = {negatives}", findings.sweep.series[*series].name), most))
    });
    let of_baselines = findings.baselines.iter().filter_map(|baseline| {
        let measures = baseline.metrics.iter().filter(|(measure, _)| is_ties(measure));
        Some((baseline.title.clone(), measures.map(|(_, share)| *share).reduce(f64::max)?))
    });
    let (name, value) =
        of_runs.chain(of_baselines).max_by(|one, other| one.1.total_cmp(&other.1))?;
    if value <= 0.0 {
        return Some(prose!("No evaluation had tied scores."));
    }
    Some(prose!(
        "Tied scores are worth the mean over their order; the largest `ties` value is {} ({}).",
        quantity(value),
        name
    ))
}
