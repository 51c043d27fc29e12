//! `prefsweep recommend`: what a kept policy recommends to every user, as a table.

use std::path::Path;

use anyhow::{Context, Result};
use polars::prelude::{Column, DataFrame};
use prefsweep::evaluation::{History, recommend as recommendations};
use prefsweep::experiment::ConfigError;
use prefsweep::sweep::{Kept, KeptPolicy, kept_policy};
use prefsweep_policy::device::Backend;
use prefsweep_store::{Kind, Store, write_parquet};

use super::args::{HistoryName, RecommendArgs, WeightsName};
use super::entry::find;
use super::out_file::{TableFile, check_folder};
use super::outcome::Outcome;
use super::show::print;
use super::units::counted;

/// Columns of the table; `place` counts from 1.
const COLUMNS: [&str; 4] = ["user", "place", "item", "score"];

/// One row for each user and place.
#[derive(Default)]
struct Recommended<'a> {
    users: Vec<&'a str>,
    places: Vec<u32>,
    items: Vec<&'a str>,
    scores: Vec<f32>,
}

/// Writes what a run's policy recommends.
pub(crate) fn recommend(args: &RecommendArgs) -> Result<Outcome> {
    let form = TableFile::of("--out", &args.out)?;
    check_folder(&args.out)?;
    let refused = |message: String| ConfigError::of(format!("recommend {}", args.run), message);
    let found = find(&args.results, &args.run, "recommend")?;
    let kind = match Kind::of_folder(found.kind) {
        Some(kind @ (Kind::Cell | Kind::Reference)) => kind,
        _ => {
            let kind = found.kind;
            let message =
                format!("found an entry of `{kind}`, allowed a run of a loss or a reference");
            return Err(refused(message).into());
        }
    };
    let kept = match args.weights {
        WeightsName::Final => Kept::Final,
        WeightsName::Picked => Kept::Picked,
    };
    let history = match args.history {
        HistoryName::Whole => History::Whole,
        HistoryName::Test => History::BeforeTest,
    };
    let store = Store::open(&args.results.store())?;
    let Some(KeptPolicy { policy, weights, data }) = kept_policy(&store, kind, &found.id, kept)?
    else {
        return Err(refused(
            "this run kept no weights; `prefsweep run EXPERIMENT --keep-weights` trains it again and keeps \
             them"
            .into(),
        )
        .into());
    };
    let parameters = weights.to_parameters(&Backend::Flex.device());
    let dataset = &data.dataset;
    let mut table = Recommended::default();
    recommendations(
        policy.as_ref(),
        &parameters,
        dataset,
        history,
        args.top.into(),
        |user, list| {
            for (place, (item, score)) in (1..).zip(list) {
                table.users.push(&dataset.user_ids[user as usize]);
                table.places.push(place);
                table.items.push(&dataset.item_ids[*item as usize]);
                table.scores.push(*score);
            }
            Ok::<(), anyhow::Error>(())
        },
    )?;
    let rows = table.places.len();
    match form {
        TableFile::Csv => write_as_csv(&args.out, table)?,
        TableFile::Parquet => write_as_parquet(&args.out, table)?,
    }
    print(&format!("{} in {}\n", counted(rows, "recommendation"), args.out.display()))?;
    Ok(Outcome::Done)
}

fn write_as_csv(path: &Path, table: Recommended<'_>) -> Result<()> {
    let named = || path.display().to_string();
    let file = std::fs::File::create(path).with_context(named)?;
    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(COLUMNS).with_context(named)?;
    let Recommended { users, places, items, scores } = table;
    for (((user, place), item), score) in users.iter().zip(places).zip(items).zip(scores) {
        let row = [user, &place.to_string()[..], item, &score.to_string()];
        writer.write_record(row).with_context(named)?;
    }
    writer.flush().with_context(named)
}

fn write_as_parquet(path: &Path, table: Recommended<'_>) -> Result<()> {
    let rows = table.places.len();
    let [user, place, item, score] = COLUMNS;
    let columns = vec![
        Column::new(user.into(), table.users),
        Column::new(place.into(), table.places),
        Column::new(item.into(), table.items),
        Column::new(score.into(), table.scores),
    ];
    Ok(write_parquet(path, DataFrame::new(rows, columns))?)
}
