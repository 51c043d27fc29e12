//! The stored metrics of an entry against those that follow from its ranks and lists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use prefsweep_store::{Index, LIST_LENGTH, LISTS_FILE, METRICS_FILE, RANKS_FILE};

use super::finding::{Finding, differs};
use super::list_metrics::{self, Lists};
use super::rank_metrics::{self, Counts, TIES, users};
use crate::error::ReportError;
use crate::measure::Measure;
use crate::ranks::read_ranks;
use crate::tables::metrics_of_file;

/// Values differ by no more than what the order of a sum can do.
const TOLERANCE: f64 = 1e-9;

/// What was found about a file.
type Found = (&'static str, Vec<Finding>);

/// Every stored metric of an entry against the one that its ranks or lists give, and the number of
/// users. A metric that needs more than these, such as mean popularity, is not computed again; nor is the share
/// of ties where they were not counted.
///
/// Of damaged files nothing more is said.
pub(super) fn verify(dir: &Path, index: &Index, damaged: &BTreeSet<PathBuf>) -> Vec<Found> {
    let path = |name: &str| dir.join(name);
    if damaged.contains(&path(RANKS_FILE)) {
        return Vec::new();
    }
    for name in [METRICS_FILE, RANKS_FILE] {
        if !path(name).is_file() {
            return vec![(name, vec![Finding::Missing])];
        }
    }
    let mut checking = match Checking::new(dir, index) {
        Ok(checking) => checking,
        Err(error) => return vec![(METRICS_FILE, vec![unreadable(&error)])],
    };
    if let Err(error) = checking.ranks(&path(RANKS_FILE)) {
        return vec![(METRICS_FILE, vec![unreadable(&error)])];
    }
    let mut found = Vec::new();
    let lists = path(LISTS_FILE);
    if checking.lists_are_needed() && !damaged.contains(&lists) {
        if !lists.is_file() {
            found.push((LISTS_FILE, vec![Finding::Missing]));
        } else if let Err(error) = checking.lists(&lists) {
            found.push((LISTS_FILE, vec![unreadable(&error)]));
        }
    }
    checking.rest(found.is_empty() && !damaged.contains(&lists));
    found.push((METRICS_FILE, checking.findings));
    found
}

fn unreadable(error: &ReportError) -> Finding {
    differs(error.to_string(), "readable metrics, ranks and lists")
}

struct Checking<'a> {
    index: &'a Index,
    /// What has not been looked at.
    stored: BTreeMap<(u32, Measure), f64>,
    findings: Vec<Finding>,
}

impl<'a> Checking<'a> {
    fn new(dir: &Path, index: &'a Index) -> Result<Self, ReportError> {
        let stored = metrics_of_file(&dir.join(METRICS_FILE), &index.metrics)?;
        Ok(Self { index, stored, findings: Vec::new() })
    }

    fn is_recorded(&self, metric: &str) -> bool {
        self.index.metrics.iter().any(|facts| facts.name == metric)
    }

    fn ranks(&mut self, path: &Path) -> Result<(), ReportError> {
        for ((step, split, protocol), ranks) in read_ranks(path)? {
            let place = format!("step {step}, {split}, {protocol}");
            self.findings.push(users(&ranks, self.index.dataset.ranked(split), &place));
            let counts = Counts::of(&ranks);
            if let Some(share) = counts.tied_share().filter(|_| self.is_recorded(TIES)) {
                self.compare(step, &Measure::new(split, protocol, TIES, 0), share, "the ranks");
            }
            for (metric, at_cutoffs) in rank_metrics::NAMES {
                if !self.is_recorded(metric) {
                    continue;
                }
                let cutoffs = if at_cutoffs { &self.index.cutoffs[..] } else { &[0] };
                for cutoff in cutoffs {
                    let measure = Measure::new(split, protocol, metric, *cutoff);
                    self.compare(step, &measure, counts.mean(metric, *cutoff), "the ranks");
                }
            }
        }
        Ok(())
    }

    fn lists_are_needed(&self) -> bool {
        list_metrics::NAMES.into_iter().any(|metric| self.is_recorded(metric))
    }

    fn lists(&mut self, path: &Path) -> Result<(), ReportError> {
        let lists = Lists::read(path)?;
        if let Some(fault) = &lists.fault {
            self.findings.push(differs(fault, "lists of distinct items, best first"));
        }
        for metric in list_metrics::NAMES {
            if self.is_recorded(metric) {
                let measure = Measure::new("test", "full", metric, LIST_LENGTH);
                let value = lists.value(metric, self.index.dataset.items);
                self.compare(lists.step, &measure, value, "the lists");
            }
        }
        Ok(())
    }

    fn compare(&mut self, step: u32, measure: &Measure, expected: f64, from: &str) {
        let found = self.stored.remove(&(step, measure.clone()));
        let close = |found: f64| (found - expected).abs() <= TOLERANCE * expected.abs();
        self.findings.push(if found.is_some_and(close) {
            Finding::Ok
        } else {
            let name = self.place(step, measure);
            let found = found.map_or("none".to_owned(), |found| found.to_string());
            differs(format!("{name} = {found}"), format!("{expected} from {from}"))
        });
    }

    fn place(&self, step: u32, measure: &Measure) -> String {
        let name = measure.name(&self.index.metrics);
        format!("{name} at step {step}, {}, {}", measure.split, measure.protocol)
    }

    /// What neither ranks nor lists say.
    fn rest(&mut self, lists_were_read: bool) {
        let mut not_recomputed = BTreeSet::new();
        for ((step, measure), value) in std::mem::take(&mut self.stored) {
            let of_ranks = rank_metrics::NAMES.iter().any(|(name, _)| *name == measure.metric);
            let of_lists = list_metrics::NAMES.contains(&measure.metric.as_str());
            if of_ranks || (of_lists && lists_were_read) {
                let found = format!("{} = {value}", self.place(step, &measure));
                let from = if of_ranks { "ranks" } else { "lists" };
                let expected = format!("no such row: there are no {from} for it");
                self.findings.push(differs(found, expected));
            } else if !of_lists {
                not_recomputed.insert(measure.metric);
            }
        }
        self.findings.extend(not_recomputed.into_iter().map(|_| Finding::NotRecomputed));
    }
}
