//! Many short words looked for in a text at once.
//!
//! The first three signs of a word, each as one of 32 kinds, are its key. A bit for each key fits in the nearest cache,
//! so that a text without the words costs next to nothing; an automaton over all of them is several megabytes whose
//! every step waits for memory.

use std::ops::Range;

/// Bits of the key that one sign takes.
const SIGN: u32 = 5;

/// How many keys there are.
const KEYS: usize = 1 << (3 * SIGN);

/// The kind of sign that follows the last one of a text.
const END: u16 = 0;

/// How many signs are compared at once.
const HEAD: usize = 8;

/// The bit that tells a small letter from a capital.
const SMALL: u64 = 0x2020_2020_2020_2020;

/// Stands where a text has ended; no byte of a text is like it, in either case.
const NO_SIGN: u8 = 0xFF;

/// Words, and what is said of each.
#[derive(Debug)]
pub(super) struct WordSet<T> {
    /// One bit for each key that begins a word.
    begins: Box<[u64]>,
    /// How many keys before each block of `begins` begin a word.
    before: Box<[u16]>,
    /// For each key that begins a word the place of its words.
    groups: Vec<Range<u32>>,
    words: Vec<Word>,
    /// The signs of all words after their heads, one after the other.
    signs: Vec<u8>,
    said: Vec<T>,
}

#[derive(Debug, Clone)]
struct Word {
    /// Its first signs, as [`head`] has them, and which bits of a text's head they are.
    head: u64,
    mask: u64,
    /// Its other signs.
    rest: Range<u32>,
    said: Range<u32>,
}

impl Word {
    fn begins(&self, text: &[u8], head: u64, signs: &[u8]) -> bool {
        if head & self.mask != self.head {
            return false;
        }
        let rest = slice(signs, &self.rest);
        rest.is_empty()
            || text
                .get(HEAD..HEAD + rest.len())
                .is_some_and(|text| text.eq_ignore_ascii_case(rest))
    }
}

impl<T> Default for WordSet<T> {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl<T> WordSet<T> {
    /// Gathers words of at least two signs, in lower case, and what is said of each.
    pub fn new(words: Vec<(&[u8], Vec<T>)>) -> Self {
        let mut set = Self {
            begins: vec![0; KEYS / 64].into(),
            before: vec![0; KEYS / 64].into(),
            groups: Vec::new(),
            words: Vec::new(),
            signs: Vec::new(),
            said: Vec::new(),
        };
        let mut keyed: Vec<(u16, usize)> = Vec::new();
        for (number, (word, said)) in words.into_iter().enumerate() {
            let bits = u32::try_from(8 * word.len().min(HEAD)).unwrap_or_default();
            let mask = u64::MAX.checked_shr(u64::BITS - bits).unwrap_or_default();
            set.words.push(Word {
                head: head(word) & mask,
                mask,
                rest: grow(&mut set.signs, word.iter().skip(HEAD).copied()),
                said: grow(&mut set.said, said),
            });
            let key = key_at(word, 0);
            // What follows a word of two signs can be anything.
            let any_third = if word.len() > 2 { 0 } else { (1 << SIGN) - 1 };
            keyed.extend((0..=any_third).map(|third| (key | third, number)));
        }
        keyed.sort_unstable();
        let mut in_order = Vec::new();
        for group in keyed.chunk_by(|a, b| a.0 == b.0) {
            if let Some((key, _)) = group.first() {
                let (block, bit) = place(*key);
                if let Some(bits) = set.begins.get_mut(block) {
                    *bits |= bit;
                }
            }
            let numbers = group.iter().map(|(_, number)| *number);
            set.groups.push(grow(&mut in_order, numbers));
        }
        let mut so_far = 0;
        for (before, bits) in set.before.iter_mut().zip(&set.begins) {
            *before = so_far;
            so_far += bits.count_ones() as u16;
        }
        set.words = in_order
            .iter()
            .filter_map(|number| set.words.get(*number).cloned())
            .collect();
        set
    }

    /// Tells what is said of each word of a text, wherever it stands and in any case. A few signs that are no letters
    /// pass for others, so now and then a word is told that is not there.
    pub fn each(&self, text: &[u8], mut tell: impl FnMut(&T)) {
        let mut key = key_at(text, 0) >> SIGN;
        let thirds = text.iter().skip(2).map(|sign| kind(*sign));
        for (at, third) in thirds.chain([END, END]).enumerate() {
            key = ((key << SIGN) | third) & (KEYS as u16 - 1);
            let Some(group) = self.group(key) else {
                continue;
            };
            let here = text.get(at..).unwrap_or_default();
            let head = head(here);
            for word in slice(&self.words, group) {
                if word.begins(here, head, &self.signs) {
                    slice(&self.said, &word.said).iter().for_each(&mut tell);
                }
            }
        }
    }

