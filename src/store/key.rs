//! The key under which names become pseudonyms (SC-19): the same person has the same one in every row, and nobody
//! without the key can tell whose it is, or try out names.
//!
//! It lies in a file of its own, beside the store or where the configuration says. Replicas on one store share it.

use super::fault::StoreFault;
use aws_lc_rs::hmac;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Bytes of a key.
const LENGTH: usize = 32;

/// Bytes of a pseudonym.
const SHORT: usize = 16;

/// The key.
#[derive(Clone)]
pub(super) struct Key(hmac::Key);

impl Key {
    /// Reads the key, or makes one where there is none and that is allowed.
    pub(super) fn load(file: &Path, make: bool) -> Result<Self, StoreFault> {
        match fs::read(file) {
            Ok(bytes) => Self::of(file, &bytes),
            Err(error) if error.kind() == ErrorKind::NotFound && make => Self::make(file),
            Err(error) => Err(told(
                file,
                match error.kind() {
                    ErrorKind::NotFound => {
                        "there is no such file; make one with `head -c 32 /dev/urandom > FILE`, the same for every replica"
                    }
                    ErrorKind::PermissionDenied => "this user may not read it",
                    _ => "cannot be read",
                },
            )),
        }
    }

    fn make(file: &Path) -> Result<Self, StoreFault> {
        let mut bytes = [0; LENGTH];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| told(file, "this machine has no random numbers"))?;
        // Written apart and then given its name at once, so that nobody reads half a key; whoever is first wins.
        let apart = file.with_extension(format!("key-{}", std::process::id()));
        let mut new = OpenOptions::new();
        new.write(true).create(true).truncate(true).mode(0o600);
        let written = new.open(&apart).and_then(|mut made| {
            made.write_all(&bytes)?;
            made.sync_all()?;
            fs::hard_link(&apart, file)
        });
        // Left behind, it would be a nuisance and no more.
        let _ = fs::remove_file(&apart);
        match written {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(told(file, "cannot be made")),
            _ => Self::load(file, false),
        }
    }

    fn of(file: &Path, bytes: &[u8]) -> Result<Self, StoreFault> {
        if bytes.len() < LENGTH {
            return Err(told(file, "is shorter than 32 bytes"));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, bytes)))
    }

    /// A pseudonym of these parts; `about` keeps those of people apart from those of orders.
    pub(super) fn pseudonym(&self, about: &str, parts: &[&str]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for part in [about].iter().chain(parts) {
            // With its length before it, no part can be mistaken for two.
            context.update(&part.len().to_le_bytes());
            context.update(part.as_bytes());
        }
        let mut text = String::with_capacity(2 * SHORT);
        for byte in context.sign().as_ref().iter().take(SHORT) {
            // Three of these are made for each call: formatting costs more than the rest of it.
            let digits = [byte >> 4, byte & 15].map(|half| char::from_digit(u32::from(half), 16));
            text.extend(digits.into_iter().flatten());
        }
        text
    }
}

fn told(file: &Path, why: &str) -> StoreFault {
    StoreFault::File {
        file: file.to_owned(),
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SC-19.
    #[test]
    fn a_pseudonym_depends_on_key_purpose_and_parts() {
        let key = |byte: u8| Key::of(Path::new("k"), &[byte; 32]).unwrap();
        let of = |key: &Key, about: &str, parts: &[&str]| key.pseudonym(about, parts);
        let one = of(&key(1), "patient", &["ehr", "123"]);
        assert_eq!(one, of(&key(1), "patient", &["ehr", "123"]));
        assert_eq!((one.len(), one.contains("123")), (32, false));
        for other in [
            of(&key(2), "patient", &["ehr", "123"]),
            of(&key(1), "user", &["ehr", "123"]),
            of(&key(1), "patient", &["ehr1", "23"]),
            of(&key(1), "patient", &["ehr123"]),
        ] {
            assert_ne!(one, other);
        }
        assert!(Key::of(Path::new("k"), b"short").is_err());
    }
}
