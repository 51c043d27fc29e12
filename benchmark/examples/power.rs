//! The minimum detectable effect on NDCG@10 in some reports, beside the users that they rest on: how the
//! size of the main experiment was chosen. `benchmark/power.sh` makes the reports.
//!
//! ```text
//! cargo run --release --example power -- FOLDER...
//! ```
//!
//! Only the size of errors is read, never the direction of a difference.

#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

fn main() -> Result<()> {
    println!("| users | loss | NDCG@10 at the smaller K | MDE | in % |");
    println!("| --: | :-- | --: | --: | --: |");
    for folder in std::env::args().skip(1) {
        let path = Path::new(&folder).join("verdict.json");
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let verdict: Value = serde_json::from_str(&text)?;
        for loss in verdict["losses"].as_array().context("verdict.json has losses")? {
            let range = &loss["range"];
            if let (Some(users), Some(before), Some(effect)) = (
                range["users"].as_u64(),
                range["before"].as_f64(),
                range["minimum_detectable"].as_f64(),
            ) {
                let label = loss["label"].as_str().unwrap_or_default();
                let percent = 100.0 * effect / before;
                println!("| {users} | {label} | {before:.4} | {effect:.4} | {percent:.1} |");
            }
        }
    }
    Ok(())
}
