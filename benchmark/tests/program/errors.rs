//! `docs/errors.md`: what is wrong, the message and the exit code, from the program itself.
//!
//! The page is a snapshot: it is made again and compared; `PREFSWEEP_WRITE_DOCS=1` writes it (`just errors`).

mod case;
mod command_line;
mod data;
mod devices;
mod experiment;
mod import;
mod overrides;
mod page;
mod results;
mod store;

use page::Page;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");

#[test]
fn the_page_of_errors_is_what_the_program_says() {
    let mut page = Page::new();
    page.table("Command line", &command_line::cases());
    page.table("Experiment files", &experiment::cases());
    page.table("Overrides", &overrides::cases());
    page.table("Dataset files", &data::cases());
    for (what, said, code) in data::of_downloads() {
        page.row(what, "prefsweep data fetch ml-100k", &format!("error: {said}"), code);
    }
    page.table("Store and folder for results", &store::cases());
    for (what, said, code) in store::of_other_machines() {
        page.row(what, "prefsweep run e.yaml", &format!("error: {said}"), code);
    }
    page.table("Results, exports, claims, comparisons", &results::cases());
    page.table("Imported runs", &import::cases());
    page.table("Devices", &devices::cases());
    for (what, option, said) in devices::of_other_machines() {
        page.row(what, &format!("prefsweep run e.yaml {option}"), &format!("error: {said}"), 2);
    }
    if std::env::var_os("PREFSWEEP_WRITE_DOCS").is_some() {
        std::fs::write(PAGE, &page.text).unwrap();
    }
    assert!(page.faults.is_empty(), "{}", page.faults.join("\n"));
    let committed = std::fs::read_to_string(PAGE).unwrap();
    assert!(committed == page.text, "docs/errors.md is out of date: run `just errors`");
}
