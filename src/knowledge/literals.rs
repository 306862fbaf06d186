//! Which words a pattern cannot do without: a cheap first look before any regular expression runs.
//!
//! Most texts hold none of the phrases of most lists. From each pattern two sets of short words are taken such that
//! every match contains at least one word of each; one automaton over all these words tells in a single pass which
//! patterns could match at all. A pattern without such words is always tried, so the first look never hides a match.
//! What each pattern cannot do without is worked out in [`required`]; where a match may begin, too.

use std::collections::BTreeMap;
use std::ops::Range;
use words::WordSet;

mod required;
mod words;

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

    /// The patterns in both.
    pub(super) fn both(mut self, other: &Self) -> Self {
        for (bits, more) in self.0.iter_mut().zip(other.0) {
            *bits &= more;
        }
        self
    }

    /// Those of them whose numbers lie in a range: a list of patterns has its numbers side by side, and few are possible.
    pub(super) fn numbers_in(&self, range: Range<usize>) -> impl Iterator<Item = usize> {
        let (from, to) = (range.start, range.end);
        let blocks = self.0.iter().enumerate().skip(from / 64);
        let blocks = blocks.take_while(move |(at, _)| at * 64 < to);
        blocks.flat_map(move |(at, bits)| {
            let first = at * 64;
            let below = |number: usize| match number.saturating_sub(first) {
                many @ 0..64 => (1_u64 << many) - 1,
                _ => u64::MAX,
            };
            ones(bits & below(to) & !below(from)).map(move |bit| first + bit)
        })
    }

    /// Their numbers.
    pub(super) fn numbers(self) -> impl Iterator<Item = usize> {
        let blocks = self.0.into_iter().enumerate();
        blocks.flat_map(|(at, bits)| ones(bits).map(move |bit| at * 64 + bit))
    }

    fn add(&mut self, pattern: usize) {
        if let Some(bits) = self.0.get_mut(pattern / 64) {
            *bits |= 1 << (pattern % 64);
        }
    }

    fn add_block(&mut self, place: u8, more: u64) {
        if let Some(bits) = self.0.get_mut(usize::from(place)) {
            *bits |= more;
        }
    }

    /// The blocks that are not empty: a word stands in few patterns.
    fn blocks(&self) -> impl Iterator<Item = (u8, u64)> {
        (0_u8..).zip(self.0).filter(|(_, bits)| *bits != 0)
    }
}

/// The places of the bits that are set.
fn ones(bits: u64) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(bits), |left| Some(left & left.wrapping_sub(1)))
        .take_while(|left| *left != 0)
        .map(|left| left.trailing_zeros() as usize)
}

/// The first look over a text.
#[derive(Debug, Default)]
pub(super) struct FirstLook {
    words: WordSet<Need>,
    /// Patterns without first, and without second words.
    always: [Possible; 2],
}

/// Some of the patterns that need a word: as one of their first or of their second words, and which block of them.
#[derive(Debug, Clone, Copy)]
struct Need {
    second: bool,
    place: u8,
    patterns: u64,
}

impl FirstLook {
    /// Gathers what the patterns require, each with its number.
    pub fn build<'p>(patterns: impl Iterator<Item = (usize, &'p Required)>) -> Self {
        let mut words: BTreeMap<&[u8], [Possible; 2]> = BTreeMap::new();
        let mut always = [Possible::default(); 2];
        for (number, required) in patterns {
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
        let needs = words.into_iter().map(|(word, needed_by)| {
            let needs = needed_by
                .iter()
                .zip([false, true])
                .flat_map(|(patterns, second)| {
                    patterns.blocks().map(move |(place, patterns)| Need {
                        second,
                        place,
                        patterns,
                    })
                });
            (word, needs.collect())
        });
        Self {
            words: WordSet::new(needs.collect()),
            always,
        }
    }

    /// The patterns that could match in a text.
    pub fn possible(&self, text: &str) -> Possible {
        // No pattern matches an empty text.
        if text.is_empty() {
            return Possible::default();
        }
        let [mut first, mut second] = self.always;
        self.words.each(text.as_bytes(), |need| {
            let needed = if need.second { &mut second } else { &mut first };
            needed.add_block(need.place, need.patterns);
        });
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
        let look = FirstLook::build(required.iter().enumerate());
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
