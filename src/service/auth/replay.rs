//! Tokens already used: each passes once (R-108, P-05, SC-15).
//!
//! Kept in this process. Behind a balancer each replica accepts a token once, and a restart forgets, unless replicas
//! share a store besides: until the token expires, that is the gap, and calls only read. Entries leave when their token has expired and for no other
//! reason; when the store is full, calls of that client are refused rather than let through unchecked.

use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

/// A token's name, cut to what is needed to tell it from all others.
type Name = [u8; 16];

/// The used tokens of one client.
pub(crate) struct Seen {
    capacity: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    names: HashSet<Name>,
    by_end: BTreeMap<i64, Vec<Name>>,
    /// All that ended before this second is forgotten. Should the clock go back, those tokens stay used.
    forgotten: i64,
}

/// What became of a token's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Never seen before; it is now.
    First,
    /// Used before.
    Again,
    /// There is no room to remember it.
    Full,
}

/// A token's name as replicas tell it each other.
pub(crate) fn digest(jti: &str) -> String {
    let digest = Sha256::digest(jti.as_bytes());
    let mut text = String::with_capacity(64);
    for byte in digest.iter() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

impl Seen {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            held: Mutex::default(),
        }
    }

    /// Notes the use of a verified token that nobody would accept from `until` on.
    pub(crate) fn note(&self, jti: &str, until: i64, now: i64) -> Use {
        let digest = Sha256::digest(jti.as_bytes());
        let mut name = Name::default();
        name.iter_mut().zip(digest).for_each(|(n, d)| *n = d);
        // Each change below leaves a usable state, even if a panic came between.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.forget(now);
        if until <= held.forgotten || held.names.contains(&name) {
            return Use::Again;
        }
        if held.names.len() >= self.capacity {
            return Use::Full;
        }
        held.names.insert(name);
        held.by_end.entry(until).or_default().push(name);
        Use::First
    }
}

impl Held {
    fn forget(&mut self, now: i64) {
        if now <= self.forgotten {
            return;
        }
        self.forgotten = now;
        while let Some(first) = self.by_end.first_entry()
            && *first.key() <= now
        {
            for name in first.remove() {
                self.names.remove(&name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P-05, SC-15.
    #[test]
    fn a_name_is_used_once_until_its_token_ends() {
        let seen = Seen::new(10);
        assert_eq!(seen.note("a", 100, 50), Use::First);
        assert_eq!(seen.note("a", 100, 50), Use::Again);
        assert_eq!(
            seen.note("a", 200, 99),
            Use::Again,
            "another end does not make it another name"
        );
        assert_eq!(seen.note("b", 100, 99), Use::First);
        assert_eq!(seen.note("a", 200, 100), Use::First, "its token has ended");
        let held = seen.held.lock().unwrap();
        assert_eq!((held.names.len(), held.by_end.len()), (1, 1));
    }

    /// SC-15: a full store closes, and opens by expiry only.
    #[test]
    fn a_full_store_lets_nothing_new_in() {
        let seen = Seen::new(2);
        assert_eq!(seen.note("a", 100, 0), Use::First);
        assert_eq!(seen.note("b", 200, 0), Use::First);
        assert_eq!(seen.note("c", 300, 0), Use::Full);
        assert_eq!(seen.note("a", 100, 0), Use::Again);
        assert_eq!(seen.note("c", 300, 100), Use::First);
        assert_eq!(seen.note("d", 300, 100), Use::Full);
    }

    #[test]
    fn a_clock_that_goes_back_does_not_make_used_tokens_fresh() {
        let seen = Seen::new(10);
        assert_eq!(seen.note("a", 100, 50), Use::First);
        assert_eq!(seen.note("b", 9_000, 7_200), Use::First);
        assert_eq!(seen.note("a", 100, 50), Use::Again);
        assert_eq!(seen.note("b", 9_000, 50), Use::Again);
        assert_eq!(seen.note("c", 8_000, 50), Use::First);
    }
}
