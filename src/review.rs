//! Knowledge that checks itself with the engine: patient stories and phrases, read from the text beside the knowledge.
//!
//! Pure: file names and texts come in, findings go out. It leaves out reading files, rendering pages and the words
//! of cards, which the caller passes in.

pub mod expect;
pub mod markdown;
pub mod outcome;
pub mod phrases;
pub mod story;
pub mod vignette;

use std::fmt;

/// A line of a file, for people to find.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// How many line ends stand before byte `at`.
pub(crate) fn lines_before(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count()
}
