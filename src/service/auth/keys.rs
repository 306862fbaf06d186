//! The public keys of one client: a JWK Set, read key by key (RFC 7517).
//!
//! A key that is unusable (another purpose, too weak, an unknown kind, no `kid`) costs only itself. Two keys of one
//! name cost both, since nobody could say which was meant. Symmetric keys do not exist here.

use crate::config::Algorithm;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// More keys than any client rotates; a larger set is refused as a whole.
const MAX_KEYS: usize = 100;

/// SC-12: shorter RSA keys are no proof of anything. Longer ones cost more than they add.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The keys of one client by name.
#[derive(Default)]
pub(crate) struct KeySet(BTreeMap<String, Arc<Key>>);

/// One public key and what it may be used for.
pub(crate) struct Key {
    kind: Kind,
    /// The only algorithm it is meant for, if it names one.
    only: Option<Algorithm>,
    key: DecodingKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    P256,
    P384,
    Rsa,
    Ed25519,
}

/// A key as it is written (RFC 7517, 7518, 8037).
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

/// The document is no JWK Set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a JWK Set: a JSON object whose `keys` holds at most {MAX_KEYS} keys")]
pub(crate) struct NotAKeySet;

impl KeySet {
    /// Reads a JWK Set. An empty one is a set: its owner has withdrawn all keys.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, NotAKeySet> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(json).map_err(|_| NotAKeySet)?;
        if set.keys.len() > MAX_KEYS {
            return Err(NotAKeySet);
        }
        // Unusable keys take part in this: their name is taken all the same.
        let mut named: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for key in set.keys {
            if let Some(kid) = key.get("kid").and_then(Value::as_str) {
                named.entry(kid.to_owned()).or_default().push(key);
            }
        }
        let usable = named.into_iter().filter_map(|(kid, keys)| {
            let [one] = <[Value; 1]>::try_from(keys).ok()?;
            Some((kid, Arc::new(Key::read(one)?)))
        });
        Ok(Self(usable.collect()))
    }

    /// The key of this name. A name is opaque: it is compared, and never part of an address.
    pub(crate) fn get(&self, kid: &str) -> Option<Arc<Key>> {
        self.0.get(kid).cloned()
    }

    /// The names of the keys.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// How many keys can be used.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Key {
    /// The key, if signatures of ours can be checked with it.
    fn read(jwk: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(jwk).ok()?;
        let signs = jwk.purpose.as_deref().is_none_or(|p| p == "sig");
        let verifies = jwk
            .key_ops
            .as_ref()
            .is_none_or(|ops| ops.iter().any(|o| o == "verify"));
        if jwk.kid.is_empty() || !signs || !verifies {
            return None;
        }
        let (kind, key) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("EC", Some("P-256")) => (Kind::P256, point(&jwk, 32)?),
            ("EC", Some("P-384")) => (Kind::P384, point(&jwk, 48)?),
            ("OKP", Some("Ed25519")) => {
                let x = jwk.x.as_deref().filter(|x| has_bytes(x, 32))?;
                (Kind::Ed25519, DecodingKey::from_ed_components(x).ok()?)
            }
            ("RSA", _) => (Kind::Rsa, rsa(&jwk)?),
            _ => return None,
        };
        let only = match &jwk.alg {
            Some(alg) => Some(Algorithm::named(alg)?),
            None => None,
        };
        let read = Self { kind, only, key };
        only.is_none_or(|alg| read.fits(alg)).then_some(read)
    }

    /// Whether this kind of key makes signatures of this algorithm.
    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        let kind = match algorithm {
            Algorithm::ES256 => Kind::P256,
            Algorithm::ES384 => Kind::P384,
            Algorithm::EdDSA => Kind::Ed25519,
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512 => Kind::Rsa,
        };
        kind == self.kind && self.only.is_none_or(|only| only == algorithm)
    }

    /// Whether the signature of these bytes is by this key.
    pub(crate) fn signed(&self, message: &str, signature: &str, algorithm: Algorithm) -> bool {
        let algorithm = match algorithm {
            Algorithm::ES256 => jsonwebtoken::Algorithm::ES256,
            Algorithm::ES384 => jsonwebtoken::Algorithm::ES384,
            Algorithm::RS256 => jsonwebtoken::Algorithm::RS256,
            Algorithm::RS384 => jsonwebtoken::Algorithm::RS384,
            Algorithm::RS512 => jsonwebtoken::Algorithm::RS512,
            Algorithm::PS256 => jsonwebtoken::Algorithm::PS256,
            Algorithm::PS384 => jsonwebtoken::Algorithm::PS384,
            Algorithm::PS512 => jsonwebtoken::Algorithm::PS512,
            Algorithm::EdDSA => jsonwebtoken::Algorithm::EdDSA,
        };
        matches!(
            jsonwebtoken::crypto::verify(signature, message.as_bytes(), &self.key, algorithm),
            Ok(true)
        )
    }
}

/// A point of an elliptic curve whose coordinates have this many bytes.
fn point(jwk: &Jwk, size: usize) -> Option<DecodingKey> {
    let coordinate = |c: &Option<String>| c.clone().filter(|c| has_bytes(c, size));
    DecodingKey::from_ec_components(&coordinate(&jwk.x)?, &coordinate(&jwk.y)?).ok()
}

fn rsa(jwk: &Jwk) -> Option<DecodingKey> {
    let number = |n: &Option<String>| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(n.as_deref()?).ok()?;
        // Some key servers write a leading zero, which the number does not have.
        let first = bytes.iter().position(|b| *b != 0)?;
        bytes.get(first..).map(<[u8]>::to_vec)
    };
    let (modulus, exponent) = (number(&jwk.n)?, number(&jwk.e)?);
    let empty_bits = modulus.first()?.leading_zeros() as usize;
    let bits = modulus.len().saturating_mul(8).saturating_sub(empty_bits);
    RSA_BITS
        .contains(&bits)
        .then(|| DecodingKey::from_rsa_raw_components(&modulus, &exponent))
}

fn has_bytes(text: &str, size: usize) -> bool {
    BASE64_URL_SAFE_NO_PAD
        .decode(text)
        .is_ok_and(|bytes| bytes.len() == size)
}
