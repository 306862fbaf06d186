//! Keyed hashes in the place of names: the same patient has the same one in every row, and without the key nobody can
//! tell whose it is or try out names. The hash also decides which part of the work a patient belongs to.

use super::fault::{EvaluateFault, at};
use aws_lc_rs::hmac;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Bytes of a key.
const LENGTH: usize = 32;

/// The hash of a patient's id. Rows are ordered by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pseudonym(pub [u8; 16]);

impl Pseudonym {
    /// As it stands in tables; texts sort as the hashes do.
    pub(super) fn text(self) -> String {
        let mut text = String::with_capacity(32);
        for byte in self.0 {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// Which of so many equal ranges of hashes it falls into.
    pub(super) fn range(self, ranges: usize) -> usize {
        let [a, b, c, d, ..] = self.0;
        let place = u64::from(u32::from_be_bytes([a, b, c, d]));
        let at = (place * u64::try_from(ranges).unwrap_or(1)) >> 32;
        usize::try_from(at).unwrap_or(0)
    }

    /// Which of so many shards it belongs to; independent of the range.
    pub(super) fn shard(self, shards: u32) -> u32 {
        let [.., a, b, c, d] = self.0;
        u32::from_be_bytes([a, b, c, d]) % shards.max(1)
    }
}

/// The key.
pub(super) struct Key(hmac::Key);

impl Key {
    /// Reads the key of a run; makes one where none is given and none lies there yet.
    pub(super) fn load(given: Option<&Path>, own: &Path) -> Result<Self, EvaluateFault> {
        let file = given.unwrap_or(own);
        let bytes = match fs::read(file) {
            Err(error) if error.kind() == ErrorKind::NotFound && given.is_none() => make(own)?,
            read => read.map_err(at(file, "the key cannot be read"))?,
        };
        if bytes.len() < LENGTH {
            return Err(EvaluateFault::Content {
                path: file.to_owned(),
                what: format!("a key has at least {LENGTH} bytes"),
            });
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The pseudonym of a name; `about` keeps those of people apart from those of orders.
    pub(super) fn pseudonym(&self, about: &str, name: &str) -> Pseudonym {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(about.as_bytes());
        context.update(&[0]);
        context.update(name.as_bytes());
        let mut short = [0; 16];
        for (to, from) in short.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        Pseudonym(short)
    }
}

fn make(file: &Path) -> Result<Vec<u8>, EvaluateFault> {
    let mut bytes = vec![0; LENGTH];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| EvaluateFault::NoRandomness)?;
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file);
    made.and_then(|mut file| file.write_all(&bytes))
        .map_err(at(file, "the key cannot be written"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key(hmac::Key::new(hmac::HMAC_SHA256, &[byte; 32]))
    }

    #[test]
    fn a_pseudonym_depends_on_key_purpose_and_name() {
        let one = key(1).pseudonym("patient", "p1");
        assert_eq!(one, key(1).pseudonym("patient", "p1"));
        for other in [
            key(2).pseudonym("patient", "p1"),
            key(1).pseudonym("order", "p1"),
            key(1).pseudonym("patient", "p2"),
        ] {
            assert_ne!(one, other);
        }
        assert!(!one.text().contains("p1") && one.text().len() == 32);
    }

    #[test]
    fn ranges_keep_the_order_of_hashes_and_shards_cover_them() {
        let mut all: Vec<_> = (0..500)
            .map(|n| key(1).pseudonym("patient", &n.to_string()))
            .collect();
        all.sort();
        let ranges: Vec<_> = all.iter().map(|p| p.range(7)).collect();
        assert!(ranges.is_sorted() && ranges.first() == Some(&0) && ranges.last() == Some(&6));
        let mut texts: Vec<_> = all.iter().map(|p| p.text()).collect();
        assert!(texts.is_sorted());
        texts.dedup();
        assert_eq!(texts.len(), 500);
        assert!((0..3).all(|n| all.iter().filter(|p| p.shard(3) == n).count() > 100));
    }
}
