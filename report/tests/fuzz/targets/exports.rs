//! Exports, with which others' results are compared.

use std::fs;
use std::path::Path;

use prefsweep_report::drift::compare_results;
use prefsweep_report::export;

use crate::engine::{Place, fuzz};
use crate::folder::{Folder, WORDS, worked};

#[test]
fn exports() {
    const NAMES: [&str; 2] = ["export.json", "ranks.parquet"];
    let whole = Folder::new();
    let place = Place::new();
    let now = place.inside().join("now");
    export(&whole.path(), &now, false).unwrap();
    // Those of the first format are of a larger sweep.
    let first = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/export-format-1");
    let description = fs::read(first.join(NAMES[0])).unwrap();
    let old = place.inside().join("old");
    place.write("old/export.json", &description);
    fs::copy(now.join(NAMES[1]), old.join(NAMES[1])).unwrap();
    let files = [now.join(NAMES[0]), now.join(NAMES[1]), old.join(NAMES[0])];
    let seeds = files.each_ref().map(|path| fs::read(path).unwrap());
    fuzz("exports", 400, &seeds, &WORDS, |of, input| {
        for (path, seed) in files.iter().zip(&seeds) {
            fs::write(path, seed).unwrap();
        }
        fs::write(&files[of], input).unwrap();
        let folder = if of < 2 { &now } else { &old };
        let compared = worked(compare_results(folder, &whole.path()));
        place.check();
        compared
    });
}
