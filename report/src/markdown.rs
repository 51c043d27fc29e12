//! `report.md`: the page a reader opens.

use std::collections::BTreeSet;

use prefsweep_store::axis_name;

use crate::findings::Findings;
use crate::grid::{Grid, markdown_escape};
use crate::numbers::{count, duration, utc};
use crate::plots::{Drawn, Figure};
use crate::provenance::ReportProvenance;
use crate::summary::{self, plural};
use crate::sweep::Gap;
use crate::time;

/// Everything the page shows.
pub(crate) struct Page<'a> {
    pub(crate) findings: &'a Findings,
    pub(crate) verdict: String,
    pub(crate) summary: String,
    pub(crate) headline: Grid,
    pub(crate) candidates: Grid,
    pub(crate) comparison: Grid,
    pub(crate) users: Grid,
    /// At equal divergence.
    pub(crate) matched: Grid,
    /// At the checkpoint that validation picks.
    pub(crate) picked: Grid,
    pub(crate) mechanism: Grid,
    /// Empty for real data.
    pub(crate) truth: Grid,
    /// NDCG@10 of ranking by the true preference.
    pub(crate) ceiling: Option<f64>,
    pub(crate) cost: Grid,
    /// Empty where no training recorded it.
    pub(crate) time: Grid,
    pub(crate) figures: Vec<Drawn>,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) provenance: ReportProvenance,
}

