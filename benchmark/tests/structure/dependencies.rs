//! Which packages a crate of the workspace is built from.

use std::collections::{BTreeMap, BTreeSet};

/// The names of all packages below `name`, from the lock file.
fn below(name: &str) -> BTreeSet<String> {
    let lock = include_str!("../../../Cargo.lock");
    let dependencies: BTreeMap<&str, Vec<&str>> = lock
        .split("[[package]]")
        .skip(1)
        .map(|entry| {
            let name = entry.split("name = \"").nth(1).and_then(|rest| rest.split('"').next());
            let list = entry.split("dependencies = [").nth(1).unwrap_or_default();
            // "name" or "name version".
            let names = list.split('"').skip(1).step_by(2).filter_map(|n| n.split(' ').next());
            (name.expect("a package has a name"), names.collect())
        })
        .fold(BTreeMap::new(), |mut all, (name, names): (&str, Vec<&str>)| {
            all.entry(name).or_insert_with(Vec::new).extend(names);
            all
        });
    assert!(dependencies.contains_key(name), "no package {name}");
    let mut found = BTreeSet::new();
    let mut next = vec![name];
    while let Some(name) = next.pop() {
        for &dependency in dependencies.get(name).into_iter().flatten() {
            if found.insert(dependency.to_owned()) {
                next.push(dependency);
            }
        }
    }
    found
}

/// The report reads files and computes statistics; it never trains.
#[test]
fn the_report_is_built_without_what_trains() {
    let found = below("prefsweep-report");
    assert!(found.contains("prefsweep-store") && found.contains("polars"), "{found:?}");
    let trains = |name: &&String| {
        name.starts_with("burn")
            || name.starts_with("cubecl")
            || name.starts_with("wgpu")
            || matches!(name.as_str(), "prefsweep" | "prefsweep-policy" | "prefsweep-losses")
    };
    assert_eq!(found.iter().find(trains), None);
    // The test sees what it looks for where it is.
    assert!(below("prefsweep-policy").contains("burn"));
}

#[test]
fn crates_know_only_those_above_them() {
    let order = ["datasets", "store", "losses", "policy"].map(|name| format!("prefsweep-{name}"));
    for (place, name) in order.iter().enumerate() {
        let found = below(name);
        let beneath: Vec<&String> =
            order[place..].iter().filter(|other| found.contains(*other)).collect();
        assert!(beneath.is_empty(), "{name} knows {beneath:?}");
        assert!(!found.contains("prefsweep") && !found.contains("prefsweep-report"), "{name}");
    }
}
