//! `prefsweep metrics`: what is measured of a ranking.

use anyhow::Result;
use prefsweep::evaluation::metrics::metric_facts;
use prefsweep_store::Direction;

use super::outcome::Outcome;
use super::registry::wrapped;
use super::show::print;

pub(crate) fn show() -> Result<Outcome> {
    let all = metric_facts();
    let name = |facts: &prefsweep_store::MetricFacts| {
        format!("{}{}", facts.name, if facts.per_cutoff { "@k" } else { "" })
    };
    let width = all.iter().map(|facts| name(facts).len()).max().unwrap_or(0);
    let titles = all.iter().map(|facts| facts.title.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for facts in &all {
        let good = match facts.direction {
            Direction::HigherIsBetter => "higher is better",
            Direction::LowerIsBetter => "lower is better",
            Direction::Neither => "neither end is better",
        };
        let meaning = wrapped(&format!("{}; {good}", facts.meaning), width + titles + 4);
        text.push_str(&format!("{:<width$}  {:<titles$}  {meaning}\n", name(facts), facts.title));
    }
    text.push_str("\nk: `evaluation.cutoffs`\n");
    print(&text)?;
    Ok(Outcome::Done)
}
