//! Names and shapes of a policy's parameters.

use std::fmt;
use std::ops::Index;

use serde::{Deserialize, Serialize};

/// How a parameter starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Init {
    /// Normal numbers around zero, of deviation 0.02.
    Normal,
    /// All ones.
    Ones,
    /// All zeros.
    Zeros,
}

/// One parameter: a matrix; biases and gains are `[1, n]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Unique name, dotted.
    pub name: String,
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub cols: usize,
    /// How it starts.
    pub init: Init,
}

impl Parameter {
    /// Number of scalars.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rows * self.cols
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} [{}, {}]", self.name, self.rows, self.cols)
    }
}

/// A parameter of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    pub(super) index: usize,
}

/// All parameters of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    parameters: Vec<Parameter>,
}

impl Layout {
    /// Adds a parameter. The order of additions decides which random numbers a parameter starts with.
    ///
    /// # Panics
    /// When there is one of that name.
    pub fn add(&mut self, name: impl Into<String>, rows: usize, cols: usize, init: Init) -> Handle {
        let name = name.into();
        assert!(self.handle(&name).is_none(), "a second parameter called {name}");
        self.parameters.push(Parameter { name, rows, cols, init });
        Handle { index: self.parameters.len() - 1 }
    }

    /// All parameters, in the order of their addition.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Parameter> {
        self.parameters.iter()
    }

    /// The parameter called `name`.
    #[must_use]
    pub fn handle(&self, name: &str) -> Option<Handle> {
        let index = self.parameters.iter().position(|parameter| parameter.name == name)?;
        Some(Handle { index })
    }
}

impl Index<Handle> for Layout {
    type Output = Parameter;

    fn index(&self, handle: Handle) -> &Parameter {
        &self.parameters[handle.index]
    }
}
