//! An authority and certificates by it, made on the spot.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyIdMethod, PKCS_ECDSA_P256_SHA256,
    PublicKeyData, SerialNumber, SignatureAlgorithm, SigningKey,
};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// A private key, for `rcgen` to sign with.
struct Key {
    pair: EcdsaKeyPair,
    pkcs8: Vec<u8>,
}

impl Key {
    fn new() -> Self {
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
        let pkcs8 = pkcs8.as_ref().to_vec();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, &pkcs8).unwrap();
        Self { pair, pkcs8 }
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(self
            .pair
            .sign(&SystemRandom::new(), message)
            .unwrap()
            .as_ref()
            .to_vec())
    }
}

/// Who signs certificates.
pub struct Authority {
    issuer: Issuer<'static, Key>,
    pub der: Vec<u8>,
}

/// A certificate with its key.
pub struct Pair {
    pub der: Vec<u8>,
    pub key: Vec<u8>,
}

fn parameters(name: &str, names: &[&str]) -> CertificateParams {
    static SERIAL: AtomicU64 = AtomicU64::new(1);
    let names: Vec<String> = names.iter().map(|&n| n.to_owned()).collect();
    let mut parameters = CertificateParams::new(names).unwrap();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.key_identifier_method = KeyIdMethod::PreSpecified(name.as_bytes().to_vec());
    parameters.serial_number = Some(SerialNumber::from(SERIAL.fetch_add(1, Ordering::Relaxed)));
    parameters
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut parameters = parameters(name, &[]);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = Key::new();
        let der = parameters.self_signed(&key).unwrap().der().to_vec();
        let issuer = Issuer::new(parameters, key);
        Self { issuer, der }
    }

    /// A certificate for these names.
    pub fn signs(&self, names: &[&str]) -> Pair {
        let key = Key::new();
        let certificate = parameters("someone", names)
            .signed_by(&key, &self.issuer)
            .unwrap();
        Pair {
            der: certificate.der().to_vec(),
            key: key.pkcs8,
        }
    }
}

pub fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|l| str::from_utf8(l).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// A folder of files for one test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("apposite-tls-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The certificate and key of a service.
    pub fn hold(&self, pair: &Pair) -> (PathBuf, PathBuf) {
        (
            self.write("certificate.pem", &pem("CERTIFICATE", &pair.der)),
            self.write("key.pem", &pem("PRIVATE KEY", &pair.key)),
        )
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Left behind, it harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
