//! `prefsweep plan`.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use prefsweep::sweep::estimate;
use prefsweep_store::Kind;
use serde_json::json;

use super::args::PlanArgs;
use super::experiment::Ready;
use super::notices::Notices;
use super::outcome::Outcome;
use super::show::print;
use super::units::{counted, duration};

/// Shows what is planned, what of it is done, and how long the rest will take.
pub(crate) fn plan(args: &PlanArgs) -> Result<Outcome> {
    let ready = Ready::new(&args.sweep, &mut Notices::new(args.json))?;
    let text = if args.json { objects(&ready, args)? } else { lines(&ready, args)? };
    print(&text)?;
    Ok(Outcome::Done)
}

/// Whether what is no cell is complete: without a cell left to time, there is no estimate of it.
fn all_but_cells_are_done(ready: &Ready) -> bool {
    let (plan, store) = (&ready.plan, &ready.store);
    plan.references.iter().all(|one| store.is_complete(Kind::Reference, &one.id))
        && plan.computed_baselines().all(|one| store.is_complete(Kind::Baseline, &one.id))
}

/// For people.
fn lines(ready: &Ready, args: &PlanArgs) -> Result<String> {
    let (plan, store) = (&ready.plan, &ready.store);
    let distinct = plan.distinct_cells();
    let done = distinct.iter().filter(|cell| store.is_complete(Kind::Cell, &cell.id)).count();
    let references =
        plan.references.iter().filter(|r| store.is_complete(Kind::Reference, &r.id)).count();
    let mut text = format!(
        "{}: {} on {} ({} users, {} items), device {}\n\n",
        ready.name,
        ready.experiment.title,
        ready.experiment.dataset.label(),
        ready.data.dataset.n_users(),
        ready.data.dataset.n_items,
        ready.place,
    );
    let (seeds, tuning) = (&ready.experiment.sweep.seeds, &ready.experiment.sweep.tuning_seeds);
    let mut rows: BTreeMap<String, BTreeMap<usize, Vec<bool>>> = BTreeMap::new();
    for cell in &plan.cells {
        let row = rows.entry(cell.key.series().to_string()).or_default();
        row.entry(cell.key.negatives).or_default().push(store.is_complete(Kind::Cell, &cell.id));
    }
    let tuning = match tuning.len() {
        0 => String::new(),
        more => format!(" and {}", counted(more, "tuning seed")),
    };
    text.push_str(&format!(
        "done of {}{tuning}, by loss and number of negatives K:\n",
        counted(seeds.len(), "seed")
    ));
    for (loss, row) in rows {
        let counts: Vec<String> = row
            .iter()
            .map(|(k, done)| {
                format!("K={k} {}/{}", done.iter().filter(|done| **done).count(), done.len())
            })
            .collect();
        text.push_str(&format!("  {loss:<24} {}\n", counts.join("  ")));
    }
    text.push_str(&format!(
        "\n{} cells ({} distinct training runs, the rest are the same by definition), {done} runs done\n",
        plan.cells.len(),
        distinct.len(),
    ));
    text.push_str(&format!("{} reference models, {references} done\n", plan.references.len()));
    let computed = plan.computed_baselines();
    let baselines = computed.filter(|baseline| store.is_complete(Kind::Baseline, &baseline.id));
    let (done, planned) = (baselines.count(), plan.computed_baselines().count());
    text.push_str(&format!("{planned} baselines, {done} done\n"));
    for baseline in &plan.baselines {
        if let Some(reason) = &baseline.skipped {
            text.push_str(&format!("  without {}: {reason}\n", baseline.title));
        }
    }
    let workers = ready.workers(&args.sweep);
    ready.place.enter()?;
    match estimate(plan, &ready.data, store, workers, args.sweep.threads.into()) {
        // Of settings with which training diverges the plan is known all the same.
        Err(error) => text.push_str(&format!("how long the rest takes is not known: {error}\n")),
        Ok(None) if all_but_cells_are_done(ready) => text.push_str("nothing left to do\n"),
        Ok(None) => {
            text.push_str("no cell is left, and how long the rest takes is not known\n");
        }
        Ok(Some(estimate)) => text.push_str(&format!(
            "about {} left on {} (a reference {}, a cell {}; from a few timed steps)\n",
            duration(estimate.total),
            counted(workers, "worker"),
            duration(estimate.reference),
            duration(estimate.cell),
        )),
    }
    Ok(text)
}

/// For programs: every run with its id, its key and whether it is done.
fn objects(ready: &Ready, args: &PlanArgs) -> Result<String> {
    let (plan, store) = (&ready.plan, &ready.store);
    let workers = ready.workers(&args.sweep);
    ready.place.enter()?;
    // None where nobody knows, since training diverges or no cell is left to time.
    let seconds = match estimate(plan, &ready.data, store, workers, args.sweep.threads.into()) {
        Ok(Some(left)) => Some(left.total.as_secs_f64()),
        Ok(None) if all_but_cells_are_done(ready) => Some(0.0),
        Ok(None) | Err(_) => None,
    };
    let references = plan.references.iter().map(|one| {
        let done = store.is_complete(Kind::Reference, &one.id);
        json!({"id": one.id, "seed": one.spec.seed, "axes": one.axes, "done": done})
    });
    let baselines = plan.baselines.iter().map(|one| {
        let done = store.is_complete(Kind::Baseline, &one.id);
        json!({"id": one.id, "name": one.spec.baseline, "done": done, "left_out": one.skipped})
    });
    let cells = plan.cells.iter().map(|one| {
        let done = store.is_complete(Kind::Cell, &one.id);
        json!({"id": one.id, "key": one.key, "reference": one.spec.start_id, "done": done})
    });
    let plan = json!({
        "experiment": ready.name,
        "title": ready.experiment.title,
        "dataset": {
            "name": ready.experiment.dataset.label(),
            "users": ready.data.dataset.n_users(),
            "items": ready.data.dataset.n_items,
            "fingerprint": ready.data.dataset.fingerprint,
        },
        "device": ready.place.to_string(),
        "workers": workers,
        "seconds_left": seconds,
        "references": references.collect::<Vec<_>>(),
        "baselines": baselines.collect::<Vec<_>>(),
        "cells": cells.collect::<Vec<_>>(),
    });
    Ok(serde_json::to_string_pretty(&plan).context("failed to write the plan")? + "\n")
}
