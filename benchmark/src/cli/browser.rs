//! `prefsweep open`.

use anyhow::Result;

use super::args::ReportArgs;
use super::notices::say;
use super::outcome::Outcome;
use super::show::{print, results_folder};

/// Shows the report in the browser; writes it first where there is none.
pub(crate) fn open(args: &ReportArgs) -> Result<Outcome> {
    let folder = results_folder(&args.stored)?;
    let out = args.out.clone().unwrap_or_else(|| folder.join("report"));
    let mut page = out.join("report.html");
    if !page.is_file() {
        page = prefsweep_report::write_report(&folder, &out)?.html;
    }
    print(&format!("{}\n", page.display()))?;
    match open::that_detached(&page) {
        Ok(()) => Ok(Outcome::Done),
        Err(_) => {
            say("no browser could be started here: open the file above in one");
            Ok(Outcome::Failed)
        }
    }
}
