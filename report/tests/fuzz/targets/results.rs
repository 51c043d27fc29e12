//! Results folders with one damaged file.

use prefsweep_report::drift::compare_results;
use prefsweep_report::verify::verify;
use prefsweep_report::{
    TableFormat, export, headline_table, write_claims, write_leaderboard, write_report,
};

use crate::engine::fuzz;
use crate::folder::{Folder, WORDS, all, worked};

#[test]
fn results_that_are_verified() {
    let folder = Folder::new();
    fuzz("results that are verified", 300, &folder.seeds, &WORDS, |of, input| {
        folder.damage(of, input);
        let verified = worked(verify(&folder.path()).map(|found| found.text()));
        folder.place.check();
        verified
    });
}

#[test]
fn results_that_are_compared_and_exported() {
    let (folder, whole) = (Folder::new(), Folder::new());
    let seeds = &folder.seeds;
    fuzz("results that are compared and exported", 200, seeds, &WORDS, |of, input| {
        folder.damage(of, input);
        let before = all(&folder.path());
        let compared = worked(compare_results(&whole.path(), &folder.path()));
        let exported = worked(export(&folder.path(), &folder.out(), true));
        assert_eq!(all(&folder.path()), before, "something was written beside the results");
        folder.place.check();
        compared && exported
    });
}

#[test]
fn results_in_a_table() {
    let folder = Folder::new();
    fuzz("results in a table", 200, &folder.seeds, &WORDS, |of, input| {
        folder.damage(of, input);
        let shown = worked(headline_table(&folder.path(), TableFormat::Markdown));
        folder.place.check();
        shown
    });
}

#[test]
fn results_in_a_report() {
    let (folder, whole) = (Folder::new(), Folder::new());
    fuzz("results in a report", 12, &folder.seeds, &WORDS, |of, input| {
        folder.damage(of, input);
        let before = all(&folder.path());
        let out = folder.out();
        let reported = worked(write_report(&folder.path(), &out.join("report")));
        let both = [whole.path(), folder.path()];
        worked(write_claims(&both, &out.join("claims")));
        worked(write_leaderboard(&both, &out.join("leaderboard")));
        assert_eq!(all(&folder.path()), before, "something was written beside the results");
        folder.place.check();
        reported
    });
}
