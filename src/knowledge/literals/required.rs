//! What a pattern cannot do without, read from its syntax: words that every match contains, and how a match begins.
//!
//! Everything here errs on one side: it may say too little, and then a pattern is tried in vain; it never rules out a
//! match in a folded text (`lexicon::fold`). Words are in lower case, since patterns are matched without regard to case.

use regex_syntax::hir::{Class, Hir, HirKind, Look};
use std::collections::BTreeSet;

/// A set with more words than this tells nothing.
const MAX_WORDS: usize = 200;

/// Neighbouring pieces are spelled out together as long as there are no more spellings than this.
const MAX_SPELLINGS: usize = 48;

/// A shorter word is in nearly every text.
const MIN_WORD: usize = 2;

type Words = BTreeSet<Vec<u8>>;

/// What every match of a pattern has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Required {
    /// Up to two sets; every match contains a word of each.
    pub words: Vec<Words>,
    /// How a match begins.
    pub start: Start,
    /// The most bytes a match can have, if there is a limit.
    pub longest: Option<usize>,
}

impl Required {
    /// What a pattern requires; nothing when it cannot be read.
    pub fn by(pattern: &str) -> Self {
        let parsed = regex_syntax::ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .build()
            .parse(pattern);
        let Ok(hir) = parsed else {
            return Self::default();
        };
        let part = Part::of(&hir);
        Self {
            words: part.both(),
            start: Start::with(part.prefix(), starts_a_word(&hir)),
            longest: hir.properties().maximum_len(),
        }
    }
}

/// The bytes a match can begin with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// For each of the first places the bytes that can stand there, in either case; nothing is known of a full set.
    bytes: [ByteSet; 3],
    /// A match begins at the start of a word.
    word: bool,
    /// Every spelling with which a match can begin, each after its length.
    spellings: Box<[u8]>,
}

impl Start {
    fn with(prefix: Option<Words>, word: bool) -> Self {
        let prefix = prefix.unwrap_or_default();
        let shortest = prefix.iter().map(Vec::len).min().unwrap_or(0);
        let mut bytes = [ByteSet::default(); 3];
        for (at, set) in bytes.iter_mut().enumerate().take(shortest) {
            *set = ByteSet::of(prefix.iter().filter_map(|w| w.get(at).copied()));
        }
        let starts_inside = |w: &Vec<u8>| w.first().is_some_and(|b| is_word(*b));
        Self {
            bytes,
            word: word && !prefix.is_empty() && prefix.iter().all(starts_inside),
            spellings: packed(&prefix).unwrap_or_default(),
        }
    }

    /// True when nothing is known about it, so that every place must be tried.
    pub fn is_anywhere(&self) -> bool {
        self.bytes.iter().all(|set| *set == ByteSet::FULL)
    }

    /// The next place of a text where a match can begin, from a place on.
    pub fn next(&self, text: &[u8], from: usize) -> Option<usize> {
        let [first, second, third] = &self.bytes;
        let rest = text.get(from..)?;
        // Most places fall at the first sign.
        let places = rest.iter().enumerate().filter(|(_, sign)| first.has(**sign));
        let mut places = places.map(|(at, _)| from + at);
        places.find(|at| {
            let here = text.get(*at..).unwrap_or_default();
            let before = || at.checked_sub(1).and_then(|before| text.get(before));
            second.takes(here.get(1))
                && third.takes(here.get(2))
                && !(self.word && before().is_some_and(|sign| is_word(*sign)))
                && self.is_spelled(here)
        })
    }

    /// True when the text begins with one of the spellings.
    fn is_spelled(&self, text: &[u8]) -> bool {
        let mut rest = &*self.spellings;
        while let Some((length, more)) = rest.split_first() {
            let (word, more) = more.split_at_checked(usize::from(*length)).unwrap_or_default();
            if text
                .get(..word.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(word))
            {
                return true;
            }
            rest = more;
        }
        self.spellings.is_empty()
    }
}

