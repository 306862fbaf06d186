//! What is wrong with a knowledge file: place, problem, remedy.
//!
//! Form: lower case, place first, the file's own words in backticks, never a Rust type name.

use std::fmt;

/// A defect in the knowledge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// `K001` …; see [`super::lint`].
    pub code: &'static str,
    /// File inside `cards/`.
    pub file: String,
    /// Line, counted from 1; 0 when the whole file is meant.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "error[{}]: {}\n  --> cards/{}",
            self.code, self.message, self.file
        )?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, "\n  help: {}", self.help)
    }
}

/// The line of the `at`-th place (from 0) where a line begins with `mark`, counted from 1; 0 when there is none.
pub(super) fn nth_line(text: &str, mark: &str, at: usize) -> usize {
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, l)| l.trim_start().starts_with(mark));
    lines.map(|(number, _)| number + 1).nth(at).unwrap_or_default()
}
