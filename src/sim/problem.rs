//! What is wrong with the input, and where.

use std::fmt;

use super::places::Mark;

/// Something about the input that has to be corrected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// File, and line and column where there are some: `people.yaml:12:7`.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.place, self.message) }
    }
}

/// A file and a place in it, as messages begin.
#[must_use]
pub fn place(file: &str, mark: Mark) -> String {
    match mark {
        Mark { line: 0, .. } => file.to_owned(),
        Mark { line, column: 0 } => format!("{file}:{line}"),
        Mark { line, column } => format!("{file}:{line}:{column}"),
    }
}
