//! What is registered of one client. What of it does not go together is in `check` and `dialects`.

use super::mode::CardMode;
use crate::dialect::{self, Place};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One client: an EHR, or one of its installations, that signs its calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// What people call it; appears in logs.
    pub name: String,
    /// The `iss` of its tokens.
    pub issuer: String,
    /// Where it publishes its keys.
    #[serde(default)]
    pub jwks_url: Option<String>,
    /// Its keys, handed over as a file.
    #[serde(default)]
    pub jwks_file: Option<PathBuf>,
    /// Whether `jwks_url` may be plain `http`, on this machine only.
    #[serde(default)]
    pub jwks_plain_http: bool,
    /// Values of `aud` accepted besides the address of the service.
    #[serde(default)]
    pub audiences: Vec<String>,
    /// How it may sign.
    #[serde(default = "default_algorithms")]
    pub algorithms: Vec<Algorithm>,
    /// The organisations it speaks for.
    #[serde(default)]
    pub tenants: Vec<String>,
    /// The longest life of a token, from `iat` to `exp`.
    #[serde(default = "default_lifetime")]
    pub max_lifetime_seconds: u32,
    /// How far its clock may be off.
    #[serde(default = "default_leeway")]
    pub leeway_seconds: u32,
    /// Whether a token passes once.
    #[serde(default)]
    pub replay: Replay,
    /// How many used tokens are remembered.
    #[serde(default = "default_seen_tokens")]
    pub seen_tokens: usize,
    /// Calls a second; 0 for no limit.
    #[serde(default = "default_rate")]
    pub rate_per_second: u32,
    /// Calls at once, after a rest.
    #[serde(default = "default_burst")]
    pub burst: u32,
    /// The names its TLS certificate must carry one of.
    #[serde(default)]
    pub certificate_names: Vec<String>,
    /// Web pages that may call from a browser.
    #[serde(default)]
    pub cors_origins: Vec<String>,
    /// The FHIR servers that may be read for its calls.
    #[serde(default)]
    pub fhir_bases: Vec<String>,
    /// Whether these may lie in a private network.
    #[serde(default)]
    pub fhir_private: bool,
    /// Whether these may lie on this machine, and then be plain `http`.
    #[serde(default)]
    pub fhir_loopback: bool,
    /// The `subject` that access granted to us must name.
    #[serde(default)]
    pub fhir_subject: Option<String>,
    /// Whether its cards are shown.
    #[serde(default)]
    pub mode: CardMode,
    /// How it speaks CDS Hooks: the name of a dialect, or a file that ends in `.toml`.
    #[serde(default = "default_dialect")]
    pub dialect: String,
    /// The map of its own codes, in place of the one for all.
    #[serde(default)]
    pub local_codes: Option<PathBuf>,
    /// Whether only orderables of that map are offered as buttons.
    #[serde(default)]
    pub orderables: Orderables,
    /// Where ratings are written on its orders.
    #[serde(default)]
    pub system_actions: Option<Place>,
    /// The identifier of the qualified mechanism in those ratings.
    #[serde(default)]
    pub pama_g_code: Option<String>,
}

fn default_dialect() -> String {
    dialect::GENERIC.to_owned()
}

fn default_algorithms() -> Vec<Algorithm> {
    vec![Algorithm::ES384, Algorithm::RS384]
}

const fn default_lifetime() -> u32 {
    3600
}

const fn default_leeway() -> u32 {
    60
}

const fn default_rate() -> u32 {
    100
}

const fn default_burst() -> u32 {
    200
}

const fn default_seen_tokens() -> usize {
    250_000
}

impl Client {
    /// A client with nothing but its names and the defaults.
    #[must_use]
    pub fn new(name: &str, issuer: &str) -> Self {
        Self {
            name: name.to_owned(),
            issuer: issuer.to_owned(),
            jwks_url: None,
            jwks_file: None,
            jwks_plain_http: false,
            audiences: Vec::new(),
            algorithms: default_algorithms(),
            tenants: Vec::new(),
            max_lifetime_seconds: default_lifetime(),
            leeway_seconds: default_leeway(),
            replay: Replay::default(),
            seen_tokens: default_seen_tokens(),
            rate_per_second: default_rate(),
            burst: default_burst(),
            certificate_names: Vec::new(),
            cors_origins: Vec::new(),
            fhir_bases: Vec::new(),
            fhir_private: false,
            fhir_loopback: false,
            fhir_subject: None,
            mode: CardMode::default(),
            dialect: default_dialect(),
            local_codes: None,
            orderables: Orderables::default(),
            system_actions: None,
            pama_g_code: None,
        }
    }
}

/// How a token may be signed. Symmetric algorithms and `none` cannot be written here (SC-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of RFC 7518 and RFC 8037")]
pub enum Algorithm {
    ES256,
    ES384,
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    EdDSA,
}

impl Algorithm {
    const ALL: [(&'static str, Self); 9] = [
        ("ES256", Self::ES256),
        ("ES384", Self::ES384),
        ("RS256", Self::RS256),
        ("RS384", Self::RS384),
        ("RS512", Self::RS512),
        ("PS256", Self::PS256),
        ("PS384", Self::PS384),
        ("PS512", Self::PS512),
        ("EdDSA", Self::EdDSA),
    ];

    /// The algorithm of this name, to the letter.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(n, _)| *n == name).map(|(_, a)| *a)
    }
}

/// Whether a token passes once (P-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replay {
    /// Each token passes once.
    #[default]
    Strict,
    /// A token passes as often as it is sent: for test kits that sign once and call many times.
    Test,
}

/// What may be offered as a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Orderables {
    /// Standard codes too.
    #[default]
    Optional,
    /// Only what the map of codes marks as orderable.
    Required,
}
