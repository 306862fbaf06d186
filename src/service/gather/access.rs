//! Which FHIR servers may be asked, and by which connections (SC-10, P-15).
//!
//! The `fhirServer` of a call is the caller's text. It is used only if it lies under a base URL that the operator has
//! listed for this caller: same scheme, host and port, and the path or one below it. Each listed base has connections
//! of its own, so that what one caller may reach is never reached through another's. No proxies, no redirects, no
//! cookies. Tokens and queries are not handled here.

use super::Settings;
use super::address::{Class, class};
use super::gate::Gate;
use super::lookup::{Checked, Lookup, SystemLookup};
use crate::service::authorities::{self, AuthoritiesFault};
use reqwest::{Client, Url, redirect};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A FHIR server that may be asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BaseSettings {
    /// Its base URL: `https://ehr.example.org/fhir/r4`. Plain `http` is possible for this very machine only.
    pub url: String,
    /// It may live in a private network.
    pub allow_private: bool,
    /// It may live on this machine, and then be asked over plain `http`.
    pub allow_loopback: bool,
    /// The file with the authorities that sign its certificate; those of this machine if left out.
    pub authorities: Option<PathBuf>,
}

/// Why a base URL cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum BaseFault {
    /// It is no plain URL of a FHIR server.
    #[error("`{url}` is no base URL: write `https://`, a host and a path, without query, user or escapes")]
    NoBase {
        /// As written in the configuration.
        url: String,
    },
    /// Plain `http` elsewhere than on this machine.
    #[error("`{url}` is not `https`: plain `http` is possible only for this machine, with `fhir_loopback`")]
    PlainHttp {
        /// As written in the configuration.
        url: String,
    },
    /// Its address is of a kind that it may not have.
    #[error(
        "`{url}` names an address that may not be asked; `fhir_private` or `fhir_loopback` may permit it"
    )]
    Address {
        /// As written in the configuration.
        url: String,
    },
    /// The file of authorities cannot be used.
    #[error(transparent)]
    Authorities(#[from] AuthoritiesFault),
    /// The client could not be made.
    #[error("no connections can be made to `{url}`: {reason}; are certificate authorities installed?")]
    Client {
        /// As written in the configuration.
        url: String,
        /// What the TLS library says.
        reason: String,
    },
}

/// What one caller lets us ask. The default is nothing.
#[derive(Debug, Clone, Default)]
pub struct FhirAccess {
    pub(super) settings: Settings,
    bases: Vec<Base>,
}

#[derive(Debug, Clone)]
struct Base {
    url: Url,
    client: Client,
    gate: Arc<Gate>,
}

/// The server of one call.
#[derive(Debug, Clone)]
pub(super) struct Server {
    /// Its base URL, without a slash at the end.
    pub url: Url,
    pub client: Client,
    pub gate: Arc<Gate>,
}

impl FhirAccess {
    /// Access as the operator has configured it.
    ///
    /// # Errors
    /// The first base URL that cannot be listed.
    pub fn new(settings: Settings) -> Result<Self, BaseFault> {
        Self::with_lookup(settings, Arc::new(SystemLookup))
    }

    /// The same, with another way to turn names into addresses.
    ///
    /// # Errors
    /// The first base URL that cannot be listed.
    pub fn with_lookup(mut settings: Settings, lookup: Arc<dyn Lookup>) -> Result<Self, BaseFault> {
        settings.deadline = settings.deadline.min(Settings::LONGEST);
        let bases = settings
            .bases
            .iter()
            .map(|base| Base::new(base, &settings, &lookup))
            .collect::<Result<_, _>>()?;
        Ok(Self { settings, bases })
    }

    /// Nobody is asked.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The server that a call names, if it may be asked.
    pub(super) fn server(&self, named: &str) -> Option<Server> {
        let url = plain_url(named)?;
        let base = self.bases.iter().find(|base| is_under(&base.url, &url))?;
        Some(Server {
            url,
            client: base.client.clone(),
            gate: Arc::clone(&base.gate),
        })
    }
}

