//! What a page is made of.

use crate::grid::Grid;
use crate::page::marks::prose;
use crate::page::prose::Prose;
use crate::plots::Figure;

/// One piece of a page, below the one before it.
#[derive(Debug, Clone)]
pub(crate) enum Block {
    Heading(Heading),
    Prose(Prose),
    List(Vec<Prose>),
    /// Its caption is shown by formats that number tables.
    Table(Grid),
    /// A table with its caption in every format.
    Captioned(Grid),
    /// The same with its number on the page, for formats that do not number tables.
    Numbered {
        label: &'static str,
        grid: Grid,
    },
    /// What a reader came for, a line each.
    Answer(Vec<Prose>),
    /// Data for the script of a page that has one; nothing elsewhere.
    Controls {
        /// JSON.
        data: String,
    },
    Figure(Figure),
    /// What opens on a click, where a format can.
    Folded {
        title: Prose,
        blocks: Vec<Block>,
    },
    /// A section that opens on a click, where a format can.
    Section {
        heading: Heading,
        blocks: Vec<Block>,
    },
    /// Lines to copy, in a language.
    Code {
        language: &'static str,
        text: String,
    },
    /// What a reader must not miss.
    Note(Prose),
}

/// A heading, of level 1 for the page, 2 for a section and 3 within one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heading {
    pub(crate) level: u8,
    pub(crate) text: Prose,
    /// The name for links.
    pub(crate) anchor: String,
}

impl Block {
    /// A heading with the anchor that GitHub would give it.
    pub(crate) fn heading(level: u8, text: impl Into<Prose>) -> Self {
        Self::Heading(Heading::new(level, text.into()))
    }

    /// A folded section.
    pub(crate) fn section(title: impl Into<Prose>, blocks: Vec<Self>) -> Self {
        Self::Section { heading: Heading::new(3, title.into()), blocks }
    }

    /// A table, or that there is nothing to put in it yet.
    pub(crate) fn table(grid: Grid) -> Self {
        match grid.rows.is_empty() {
            true => Self::Prose(prose!("*No results yet.*")),
            false => Self::Table(grid),
        }
    }

    /// A long table behind its title, with its caption as the explanation.
    pub(crate) fn folded_table(title: impl Into<Prose>, grid: Grid) -> Self {
        let table = match grid.rows.is_empty() || grid.caption.is_empty() {
            true => Self::table(grid),
            false => Self::Captioned(grid),
        };
        Self::Folded { title: title.into(), blocks: vec![table] }
    }
}

impl Heading {
    fn new(level: u8, text: Prose) -> Self {
        let anchor = anchor(&text.plain());
        Self { level, text, anchor }
    }
}

impl From<Prose> for Block {
    fn from(prose: Prose) -> Self {
        Self::Prose(prose)
    }
}

/// A name for links, as GitHub makes it from a heading.
fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'))
        .map(|character| if character == ' ' { '-' } else { character })
        .collect()
}
