//! Who the simulated EHR is: a key pair, its published key set, and a signed token for each call.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// How long a token lives: long enough for one call, and no longer.
const LIFETIME_SECONDS: i64 = 300;

/// Bytes of a coordinate of a point on the curve P-384.
const COORDINATE: usize = 48;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// Why there is no key or no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// The text is no private key of the kind that is used here.
    #[error("holds no private key for ES384 (PKCS #8 as PEM)")]
    Unreadable,
    /// The cryptography of the machine does not work.
    #[error("no key can be made or used on this machine")]
    Failed,
}

/// A key pair with its name.
pub struct Identity {
    pair: EcdsaKeyPair,
    kid: String,
}

/// What a token says besides when it was made.
#[derive(Debug, Clone, Copy)]
pub struct Claims<'a> {
    /// Who signs.
    pub issuer: &'a str,
    /// The address called.
    pub audience: &'a str,
    /// Where the key set is served.
    pub jku: Option<&'a str>,
}

impl Identity {
    /// A new pair of keys for ES384.
    ///
    /// # Errors
    /// If the machine has no randomness to give.
    pub fn generate() -> Result<Self, KeyFault> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).map_err(|_| KeyFault::Failed)?;
        Ok(Self::of(pair))
    }

    /// The pair that [`Identity::to_pem`] wrote, or another program.
    ///
    /// # Errors
    /// If the text is no such key.
    pub fn from_pem(text: &str) -> Result<Self, KeyFault> {
        let inner = text.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END));
        let plain: String = inner
            .map(|(t, _)| t.split_whitespace().collect())
            .unwrap_or_default();
        let der = BASE64_STANDARD.decode(plain).map_err(|_| KeyFault::Unreadable)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &der);
        pair.map(Self::of).map_err(|_| KeyFault::Unreadable)
    }

    /// The private key, to be used again.
    ///
    /// # Errors
    /// If the key cannot be written.
    pub fn to_pem(&self) -> Result<String, KeyFault> {
        let der = self.pair.to_pkcs8v1().map_err(|_| KeyFault::Failed)?;
        let text = BASE64_STANDARD.encode(der.as_ref());
        let mut pem = format!("{BEGIN}\n");
        for (at, c) in text.chars().enumerate() {
            if at > 0 && at % 64 == 0 {
                pem.push('\n');
            }
            pem.push(c);
        }
        // Writing to a string cannot fail.
        let _ = writeln!(pem, "\n{END}");
        Ok(pem)
    }

    fn of(pair: EcdsaKeyPair) -> Self {
        // The name derives from the key: the same key has the same name at the next start.
        let hash = digest(&SHA256, pair.public_key().as_ref());
        let kid = hex(hash.as_ref().get(..8).unwrap_or_default());
        Self { pair, kid }
    }

    /// The public key set, as it is served or handed over.
    #[must_use]
    pub fn key_set(&self) -> Value {
        // The point comes as one byte that says how it is written, then its coordinates.
        let point = self.pair.public_key().as_ref().get(1..).unwrap_or_default();
        let (x, y) = point.split_at_checked(COORDINATE).unwrap_or_default();
        json!({ "keys": [{ "kty": "EC", "crv": "P-384", "use": "sig", "alg": "ES384", "kid": self.kid,
            "x": base64url(x), "y": base64url(y) }] })
    }

    /// A token for one call; `now` in seconds since 1970.
    ///
    /// # Errors
    /// If the machine cannot sign.
    pub fn token(&self, claims: Claims<'_>, now: i64) -> Result<String, KeyFault> {
        let mut header = json!({ "alg": "ES384", "typ": "JWT", "kid": self.kid });
        if let (Some(jku), Some(members)) = (claims.jku, header.as_object_mut()) {
            members.insert("jku".to_owned(), json!(jku));
        }
        let issuer = claims.issuer;
        let said = json!({ "iss": issuer, "sub": issuer, "aud": claims.audience, "exp": now + LIFETIME_SECONDS,
            "iat": now, "jti": random_uuid()? });
        let message = format!(
            "{}.{}",
            base64url(header.to_string()),
            base64url(said.to_string())
        );
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes());
        let signature = signature.map_err(|_| KeyFault::Failed)?;
        Ok(format!("{message}.{}", base64url(signature)))
    }
}

/// A name that nobody can guess, as a UUID.
///
/// # Errors
/// If the machine has no randomness to give.
pub fn random_uuid() -> Result<String, KeyFault> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| KeyFault::Failed)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};

    const CLAIMS: Claims<'_> = Claims {
        issuer: "https://ehr.example.org",
        audience: "https://cds.example.org/cds-services/s",
        jku: Some("https://ehr.example.org/jwks.json"),
    };

    /// judged by a library that had no part in making the token.
    #[test]
    fn a_token_verifies_with_the_key_set_served() {
        let identity = Identity::generate().unwrap();
        let now = jiff::Timestamp::now().as_second();
        let token = identity.token(CLAIMS, now).unwrap();
        let set = identity.key_set();
        let key = &set["keys"][0];
        let key =
            DecodingKey::from_ec_components(key["x"].as_str().unwrap(), key["y"].as_str().unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::ES384);
        validation.set_audience(&[CLAIMS.audience]);
        validation.set_issuer(&[CLAIMS.issuer]);
        let read = decode::<Value>(&token, &key, &validation).unwrap();
        assert_eq!(read.header.kid.as_deref(), set["keys"][0]["kid"].as_str());
        assert_eq!(read.header.typ.as_deref(), Some("JWT"));
        assert_eq!(read.header.jku.as_deref(), CLAIMS.jku);
        assert_eq!(read.claims["exp"], now + LIFETIME_SECONDS);
        assert_eq!(read.claims["sub"], CLAIMS.issuer);
        let again = identity.token(CLAIMS, now).unwrap();
        assert_ne!(
            decode::<Value>(&again, &key, &validation).unwrap().claims["jti"],
            read.claims["jti"],
            "R-108"
        );
    }

    #[test]
    fn a_key_written_is_the_key_read() {
        let identity = Identity::generate().unwrap();
        let pem = identity.to_pem().unwrap();
        let again = Identity::from_pem(&pem).unwrap();
        assert_eq!(again.key_set(), identity.key_set());
        assert_ne!(Identity::generate().unwrap().key_set(), identity.key_set());
        for wrong in [
            "",
            "x",
            &pem.replace(END, ""),
            &pem.replace('A', "B"),
            &format!("{BEGIN}\nAAAA\n{END}"),
        ] {
            assert!(Identity::from_pem(wrong).is_err(), "{wrong}");
        }
    }
}