impl Base {
    fn new(base: &BaseSettings, settings: &Settings, lookup: &Arc<dyn Lookup>) -> Result<Self, BaseFault> {
        let text = || base.url.clone();
        let url = plain_url(&base.url).ok_or_else(|| BaseFault::NoBase { url: text() })?;
        let host = url.host_str().unwrap_or_default();
        let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        let plain = url.scheme() == "http";
        let this_machine = host == "localhost" || literal.is_some_and(|a| class(a) == Class::Loopback);
        if plain && !(this_machine && base.allow_loopback) {
            return Err(BaseFault::PlainHttp { url: text() });
        }
        let mut allowed = Vec::from([Class::Loopback]);
        if !plain {
            allowed = Vec::from([Class::Public]);
            allowed.extend(base.allow_private.then_some(Class::Private));
            allowed.extend(base.allow_loopback.then_some(Class::Loopback));
        }
        // An address in place of a name never reaches the resolver, so it is judged here.
        if literal.is_some_and(|address| !allowed.contains(&class(address))) {
            return Err(BaseFault::Address { url: text() });
        }
        let mut client = Client::builder();
        if plain {
            // No certificates are needed, and none have to be installed.
            client = client.tls_certs_only([]);
        } else if let Some(file) = &base.authorities {
            client = client.tls_certs_only(authorities::read(file)?);
        }
        let client = client
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .https_only(!plain)
            .retry(reqwest::retry::never())
            .connect_timeout(settings.deadline)
            .pool_idle_timeout(Duration::from_secs(30))
            .dns_resolver(Checked {
                lookup: Arc::clone(lookup),
                allowed,
            })
            .user_agent(concat!("apposite/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| BaseFault::Client {
                url: text(),
                reason: error.to_string(),
            })?;
        let gate = Arc::new(Gate::new(settings.requests, settings.rest));
        Ok(Self { url, client, gate })
    }
}

