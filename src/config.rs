//! The configuration: one TOML file, read whole or not at all.
//!
//! Unknown settings are refused, so that a misspelt one is not silently without effect. [`Config::problems`] says what
//! is contradictory or unsafe, all of it at once; [`reference`] documents every setting. Here is data only: what it
//! does is up to who reads it. Paths in a file are meant from the folder of that file. There are no secrets in it:
//! the keys of clients are public ones.

mod check;
mod dialects;
pub mod reference;

pub use check::Problem;
pub use dialects::file as dialect_file;

use crate::dialect::{self, Place};
use crate::knowledge::lifecycle;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// What an operator sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What the service is used for.
    pub profile: Profile,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address of the service as clients see it, without `/cds-services`.
    pub base_url: Option<String>,
    /// Whether a proxy in front of the service ends TLS.
    pub tls_ends_upstream: bool,
    /// Whether the discovery document, too, is shown to registered clients only.
    pub discovery_needs_token: bool,
    /// The folder with the knowledge.
    pub cards: Option<PathBuf>,
    /// The map of a site's own codes.
    pub local_codes: Option<PathBuf>,
    /// How callers speak CDS Hooks where no client is registered.
    pub dialect: String,
    /// Sizes, times and counts.
    pub limits: Limits,
    /// Encryption by this service itself.
    pub tls: Tls,
    /// Health and metrics, apart from the calls.
    pub admin: Admin,
    /// Who may call.
    #[serde(rename = "client")]
    pub clients: Vec<Client>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            profile: Profile::Development,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            base_url: None,
            tls_ends_upstream: false,
            discovery_needs_token: false,
            cards: None,
            local_codes: None,
            dialect: default_dialect(),
            limits: Limits::default(),
            tls: Tls::default(),
            admin: Admin::default(),
            clients: Vec::new(),
        }
    }
}

/// What the service is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Trying things out, with made-up patients
    #[default]
    Development,
    /// Patients: unsafe settings and knowledge that is not approved are refused
    Production,
}

impl From<Profile> for lifecycle::Profile {
    fn from(profile: Profile) -> Self {
        match profile {
            Profile::Development => Self::Development,
            Profile::Production => Self::Production,
        }
    }
}

/// Sizes, times and counts that a caller cannot exceed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The largest body that is read.
    pub body_bytes: usize,
    /// How long a request head may take.
    pub head_seconds: u32,
    /// How long a body may take.
    pub body_seconds: u32,
    /// How long a connection may rest between calls.
    pub idle_seconds: u32,
    /// How long calls in flight may take once the service is asked to end.
    pub drain_seconds: u32,
    /// How long new connections are taken once the service is asked to end.
    pub leave_seconds: u32,
    /// Connections served at once.
    pub connections: usize,
    /// Calls being judged or gathering at once.
    pub calls: usize,
    /// How long a call may wait for its answer.
    pub answer_millis: u32,
    /// Calls a second where no client is registered.
    pub rate_per_second: u32,
    /// Calls at once where no client is registered.
    pub burst: u32,
    /// Attempts a second without a valid token, for each address.
    pub failures_per_second: u32,
    /// Attempts at once without a valid token.
    pub failures_burst: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 4 << 20,
            head_seconds: 5,
            body_seconds: 10,
            idle_seconds: 75,
            drain_seconds: 10,
            leave_seconds: 0,
            connections: 1024,
            calls: 256,
            answer_millis: 2000,
            rate_per_second: 0,
            burst: 200,
            failures_per_second: 10,
            failures_burst: 100,
        }
    }
}

/// Encryption by this service itself; off without a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// Our certificate, with those in between.
    pub certificate: Option<PathBuf>,
    /// Its private key.
    pub key: Option<PathBuf>,
    /// The authorities whose clients may connect.
    pub client_ca: Option<PathBuf>,
    /// Whether clients without a certificate may not.
    pub client_required: bool,
    /// How long a handshake may take.
    pub handshake_seconds: u32,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            certificate: None,
            key: None,
            client_ca: None,
            client_required: true,
            handshake_seconds: 5,
        }
    }
}