impl Page<'_> {
    /// The whole page.
    pub(crate) fn render(&self) -> String {
        let index = &self.findings.sweep.index;
        let mut text = format!("# {}\n\n", markdown_escape(&index.title));
        text.push_str(&format!("*Question:* {}\n\n", markdown_escape(&index.question)));
        text.push_str(&self.data_line());
        if !self.gaps.is_empty() {
            text.push_str(&format!(
                "> **Partial results.** {}; see [what is missing](#what-is-missing).\n\n",
                plural(self.gaps.len(), "planned result") + " missing"
            ));
        }
        text.push_str("## Verdict\n\n");
        text.push_str(&self.verdict);
        text.push_str("## Summary\n\n");
        text.push_str(SUMMARY);
        text.push_str(&self.summary);
        text.push('\n');
        self.figures(&mut text, &["collapse"]);
        text.push_str("## Results\n\n");
        text.push_str(&self.results());
        text.push_str("## Best K against largest K\n\n");
        table(&mut text, &self.comparison);
        self.figures(&mut text, &["ndcg_vs_loss", "trajectory", "candidates"]);
        if !self.users.rows.is_empty() {
            text.push_str("### Whose ranking changed\n\n");
            table(&mut text, &self.users);
        }
        text.push_str("## How far the policy moved\n\n");
        text.push_str(FRONTIER);
        self.figures(&mut text, &["frontier"]);
        text.push_str(&format!("{}\n\n", markdown_escape(&self.matched.caption)));
        folded(&mut text, &self.matched, "At equal divergence from the reference");
        folded(&mut text, &self.picked, "At the checkpoint that validation picks");
        text.push_str("Every path in plain numbers: [frontier.csv](tables/frontier.csv).\n\n");
        text.push_str("## Mechanism: who gets the gradient\n\n");
        text.push_str(MECHANISM);
        self.figures(&mut text, &["boundary_weight", "mechanism"]);
        folded(&mut text, &self.mechanism, "The gradient of the negatives in numbers");
        self.truth(&mut text);
        text.push_str("## Cost\n\n");
        text.push_str(&self.total_cost());
        if !self.time.rows.is_empty() {
            text.push_str(TIME);
            table(&mut text, &self.time);
        }
        text.push_str(&time::remarks(&self.findings.sweep));
        folded(&mut text, &self.cost, "Cost of each loss and K");
        text.push_str("## What is missing\n\n");
        text.push_str(&self.missing());
        text.push_str("## What was not tested\n\n");
        text.push_str(&self.not_tested());
        text.push_str("## How to read this\n\n");
        text.push_str(&self.how_to_read());
        text.push_str("## How to reproduce\n\n");
        text.push_str(&self.how_to_reproduce());
        text.push_str("## Provenance\n\n");
        text.push_str(&self.provenance());
        text
    }

    fn truth(&self, text: &mut String) {
        if self.truth.rows.is_empty() {
            return;
        }
        text.push_str("### What users truly like\n\n");
        text.push_str(TRUTH);
        if let Some(ceiling) = self.ceiling {
            text.push_str(&format!(
                "Ranking the test items by the true preference gives NDCG@10 = {}; *regret* is what \
                 a policy lacks to that. The true preference is the part that does not depend on \
                 the last items, so a model that uses the order could rank better.\n\n",
                crate::numbers::metric(ceiling)
            ));
        }
        folded(text, &self.truth, "False negatives, liked items and regret");
    }

    fn data_line(&self) -> String {
        let facts = &self.findings.sweep.index.dataset;
        format!(
            "*Data:* {}, {} users, {} items, {} interactions ({}).\n\n",
            markdown_escape(&facts.name),
            count(facts.users as u64),
            count(facts.items as u64),
            count(facts.interactions as u64),
            markdown_escape(&facts.source)
        )
    }

    fn results(&self) -> String {
        let mut text = String::from(
            "Test split, last evaluation of each run. Each entry is the mean over seeds ± half \
             the width of its 95 % t interval; one seed shows no interval. The best mean of a \
             column is bold.\n\n**Full ranking over all items**\n\n",
        );
        table(&mut text, &self.headline);
        folded(&mut text, &self.candidates, "Ranking among the stored candidates");
        text.push_str(
            "The same numbers as [CSV](tables/headline.csv) and LaTeX \
             ([full](tables/headline.tex), [candidates](tables/headline-candidates.tex)); every \
             final measure, validation included, is in [metrics.csv](tables/metrics.csv).\n\n",
        );
        text.push_str(&self.ties());
        text
    }

    fn ties(&self) -> String {
        let groups = self.findings.groups.iter();
        let ties = groups.flat_map(|(key, group)| {
            let measures = group.metrics.iter().filter(|(measure, _)| measure.metric == "ties");
            measures.flat_map(move |(_, by_seed)| by_seed.values().map(move |value| (key, *value)))
        });
        match ties.max_by(|first, second| first.1.total_cmp(&second.1)) {
            Some(((series, negatives), value)) if value > 0.0 => format!(
                "Tied scores count at their expected rank; the largest `ties` value is {} ({}, \
                 K = {negatives}).\n\n",
                crate::numbers::quantity(value),
                markdown_escape(&self.findings.sweep.series[*series].label)
            ),
            Some(_) => "No evaluation had tied scores.\n\n".to_owned(),
            None => String::new(),
        }
    }

    fn figures(&self, text: &mut String, names: &[&str]) {
        for wanted in names {
            for drawn in &self.figures {
                match drawn {
                    Ok(figure) if figure.name == *wanted => text.push_str(&image(figure)),
                    Err((name, reason)) if name == wanted => {
                        text.push_str(&format!("*No `{name}` plot: {reason}.*\n\n"));
                    }
                    _ => {}
                }
            }
        }
    }

    fn total_cost(&self) -> String {
        let all = &self.provenance;
        let memory = all
            .peak_memory_mib
            .map(|peak| format!(", peak memory of one cell {peak:.0} MiB"))
            .unwrap_or_default();
        format!(
            "In all {} took {}, {} optimiser steps and {} scored negatives{memory}; the references \
             are not included.\n\n",
            plural(self.findings.sweep.costs.len(), "cell"),
            duration(all.wall_seconds),
            count(all.steps),
            count(all.negatives_scored)
        )
    }

    fn missing(&self) -> String {
        let skipped = self.figures.iter().filter_map(|drawn| drawn.as_ref().err());
        let mut lines: Vec<String> = self
            .gaps
            .iter()
            .map(|gap| {
                format!("- {}: {}\n", markdown_escape(&gap.what), markdown_escape(&gap.reason))
            })
            .collect();
        lines.extend(skipped.map(|(name, reason)| format!("- plot `{name}`: {reason}\n")));
        if lines.is_empty() {
            return "Nothing: every planned cell is complete.\n\n".to_owned();
        }
        lines.concat() + "\n"
    }

    fn how_to_read(&self) -> String {
        let main = self.findings.main_name();
        let seeds = self.findings.sweep.seeds().len();
        let few = if seeds < 5 {
            format!(
                " With {} an interval is wide: \"no clear change\" means that this experiment \
                 cannot tell, not that there is no change.",
                plural(seeds, "seed")
            )
        } else {
            String::new()
        };
        format!(
            "- **HR@k** is the share of test users whose next item is among the k highest ranked; \
             **NDCG@k** also rewards a higher place among them. Both lie between 0 and 1. NDCG@1 \
             equals HR@1, and a cut-off that every candidate list fits is 1 for everyone; neither \
             is shown.\n\
             - **Full ranking** ranks the next item among all items; **candidates** ranks it among \
             a stored list of sampled items, as published work on these losses does.\n\
             - **K** is the number of negatives per positive. Cells of one seed share batches, \
             dropout masks and nested negatives, so differences are taken within a seed and then \
             averaged. At K = 1 `dpo`, `s_dpo` and `dmpo` are the same loss: one run, listed under \
             each.\n\
             - **Best K** has the highest mean validation {main} at the last evaluation. Choosing \
             on validation and reporting on test keeps the choice from flattering the number.\n\
             - **falls** and **rises** mean that the 95 % t interval of the paired difference lies \
             wholly below or above zero; **no clear change** that it contains zero. A paired \
             difference can be clear although the intervals of the two means overlap. These \
             intervals cover seeds, not datasets, and are not corrected for the number of losses \
             compared; the verdict is, and goes before them.{few}\n\
             - **Normalised training loss** is the loss divided by its value where the policy \
             equals the reference: 1 at the start, for every K. The task itself changes with K, so \
             compare its level between losses with care.\n\
             - **reference** is the frozen policy that every cell starts from; **popularity** \
             ranks items by how often they occur in training.\n\n"
        )
    }

    fn how_to_reproduce(&self) -> String {
        let all = &self.provenance;
        let mut revisions = all.git_revisions.iter();
        let revision = revisions.next().filter(|_| all.git_revisions.len() == 1);
        let changed = revision.is_some_and(|revision| revision.ends_with("-dirty"));
        let mut text = String::from("From a clone of prefsweep's repository:\n\n```sh\n");
        if let Some(revision) = revision {
            text.push_str(&format!("git checkout {}\n", revision.trim_end_matches("-dirty")));
        }
        let index = &self.findings.sweep.index;
        let run = format!("cargo prefsweep run experiments/{}.yaml", all.experiment);
        let name = &all.experiment;
        text.push_str(&format!(
            "{}\ncargo prefsweep verify results/{name}\n\
             cargo prefsweep compare OTHER results/{name}\n```\n\n\
             `OTHER` is these results, or what `prefsweep export` made of them.\n\n",
            index.command.as_ref().unwrap_or(&run)
        ));
        if changed {
            text.push_str(
                "**The source had changes that were not committed**, so this revision alone does \
                 not give these numbers.\n\n",
            );
        } else if all.git_revisions.len() > 1 {
            text.push_str("Cells come from several revisions, listed under Provenance.\n\n");
        }
        text.push_str(
            "Data that are not generated lie in `data/` or in the folder named with `--data-dir`; \
             their fingerprint must be the one below. Complete cells are kept and skipped, so the \
             same command finishes a partial sweep. The same cell on the same device and number \
             of threads gives the same numbers.\n\n",
        );
        text
    }

    fn not_tested(&self) -> String {
        let sweep = &self.findings.sweep;
        let negatives: BTreeSet<usize> =
            sweep.index.cells.iter().map(|cell| cell.key.negatives).collect();
        let axes: Vec<String> =
            sweep.axes.keys().map(|axis| format!("`{}`", axis_name(axis))).collect();
        let varied = match summary::list(&axes) {
            Some(axes) => {
                format!("beside loss, K and seed only {axes} varied; every other setting")
            }
            None => "only loss, K and seed varied; every other setting".to_owned(),
        };
        let ks: Vec<String> = negatives.iter().map(usize::to_string).collect();
        let devices: Vec<String> =
            self.provenance.devices.iter().map(|device| markdown_escape(device)).collect();
        let devices = summary::list(&devices).unwrap_or_else(|| "none".to_owned());
        let data = markdown_escape(&sweep.index.dataset.name);
        let gaps = match self.gaps.len() {
            0 => String::new(),
            count => format!("- {} missing, listed above.\n", plural(count, "planned result")),
        };
        format!(
            "- Other data: all numbers are from the dataset {data}.\n\
             - Other numbers of negatives: K was {}.\n\
             - Other settings: {varied} has one value, and learning rate or number of steps may \
             favour one loss.\n\
             - Larger models: the policy is a small transformer over item ids, not a language \
             model.\n\
             - Other devices: cells ran on {devices}.\n\
             - Other candidate lists: each user has one, drawn once.\n\
             - What a list of recommendations is like beyond the place of the next item, and what \
             people do when they see it.\n{gaps}\n",
            summary::list(&ks).unwrap_or_else(|| "none".to_owned()),
        )
    }

    fn provenance(&self) -> String {
        let all = &self.provenance;
        let join = |values: Vec<String>| {
            if values.is_empty() { "not recorded".to_owned() } else { values.join("; ") }
        };
        let words = |values: &std::collections::BTreeSet<String>| {
            join(values.iter().map(|value| markdown_escape(value)).collect())
        };
        let when = match (all.first_start_unix, all.last_start_unix) {
            (Some(first), Some(last)) if utc(first) == utc(last) => utc(first),
            (Some(first), Some(last)) => format!("{} to {}", utc(first), utc(last)),
            _ => "not recorded".to_owned(),
        };
        let threads = join(all.threads.iter().map(usize::to_string).collect());
        let seeds = join(all.seeds.iter().map(u64::to_string).collect());
        let mut text = String::from("| | |\n| :-- | :-- |\n");
        for (name, value) in [
            ("prefsweep", words(&all.prefsweep_versions)),
            ("revision", words(&all.git_revisions)),
            ("device", words(&all.devices)),
            ("threads", threads),
            ("processor", words(&all.processors)),
            ("system", words(&all.operating_systems)),
            ("cells started", when),
            ("seeds", seeds),
            (
                "cells",
                format!(
                    "{} complete, {} missing, {} failed",
                    all.complete, all.missing, all.failed
                ),
            ),
            ("data fingerprint", format!("`{}`", all.dataset.fingerprint)),
            ("candidates fingerprint", format!("`{}`", all.dataset.candidates_fingerprint)),
        ] {
            text.push_str(&format!("| {name} | {value} |\n"));
        }
        text.push_str("\nIn machine-readable form: [provenance.json](provenance.json).\n");
        text
    }
}