/// The words, each after its length; nothing when there are too many to be tried one by one.
fn packed(words: &Words) -> Option<Box<[u8]>> {
    if words.len() > MAX_WORDS {
        return None;
    }
    let mut packed = Vec::new();
    for word in words {
        packed.push(u8::try_from(word.len()).ok()?);
        packed.extend_from_slice(word);
    }
    Some(packed.into())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ByteSet([u64; 4]);

impl Default for ByteSet {
    fn default() -> Self {
        Self::FULL
    }
}

impl ByteSet {
    const FULL: Self = Self([u64::MAX; 4]);

    /// These letters in either case, and whatever else is among them.
    fn of(bytes: impl Iterator<Item = u8>) -> Self {
        let mut set = Self([0; 4]);
        for byte in bytes.flat_map(|byte| [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()]) {
            if let Some(bits) = set.0.get_mut(usize::from(byte >> 6)) {
                *bits |= 1 << (byte & 63);
            }
        }
        set
    }

    /// Whether a sign of a text can stand here; where the text has ended, only if nothing is known.
    fn takes(&self, sign: Option<&u8>) -> bool {
        sign.map_or(*self == Self::FULL, |sign| self.has(*sign))
    }

    fn has(&self, byte: u8) -> bool {
        self.0
            .get(usize::from(byte >> 6))
            .is_some_and(|bits| bits & (1 << (byte & 63)) != 0)
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What is known of one part of a pattern.
enum Part {
    /// Every spelling of it.
    Exact(Words),
    /// Words of which each match holds one, best first, and the spellings with which it begins.
    Some { sets: Vec<Words>, prefix: Option<Words> },
}

impl Part {
    fn unknown() -> Self {
        Self::Some {
            sets: Vec::new(),
            prefix: None,
        }
    }

    fn of(hir: &Hir) -> Self {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::Exact(Words::from([Vec::new()])),
            HirKind::Literal(literal) => Self::Exact(Words::from([literal.0.to_ascii_lowercase()])),
            HirKind::Class(class) => match few(class) {
                Some(bytes) => Self::Exact(bytes),
                None => Self::unknown(),
            },
            HirKind::Capture(capture) => Self::of(&capture.sub),
            HirKind::Repetition(repetition) => {
                match (repetition.min, repetition.max, Self::of(&repetition.sub)) {
                    (0, Some(1), Self::Exact(mut words)) => {
                        words.insert(Vec::new());
                        Self::Exact(words)
                    }
                    (0, ..) => Self::unknown(),
                    (_, _, part) => Self::Some {
                        sets: part.sets(),
                        prefix: part.prefix(),
                    },
                }
            }
            HirKind::Alternation(parts) => Self::either(parts.iter().map(Self::of).collect()),
            HirKind::Concat(parts) => Self::sequence(parts),
        }
    }

    /// One of several.
    fn either(parts: Vec<Self>) -> Self {
        let exact = parts.iter().map(|p| match p {
            Self::Exact(words) => Some(words),
            Self::Some { .. } => None,
        });
        if let Some(all) = exact.collect::<Option<Vec<_>>>() {
            return Self::Exact(all.into_iter().flatten().cloned().collect());
        }
        let all = |set: &dyn Fn(&Self) -> Option<Words>| -> Option<Words> {
            let sets: Option<Vec<Words>> = parts.iter().map(set).collect();
            sets.map(|sets| sets.into_iter().flatten().collect())
        };
        // A branch that knows one set only brings it in both places.
        let best = all(&|p: &Self| p.sets().into_iter().next());
        let second = all(&|p: &Self| p.sets().into_iter().take(2).next_back());
        Self::Some {
            prefix: all(&Self::prefix),
            sets: best.into_iter().chain(second).filter(tells).collect(),
        }
    }

    /// One after the other.
    fn sequence(parts: &[Hir]) -> Self {
        let mut sets: Vec<Words> = Vec::new();
        let mut prefix: Option<Option<Words>> = None;
        // Every spelling of the pieces since the last one that has too many.
        let mut run = Words::from([Vec::new()]);
        let mut whole = true;
        for part in parts {
            match Self::of(part) {
                Self::Exact(words) if run.len() * words.len() <= MAX_SPELLINGS => run = spelled(&run, &words),
                part => {
                    whole = false;
                    let bare = run.iter().all(Vec::is_empty);
                    let begins = if bare { part.prefix() } else { begins(&run) };
                    prefix.get_or_insert(begins);
                    sets.extend([std::mem::take(&mut run)].into_iter().filter(tells));
                    match part {
                        Self::Exact(words) => run = words,
                        Self::Some { sets: more, .. } => {
                            sets.extend(more);
                            run = Words::from([Vec::new()]);
                        }
                    }
                }
            }
        }
        if whole {
            return Self::Exact(run);
        }
        sets.extend([run].into_iter().filter(tells));
        // The set whose shortest word is longest tells most.
        sets.sort_by_key(|words| {
            std::cmp::Reverse((words.iter().map(Vec::len).min(), std::cmp::Reverse(words.len())))
        });
        Self::Some {
            sets,
            prefix: prefix.flatten(),
        }
    }

    fn sets(&self) -> Vec<Words> {
        match self {
            Self::Exact(words) => [words.clone()].into_iter().filter(tells).collect(),
            Self::Some { sets, .. } => sets.clone(),
        }
    }

    fn prefix(&self) -> Option<Words> {
        match self {
            Self::Exact(words) => begins(words),
            Self::Some { prefix, .. } => prefix.clone(),
        }
    }

    fn both(&self) -> Vec<Words> {
        let mut sets = self.sets();
        sets.truncate(2);
        sets
    }
}

/// The words, if none of them is empty.
fn begins(words: &Words) -> Option<Words> {
    (!words.is_empty() && words.iter().all(|w| !w.is_empty())).then(|| words.clone())
}

/// Whether a text without any of the words is worth knowing about.
fn tells(words: &Words) -> bool {
    !words.is_empty() && words.len() <= MAX_WORDS && words.iter().all(|w| w.len() >= MIN_WORD)
}

/// Every spelling of one followed by the other.
fn spelled(first: &Words, second: &Words) -> Words {
    let pairs = first.iter().flat_map(|a| second.iter().map(move |b| (a, b)));
    pairs
        .map(|(a, b)| [a.as_slice(), b.as_slice()].concat())
        .collect()
}

/// The bytes of a small class in lower case. Only those count that a folded text can hold: all white space is one sign.
fn few(class: &Class) -> Option<Words> {
    let Class::Bytes(class) = class else {
        return None;
    };
    let bytes = class.ranges().iter().flat_map(|r| r.start()..=r.end());
    let bytes = bytes.filter(|b| matches!(b, b' '..=b'~'));
    let bytes: Words = bytes.take(9).map(|b| vec![b.to_ascii_lowercase()]).collect();
    (bytes.len() <= 4).then_some(bytes)
}

/// True when every match begins at a word boundary.
fn starts_a_word(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Look(look) => matches!(look, Look::WordAscii | Look::WordStartAscii),
        HirKind::Capture(capture) => starts_a_word(&capture.sub),
        HirKind::Concat(parts) => parts.first().is_some_and(starts_a_word),
        HirKind::Alternation(parts) => parts.iter().all(starts_a_word),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, expect: &[&[&str]]) {
        let found = Required::by(pattern).words;
        let found: Vec<Vec<&str>> = found
            .iter()
            .map(|set| set.iter().map(|w| std::str::from_utf8(w).unwrap()).collect())
            .collect();
        assert_eq!(found, expect, "{pattern}");
    }

    #[test]
    fn every_match_contains_a_word_of_each_set() {
        check(r"\bstaging\b", &[&["staging"]]);
        check(r"\bstag(e|ing)\s+of\b", &[&["stage", "staging"], &["of"]]);
        check(r"\b(liver|bone)\s+mets\b", &[&["mets"], &["bone", "liver"]]);
        check(r"\bG(rade)?\s?3\b", &[&["g 3", "g3", "grade 3", "grade3"]]);
        check(r"\bF\.?H(x|\b)[^.;]*", &[&["f.h", "f.hx", "fh", "fhx"]]);
        check(
            r"(one\s+two|three\d+four)",
            &[&["one", "three"], &["four", "two"]],
        );
        check(r"(abc)?d*", &[]);
        check(r"(abc|d*)", &[]);
        check(r"[.;,:]", &[]);
        check(r"(?-i:\bNETs?\b)", &[&["net", "nets"]]);
    }

    #[test]
    fn a_match_begins_where_it_may() {
        let check = |pattern: &str, text: &str, expect: &[usize]| {
            let start = Required::by(pattern).start;
            let found: Vec<_> = std::iter::successors(start.next(text.as_bytes(), 0), |at| {
                start.next(text.as_bytes(), at + 1)
            })
            .collect();
            assert_eq!(found, expect, "{pattern}: {text}");
        };
        check(r"\b(liver|lung)\b", "the Liver, plunging lung", &[4, 20]);
        check(r"(liver|lung)", "the Liver, plunging lung", &[4, 12, 20]);
        check(r"w/?o\b", "wow w/o", &[0, 4]);
        assert!(Required::by(r"\s*liver").start.is_anywhere());
        assert!(Required::by(r"(liver)?lung|\d").start.is_anywhere());
    }
}
