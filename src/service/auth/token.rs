//! One token: read strictly, then checked against what was agreed with the client (SC-11, RFC 8725). Pure: key and
//! time are arguments.
//!
//! The order matters and fails closed: size, parts, header, claims by type, issuer (by the caller), algorithm and key
//! address, signature, audience, times, tenant. `jwk`, `x5u` and `x5c` in a header are never looked at, and `jku` is
//! only compared. The library checks signatures; claims are checked here, because it reads the clock itself, and takes
//! claims of a wrong JSON type as absent in some versions. Whether the token was used before is asked elsewhere.

use super::denial::Denial;
use super::keys::Key;
use crate::config::{Algorithm, Client};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

/// Longer tokens are not read: real ones have one or two kilobytes.
const MAX_BYTES: usize = 8 << 10;

/// Names in a token (`kid`, `iss`, `jti`, …) longer than this are refused.
const MAX_NAME: usize = 1024;

/// The latest time a token may name: numbers up to here are exact in every JSON implementation.
const MAX_SECONDS: f64 = 9_007_199_254_740_991.0;

/// The header of a token, as far as it is looked at. Unknown members are tolerated, `crit` and `b64` are not.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
    #[serde(default, deserialize_with = "given")]
    jku: Option<String>,
    #[serde(default, deserialize_with = "given")]
    crit: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "given")]
    b64: Option<IgnoredAny>,
}

/// The claims of a token, as far as they are looked at. `sub` and others are tolerated.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    exp: f64,
    iat: f64,
    #[serde(default, deserialize_with = "given")]
    nbf: Option<f64>,
    jti: String,
    #[serde(default, deserialize_with = "given")]
    tenant: Option<String>,
}

/// `aud`: one address, or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// A member that may be absent but not null.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A token that has the right form. Nothing it says is believed yet.
pub(crate) struct Token<'a> {
    header: Header,
    claims: Claims,
    algorithm: Algorithm,
    signed: &'a str,
    signature: &'a str,
}

/// What a verified token says about the call.
#[derive(PartialEq, Eq)]
pub(crate) struct Verified {
    /// The organisation at the client, if the client serves several.
    pub(crate) tenant: Option<String>,
    /// The token's own name, used once.
    pub(crate) jti: String,
    /// The second from which no check would let it pass any more.
    pub(crate) until: i64,
}

impl<'a> Token<'a> {
    /// Takes a token apart.
    pub(crate) fn read(text: &'a str) -> Result<Self, Denial> {
        if text.len() > MAX_BYTES {
            return Err(Denial::TooLong);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Denial::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Denial::Malformed)?;
        // A fourth part would put a stop into one of these, which base64url does not know.
        let header = decoded(header)?;
        let claims = decoded(claims)?;
        decoded(signature)?;

        let header: Header = object(&header).ok_or(Denial::Header)?;
        if !header.typ.eq_ignore_ascii_case("JWT") {
            return Err(Denial::Type);
        }
        // `none` and all symmetric algorithms are no members of this type.
        let algorithm = Algorithm::named(&header.alg).ok_or(Denial::Algorithm)?;
        if header.kid.is_empty() || header.kid.len() > MAX_NAME {
            return Err(Denial::Header);
        }
        if header.crit.is_some() || header.b64.is_some() {
            return Err(Denial::Critical);
        }
        let claims: Claims = object(&claims).ok_or(Denial::Claims)?;
        let names = [&claims.iss, &claims.jti];
        if names.iter().any(|n| n.is_empty() || n.len() > MAX_NAME) {
            return Err(Denial::Claims);
        }
        Ok(Self {
            header,
            claims,
            algorithm,
            signed,
            signature,
        })
    }

    /// Who the token claims to come from.
    pub(crate) fn issuer(&self) -> &str {
        &self.claims.iss
    }

    /// The name of the key it claims to be signed with.
    pub(crate) fn key_id(&self) -> &str {
        &self.header.kid
    }

