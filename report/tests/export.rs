//! Exported tables: typed keys and a column per axis.

use std::fs::File;
use std::path::Path;

use polars::prelude::*;
use prefsweep_store::{CellKey, LossKey};

use crate::support::{BETA, World, write_index};

fn exported(world: &World) -> (tempfile::TempDir, prefsweep_store::Index) {
    let dir = tempfile::tempdir().unwrap();
    let mut index = world.write(dir.path());
    for entry in &mut index.references {
        entry.axes.insert("model.dim".into(), 8.into());
        let cell = index.cells.iter().find(|cell| cell.reference == entry.id).unwrap();
        let [from, to] = [&cell.dir, &entry.dir].map(|d| dir.path().join(d).join("ranks.parquet"));
        std::fs::copy(from, to).unwrap();
    }
    write_index(dir.path(), &index);
    prefsweep_report::export(dir.path(), &dir.path().join("out"), true).unwrap();
    (dir, index)
}

fn read(path: &Path) -> DataFrame {
    ParquetReader::new(File::open(path).unwrap()).finish().unwrap()
}

fn texts(frame: &DataFrame, column: &str) -> Vec<Option<String>> {
    let column = frame.column(column).unwrap().str().unwrap();
    column.iter().map(|text| text.map(str::to_owned)).collect()
}

#[test]
fn every_row_says_what_run_it_is_of() {
    let (dir, index) = exported(&World { betas: vec![0.5, 1.0], ..World::small() });
    for (name, names) in [
        ("metrics", &["dataset", "loss", "label", "K", "seed", "beta", "model.dim", "split"][..]),
        ("trajectories", &["dataset", "loss", "label", "K", "seed", "beta", "model.dim", "step"]),
        ("ranks", &["id", "loss", "K", "seed", "model.dim", "beta", "key", "protocol"]),
    ] {
        let frame = read(&dir.path().join("out").join(name).with_extension("parquet"));
        let columns: Vec<&str> =
            frame.get_column_names().iter().map(|name| name.as_str()).collect();
        for name in names {
            assert!(columns.contains(name), "{name} is not in {columns:?}");
        }
        assert!(!columns.contains(&"axes"));
        let k = frame.column("K").unwrap().u32().unwrap();
        let (keys, losses, betas) =
            (texts(&frame, "key"), texts(&frame, "loss"), texts(&frame, "beta"));
        let mut cells = std::collections::HashSet::new();
        for row in 0..frame.height() {
            if k.get(row).is_some() {
                let key: CellKey = serde_json::from_str(keys[row].as_ref().unwrap()).unwrap();
                assert_eq!(losses[row], Some(key.loss.to_string()));
                assert_eq!(betas[row], Some(key.axes[BETA].as_f64().unwrap().to_string()));
                cells.insert(key);
            }
        }
        let planned = index.cells.iter().map(|cell| cell.key.clone()).collect();
        assert_eq!(cells, planned, "{name}");
    }
    assert!(dir.path().join("out/tensorboard/dmpo,beta=0.5,K=10,seed=12").is_dir());
}

/// An axis that is called like a column of values keeps its whole name.
#[test]
fn axes_do_not_hide_columns() {
    let dir = tempfile::tempdir().unwrap();
    let mut index =
        World { losses: vec![LossKey::new("dmpo")], ..World::small() }.write(dir.path());
    for cell in &mut index.cells {
        cell.key.axes.insert("preference.saturated".into(), 1.into());
    }
    write_index(dir.path(), &index);
    for entry in &index.references {
        let [from, to] =
            [&index.cells[0].dir, &entry.dir].map(|d| dir.path().join(d).join("ranks.parquet"));
        std::fs::copy(from, to).unwrap();
    }
    prefsweep_report::export(dir.path(), &dir.path().join("out"), false).unwrap();
    let frame = read(&dir.path().join("out/trajectories.parquet"));
    assert!(frame.column("saturated").unwrap().f64().is_ok());
    assert_eq!(texts(&frame, "preference.saturated")[0].as_deref(), Some("1"));
}