/// A URL of a FHIR server in one spelling; `None` for anything that different programs might read differently.
fn plain_url(text: &str) -> Option<Url> {
    let odd = |b: u8| !b.is_ascii_graphic() || b"\\%;@?#".contains(&b);
    if text.bytes().any(odd) {
        return None;
    }
    let mut url = Url::parse(text).ok()?;
    let known = matches!(url.scheme(), "https" | "http") && url.has_host();
    // What the parser had to tidy up (dots, decimal or hexadecimal addresses) was not meant for us. Capitals in scheme
    // and host are harmless, and in the path they stay.
    let said = |text: &str| {
        url.as_str()
            .trim_end_matches('/')
            .eq_ignore_ascii_case(text.trim_end_matches('/'))
    };
    let kept = said(text) || without_default_port(text).is_some_and(|text| said(&text));
    if !known || !kept || !is_plain(url.path()) {
        return None;
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Some(url)
}

/// The text without a port that its scheme implies: the one harmless difference.
fn without_default_port(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let port = if scheme == "https" { ":443" } else { ":80" };
    Some(format!("{scheme}://{}{path}", host.strip_suffix(port)?))
}

/// A path without escapes, parameters, empty steps, and steps that lead upwards anywhere.
fn is_plain(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let odd = |b: u8| b"\\%;".contains(&b);
    !path.bytes().any(odd) && !path.contains("//") && !path.split('/').any(|step| step.starts_with(".."))
}

/// Whether an address lies at or below a base: same scheme, host and port, no user, and the path.
pub(super) fn is_under(base: &Url, url: &Url) -> bool {
    let same_server = base.scheme() == url.scheme()
        && base.host_str() == url.host_str()
        && base.port_or_known_default() == url.port_or_known_default();
    let no_user = url.username().is_empty() && url.password().is_none();
    let (base, path) = (base.path().trim_end_matches('/'), url.path());
    let below = path
        .strip_prefix(base)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    same_server && no_user && below && is_plain(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(url: &str) -> Result<FhirAccess, BaseFault> {
        let base = BaseSettings {
            url: url.to_owned(),
            ..BaseSettings::default()
        };
        FhirAccess::new(Settings {
            bases: vec![base],
            ..Settings::default()
        })
    }

    /// SC-10, P-15: exact scheme, host and port, and a path at or below the one listed.
    #[test]
    fn only_a_server_under_a_listed_base_is_asked() {
        let access = access("https://ehr.example.org/fhir").unwrap();
        for good in [
            "https://ehr.example.org/fhir",
            "https://ehr.example.org/fhir/",
            "https://ehr.example.org:443/fhir",
            "https://ehr.example.org/fhir/r4",
            "https://EHR.example.org/fhir",
            "https://ehr.example.org/fhir/tenant-1/r4/",
        ] {
            assert!(access.server(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "https://ehr.example.org",
            "https://ehr.example.org/",
            "https://ehr.example.org/fhirx",
            "https://ehr.example.org/FHIR",
            "https://ehr.example.org/fhir/..",
            "https://ehr.example.org/fhir/../admin",
            "https://ehr.example.org/fhir/%2e%2e/admin",
            "https://ehr.example.org/fhir/..;/admin",
            "https://ehr.example.org/fhir/a%2f..%2fadmin",
            "https://ehr.example.org/fhir//admin",
            "https://ehr.example.org\\fhir",
            "https://ehr.example.org/fhir?x=1",
            "https://ehr.example.org/fhir#x",
            "https://user@ehr.example.org/fhir",
            "https://ehr.example.org@evil.example/fhir",
            "https://ehr.example.org:443@evil.example/fhir",
            "https://ehr.example.org.evil.example/fhir",
            "https://ehr.example.org./fhir",
            "https://ehr.example.org:8443/fhir",
            "http://ehr.example.org/fhir",
            "http://ehr.example.org:443/fhir",
            "https:ehr.example.org/fhir",
            "https:///ehr.example.org/fhir",
            "//ehr.example.org/fhir",
            "ftp://ehr.example.org/fhir",
            "file:///etc/passwd",
            " https://ehr.example.org/fhir",
            "https://ehr.example.org/fhir\t",
            "https://ehr.exa\nmple.org/fhir",
            "https://еhr.example.org/fhir",
            "https://ehr。example.org/fhir",
            "https://127.0.0.1/fhir",
            "https://169.254.169.254/latest/meta-data",
        ] {
            assert!(access.server(bad).is_none(), "{bad}");
        }
        assert!(
            FhirAccess::none()
                .server("https://ehr.example.org/fhir")
                .is_none()
        );
    }

    #[test]
    fn a_base_that_could_lead_astray_is_not_listed() {
        for bad in [
            "",
            "ehr.example.org",
            "http://ehr.example.org/fhir",
            "http://127.0.0.1/fhir",
            "http://localhost/fhir",
            "https://127.0.0.1/fhir",
            "https://127.1/fhir",
            "https://2130706433/fhir",
            "https://0x7f000001/fhir",
            "https://0177.0.0.1/fhir",
            "https://127.0.0.1./fhir",
            "https://[::1]/fhir",
            "https://[::ffff:127.0.0.1]/fhir",
            "https://[::ffff:7f00:1]/fhir",
            "https://[fe80::1%25eth0]/fhir",
            "https://10.0.0.1/fhir",
            "https://192.168.0.1/fhir",
            "https://169.254.169.254/",
            "https://2852039166/",
            "https://0xa9fea9fe/",
            "https://[::ffff:169.254.169.254]/",
            "https://[fd00:ec2::254]/",
            "https://0.0.0.0/",
            "https://0/",
            "https://[::]/",
            "https://ehr.example.org/fhir?x",
            "https://user:pass@ehr.example.org/fhir",
        ] {
            assert!(access(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_private_network_or_this_machine_is_asked_only_where_the_operator_says_so() {
        let check = |url: &str, allow_private, allow_loopback, expected: bool| {
            let base = BaseSettings {
                url: url.to_owned(),
                allow_private,
                allow_loopback,
                authorities: None,
            };
            let settings = Settings {
                bases: vec![base],
                ..Settings::default()
            };
            let outcome = FhirAccess::new(settings);
            assert_eq!(outcome.is_ok(), expected, "{url} {outcome:?}");
        };
        check("https://10.1.2.3/fhir", true, false, true);
        check("https://10.1.2.3/fhir", false, true, false);
        check("http://10.1.2.3/fhir", true, true, false);
        check("http://127.0.0.1:8080/fhir", false, true, true);
        check("http://[::1]:8080/fhir", false, true, true);
        check("http://localhost:8080/fhir", false, true, true);
        check("https://127.0.0.1:8443/fhir", false, true, true);
        check("http://127.0.0.1:8080/fhir", true, false, false);
        check("https://169.254.169.254/", true, true, false);
        check("https://[fd00:ec2::254]/", true, true, false);
    }
}
