//! Which file takes a name from which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::source::{File, Use};

/// By importing file, by imported file, the paths of what is imported.
pub(crate) type Imports = BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>;

/// Where names lead.
struct Names<'a> {
    modules: BTreeMap<&'a [String], &'a File>,
}

/// What a path leads to.
#[derive(Clone, Copy)]
enum Found<'a> {
    /// Something defined in a file.
    Item(&'a File),
    /// A module itself.
    Module(&'a File),
}

/// All imports between these files.
pub(crate) fn between(files: &[File]) -> Imports {
    let modules = files.iter().map(|file| (&file.module[..], file)).collect();
    let names = Names { modules };
    let mut imports = Imports::new();
    for file in files.iter().filter(|file| !file.is_facade()) {
        let mut add = |path: &[String], found: Option<Found<'_>>| {
            let (Found::Item(from) | Found::Module(from)) = match found {
                // What is used of a facade is named by a path of its own.
                Some(Found::Module(module)) if module.is_facade() => return,
                Some(found) => found,
                None => return,
            };
            if from.path != file.path {
                let of = imports.entry(file.path.clone()).or_default();
                of.entry(from.path.clone()).or_default().insert(path.join("::"));
            }
        };
        // A folder's file passes the names of its children on.
        let passes_on = |import: &&Use| !import.is_public || file.children.is_empty();
        for Use { path, name, .. } in file.uses.iter().filter(passes_on) {
            match name {
                Some(_) => add(path, names.find(file, path, 0)),
                None => {
                    for found in names.all(file, path) {
                        add(path, Some(found));
                    }
                }
            }
        }
        for path in &file.paths {
            add(path, names.find(file, path, 0));
        }
    }
    imports
}

impl<'a> Names<'a> {
    /// What `path` means in `file`; None for names of other crates and of `file` itself.
    fn find(&self, file: &'a File, path: &[String], depth: usize) -> Option<Found<'a>> {
        assert!(depth < 20, "{}: {} leads nowhere", file.path.display(), path.join("::"));
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.walk(self.modules.get(&file.module[..1])?, rest, depth),
            "self" => self.walk(file, rest, depth),
            "super" => {
                let parent = &file.module[..file.module.len() - 1];
                let parent = self.modules.get(parent)?;
                // Several in a row, or a name of the parent.
                if rest.first().is_some_and(|next| next == "super") {
                    self.find(parent, rest, depth + 1)
                } else {
                    self.walk(parent, rest, depth)
                }
            }
            _ if file.children.contains(first) => self.walk(file, path, depth),
            _ => {
                let imported = file.uses.iter().find(|u| u.name.as_ref() == Some(first));
                // An import of a crate's own name does not lead back to itself.
                if let Some(import) = imported.filter(|import| import.path != path[..1]) {
                    let whole = [&import.path[..], rest].concat();
                    return if whole == path { None } else { self.find(file, &whole, depth + 1) };
                }
                self.walk(self.modules.get(&path[..1])?, rest, depth)
            }
        }
    }

    /// What a path means that starts inside a module.
    fn walk(&self, module: &'a File, path: &[String], depth: usize) -> Option<Found<'a>> {
        let Some((first, rest)) = path.split_first() else { return Some(Found::Module(module)) };
        if module.children.contains(first) {
            let child = [&module.module[..], std::slice::from_ref(first)].concat();
            return self.walk(self.modules.get(&child[..])?, rest, depth);
        }
        if module.items.contains(first) {
            return Some(Found::Item(module));
        }
        if let Some(import) = module.uses.iter().find(|u| u.name.as_ref() == Some(first)) {
            let whole = [&import.path[..], rest].concat();
            // None: it is another crate's, only named here.
            return self.find(module, &whole, depth + 1);
        }
        for glob in module.uses.iter().filter(|u| u.name.is_none()) {
            if let Some(Found::Module(from)) = self.find(module, &glob.path, depth + 1)
                && let Some(found) = self.walk(from, path, depth + 1)
                && !matches!(found, Found::Module(_))
            {
                return Some(found);
            }
        }
        // Made by a macro, perhaps.
        if module.is_facade() { None } else { Some(Found::Item(module)) }
    }

    /// What a glob imports: of a facade all that it passes on.
    fn all(&self, file: &'a File, path: &[String]) -> Vec<Found<'a>> {
        match self.find(file, path, 0) {
            Some(Found::Module(module)) if module.is_facade() => {
                let public = module.uses.iter().filter(|import| import.is_public);
                public.filter_map(|import| self.find(module, &import.path, 0)).collect()
            }
            found => found.into_iter().collect(),
        }
    }
}
