//! The operator's token, and the sessions of browsers that have shown it.
//!
//! Only digests are held and compared, in constant time. A session lasts a working day and ends with the process.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::rand;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a browser need not show the token again.
pub(super) const LIFE: Duration = Duration::from_hours(8);

/// Sessions at once; the oldest makes room.
const MOST: usize = 64;

/// Fewer characters could be guessed.
const SHORTEST: usize = 32;

/// The digest of the token that opens the console.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of this token; nothing if it is too short to be safe.
    #[must_use]
    pub fn of(token: &str) -> Option<Self> {
        let token = token.trim();
        (token.len() >= SHORTEST).then(|| Self(Sha256::digest(token).into()))
    }

    /// A digest in hexadecimal.
    #[must_use]
    pub fn read(hexadecimal: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if hexadecimal.len() != 64 || !hexadecimal.is_ascii() {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(hexadecimal.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// Whether this is the token.
    pub(super) fn is_of(&self, token: &str) -> bool {
        let shown: [u8; 32] = Sha256::digest(token.trim()).into();
        verify_slices_are_equal(&shown, &self.0).is_ok()
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest")
    }
}

/// The browsers that have shown the token.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<Vec<(TokenDigest, Instant)>>);

impl Sessions {
    /// A new session: what its browser shows from now on. Nothing if there is no randomness.
    pub(super) fn begin(&self) -> Option<String> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).ok()?;
        let name: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        let digest = TokenDigest::of(&name)?;
        let now = Instant::now();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(_, until)| *until > now);
        if all.len() >= MOST {
            all.remove(0);
        }
        all.push((digest, now + LIFE));
        Some(name)
    }

    /// Whether this session is under way.
    pub(super) fn holds(&self, name: &str) -> bool {
        let now = Instant::now();
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .any(|(digest, until)| *until > now && digest.is_of(name))
    }

    /// Ends a session.
    pub(super) fn end(&self, name: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(digest, _)| !digest.is_of(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_digest_only() {
        let token = "0123456789abcdef0123456789abcdef";
        let digest = TokenDigest::of(token).unwrap();
        assert!(digest.is_of(token) && digest.is_of(&format!("{token}\n")));
        assert!(!digest.is_of("") && !digest.is_of(&token[1..]));
        let written: String = Sha256::digest(token).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(TokenDigest::read(&written), Some(digest.clone()));
        assert!(!format!("{digest:?}").contains(&written[..8]));
        for odd in ["", "00", &written[1..], &written.replace(&written[..1], "x")] {
            assert_eq!(TokenDigest::read(odd), None, "{odd}");
        }
        assert_eq!(TokenDigest::of("short"), None);
    }

    #[test]
    fn sessions_begin_and_end_and_make_room() {
        let sessions = Sessions::default();
        let first = sessions.begin().unwrap();
        assert!(sessions.holds(&first) && !sessions.holds("") && !sessions.holds(&"0".repeat(64)));
        let others: Vec<String> = (0..MOST).map(|_| sessions.begin().unwrap()).collect();
        assert!(!sessions.holds(&first), "the oldest makes room");
        assert!(others.iter().all(|other| sessions.holds(other)));
        sessions.end(&others[0]);
        assert!(!sessions.holds(&others[0]) && sessions.holds(&others[1]));
    }
}
