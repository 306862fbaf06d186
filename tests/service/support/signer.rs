//! Keys and tokens of an EHR, good and bad: whatever header and claims a test writes are signed as they are.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A private key with its name.
pub struct Signer {
    pub kid: String,
    pair: Pair,
}

enum Pair {
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Ed(Ed25519KeyPair),
}

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    pub fn p256(kid: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self::of(kid, Pair::P256(pair))
    }

    pub fn p384(kid: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        Self::of(kid, Pair::P384(pair))
    }

    pub fn rsa(kid: &str) -> Self {
        Self::of(kid, Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    pub fn ed(kid: &str) -> Self {
        Self::of(kid, Pair::Ed(Ed25519KeyPair::generate().unwrap()))
    }

    fn of(kid: &str, pair: Pair) -> Self {
        let kid = kid.to_owned();
        Self { kid, pair }
    }

    /// The public key as it is published.
    pub fn jwk(&self) -> Value {
        let kid = &self.kid;
        let ec = |pair: &EcdsaKeyPair, crv: &str, size: usize| {
            let point = pair.public_key().as_ref();
            let (x, y) = (base64url(&point[1..=size]), base64url(&point[1 + size..]));
            json!({ "kty": "EC", "kid": kid, "use": "sig", "crv": crv, "x": x, "y": y })
        };
        match &self.pair {
            Pair::P256(pair) => ec(pair, "P-256", 32),
            Pair::P384(pair) => ec(pair, "P-384", 48),
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                let n = base64url(public.modulus().big_endian_without_leading_zero());
                let e = base64url(public.exponent().big_endian_without_leading_zero());
                json!({ "kty": "RSA", "kid": kid, "n": n, "e": e })
            }
            Pair::Ed(pair) => {
                json!({ "kty": "OKP", "kid": kid, "crv": "Ed25519", "x": base64url(pair.public_key()) })
            }
        }
    }

    /// A token with this header and these claims, signed by this key in the way `alg` says, whatever the header says.
    pub fn sign(&self, alg: &str, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", base64url(header), base64url(claims));
        let bytes = message.as_bytes();
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::P256(pair) | Pair::P384(pair) => pair.sign(&random, bytes).unwrap().as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let how: &'static dyn RsaEncoding = match alg {
                    "RS256" => &RSA_PKCS1_SHA256,
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    other => panic!("{other} is not made by RSA keys"),
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(how, &random, bytes, &mut signature).unwrap();
                signature
            }
            Pair::Ed(pair) => pair.sign(bytes).as_ref().to_vec(),
        };
        format!("{message}.{}", base64url(signature))
    }

    /// The header of an honest token.
    pub fn header(&self, alg: &str) -> Value {
        json!({ "alg": alg, "typ": "JWT", "kid": self.kid })
    }
}
