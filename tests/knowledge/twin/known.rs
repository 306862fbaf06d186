//! Differences that are reported and not yet mended. Empty is the goal.

use super::verdict::Verdict;
use apposite::engine::case::Case;
use apposite::knowledge::Knowledge;

/// A difference that is known: why, and how to tell it.
pub struct Known {
    pub why: &'static str,
    pub is: fn(&Knowledge, &Case, &[Verdict]) -> bool,
}

pub const KNOWN: &[Known] = &[];
