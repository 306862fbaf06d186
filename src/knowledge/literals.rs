//! Which words a pattern cannot do without: a cheap first look before any regular expression runs.
//!
//! Most texts hold none of the phrases of most lists. From each pattern two sets of short words are taken such that
//! every match contains at least one word of each; one automaton over all these words tells in a single pass which
//! patterns could match at all. A pattern without such words is always tried, so the first look never hides a match.
//! What each pattern cannot do without is worked out in [`required`]; where a match may begin, too.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::collections::BTreeMap;

mod required;

pub(super) use required::{Required, Start};

/// The most patterns a rule set may have (a finding says so).
pub const MAX_PATTERNS: usize = 64 * 12;

/// The patterns that could match in a text, by their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Possible([u64; MAX_PATTERNS / 64]);

impl Possible {
    /// True when the pattern could match.
    #[must_use]
    pub fn has(&self, pattern: usize) -> bool {
        self.0
            .get(pattern / 64)
            .is_some_and(|bits| bits & (1 << (pattern % 64)) != 0)
    }

    /// These patterns.
    pub(super) fn of(patterns: impl Iterator<Item = usize>) -> Self {
        let mut all = Self::default();
        patterns.for_each(|number| all.add(number));
        all
    }

    /// The patterns in both.
    pub(super) fn both(mut self, other: &Self) -> Self {
        for (bits, more) in self.0.iter_mut().zip(other.0) {
            *bits &= more;
        }
        self
    }

    /// Their numbers.
    pub(super) fn numbers(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(at, bits)| {
            std::iter::successors(Some(bits), |left| Some(left & left.wrapping_sub(1)))
                .take_while(|left| *left != 0)
                .map(move |left| at * 64 + left.trailing_zeros() as usize)
        })
    }

    fn add(&mut self, pattern: usize) {
        if let Some(bits) = self.0.get_mut(pattern / 64) {
            *bits |= 1 << (pattern % 64);
        }
    }

    fn add_all(&mut self, others: &[(u8, u64)]) {
        for (place, more) in others {
            if let Some(bits) = self.0.get_mut(usize::from(*place)) {
                *bits |= more;
            }
        }
    }

    /// The blocks that are not empty: a word stands in few patterns.
    fn blocks(&self) -> Vec<(u8, u64)> {
        let blocks = (0_u8..).zip(self.0);
        blocks.filter(|(_, bits)| *bits != 0).collect()
    }
}

/// The first look over a text.
#[derive(Debug, Default)]
pub(super) struct FirstLook {
    automaton: Option<AhoCorasick>,
    /// For each word of the automaton the patterns that need it, as one of their first and of their second words.
    needed_by: Vec<[Vec<(u8, u64)>; 2]>,
    /// Patterns without first, and without second words.
    always: [Possible; 2],
}

impl FirstLook {
    /// Builds the automaton over what the patterns require, numbered in their order.
    pub fn build<'p>(patterns: impl Iterator<Item = &'p Required>) -> Self {
        let mut words: BTreeMap<&[u8], [Possible; 2]> = BTreeMap::new();
        let mut always = [Possible::default(); 2];
        let mut all = Possible::default();
        for (number, required) in patterns.enumerate() {
            all.add(number);
            for (at, always) in always.iter_mut().enumerate() {
                let Some(needed) = required.words.get(at) else {
                    always.add(number);
                    continue;
                };
                for word in needed {
                    if let Some(needed_by) = words.entry(word).or_default().get_mut(at) {
                        needed_by.add(number);
                    }
                }
            }
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(words.keys());
        match automaton {
            Ok(automaton) => Self {
                automaton: Some(automaton),
                needed_by: words.into_values().map(|both| both.map(|p| p.blocks())).collect(),
                always,
            },
            // Without the automaton every pattern is tried.
            Err(_) => Self {
                automaton: None,
                needed_by: Vec::new(),
                always: [all; 2],
            },
        }
    }

    /// The patterns that could match in a text.
    pub fn possible(&self, text: &str) -> Possible {
        let [mut first, mut second] = self.always;
        for hit in self.automaton.iter().flat_map(|a| a.find_overlapping_iter(text)) {
            if let Some([as_first, as_second]) = self.needed_by.get(hit.pattern().as_usize()) {
                first.add_all(as_first);
                second.add_all(as_second);
            }
        }
        first.both(&second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_patterns_with_their_needed_words_are_possible() {
        let patterns = [
            "whipple'?s",
            r"\bresectab",
            "[.;]",
            r"\b(suspected|likely)\s+(net|nec)",
        ];
        let required: Vec<_> = patterns.into_iter().map(Required::by).collect();
        let look = FirstLook::build(required.iter());
        let check = |text: &str, expect: &[usize]| {
            assert_eq!(
                look.possible(text).numbers().collect::<Vec<_>>(),
                expect,
                "{text}"
            );
        };
        check("WHIPPLE'S was done", &[0, 2]);
        check("suspected stone", &[2]);
        check("suspected PNET", &[2, 3]);
    }
}
