//! `prefsweep data`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use prefsweep::data::{Obtained, obtain};
use prefsweep::sweep::left_out;
use prefsweep_datasets::{
    Bin, DataError, Dataset, DatasetConfig, DatasetName, Description, METADATA_FILE, Manifest,
    Verdict, describe, load, verify,
};
use prefsweep_report::{Histogram, write_histogram};
use prefsweep_store::{LeftOut, Store};
use serde::Serialize;
use serde_json::Value;

use super::args::{DataCommand, DataVerifyArgs, DescribeArgs, ListArgs, PrepareArgs};
use super::columns::table;
use super::download::fetch;
use super::outcome::Outcome;
use super::show::print;
use super::units::bytes;

/// Width of the longest bar of a histogram, in characters.
const BAR: usize = 40;

/// Runs the command.
pub(crate) fn run(command: &DataCommand) -> Result<Outcome> {
    match command {
        DataCommand::List(args) => list(args),
        DataCommand::Describe(args) => show(args),
        DataCommand::Fetch(args) => fetch(args),
        DataCommand::Prepare(args) => prepare(args),
        DataCommand::Verify(args) => check(args),
    }
}

fn list(args: &ListArgs) -> Result<Outcome> {
    let prepared = prepared_names(&args.results.store().join("datasets"));
    let mut rows = vec![["name", "title", "state", "size", "condition"].map(str::to_owned)];
    for name in DatasetName::ALL {
        let page = name.manifest();
        let file = page.present(&args.data.data_dir);
        let size = file.as_ref().and_then(|file| file.metadata().ok()).map(|data| data.len());
        let state = match name {
            DatasetName::Synthetic => "generated",
            DatasetName::File => "your own",
            _ if file.is_some() && prepared.contains(name.as_str()) => "prepared",
            _ if file.is_some() => "present",
            _ if is_partial(page, &args.data.data_dir) => "partly fetched",
            _ => "not fetched",
        };
        rows.push([
            name.to_string(),
            page.title.clone(),
            state.to_owned(),
            size.map_or_else(|| "-".to_owned(), bytes),
            page.condition.clone(),
        ]);
    }
    print(&table(&rows))?;
    Ok(Outcome::Done)
}

/// The names of the datasets of which a prepared form is in the store.
fn prepared_names(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeSet::new() };
    let name = |path: &Path| -> Option<String> {
        let metadata = std::fs::read(path.join(METADATA_FILE)).ok()?;
        let metadata: Value = serde_json::from_slice(&metadata).ok()?;
        Some(metadata["content"]["name"].as_str()?.to_owned())
    };
    entries.flatten().filter_map(|entry| name(&entry.path())).collect()
}

fn is_partial(page: &Manifest, data_dir: &Path) -> bool {
    let folder = data_dir.join(page.name.as_str());
    page.download.iter().any(|download| {
        let part = folder.join(format!("{}.part", download.file));
        part.metadata().is_ok_and(|data| data.len() > 0)
    })
}

/// A dataset that is here, with the path of its file.
fn loaded(name: DatasetName, data_dir: &Path) -> Result<Option<Dataset>, DataError> {
    let is_here = name == DatasetName::Synthetic || name.manifest().present(data_dir).is_some();
    is_here.then(|| load(&DatasetConfig::new(name), data_dir)).transpose()
}

#[derive(Serialize)]
struct Page<'a> {
    page: &'a Manifest,
    /// The file that would be loaded.
    file: Option<std::path::PathBuf>,
    fingerprint: Option<String>,
    /// The malformed rows, where there are any.
    left_out: Option<LeftOut>,
    description: Option<Description>,
}

fn show(args: &DescribeArgs) -> Result<Outcome> {
    let name = args.dataset.name;
    let page = name.manifest();
    let data_dir = &args.data.data_dir;
    let dataset = loaded(name, data_dir)?;
    let page = Page {
        page,
        file: page.present(data_dir),
        fingerprint: dataset.as_ref().map(|dataset| dataset.fingerprint.clone()),
        left_out: dataset.as_ref().and_then(left_out),
        description: dataset.as_ref().map(describe),
    };
    if let Some(folder) = &args.plots {
        // Without a file loading says what is missing.
        let description = match page.description.clone() {
            Some(description) => description,
            None => describe(&load(&DatasetConfig::new(name), data_dir)?),
        };
        for histogram in histograms(name, &description) {
            write_histogram(&histogram, folder)?;
        }
    }
    if args.json {
        print(&(serde_json::to_string_pretty(&page)? + "\n"))?;
    } else {
        print(&page.text())?;
    }
    Ok(Outcome::Done)
}

impl Page<'_> {
    fn text(&self) -> String {
        let page = self.page;
        let mut text = format!("{}\n\n", page.title);
        let mut line = |key: &str, value: &str| {
            if !value.is_empty() {
                text.push_str(&format!("{key:<12} {value}\n"));
            }
        };
        line("name", page.name.as_str());
        line("publisher", &page.publisher);
        line("address", &page.addresses.join("\n             "));
        line("licence", &page.licence);
        line("condition", &page.condition);
        line("notes", page.notes.trim());
        if let Some(file) = &self.file {
            line("file", &file.display().to_string());
        }
        match (&self.description, &self.fingerprint) {
            (Some(description), Some(fingerprint)) => {
                line("fingerprint", fingerprint);
                if let Some(left_out) = &self.left_out {
                    line("malformed", &left_out.to_string());
                }
                text.push_str(&numbers(description));
            }
            _ if !page.by_hand.is_empty() => line("get it", page.by_hand.trim()),
            _ => line("get it", &format!("prefsweep data fetch {}", page.name)),
        }
        if !page.citation.is_empty() {
            text.push_str(&format!("\n{}\n", page.citation.trim()));
        }
        text
    }
}

