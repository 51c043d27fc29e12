//! `prefsweep losses`: the registry of losses as a table, and a page of each.

use anyhow::Result;
use prefsweep_losses::{Description, LossConfig, Needs, PAIR_PROBABILITY, PairWeights};

use super::args::LossesArgs;
use super::columns::table;
use super::outcome::Outcome;
use super::registry::{list_or_page, settings, wrapped};

/// Characters of a bar for the largest weight.
const BAR: usize = 24;
pub(crate) fn show(args: &LossesArgs) -> Result<Outcome> {
    let all = LossConfig::descriptions();
    list_or_page("losses", args.name.as_deref(), LossConfig::NAMES, &all, list, page)
}

/// The letters of the list.
fn letters(needs: Needs) -> String {
    let letters = [
        (needs.reference, "R"),
        (needs.log_normaliser, "N"),
        (needs.lengths, "L"),
        (needs.ratings, "S"),
    ];
    letters.iter().filter(|(needed, _)| *needed).map(|(_, letter)| *letter).collect()
}

fn list(all: &[Description]) -> String {
    let head = ["loss", "name", "needs", "source"].map(str::to_owned);
    let rows = all.iter().map(|loss| {
        let about = loss.about;
        [loss.name.to_owned(), about.title.to_owned(), letters(loss.needs), about.source.to_owned()]
    });
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(rows).collect();
    format!(
        "{}\nneeds: R the reference, N the softmax over the whole catalogue, L lengths of titles, S ratings\n\
         `prefsweep losses NAME` describes one; modifiers are shown over dpo.\n",
        table(&rows)
    )
}

fn page(loss: &Description) -> String {
    let about = loss.about;
    let mut text = format!(
        "{} ({})\n\n  {}\n\nsource    {}\nneeds     {}\nmodifiers {}\n\n",
        about.title,
        loss.name,
        wrapped(about.formula, 2),
        wrapped(about.source, 10),
        needs(loss.needs),
        if loss.is_margin { "apply to it" } else { "do not apply: it is no function of margins" },
    );
    text.push_str(&settings(&loss.settings));
    text.push_str(&weights(loss));
    text
}

fn needs(needs: Needs) -> String {
    let all = [
        (needs.reference, "the reference"),
        (needs.log_normaliser, "the softmax over the whole catalogue"),
        (needs.log_counts, "the probability of drawing each negative"),
        (needs.lengths, "lengths of titles (refused for items that are known by ids)"),
        (needs.ratings, "ratings (refused without)"),
        (needs.catalogue, "negatives drawn uniformly"),
    ];
    let all: Vec<&str> = all.iter().filter(|(needed, _)| *needed).map(|(_, what)| *what).collect();
    if all.is_empty() { "nothing but scores".to_owned() } else { all.join(", ") }
}

/// The weights of a pair as bars; `-` marks a weight below zero.
fn weights(loss: &Description) -> String {
    let differences: Vec<f64> = (-6..=6).map(f64::from).collect();
    let all = loss.pair_weights(&differences);
    let largest = all.iter().flat_map(|at| [at.positive.abs(), at.negative.abs()]);
    let largest = largest.fold(f64::MIN_POSITIVE, f64::max);
    let cell = |weight: f64| {
        let length = (weight.abs() / largest * BAR as f64).round() as usize;
        let bar = if weight < 0.0 { "-" } else { "#" }.repeat(length);
        format!("{:>9} {bar:<BAR$}", number(weight))
    };
    let row = |at: &PairWeights| {
        let line = format!("{:>10}  {}  {}", at.difference, cell(at.positive), cell(at.negative));
        format!("{}\n", line.trim_end())
    };
    let head = format!("{:<34}", "pull on the positive");
    let over = if loss.settings.iter().any(|setting| setting.default.is_none()) {
        " over dpo"
    } else {
        ""
    };
    format!(
        "gradient weights of one pair{over}, as policy and reference differ; beta {}, p = {} under the \
         reference\n\nrho(w)-rho(i)  {head}  push on the negative\n{}",
        loss.loss.beta(1.0),
        PAIR_PROBABILITY,
        all.iter().map(row).collect::<String>()
    )
}

fn number(weight: f64) -> String {
    match weight.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.001 => format!("{weight:.1e}"),
        _ => format!("{weight:.3}"),
    }
}
