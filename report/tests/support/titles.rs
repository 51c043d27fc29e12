//! What policies over titles add to a synthetic results folder.

use std::fs;
use std::path::Path;

use prefsweep_store::{Index, TRAJECTORY_COLUMNS, TRAJECTORY_FILE};

/// Writes into every cell's trajectory what a policy over titles has: `titles` gives the lengths of
/// candidates, the expected one and that of the likeliest title, catalogue mass and valid share at each evaluation,
/// from the number of negatives and the step.
pub(crate) fn write_titles(dir: &Path, index: &Index, titles: impl Fn(usize, u32) -> [f64; 5]) {
    let columns =
        ["candidate_length", "expected_length", "chosen_length", "catalogue_mass", "valid_share"];
    write_columns(dir, index, columns, titles);
}

/// Writes some columns of every cell's trajectory, from the number of negatives and the step.
pub(crate) fn write_columns<const N: usize>(
    dir: &Path,
    index: &Index,
    columns: [&str; N],
    values: impl Fn(usize, u32) -> [f64; N],
) {
    let place = |name| TRAJECTORY_COLUMNS.iter().position(|column| *column == name).unwrap();
    let places = columns.map(place);
    for cell in &index.cells {
        let path = dir.join(&cell.dir).join(TRAJECTORY_FILE);
        let text = fs::read_to_string(&path).unwrap();
        let (header, rows) = text.split_once('\n').unwrap();
        let rows = rows.lines().map(|line| {
            let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
            fields.resize(TRAJECTORY_COLUMNS.len(), String::new());
            let found = values(cell.key.negatives, fields[0].parse().unwrap());
            for (place, value) in places.into_iter().zip(found) {
                fields[place] = value.to_string();
            }
            fields.join(",") + "\n"
        });
        fs::write(&path, format!("{header}\n{}", rows.collect::<String>())).unwrap();
    }
}