fn numbers(description: &Description) -> String {
    let all = &description.statistics;
    let mut text = format!(
        "\n{} users, {} items, {} interactions, density {:.3} %\n",
        all.users,
        all.items,
        all.interactions,
        100.0 * all.density
    );
    let _ = write!(
        text,
        "sequence length: mean {:.1}, median {}, from {} to {}",
        all.mean_length, all.median_length, all.min_length, all.max_length
    );
    for quantile in &description.length_quantiles {
        let _ = write!(text, ", {:.0} % {}", 100.0 * quantile.share, quantile.length);
    }
    let _ = writeln!(text, "\npopularity Gini {:.3}", all.popularity_gini);
    if let Some(titles) = &description.titles {
        let (least, mean, most) = titles.tokens;
        let _ = writeln!(
            text,
            "titles: {} items without one, {} with one that an item before has too; in a vocabulary of {} word \
             pieces {least} to {most} tokens each, mean {mean:.1}",
            titles.untitled, titles.repeated, titles.vocabulary
        );
    }
    text.push_str("\nusers by sequence length\n");
    text.push_str(&histogram(&description.lengths));
    text.push_str("\nitems by number of interactions\n");
    text.push_str(&histogram(&description.popularity));
    if !description.most_popular.is_empty() {
        text.push_str("\nmost popular items\n");
    }
    for item in &description.most_popular {
        let title = item.title.as_deref().unwrap_or("(no title)");
        let _ = writeln!(text, "  {:>8}  {title} ({})", item.interactions, item.id);
    }
    text
}

/// The description's distributions as pictures.
fn histograms(name: DatasetName, description: &Description) -> [Histogram; 2] {
    let all = &description.statistics;
    let subtitle = format!(
        "{name}: {} users, {} items, {} interactions, held-out ones included",
        all.users, all.items, all.interactions
    );
    let bars = |bins: &[Bin]| bins.iter().map(|bin| (range(bin), bin.count as u64)).collect();
    let lengths = Histogram {
        name: "lengths",
        title: "Users by sequence length".to_owned(),
        subtitle: subtitle.clone(),
        x: "interactions of a user",
        y: "users",
        bars: bars(&description.lengths),
    };
    let popularity = Histogram {
        name: "popularity",
        title: "Items by number of interactions".to_owned(),
        subtitle,
        x: "interactions of an item",
        y: "items",
        bars: bars(&description.popularity),
    };
    [lengths, popularity]
}

/// A bin's values: `4–7`.
fn range(bin: &Bin) -> String {
    match bin {
        Bin { from, to, .. } if from == to => from.to_string(),
        Bin { from, to, .. } => format!("{from}–{to}"),
    }
}

/// Horizontal bars of block characters, with eighths of a character.
fn histogram(bins: &[Bin]) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(0).max(1);
    let width = bins.iter().map(|bin| range(bin).chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for bin in bins {
        let eighths = (bin.count * BAR * 8).div_ceil(most);
        let bar = "█".repeat(eighths / 8) + EIGHTHS[eighths % 8];
        let space = if bar.is_empty() { "" } else { " " };
        let _ = writeln!(text, "  {:>width$} │{bar}{space}{}", range(bin), bin.count);
    }
    text
}

fn prepare(args: &PrepareArgs) -> Result<Outcome> {
    let name = args.dataset.name;
    let config = DatasetConfig::new(name);
    let data_dir = &args.data.data_dir;
    let store = Store::open(&args.results.store()).context("failed to open the store")?;
    let Obtained { dataset, kept, files, was_read, .. } = obtain(&store, &config, data_dir)?;
    let source = match files.first() {
        Some(file) => format!("read from {}", file.display()),
        None => "generated".to_owned(),
    };
    let state = match (kept.was_there, was_read) {
        (false, _) => "prepared",
        (true, true) => "was prepared before",
        (true, false) => "was prepared before from the same content, not read again",
    };
    print(&format!(
        "{} interactions {source}\n\
         {} bad rows left out{}\n\
         {} dropped ({})\n\
         {} users, {} items, {} interactions kept, fingerprint {}\n\
         {state}: {}\n",
        dataset.rows_read,
        dataset.rows_bad,
        first_bad(&dataset),
        dataset.rows_dropped,
        config.resolved().drops().join(", "),
        dataset.n_users(),
        dataset.n_items,
        dataset.n_interactions(),
        dataset.fingerprint,
        kept.folder.display(),
    ))?;
    Ok(Outcome::Done)
}

fn check(args: &DataVerifyArgs) -> Result<Outcome> {
    let checks = verify(args.dataset.name, &args.data.data_dir, args.record)?;
    let mut text = String::new();
    for check in &checks {
        let _ = writeln!(text, "{:<8} {}: {}", check.verdict, check.subject, check.detail);
    }
    print(&text)?;
    let differs = checks.iter().any(|check| check.verdict == Verdict::Differs);
    Ok(if differs { Outcome::Failed } else { Outcome::Done })
}

/// The first malformed rows, after a colon.
fn first_bad(dataset: &Dataset) -> String {
    match dataset.rows_bad_first.is_empty() {
        true => String::new(),
        false => format!(": {}", dataset.rows_bad_first.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_is_full_and_no_value_is_invisible() {
        let bin = |from, to, count| Bin { from, to, count };
        let text = histogram(&[bin(0, 0, 0), bin(1, 1, 1), bin(2, 3, 20), bin(4, 7, 1000)]);
        let full = "█".repeat(BAR);
        assert_eq!(text, format!("    0 │0\n    1 │▏ 1\n  2–3 │▉ 20\n  4–7 │{full} 1000\n"));
    }
}