/// Health and metrics on a listener of their own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// Where; nowhere if left out.
    pub listen: Option<SocketAddr>,
    /// Whether that may be beyond this machine.
    pub remote: bool,
}

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

impl Config {
    /// Reads a configuration; `folder` is where its relative paths start.
    ///
    /// # Errors
    /// If it is no TOML, or has a setting that is unknown or of the wrong type; the error shows the line.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, toml::de::Error> {
        let mut config: Self = toml::from_str(text)?;
        dialects::apply(&mut config, text, folder);
        let files = config
            .clients
            .iter_mut()
            .flat_map(|c| [&mut c.jwks_file, &mut c.local_codes]);
        for path in files
            .chain([&mut config.cards, &mut config.local_codes])
            .chain([
                &mut config.tls.certificate,
                &mut config.tls.key,
                &mut config.tls.client_ca,
            ])
            .flatten()
        {
            *path = folder.join(&path);
        }
        Ok(config)
    }

    /// The configuration as it is in effect, defaults included.
    ///
    /// # Errors
    /// If a path is not UTF-8.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// All web pages that some client lists.
    #[must_use]
    pub fn cors_origins(&self) -> Vec<String> {
        let mut all: Vec<String> = self.clients.iter().flat_map(|c| c.cors_origins.clone()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("/etc/apposite")).map_err(|e| e.to_string())
    }

    #[test]
    fn nothing_set_is_the_development_profile_on_this_machine() {
        let config = parse("").unwrap();
        assert_eq!(config, Config::default());
        assert_eq!(config.profile, Profile::Development);
        assert!(config.listen.ip().is_loopback() && config.clients.is_empty());
    }

    #[test]
    fn what_is_unknown_or_of_the_wrong_type_is_refused_with_its_line() {
        for (text, word) in [
            ("porfile = 'production'", "porfile"),
            ("profile = 'Production'", "Production"),
            ("listen = 8080", "listen"),
            ("[limits]\nbody = 1", "body"),
            ("[limits]\nbody_bytes = -1", "body_bytes"),
            ("[[client]]\nname = 'a'", "issuer"),
            ("[[client]]\nname = 'a'\nissuer = 'b'\nsecret = 'c'", "secret"),
            (
                "[[client]]\nname = 'a'\nissuer = 'b'\nalgorithms = ['HS256']",
                "HS256",
            ),
            (
                "[[client]]\nname = 'a'\nissuer = 'b'\nalgorithms = ['none']",
                "none",
            ),
            ("[[client]]\nname = 'a'\nissuer = 'b'\nreplay = 'off'", "off"),
            ("[[clients]]\nname = 'a'\nissuer = 'b'", "clients"),
            ("listen", "line 1"),
        ] {
            let said = parse(text).unwrap_err();
            assert!(said.contains(word) && said.contains("line"), "{text}: {said}");
        }
    }

    #[test]
    fn paths_start_where_the_file_is() {
        let text = "cards = 'cards'\nlocal_codes = '/srv/codes.csv'\n[[client]]\nname = 'a'\nissuer = 'b'\njwks_file = 'a.json'";
        let config = parse(text).unwrap();
        assert_eq!(config.cards.as_deref(), Some(Path::new("/etc/apposite/cards")));
        assert_eq!(config.local_codes.as_deref(), Some(Path::new("/srv/codes.csv")));
        assert_eq!(
            config.clients[0].jwks_file.as_deref(),
            Some(Path::new("/etc/apposite/a.json"))
        );
        assert_eq!(
            config.clients[0],
            Client {
                jwks_file: Some("/etc/apposite/a.json".into()),
                ..Client::new("a", "b")
            }
        );
    }

    #[test]
    fn what_is_printed_reads_back_as_the_same() {
        let config = Config::parse(&reference::example(), Path::new("")).unwrap();
        assert_eq!(
            parse(&config.to_toml().unwrap()).map(|c| c.clients.len()),
            Ok(config.clients.len())
        );
        let plain = Config::default();
        assert_eq!(parse(&plain.to_toml().unwrap()), Ok(plain));
    }
}