    /// What can be said before any key is looked for: nothing is fetched for a token that fails here (SC-13).
    pub(crate) fn suits(&self, client: &Client) -> Result<(), Denial> {
        if !client.algorithms.contains(&self.algorithm) {
            return Err(Denial::AlgorithmNotAllowed);
        }
        // With keys from a file there is no address to compare with, and none is ever called.
        match (&self.header.jku, &client.jwks_url) {
            (Some(sent), Some(registered)) if sent != registered => Err(Denial::KeyAddress),
            _ => Ok(()),
        }
    }

    /// Checks signature, audience, times and tenant; `audiences` are the addresses of what is being called.
    pub(crate) fn verify(
        self,
        client: &Client,
        key: &Key,
        audiences: &[String],
        now: i64,
    ) -> Result<Verified, Denial> {
        if !key.fits(self.algorithm) {
            return Err(Denial::KeyKind);
        }
        if !key.signed(self.signed, self.signature, self.algorithm) {
            return Err(Denial::Signature);
        }
        let meant = match &self.claims.aud {
            Audience::One(one) => std::slice::from_ref(one),
            Audience::Several(several) => several.as_slice(),
        };
        let agreed = |aud: &String| {
            let same = |ours: &String| without_slash(ours) == without_slash(aud);
            audiences.iter().any(same) || client.audiences.iter().any(same)
        };
        if !meant.iter().any(agreed) {
            return Err(Denial::Audience);
        }
        let until = self.times(client, now)?;
        self.tenant(client)?;
        Ok(Verified {
            tenant: self.claims.tenant,
            jti: self.claims.jti,
            until,
        })
    }

    /// `exp`, `nbf`, `iat` and the lifetime; the second from which the token is worthless.
    fn times(&self, client: &Client, now: i64) -> Result<i64, Denial> {
        let expires = seconds(self.claims.exp).ok_or(Denial::Claims)?;
        let issued = seconds(self.claims.iat).ok_or(Denial::Claims)?;
        let not_before = match self.claims.nbf {
            Some(nbf) => seconds(nbf).ok_or(Denial::Claims)?,
            None => issued,
        };
        let leeway = i64::from(client.leeway_seconds);
        let until = expires.saturating_add(leeway);
        if now >= until {
            return Err(Denial::Expired);
        }
        let latest = now.saturating_add(leeway);
        if issued > latest || not_before > latest {
            return Err(Denial::NotYet);
        }
        let lives = expires.saturating_sub(issued);
        if lives <= 0 || lives > i64::from(client.max_lifetime_seconds) {
            return Err(Denial::Lifetime);
        }
        Ok(until)
    }

    /// A client of several organisations names one of those registered; any other client names none.
    fn tenant(&self, client: &Client) -> Result<(), Denial> {
        let known = match &self.claims.tenant {
            Some(tenant) => client.tenants.contains(tenant),
            None => client.tenants.is_empty(),
        };
        if known { Ok(()) } else { Err(Denial::Tenant) }
    }
}

/// A part of a token; only its one canonical spelling is accepted.
fn decoded(part: &str) -> Result<Vec<u8>, Denial> {
    match BASE64_URL_SAFE_NO_PAD.decode(part) {
        Ok(bytes) if !bytes.is_empty() => Ok(bytes),
        _ => Err(Denial::Malformed),
    }
}

/// A JSON object of these types; anything after it, and members given twice, are refused.
fn object<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Option<T> {
    // The library would also read an array as such a type, member by member.
    let starts = bytes.iter().find(|b| !b.is_ascii_whitespace());
    (starts == Some(&b'{')).then(|| serde_json::from_slice(bytes).ok())?
}

/// A time in whole seconds; fractions are cut, what is no time is refused.
fn seconds(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    (0.0..=MAX_SECONDS).contains(&number).then_some(number as i64)
}

/// P-04: one trailing slash makes no difference.
fn without_slash(address: &str) -> &str {
    address.strip_suffix('/').unwrap_or(address)
}
