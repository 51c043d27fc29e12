//! `survey.md`: which conclusions stand, in sentences and tables made from the verdicts.

use prefsweep_store::axis_values;

use super::conclusions::{Conclusion, Count, Finding, Outcome, Side, Standing, conclusions};
use super::kind::Kind;
use super::side_by_side::{QUESTIONS, change, section};
use crate::grid::{Entry, Grid, markdown_escape};
use crate::numbers::NOTHING;
use crate::reading::Reading;
use crate::summary::{list, plural};
use crate::verdict::{Verdicts, p_value};

/// The heading.
pub(super) const TITLE: &str = "What stands";

/// The whole page.
pub(super) fn page(experiments: &[Verdicts]) -> String {
    let conclusions = conclusions(experiments);
    let found: Vec<(&Conclusion, Vec<Finding<'_>>)> = conclusions
        .iter()
        .map(|conclusion| (conclusion, conclusion.findings(experiments)))
        .filter(|(_, findings)| !findings.is_empty())
        .collect();
    let mut text = format!("# {TITLE}\n\n{}", about(experiments));
    text.push_str(&standings(&found));
    for (conclusion, findings) in &found {
        text.push_str(&format!("- {}\n", bullet(conclusion, findings)));
    }
    text.push_str("\n## In how many\n\n");
    text.push_str(COUNTS);
    text.push_str(&counts(&found).markdown());
    text.push_str(&side_by_side(experiments));
    text.push_str("\n## Every comparison\n\n");
    for (conclusion, findings) in &found {
        let sentence = markdown_escape(&conclusion.sentence());
        let table = every(conclusion, findings).markdown();
        text.push_str(&format!(
            "<details>\n<summary>{sentence}</summary>\n\n{table}\n</details>\n\n"
        ));
    }
    text.push_str("All numbers: [survey.csv](survey.csv).\n");
    text
}

const COUNTS: &str = "How many comparisons show each conclusion, of how many; the first columns at the \
    end of training by what the experiments vary, the others over all experiments by how they are \
    read.\n\n";

/// What is surveyed, and how to take the counts.
fn about(experiments: &[Verdicts]) -> String {
    let of = |kind: Kind| {
        let names = experiments.iter().filter(|verdicts| Kind::of(verdicts) == kind);
        list(&names.map(|verdicts| markdown_escape(&verdicts.experiment)).collect::<Vec<_>>())
    };
    let kinds =
        Kind::ALL.into_iter().filter_map(|kind| Some(format!("{} ({})", kind.title(), of(kind)?)));
    let kinds: Vec<String> = kinds.collect();
    format!(
        "From the verdicts of {}, by what each varies: {}. Differences are of test {}. *Shown* means \
         p after Holm's correction within the experiment below its level and the interval on one side \
         of zero; nothing is pooled or corrected over experiments. A count is no test: settings of one \
         dataset share users and references, and one training may be part of several experiments. Not \
         shown does not mean that there is no effect.\n\n",
        plural(experiments.len(), "experiment"),
        kinds.join("; "),
        experiments.first().map_or("", |verdicts| verdicts.measure.as_str()),
    )
}

/// The conclusions by how far they carry, with how often each is shown at the end of training.
fn standings(found: &[(&Conclusion, Vec<Finding<'_>>)]) -> String {
    let mut text = String::new();
    for standing in Standing::ALL {
        let names: Vec<String> = found
            .iter()
            .filter(|(conclusion, findings)| Standing::of(conclusion, findings) == standing)
            .map(|(conclusion, findings)| {
                let end = findings.iter().filter(|finding| finding.reading == Reading::End);
                let Count { shown, opposite, all } = Count::of(conclusion, end);
                let opposite = match opposite {
                    0 => String::new(),
                    opposite => format!(", {opposite} the opposite"),
                };
                format!("{} ({shown} of {all}{opposite})", markdown_escape(&conclusion.sentence()))
            })
            .collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join("; ") };
        if names != "none" || standing == Standing::Everything {
            text.push_str(&format!("**{}**: {names}.\n\n", standing.title()));
        }
    }
    text
}

/// Where a conclusion is shown, where not, and how often under other readings.
fn bullet(conclusion: &Conclusion, findings: &[Finding<'_>]) -> String {
    let at_end: Vec<&Finding<'_>> =
        findings.iter().filter(|finding| finding.reading == Reading::End).collect();
    let end = Count::of(conclusion, at_end.iter().copied());
    let mut text = format!(
        "**{}**: at the end of training shown in {} of {} experiments and settings",
        markdown_escape(&conclusion.sentence()),
        end.shown,
        end.all
    );
    let outcomes = [
        (Outcome::Shown, "shown in"),
        (Outcome::Opposite, "**the opposite** in"),
        (Outcome::NotShown, "neither in"),
    ];
    let places: Vec<String> = outcomes
        .into_iter()
        .filter_map(|(outcome, how)| {
            Some(format!("{how} {}", places(conclusion, &at_end, outcome)?))
        })
        .collect();
    if !places.is_empty() {
        text.push_str(&format!(" ({})", places.join("; ")));
    }
    let others: Vec<String> = Reading::ALL[1..]
        .iter()
        .filter_map(|reading| {
            let read = findings.iter().filter(|finding| finding.reading == *reading);
            let count = Count::of(conclusion, read);
            (count.all > 0).then(|| format!("{} {}", counted(count), reading.when()))
        })
        .collect();
    if !others.is_empty() {
        text.push_str(&format!(". Otherwise read: {}", others.join("; ")));
    }
    text + "."
}

/// The experiments with an outcome, with how many of their comparisons have it.
fn places(conclusion: &Conclusion, findings: &[&Finding<'_>], outcome: Outcome) -> Option<String> {
    let mut experiments: Vec<&str> = Vec::new();
    for finding in findings {
        if !experiments.contains(&finding.experiment) {
            experiments.push(finding.experiment);
        }
    }
    let name = |experiment: &str| {
        let here: Vec<_> = findings.iter().filter(|f| f.experiment == experiment).collect();
        let with: Vec<_> = here.iter().filter(|f| conclusion.outcome(f) == outcome).collect();
        let name = markdown_escape(experiment);
        match (with.len(), here.len()) {
            (0, _) => None,
            (_, 1) => Some(name),
            (some, all) if some <= NAMED && some < all => {
                let settings = with.iter().map(|finding| markdown_escape(&setting(finding)));
                let settings = settings.collect::<Vec<_>>().join(" and ");
                Some(format!("{name} {some} of {all} ({settings})"))
            }
            (some, all) => Some(format!("{name} {some} of {all}")),
        }
    };
    let names: Vec<String> = experiments.into_iter().filter_map(name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// So many settings are named.
const NAMED: usize = 2;

/// What sets a comparison apart from others of its experiment.
fn setting(finding: &Finding<'_>) -> String {
    let series = finding.after.series.iter();
    let axes: Vec<String> = series.flat_map(|series| axis_values(&series.axes)).collect();
    if axes.is_empty() { finding.after.label() } else { axes.join(", ") }
}

fn counted(count: Count) -> String {
    let opposite = match count.opposite {
        0 => String::new(),
        opposite => format!(" ({opposite} the opposite)"),
    };
    format!("{} of {}{opposite}", count.shown, count.all)
}

/// One row per conclusion, one column per kind at the end of training, then per other reading.
fn counts(found: &[(&Conclusion, Vec<Finding<'_>>)]) -> Grid {
    type Column = (&'static str, Box<dyn Fn(&Finding<'_>) -> bool>);
    let kinds = Kind::ALL.into_iter().map(|kind| -> Column {
        let wanted = move |f: &Finding<'_>| f.reading == Reading::End && f.kind == kind;
        (kind.title(), Box::new(wanted))
    });
    let readings = Reading::ALL.into_iter().skip(1).map(|reading| -> Column {
        (reading.title(), Box::new(move |f: &Finding<'_>| f.reading == reading))
    });
    let used = |column: &Column| found.iter().any(|(_, findings)| findings.iter().any(&column.1));
    let columns: Vec<Column> = kinds.chain(readings).filter(used).collect();
    let mut header = vec!["conclusion".to_owned()];
    header.extend(columns.iter().map(|(title, _)| (*title).to_owned()));
    let row = |(conclusion, findings): &(&Conclusion, Vec<Finding<'_>>)| {
        let mut row: Vec<Entry> = vec![conclusion.sentence().into()];
        row.extend(columns.iter().map(|(_, wanted)| {
            let count = Count::of(conclusion, findings.iter().filter(|finding| wanted(finding)));
            let text = if count.all == 0 { NOTHING.to_owned() } else { counted(count) };
            Entry { text, bold: count.all > 0 && count.shown == count.all }
        }));
        row
    };
    let rows = found.iter().map(row).collect();
    Grid { name: "survey-counts", caption: String::new(), header, words: 1, rows }
}

/// The claims of the experiments that vary nothing but data, a column for each.
fn side_by_side(experiments: &[Verdicts]) -> String {
    let datasets = experiments.iter().filter(|v| Kind::of(v) == Kind::Datasets);
    let datasets: Vec<Verdicts> = datasets.cloned().collect();
    if datasets.len() < 2 {
        return String::new();
    }
    let sections = QUESTIONS.into_iter().filter_map(|asked| section(&datasets, asked));
    format!("\n## Datasets side by side\n\n{}", sections.collect::<String>())
}

fn every(conclusion: &Conclusion, findings: &[Finding<'_>]) -> Grid {
    let header = ["experiment", "varies", "reading", "compared", "change", "p (Holm)", "outcome"];
    let row = |finding: &Finding<'_>| -> Vec<Entry> {
        let outcome = conclusion.outcome(finding);
        let word = match outcome {
            Outcome::Shown => "shown",
            Outcome::Opposite => "the opposite",
            Outcome::NotShown => NOTHING,
        };
        vec![
            finding.experiment.into(),
            finding.kind.title().into(),
            finding.reading.title().into(),
            compared(finding).into(),
            change(finding.difference).into(),
            p_value(finding.difference.p_holm).into(),
            Entry { text: word.to_owned(), bold: outcome != Outcome::NotShown },
        ]
    };
    let rows = findings.iter().map(row).collect();
    let header = header.map(str::to_owned).to_vec();
    Grid { name: "survey-comparisons", caption: String::new(), header, words: 4, rows }
}

/// `dmpo, beta=1, K = 1 → 20`, or both sides where the loss is another.
fn compared(finding: &Finding<'_>) -> String {
    let (before, after) = (&finding.before, &finding.after);
    let k = |negatives: Option<usize>| negatives.map_or(String::new(), |k| k.to_string());
    let (few, many) = (k(before.negatives), k(after.negatives));
    let [one, other] = [before, after].map(Side::label);
    let mut text = if before.series == after.series {
        format!("{other}, K = {few} → {many}")
    } else if before.negatives == after.negatives || before.negatives.is_none() {
        format!("{one} → {other}, K = {many}")
    } else {
        format!("{one}, K = {few} → {other}, K = {many}")
    };
    if let Some((before, after)) = before.step.zip(after.step) {
        text.push_str(&format!(", steps {before} and {after}"));
    }
    text
}
