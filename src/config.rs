//! The configuration: one TOML file, read whole or not at all.
//!
//! Unknown settings are refused, so that a misspelt one is not silently without effect. [`Config::problems`] says what
//! is contradictory or unsafe, all of it at once; [`reference`] documents every setting. Here is data only: what it
//! does is up to who reads it. Paths in a file are meant from the folder of that file. There are no secrets in it:
//! the keys of clients are public ones.

mod check;
mod client;
mod dialects;
mod mode;
pub mod reference;
mod store;

pub use check::Problem;
pub use client::{Algorithm, Client, Orderables, Replay};
pub use dialects::{file as dialect_file, rating_problems};
pub use mode::{CardMode, Modes};
pub use store::Store;

use crate::dialect;
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
    /// How far reading from FHIR servers goes.
    pub fhir: Fhir,
    /// Encryption by this service itself.
    pub tls: Tls,
    /// Health and metrics, apart from the calls.
    pub admin: Admin,
    /// Decisions and feedback.
    pub store: Store,
    /// What is shown, judged in silence, or switched off.
    pub mode: Modes,
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
            dialect: dialect::GENERIC.to_owned(),
            limits: Limits::default(),
            fhir: Fhir::default(),
            tls: Tls::default(),
            admin: Admin::default(),
            store: Store::default(),
            mode: Modes::default(),
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

/// How far reading from FHIR servers goes, for each client alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fhir {
    /// Time from the arrival of a call until what has not come counts as not delivered.
    pub deadline_millis: u32,
    /// Pages read per query.
    pub pages: usize,
    /// Bytes read per page.
    pub page_bytes: usize,
    /// Bytes read per call.
    pub call_bytes: usize,
    /// Requests under way to one server at once.
    pub requests: usize,
}

impl Default for Fhir {
    fn default() -> Self {
        Self {
            deadline_millis: 450,
            pages: 10,
            page_bytes: 8 << 20,
            call_bytes: 16 << 20,
            requests: 64,
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
                &mut config.store.key_file,
                &mut config.store.password_file,
                &mut config.store.ca,
            ])
            .flatten()
        {
            *path = folder.join(&path);
        }
        if let Some(url) = &mut config.store.url
            && let Some(file) = url.strip_prefix("sqlite:").filter(|f| !f.is_empty())
        {
            *url = format!("sqlite:{}", folder.join(file).display());
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
