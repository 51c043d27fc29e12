//! How references use their experts, from the tables beside them.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::*;
use prefsweep_store::{CellStatus, EXPERTS_COLUMNS, EXPERTS_FILE};

use crate::columns::{ColumnSpec, Kind, read_csv};
use crate::names::with_axes;
use crate::sweep::Sweep;

/// How much the experts of one block are used.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BlockUse {
    /// The reference with the swept settings it depends on.
    pub(crate) reference: String,
    /// From 0.
    pub(crate) block: u32,
    /// Share of all assignments of each expert, the most used first: which number an expert has means nothing.
    /// Mean over seeds.
    pub(crate) shares: Vec<f64>,
}

/// The sorted shares of every seed.
type OfSeeds = Vec<Vec<f64>>;

/// The use of every block with experts of every reference.
pub(crate) fn uses(sweep: &Sweep) -> Vec<BlockUse> {
    // In the order of the index.
    let mut found: Vec<(String, BTreeMap<u32, OfSeeds>)> = Vec::new();
    for entry in &sweep.index.references {
        if entry.status != CellStatus::Complete {
            continue;
        }
        // Models without experts have no such file.
        let Some(blocks) = read(&sweep.dir.join(&entry.dir).join(EXPERTS_FILE)) else { continue };
        let name = with_axes("reference", &entry.axes);
        let place = found.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            found.push((name, BTreeMap::new()));
            found.len() - 1
        });
        for (block, shares) in blocks {
            found[place].1.entry(block).or_default().push(shares);
        }
    }
    let each = found.into_iter().flat_map(|(reference, blocks)| {
        blocks.into_iter().map(move |(block, seeds)| BlockUse {
            reference: reference.clone(),
            block,
            shares: means(&seeds),
        })
    });
    each.collect()
}

/// The sorted shares of every block; None where there is no such table, or one that cannot be read.
fn read(path: &Path) -> Option<BTreeMap<u32, Vec<f64>>> {
    if !path.is_file() {
        return None;
    }
    let columns = EXPERTS_COLUMNS.map(|name| ColumnSpec {
        name,
        kind: if name == "share" { Kind::Number } else { Kind::Whole },
        optional: false,
    });
    let frame: DataFrame = read_csv(path, &columns).ok()?;
    let (block, share) = (frame.column("block").ok()?, frame.column("share").ok()?);
    let mut blocks: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for (block, share) in block.u32().ok()?.iter().zip(share.f64().ok()?.iter()) {
        blocks.entry(block?).or_default().push(share?);
    }
    for shares in blocks.values_mut() {
        shares.sort_by(|one, other| other.total_cmp(one));
    }
    Some(blocks)
}

/// Means over seeds of shares that are sorted; of those that have as many experts as the first.
fn means(seeds: &[Vec<f64>]) -> Vec<f64> {
    let experts = seeds[0].len();
    let seeds: Vec<&Vec<f64>> = seeds.iter().filter(|shares| shares.len() == experts).collect();
    (0..experts)
        .map(|expert| seeds.iter().map(|shares| shares[expert]).sum::<f64>() / seeds.len() as f64)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_sorted_within_a_block_and_averaged_over_seeds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(EXPERTS_FILE);
        let header = EXPERTS_COLUMNS.join(",");
        let rows = "9,0,0,0.25\n9,0,1,0.75\n9,1,0,0.5\n9,1,1,0.5\n";
        std::fs::write(&path, format!("{header}\n{rows}")).unwrap();
        let blocks = read(&path).unwrap();
        assert_eq!(blocks[&0], [0.75, 0.25]);
        assert_eq!(means(&[blocks[&0].clone(), blocks[&1].clone()]), [0.625, 0.375]);
        assert!(read(&folder.path().join("none.csv")).is_none());
    }
}
