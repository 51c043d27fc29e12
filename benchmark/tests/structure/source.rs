//! What a file of a crate declares, defines and names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::tokens::{Token, tokens, without_tests};

/// A file of a crate.
#[derive(Debug)]
pub(crate) struct File {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Its module: the crate, then the names of modules. A program has the crate's name with `!`.
    pub(crate) module: Vec<String>,
    /// Modules that lie in files of their own.
    pub(crate) children: BTreeSet<String>,
    /// Items that it defines.
    pub(crate) items: BTreeSet<String>,
    /// What its `use` lines import.
    pub(crate) uses: Vec<Use>,
    /// Paths of two segments or more outside `use` lines.
    pub(crate) paths: BTreeSet<Vec<String>>,
}

/// One name of a `use` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    /// The path; of a glob without the star.
    pub(crate) path: Vec<String>,
    /// The name in this file; None for a glob.
    pub(crate) name: Option<String>,
    /// Whether others can import it from here.
    pub(crate) is_public: bool,
}

impl File {
    /// Whether it declares modules and defines nothing.
    pub(crate) fn is_facade(&self) -> bool {
        !self.children.is_empty() && self.items.is_empty()
    }

    /// What the text of a file says.
    pub(crate) fn parse(path: PathBuf, module: Vec<String>, source: &str) -> Self {
        let tokens = without_tests(&tokens(source));
        let mut file = Self {
            path,
            module,
            children: BTreeSet::new(),
            items: BTreeSet::new(),
            uses: Vec::new(),
            paths: BTreeSet::new(),
        };
        file.collect(&tokens);
        file
    }

    fn collect(&mut self, tokens: &[Token]) {
        let mut depth = 0;
        let mut at = 0;
        while at < tokens.len() {
            let (token, next) = (tokens[at].as_str(), tokens.get(at + 1).map_or("", |t| t));
            match token {
                "{" => depth += 1,
                "}" => depth -= 1,
                "use" if next != "<" => {
                    let end = tokens[at..].iter().position(|token| token == ";");
                    let end = at + end.expect("a use ends");
                    let is_public = at > 0 && matches!(tokens[at - 1].as_str(), "pub" | ")");
                    parse_use(&mut Vec::new(), &tokens[at + 1..end], is_public, &mut self.uses);
                    at = end;
                }
                "mod" if depth == 0 && tokens.get(at + 2).is_some_and(|token| token == ";") => {
                    self.children.insert(next.to_owned());
                }
                "macro_rules" if depth == 0 => {
                    self.items.insert(tokens[at + 2].clone());
                }
                "struct" | "enum" | "union" | "trait" | "type" | "fn" | "static" | "const"
                    if depth == 0 && !matches!(next, "fn" | "unsafe" | "extern" | "async") =>
                {
                    self.items.insert(next.to_owned());
                }
                _ => {
                    let path = path(&tokens[at..]);
                    if path.len() > 1 {
                        at += 2 * (path.len() - 1);
                        self.paths.insert(path);
                    }
                }
            }
            at += 1;
        }
    }
}

/// The path with which these tokens begin: `a::b::c`.
fn path(tokens: &[Token]) -> Vec<String> {
    let mut path = Vec::new();
    let mut at = 0;
    while tokens.get(at).is_some_and(|token| is_word(token)) {
        path.push(tokens[at].clone());
        if tokens.get(at + 1).is_none_or(|token| token != "::") {
            break;
        }
        at += 2;
    }
    path
}

fn is_word(token: &str) -> bool {
    token.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Adds the names of a use tree below `prefix`.
fn parse_use(prefix: &mut Vec<String>, tokens: &[Token], is_public: bool, uses: &mut Vec<Use>) {
    let before = prefix.len();
    let mut at = usize::from(tokens.first().is_some_and(|token| token == "::"));
    let mut name = None;
    while at < tokens.len() {
        match tokens[at].as_str() {
            "::" => {}
            "*" => {
                uses.push(Use { path: prefix.clone(), name: None, is_public });
                prefix.truncate(before);
                return;
            }
            "{" => {
                for branch in branches(&tokens[at + 1..tokens.len() - 1]) {
                    parse_use(prefix, branch, is_public, uses);
                }
                prefix.truncate(before);
                return;
            }
            "as" => {
                name = Some(tokens[at + 1].clone());
                at += 1;
            }
            // In a group: the group's own path.
            "self" if !prefix.is_empty() => {}
            segment => prefix.push(segment.to_owned()),
        }
        at += 1;
    }
    if prefix.len() > before || tokens.first().is_some_and(|token| token == "self") {
        let name = name.or_else(|| prefix.last().cloned());
        uses.push(Use { path: prefix.clone(), name, is_public });
    }
    prefix.truncate(before);
}

/// The parts of a group, between its commas.
fn branches(tokens: &[Token]) -> Vec<&[Token]> {
    let mut parts = Vec::new();
    let (mut depth, mut from) = (0, 0);
    for (at, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 0 => {
                parts.push(&tokens[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tokens[from..]);
    parts.retain(|part| !part.is_empty());
    parts
}

/// The files of a crate, from its `lib.rs` and `main.rs` by the modules that they declare.
pub(crate) fn read(name: &str, folder: &Path) -> Vec<File> {
    let mut files = Vec::new();
    for (file, module) in [("lib.rs", name.to_owned()), ("main.rs", format!("{name}!"))] {
        if folder.join(file).is_file() {
            add(&folder.join(file), folder, vec![module], &mut files);
        }
    }
    files
}

/// Adds a file, whose modules lie in `folder`, and these.
fn add(path: &Path, folder: &Path, module: Vec<String>, files: &mut Vec<File>) {
    let source = std::fs::read_to_string(path);
    let source = source.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file = File::parse(path.to_owned(), module.clone(), &source);
    for child in &file.children {
        let [flat, nested] = [format!("{child}.rs"), format!("{child}/mod.rs")];
        let path = [flat, nested].map(|name| folder.join(name)).into_iter().find(|p| p.is_file());
        let path = path.unwrap_or_else(|| panic!("{}: no file of {child}", file.path.display()));
        add(&path, &folder.join(child), [&module[..], std::slice::from_ref(child)].concat(), files);
    }
    files.push(file);
}

#[test]
fn items_and_imports_are_found() {
    let source = "
        //! Some text.
        pub(crate) mod child;
        mod inline { struct Inner; }
        pub use child::{Name, deep::{self, Other as Renamed}};
        use crate::a::*;
        pub(super) const VALUE: usize = std::mem::size_of::<u8>();
        impl Thing { const fn inherent() { crate::b::call(super::c::X) } }
        pub enum Kind { One }
        macro_rules! make { () => {} }";
    let file = File::parse("x/mod.rs".into(), vec!["k".into(), "x".into()], source);
    assert_eq!(file.children, BTreeSet::from(["child".to_owned()]));
    assert_eq!(file.items, ["Kind", "VALUE", "make"].map(str::to_owned).into());
    let uses: Vec<String> = file
        .uses
        .iter()
        .map(|u| format!("{} as {:?} {}", u.path.join("::"), u.name, u.is_public))
        .collect();
    assert_eq!(
        uses,
        [
            "child::Name as Some(\"Name\") true",
            "child::deep as Some(\"deep\") true",
            "child::deep::Other as Some(\"Renamed\") true",
            "crate::a as None false",
        ]
    );
    let paths: Vec<String> = file.paths.iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["crate::b::call", "std::mem::size_of", "super::c::X"]);
}
