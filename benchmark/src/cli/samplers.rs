//! `prefsweep samplers`: where negatives can come from.

use anyhow::Result;
use prefsweep::negatives::{SamplerConfig, SamplerDescription};

use super::args::SamplersArgs;
use super::outcome::Outcome;
use super::registry::{list_or_page, settings, wrapped};

pub(crate) fn show(args: &SamplersArgs) -> Result<Outcome> {
    let all = SamplerConfig::descriptions();
    list_or_page("samplers", args.name.as_deref(), SamplerConfig::NAMES, &all, list, page)
}

fn list(all: &[SamplerDescription]) -> String {
    let width = all.iter().map(|sampler| sampler.name.len()).max().unwrap_or(0);
    let line = |sampler: &SamplerDescription| {
        format!("{:<width$}  {}\n", sampler.name, wrapped(&sampler.meaning, width + 2))
    };
    let lines: String = all.iter().map(line).collect();
    format!(
        "{lines}\nset as `preference.sampler`; `prefsweep samplers NAME` shows the settings of one. ro_dpo \
         draws from a pool of its own.\n"
    )
}

fn page(sampler: &SamplerDescription) -> String {
    let probabilities = if sampler.knows_probabilities {
        "the probability of each draw is known, so that losses can correct for it"
    } else {
        "the probability of a draw is not known: losses that correct for it are refused"
    };
    format!(
        "{}\n\n  {}\n\n{probabilities}\n\n{}",
        sampler.name,
        wrapped(&sampler.meaning, 2),
        settings(&sampler.settings)
    )
}
