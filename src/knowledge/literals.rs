//! Which words a pattern cannot do without: a cheap first look before any regular expression runs.
//!
//! Most texts hold none of the phrases of most lists. From each pattern a set of short words is taken such that every
//! match contains at least one of them; one automaton over all these words tells in a single pass which lists could
//! match at all. A pattern without such words is always tried, so the first look never hides a match.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex_syntax::hir::{Hir, HirKind};
use std::collections::BTreeMap;

/// Patterns that take part in the first look; any beyond are always tried.
const LOOKED_FOR: usize = 64 * 8;

/// The patterns that could match in a text, by their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Possible([u64; LOOKED_FOR / 64]);

impl Possible {
    /// True when the pattern could match.
    #[must_use]
    pub fn has(&self, pattern: usize) -> bool {
        self.0
            .get(pattern / 64)
            .is_none_or(|bits| bits & (1 << (pattern % 64)) != 0)
    }

    fn add(&mut self, pattern: usize) {
        if let Some(bits) = self.0.get_mut(pattern / 64) {
            *bits |= 1 << (pattern % 64);
        }
    }

    fn add_all(&mut self, others: &Self) {
        for (bits, more) in self.0.iter_mut().zip(others.0) {
            *bits |= more;
        }
    }
}

/// A pattern with more alternatives than this is always tried.
const MAX_WORDS: usize = 200;

/// The first look over a text.
#[derive(Debug, Default)]
pub(super) struct FirstLook {
    automaton: Option<AhoCorasick>,
    /// For each word of the automaton the patterns that need it.
    patterns: Vec<Possible>,
    /// Patterns without such a word.
    always: Possible,
}

impl FirstLook {
    /// Builds the automaton over patterns and their numbers.
    pub fn build<'p>(patterns: impl Iterator<Item = (usize, &'p str)>) -> Self {
        let mut words: BTreeMap<Vec<u8>, Possible> = BTreeMap::new();
        let mut always = Possible::default();
        let mut all = Possible::default();
        for (number, pattern) in patterns {
            all.add(number);
            match needed(pattern) {
                Some(needed) => needed
                    .into_iter()
                    .for_each(|w| words.entry(w).or_default().add(number)),
                None => always.add(number),
            }
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(words.keys());
        match automaton {
            Ok(automaton) => Self {
                automaton: Some(automaton),
                patterns: words.into_values().collect(),
                always,
            },
            // Without the automaton every pattern is tried.
            Err(_) => Self {
                automaton: None,
                patterns: Vec::new(),
                always: all,
            },
        }
    }

    /// The patterns that could match in a text.
    pub fn possible(&self, text: &str) -> Possible {
        let mut possible = self.always;
        for hit in self.automaton.iter().flat_map(|a| a.find_overlapping_iter(text)) {
            if let Some(needed_by) = self.patterns.get(hit.pattern().as_usize()) {
                possible.add_all(needed_by);
            }
        }
        possible
    }
}

/// Words of which every match of the pattern contains at least one, in lower case; `None` when there are none.
fn needed(pattern: &str) -> Option<Vec<Vec<u8>>> {
    let hir = regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(pattern)
        .ok()?;
    let mut words = of(&hir)?;
    words.sort();
    words.dedup();
    Some(words)
}

fn of(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let word = literal.0.to_ascii_lowercase();
            Some(vec![word])
        }
        HirKind::Capture(capture) => of(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => of(&repetition.sub),
        HirKind::Alternation(parts) => {
            let mut words = Vec::new();
            for part in parts {
                words.extend(of(part)?);
            }
            (words.len() <= MAX_WORDS).then_some(words)
        }
        // Any one part of a sequence will do: the one whose shortest word is longest tells most.
        HirKind::Concat(parts) => {
            let candidates = parts.iter().filter_map(of);
            candidates.max_by_key(|words| (words.iter().map(Vec::len).min(), std::cmp::Reverse(words.len())))
        }
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, expect: Option<&[&str]>) {
        let found = needed(pattern);
        let found: Option<Vec<String>> =
            found.map(|w| w.into_iter().map(|w| String::from_utf8(w).unwrap()).collect());
        let expect: Option<Vec<String>> = expect.map(|e| e.iter().map(|w| (*w).to_owned()).collect());
        assert_eq!(found, expect, "{pattern}");
    }

    #[test]
    fn every_match_contains_one_of_the_words() {
        check(r"\bstaging\b", Some(&["staging"]));
        check(r"\bstag(e|ing)\s+of\b", Some(&["stag"]));
        check(r"\b(liver|bone)\s+mets\b", Some(&["mets"]));
        check(r"(abc)?d*", None);
        check(r"(abc|d*)", None);
        check(r"[.;,:]", None);
        check(r"(?-i:\bNETs?\b)", Some(&["net"]));
    }

    #[test]
    fn only_patterns_with_a_needed_word_are_possible() {
        let patterns = [(0, "whipple'?s"), (1, r"\bresectab"), (70, "[.;]")];
        let possible = FirstLook::build(patterns.into_iter()).possible("WHIPPLE was done");
        assert!(possible.has(0));
        assert!(!possible.has(1));
        assert!(possible.has(70), "a pattern without words is always tried");
    }
}
