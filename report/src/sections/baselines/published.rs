//! The reference beside what was published on exactly the same prepared data.

use prefsweep_store::PublishedFigure;

use crate::distinct::distinct;
use crate::findings::{Findings, ReferenceGroup};
use crate::grid::Grid;
use crate::measure::{Measure, protocol_name};
use crate::numbers::{NOTHING, metric, percent, plus_minus};
use crate::page::{Block, Prose, prose};

/// How far a reproduced figure may be from the published one, relative to it.
const TOLERANCE: f64 = 0.05;

/// How a reference stands to a published figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Reproduced,
    Above,
    Below,
}

impl Outcome {
    fn of(found: f64, published: f64) -> Self {
        let difference = found / published - 1.0;
        match difference {
            d if d > TOLERANCE => Self::Above,
            d if d < -TOLERANCE => Self::Below,
            _ => Self::Reproduced,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::Above => "above",
            Self::Below => "below",
        }
    }
}

/// A sentence per reference and measure, then all figures.
pub(super) fn blocks(findings: &Findings) -> Vec<Block> {
    let published = &findings.sweep.index.dataset.published;
    if published.is_empty() {
        return Vec::new();
    }
    let model = findings.sweep.index.model.as_deref().unwrap_or_default();
    let of_the_model = |figure: &&PublishedFigure| figure.model.eq_ignore_ascii_case(model);
    let mut blocks = Vec::new();
    let of_model = published.iter().filter(of_the_model);
    for measure in distinct(of_model.map(|figure| figure.metric.as_str())) {
        let same = published.iter().filter(of_the_model).filter(|one| one.metric == measure);
        let Some(best) = same.max_by(|a, b| a.value.total_cmp(&b.value)) else { continue };
        let sentences = findings.references.iter();
        blocks.extend(sentences.filter_map(|one| sentence(findings, one, best)).map(Block::from));
    }
    blocks
        .push(Block::folded_table("Published figures for these data", table(findings, published)));
    blocks
}

/// The test measure of a published figure.
fn measure(figure: &PublishedFigure) -> Option<Measure> {
    let (metric, cutoff) = figure.metric.split_once('@')?;
    Some(Measure::new("test", &figure.protocol, metric, cutoff.parse().ok()?))
}

/// The figure's measure as people read it.
fn name(findings: &Findings, figure: &PublishedFigure) -> String {
    measure(figure).map_or_else(|| figure.metric.clone(), |measure| findings.name(&measure))
}

fn sentence(
    findings: &Findings,
    reference: &ReferenceGroup,
    best: &PublishedFigure,
) -> Option<Prose> {
    let found = reference.group.metric(&measure(best)?)?;
    let outcome = Outcome::of(found.mean, best.value);
    Some(prose!(
        "**{}**: the {} has test {} {}, {} % from {}, the best published for {} on exactly these data \
         ({}). Within {} % counts as reproduced.",
        outcome.word(),
        reference.label,
        name(findings, best),
        metric(found.mean),
        percent(100.0 * (found.mean / best.value - 1.0)),
        metric(best.value),
        best.model,
        best.source,
        format!("{:.0}", 100.0 * TOLERANCE)
    ))
}

fn table(findings: &Findings, published: &[PublishedFigure]) -> Grid {
    let header =
        ["model", "settings", "measure", "evaluation", "published", "reference here", "source"];
    let row = |figure: &PublishedFigure| {
        let here = findings.references.first().filter(|_| findings.references.len() == 1);
        let here = here.and_then(|reference| reference.group.metric(&measure(figure)?));
        vec![
            figure.model.clone().into(),
            figure.settings.clone().into(),
            name(findings, figure).into(),
            protocol_name(&figure.protocol).into(),
            metric(figure.value).into(),
            here.map_or_else(|| NOTHING.to_owned(), |found| plus_minus(Some(found), metric)).into(),
            figure.source.clone().into(),
        ]
    };
    Grid {
        name: "published",
        caption: "Test split; figures as published, here as above.".to_owned(),
        header: header.map(str::to_owned).to_vec(),
        words: 4,
        rows: published.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_per_cent_either_way_is_reproduced() {
        for (found, expected) in [
            (0.1901, Outcome::Reproduced),
            (0.2099, Outcome::Reproduced),
            (0.2101, Outcome::Above),
            (0.1899, Outcome::Below),
        ] {
            assert_eq!(Outcome::of(found, 0.2), expected, "{found}");
        }
    }
}