const SUMMARY: &str = "The means at the best and the largest K, read by t intervals over seeds \
    alone, one loss at a time and without correction. Where this and the verdict differ, the \
    verdict counts: it tests users too and corrects for the number of comparisons.\n\n";

const FRONTIER: &str = "A loss that hardly leaves the reference keeps its ranking for that reason \
    alone, so ranking is also compared at equal KL(policy || reference), read along training \
    linearly in √KL, and at the evaluation of each cell that is best on validation. The tests are in \
    the verdict's first paragraphs; the intervals here are over seeds and not corrected.\n\n";

const TRUTH: &str = "The data are synthetic, so it is known which sampled negatives the user truly \
    likes, and what training does to such items.\n\n";

const MECHANISM: &str = "A *boundary* negative is one that the policy scores at or above the \
    positive: correcting it is what improves the ranking. The plot shows how much gradient one of \
    them gets; the table, how the gradient of all negatives is shared between boundary and easy \
    ones.\n\n";

const TIME: &str = "*Training* are the steps with loss, gradients, diagnostics and optimiser; \
    *sampling*, batches and negatives; *evaluation*, ranks, metrics and divergence; *storing*, \
    reading data and reference and writing results.\n\n";

fn table(text: &mut String, grid: &Grid) {
    if grid.rows.is_empty() {
        text.push_str("*No results yet.*\n\n");
        return;
    }
    text.push_str(&grid.markdown());
    text.push('\n');
}

/// A long table that opens on a click.
fn folded(text: &mut String, grid: &Grid, title: &str) {
    text.push_str(&format!("<details>\n<summary>{title}</summary>\n\n"));
    table(text, grid);
    text.push_str("</details>\n\n");
}

fn image(figure: &Figure) -> String {
    format!(
        "![{}](plots/{}.png)\n\n*{}* ([SVG](plots/{}.svg))\n\n",
        figure.title, figure.name, figure.caption, figure.name
    )
}
