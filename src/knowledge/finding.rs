//! What is wrong with a knowledge file: place, problem, remedy.
//!
//! Form: lower case, place first, the file's own words in backticks, never a Rust type name.

use std::fmt;

/// A defect in the knowledge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// `K001` …; see [`explain`].
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

/// The register of findings: code, what, why.
pub const REGISTER: &[(&str, &str, &str)] = &[
    (
        "K001",
        "a file is missing",
        "the rule set is only valid as a whole",
    ),
    (
        "K002",
        "a file cannot be read as written",
        "a typing error must not change the meaning silently",
    ),
    (
        "K003",
        "a name is not known",
        "a reference to nothing would never fire",
    ),
    (
        "K004",
        "a name stands twice",
        "two entries of one name would contradict each other",
    ),
    (
        "K005",
        "a phrase pattern is not a valid regular expression",
        "it could never match",
    ),
    (
        "K006",
        "a rating has no source, or a category that does not exist",
        "a rating enters only with its source",
    ),
    (
        "K007",
        "a scenario row can never be reached, or no row is left for some facts",
        "the table must decide every case",
    ),
    (
        "K008",
        "a card has no words, or words that ask for something unknown",
        "a clinician would see a gap",
    ),
    (
        "K009",
        "two studies have the same description",
        "an order could not be told apart",
    ),
    (
        "K010",
        "an offered study is rated worse than what it would replace",
        "a suggestion must improve the order",
    ),
];

/// What a finding code means and why it matters.
#[must_use]
pub fn explain(code: &str) -> Option<(&'static str, &'static str)> {
    REGISTER
        .iter()
        .find(|(c, ..)| *c == code)
        .map(|(_, what, why)| (*what, *why))
}