    /// The place of the words that begin with this key.
    fn group(&self, key: u16) -> Option<&Range<u32>> {
        let (block, bit) = place(key);
        let bits = self.begins.get(block)?;
        if bits & bit == 0 {
            return None;
        }
        let before = usize::from(*self.before.get(block)?);
        self.groups.get(before + (bits & (bit - 1)).count_ones() as usize)
    }
}

/// Adds to a list and says where.
fn grow<T>(list: &mut Vec<T>, more: impl IntoIterator<Item = T>) -> Range<u32> {
    let start = list.len() as u32;
    list.extend(more);
    start..list.len() as u32
}

fn slice<'l, T>(list: &'l [T], range: &Range<u32>) -> &'l [T] {
    list.get(range.start as usize..range.end as usize)
        .unwrap_or_default()
}

/// The block of a key's bit, and the bit.
fn place(key: u16) -> (usize, u64) {
    (usize::from(key / 64), 1 << (key % 64))
}

fn key_at(text: &[u8], at: usize) -> u16 {
    let kind = |at: usize| text.get(at).map_or(END, |b| kind(*b));
    (kind(at) << (2 * SIGN)) | (kind(at + 1) << SIGN) | kind(at + 2)
}

/// The first signs of a text as one number; letters in either case are the same.
fn head(text: &[u8]) -> u64 {
    let head = text.first_chunk().copied().unwrap_or_else(|| {
        let mut head = [NO_SIGN; HEAD];
        head.iter_mut().zip(text).for_each(|(to, sign)| *to = *sign);
        head
    });
    u64::from_le_bytes(head) | SMALL
}

/// One of 32 kinds of sign: a letter in either case, a digit, and so on.
fn kind(sign: u8) -> u16 {
    KINDS.get(usize::from(sign)).copied().unwrap_or(END)
}

#[expect(
    clippy::indexing_slicing,
    reason = "happens while compiling, where a wrong index stops the build"
)]
const KINDS: [u16; 256] = {
    let mut kinds = [31; 256];
    let mut sign = 0_u8;
    while sign < 128 {
        kinds[sign as usize] = match sign {
            b'a'..=b'z' => (sign - b'a') as u16 + 1,
            b'A'..=b'Z' => (sign - b'A') as u16 + 1,
            b'0'..=b'9' => 27,
            b' ' => 28,
            b'-' => 29,
            b'/' => 30,
            _ => 31,
        };
        sign += 1;
    }
    kinds
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_found_at_both_ends_and_over_each_other() {
        let check = |words: &[&str], text: &str, expect: &[&str]| {
            let set = WordSet::new(words.iter().map(|w| (w.as_bytes(), vec![*w])).collect());
            let mut found = Vec::new();
            set.each(text.as_bytes(), |word| found.push(*word));
            assert_eq!(found, expect, "{words:?} in {text:?}");
        };
        check(&["ct", "mr", "liver"], "CT LIVER", &["ct", "liver"]);
        check(&["ct"], "act", &["ct"]);
        check(&["ct", "ct-", "act"], "act-", &["act", "ct", "ct-"]);
        check(&["r/o"], "R/O", &["r/o"]);
        check(&["ct"], "c", &[]);
        check(&["ct  "], "ct ", &[]);
        check(&["ct"], "", &[]);
        check(&[], "ct", &[]);
    }

    proptest! {
        #[test]
        fn the_same_words_are_found_as_by_looking_for_each(
            words in proptest::collection::btree_set("[a-d/ 1]{2,5}", 0..40),
            text in "[a-dA-D/ 1é]{0,60}",
        ) {
            let set = WordSet::new(words.iter().map(|w| (w.as_bytes(), vec![w])).collect());
            let mut found = std::collections::BTreeSet::new();
            set.each(text.as_bytes(), |word| {
                found.insert((*word).clone());
            });
            let lower = text.to_ascii_lowercase();
            let expect: std::collections::BTreeSet<_> =
                words.iter().filter(|w| lower.contains(*w)).cloned().collect();
            prop_assert!(found.is_superset(&expect), "missed: {:?}", expect.difference(&found));
            // The end of a text passes for a space; nothing else of these signs passes for another.
            prop_assert!(found.difference(&expect).all(|word| word.ends_with(' ')));
        }
    }
}
