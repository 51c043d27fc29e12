//! Circles among imports.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::imports::{Imports, between};
use crate::source::File;

/// Files that import one another in circles, one text for each group of them.
pub(crate) fn describe(imports: &Imports, root: &Path) -> Vec<String> {
    let reachable: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> =
        imports.keys().map(|file| (file, reached(imports, file))).collect();
    let joined = |a: &PathBuf, b: &PathBuf| {
        reachable[a].contains(b) && reachable.contains_key(b) && reachable[b].contains(a)
    };
    let mut groups: Vec<BTreeSet<&PathBuf>> = Vec::new();
    for file in imports.keys().filter(|file| reachable[file].contains(file)) {
        match groups.iter_mut().find(|group| group.iter().any(|other| joined(file, other))) {
            Some(group) => {
                group.insert(file);
            }
            None => groups.push(BTreeSet::from([file])),
        }
    }
    let short = |path: &Path| path.strip_prefix(root).unwrap_or(path).display().to_string();
    let text = |group: &BTreeSet<&PathBuf>| {
        let mut text = String::new();
        for from in group {
            for (to, names) in imports[*from].iter().filter(|(to, _)| group.contains(to)) {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                text.push_str(&format!("{} <- {}: {}\n", short(from), short(to), names.join(", ")));
            }
        }
        text
    };
    groups.iter().map(text).collect()
}

/// All files that `file` imports, and those that these import.
fn reached<'a>(imports: &'a Imports, file: &PathBuf) -> BTreeSet<&'a PathBuf> {
    let mut reached = BTreeSet::new();
    let mut next = vec![file];
    while let Some(file) = next.pop() {
        for to in imports.get(file).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(to) {
                next.push(to);
            }
        }
    }
    reached
}

/// Files of a made-up crate `k`: module and text.
fn circles(files: &[(&str, &str)]) -> Vec<String> {
    let parse = |(module, text): &(&str, &str)| {
        let module: Vec<String> = module.split("::").map(str::to_owned).collect();
        File::parse(module.join("/").into(), module, text)
    };
    let files: Vec<File> = files.iter().map(parse).collect();
    describe(&between(&files), Path::new(""))
}

const FACADE: (&str, &str) = ("k", "mod a; mod b; mod c; pub use a::A; pub use b::{B, D};");

#[test]
fn a_circle_is_found_through_a_facade() {
    let a = ("k::a", "use crate::B; pub struct A;");
    let c = ("k::c", "use crate::{A, B}; struct C;");
    for b in ["use super::A; pub struct B;", "pub struct B; fn f() { crate::a::A::new() }"] {
        let found = circles(&[FACADE, a, ("k::b", b), c]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("k/a <- k/b: crate::B\nk/b <- k/a: "), "{found:?}");
    }
    assert_eq!(circles(&[FACADE, a, ("k::b", "pub struct B;"), c]), [""; 0]);
}

#[test]
fn a_facade_with_items_is_a_file() {
    let root = ("k", "mod a; mod b; mod c; pub use a::A; pub use b::B; pub fn run() { a::go() }");
    let (b, c) = (("k::b", "pub struct B;"), ("k::c", "use crate::{A, B};"));
    let found = circles(&[root, ("k::a", "pub struct A; use crate::run;"), b, c]);
    assert_eq!(found, ["k <- k/a: a::go\nk/a <- k: crate::run\n"]);
    // What it passes on is not its own.
    assert_eq!(circles(&[root, ("k::a", "use crate::B; pub struct A;"), b, c]), [""; 0]);
}

#[test]
fn longer_circles_are_found_and_tests_do_not_count() {
    let test = "#[cfg(test)] mod tests { use crate::b::B; }";
    let a = ("k::a", "use crate::c::C; pub struct A;");
    let b = ("k::b", "use crate::a::A; pub struct B; pub struct D;");
    let found = circles(&[FACADE, a, b, ("k::c", "use super::D as Renamed; pub struct C;")]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].lines().count(), 3, "{found:?}");
    let c = format!("pub struct C; {test}");
    assert_eq!(circles(&[FACADE, a, b, ("k::c", &c)]), [""; 0]);
}
