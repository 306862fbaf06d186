//! What is contradictory, unusable or unsafe in a configuration; all of it at once (SC-24).
//!
//! Pure: it reads no files and asks no server. The production profile has no way round a finding.

use super::{Client, Config, Profile, Replay};
use reqwest::Url;
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

/// The longest life of a token that can be configured: one day.
const LONGEST_LIFE: u32 = 24 * 60 * 60;

/// The most that clocks may differ: beyond it, an expired token would be good for too long.
const WIDEST_LEEWAY: u32 = 120;

/// Something to mend before the service starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting, as it is written in the file.
    pub setting: String,
    /// What is wrong with it.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            setting,
            message,
            help,
        } = self;
        write!(f, "`{setting}`: {message}\n  help: {help}")
    }
}

/// Gathers problems under the name of a place.
struct Findings(Vec<Problem>);

impl Findings {
    fn add(&mut self, setting: impl Into<String>, message: impl Into<String>, help: &str) {
        self.0.push(Problem {
            setting: setting.into(),
            message: message.into(),
            help: help.to_owned(),
        });
    }
}

impl Config {
    /// What must be mended before the service starts; empty if nothing.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Findings(Vec::new());
        limits(self, &mut found);
        base_url(self, &mut found);
        tls(self, &mut found);
        admin(self, &mut found);
        if self.profile == Profile::Production {
            production(self, &mut found);
        }
        super::dialects::check(&self.dialect, self.profile, &mut |message, help| {
            found.add("dialect", message, help);
        });
        if self.discovery_needs_token && self.clients.is_empty() {
            found.add(
                "discovery_needs_token",
                "there is no client to show it to",
                "register a `[[client]]`, or leave it out",
            );
        }
        let (mut names, mut issuers) = (BTreeSet::new(), BTreeSet::new());
        for client in &self.clients {
            if !names.insert(&client.name) {
                found.add(
                    place(client, "name"),
                    "two clients have this name",
                    "give each its own",
                );
            }
            if !issuers.insert(&client.issuer) {
                let help = "tokens are told apart by their issuer: register it once, with several `tenants`";
                found.add(place(client, "issuer"), "two clients have this issuer", help);
            }
            one_client(client, self.profile, &mut found);
            super::dialects::check_client(client, self, &mut |setting, message, help| {
                found.add(place(client, setting), message, help);
            });
        }
        found.0
    }
}

fn limits(config: &Config, found: &mut Findings) {
    let l = &config.limits;
    let times = [
        ("head_seconds", l.head_seconds),
        ("body_seconds", l.body_seconds),
        ("idle_seconds", l.idle_seconds),
    ];
    for (name, seconds) in times {
        if !(1..=3600).contains(&seconds) {
            found.add(
                format!("limits.{name}"),
                "not between 1 second and an hour",
                "leave it out to use the default",
            );
        }
    }
    if l.drain_seconds > 3600 {
        found.add(
            "limits.drain_seconds",
            "longer than an hour",
            "leave it out to use the default",
        );
    }
    if !(1024..=64 << 20).contains(&l.body_bytes) {
        found.add(
            "limits.body_bytes",
            "not between 1 KiB and 64 MiB",
            "leave it out to use the default",
        );
    }
    if l.leave_seconds > 3600 {
        found.add(
            "limits.leave_seconds",
            "longer than an hour",
            "leave it out to use the default",
        );
    }
    if !(500..=60_000).contains(&l.answer_millis) {
        found.add(
            "limits.answer_millis",
            "not between 500, which reading from a FHIR server needs, and a minute",
            "leave it out to use the default",
        );
    }
    if !(1..=100_000).contains(&l.calls) {
        found.add(
            "limits.calls",
            "not between 1 and 100,000",
            "leave it out to use the default",
        );
    }
    rate("limits.burst", l.rate_per_second, l.burst, found);
    rate(
        "limits.failures_burst",
        l.failures_per_second,
        l.failures_burst,
        found,
    );
    if !(1..=100_000).contains(&l.connections) {
        found.add(
            "limits.connections",
            "not between 1 and 100,000",
            "leave it out to use the default",
        );
    }
}

/// A rate that lets nothing through is no rate.
fn rate(setting: impl Into<String>, per_second: u32, burst: u32, found: &mut Findings) {
    if per_second > 0 && burst == 0 {
        found.add(
            setting,
            "0, so that nothing could pass",
            "leave it out, or set the rate a second to 0 for no limit",
        );
    }
}

fn base_url(config: &Config, found: &mut Findings) {
    let Some(base) = &config.base_url else { return };
    match address(base) {
        None => found.add(
            "base_url",
            "not an address without query, fragment or user",
            "write it as clients do: `https://cds.example.org`",
        ),
        Some(url) if config.profile == Profile::Production && url.scheme() != "https" => found.add(
            "base_url",
            "production needs https",
            "end TLS in a proxy and write the address clients use",
        ),
        Some(_) => {}
    }
}

fn tls(config: &Config, found: &mut Findings) {
    let tls = &config.tls;
    if tls.certificate.is_some() != tls.key.is_some() {
        let missing = if tls.key.is_none() {
            "tls.key"
        } else {
            "tls.certificate"
        };
        found.add(
            missing,
            "missing: certificate and key belong together",
            "set both, or neither",
        );
    }
    if tls.client_ca.is_some() && tls.certificate.is_none() {
        found.add(
            "tls.client_ca",
            "without `tls.certificate` there is no TLS in which a client could show one",
            "set `tls.certificate` and `tls.key` too",
        );
    }
    if !(1..=60).contains(&tls.handshake_seconds) {
        found.add(
            "tls.handshake_seconds",
            "not between 1 second and a minute",
            "leave it out to use the default",
        );
    }
    for client in &config.clients {
        if !client.certificate_names.is_empty() && tls.client_ca.is_none() {
            found.add(
                place(client, "certificate_names"),
                "set without `tls.client_ca`, so no call could pass",
                "name the authority of its certificates, or leave it out",
            );
        }
    }
}

/// Health and metrics have no authentication, so that nobody but this machine may see them unless that is meant.
fn admin(config: &Config, found: &mut Findings) {
    let Some(listen) = config.admin.listen else { return };
    if !listen.ip().is_loopback() && !config.admin.remote {
        found.add(
            "admin.listen",
            "open to other machines",
            "listen on 127.0.0.1, or say `remote = true` where a network keeps callers away from it",
        );
    }
    if listen == config.listen && listen.port() != 0 {
        found.add(
            "admin.listen",
            "the same as `listen`",
            "give it a port of its own",
        );
    }
}

fn production(config: &Config, found: &mut Findings) {
    if config.clients.is_empty() {
        found.add(
            "client",
            "nobody is registered, so anybody could call; production needs signed calls",
            "register each EHR as a `[[client]]`; `apposite config example` shows how",
        );
    }
    if config.base_url.is_none() {
        found.add(
            "base_url",
            "not set; tokens are made out to this address",
            "write the address clients use: `https://cds.example.org`",
        );
    }
    if !config.tls_ends_upstream && config.tls.certificate.is_none() {
        found.add(
            "tls_ends_upstream",
            "production needs TLS, and there is neither a proxy that ends it nor a certificate",
            "set `[tls]`, or put a TLS proxy in front, let nobody else reach this address, and say `tls_ends_upstream = true`",
        );
    }
}

fn one_client(client: &Client, profile: Profile, found: &mut Findings) {
    let production = profile == Profile::Production;
    if client.name.trim().is_empty() || client.name.chars().any(char::is_control) {
        found.add(place(client, "name"), "not a name", "name it as people do");
    }
    if client.issuer.trim().is_empty() {
        found.add(
            place(client, "issuer"),
            "empty",
            "copy it from the tokens of this client",
        );
    }
    keys(client, found);
    if client.algorithms.is_empty() {
        found.add(
            place(client, "algorithms"),
            "empty, so no token could pass",
            "leave it out: ES384 and RS384",
        );
    }
    if !(1..=LONGEST_LIFE).contains(&client.max_lifetime_seconds) {
        found.add(
            place(client, "max_lifetime_seconds"),
            "not between 1 second and a day",
            "leave it out: an hour; ask for short-lived tokens",
        );
    }
    if client.leeway_seconds > WIDEST_LEEWAY {
        found.add(
            place(client, "leeway_seconds"),
            format!("more than {WIDEST_LEEWAY} seconds"),
            "let both machines keep time by NTP",
        );
    }
    if client.seen_tokens == 0 {
        found.add(
            place(client, "seen_tokens"),
            "0, so no token could pass",
            "leave it out to use the default",
        );
    }
    rate(
        place(client, "burst"),
        client.rate_per_second,
        client.burst,
        found,
    );
    if production && client.replay == Replay::Test {
        found.add(
            place(client, "replay"),
            "production needs `strict`: a stolen token would pass again",
            "use `test` with the development profile only",
        );
    }
    for origin in &client.cors_origins {
        if let Some((message, help)) = origin_problem(origin, production) {
            found.add(
                place(client, "cors_origins"),
                format!("`{origin}`: {message}"),
                help,
            );
        }
    }
    if client.fhir_subject.as_ref().is_some_and(|s| s.trim().is_empty()) {
        found.add(
            place(client, "fhir_subject"),
            "empty, so no access could be used",
            "write our name at its authorization server, or leave it out",
        );
    }
    for base in &client.fhir_bases {
        fhir_base(client, base, production, found);
    }
}

/// Patient data and access tokens travel to these servers.
fn fhir_base(client: &Client, base: &str, production: bool, found: &mut Findings) {
    let problem = match address(base) {
        None => (
            "not an address without query, fragment or user",
            "write the base as the EHR sends it in `fhirServer`",
        ),
        Some(url) if url.scheme() == "https" => return,
        Some(url) if is_loopback(&url) && !production && client.fhir_loopback => return,
        Some(url) if is_loopback(&url) && !production => (
            "plain http",
            "use https, or say `fhir_loopback = true` for a FHIR server on this machine",
        ),
        Some(_) => (
            "patient data would travel in the clear",
            "use https; plain http is for this machine in the development profile",
        ),
    };
    found.add(
        place(client, "fhir_bases"),
        format!("`{base}`: {}", problem.0),
        problem.1,
    );
}

/// Exactly one place for keys, and a safe one.
fn keys(client: &Client, found: &mut Findings) {
    let url = match (&client.jwks_url, &client.jwks_file) {
        (Some(_), Some(_)) => {
            found.add(
                place(client, "jwks_url"),
                "set together with `jwks_file`",
                "keep one of them: keys must have one source",
            );
            return;
        }
        (None, None) => {
            found.add(
                place(client, "jwks_url"),
                "neither it nor `jwks_file` is set",
                "say where the public keys of this client are",
            );
            return;
        }
        (None, Some(_)) => return,
        (Some(url), None) => url,
    };
    let Some(parsed) = Url::parse(url).ok().filter(|u| u.has_host()) else {
        found.add(
            place(client, "jwks_url"),
            "not an address",
            "copy it from the client's documentation",
        );
        return;
    };
    match parsed.scheme() {
        "https" => {}
        "http" if is_loopback(&parsed) && client.jwks_plain_http => {}
        "http" if is_loopback(&parsed) => found.add(
            place(client, "jwks_url"),
            "plain http",
            "use https, or say `jwks_plain_http = true` for a key server on this machine",
        ),
        _ => found.add(
            place(client, "jwks_url"),
            "whoever sits on the way could replace the keys",
            "use https; plain http is possible for a key server on this machine only",
        ),
    }
}

fn origin_problem(origin: &str, production: bool) -> Option<(&'static str, &'static str)> {
    if origin.contains('*') || origin == "null" {
        return Some((
            "lets any web page call",
            "list exact origins: `https://ehr.example.org`",
        ));
    }
    let exact = Url::parse(origin).is_ok_and(|u| u.has_host() && u.origin().ascii_serialization() == origin);
    if !exact {
        return Some((
            "no web page has this origin",
            "write scheme, host and port as browsers do: `https://ehr.example.org`",
        ));
    }
    let plain = !origin.starts_with("https://");
    (production && plain).then_some(("production needs https", "serve that page over https"))
}

/// An address that others can be built on.
fn address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let http = matches!(url.scheme(), "http" | "https");
    (plain && http && url.has_host()).then_some(url)
}

/// Whether an address lies on this very machine.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let ip = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || ip.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn place(client: &Client, setting: &str) -> String {
    format!("client {:?} {setting}", client.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn problems(text: &str) -> Vec<String> {
        let config = Config::parse(text, Path::new("")).unwrap();
        config.problems().iter().map(ToString::to_string).collect()
    }

    const SAFE: &str =
        "profile = 'production'\nbase_url = 'https://cds.example.org'\ntls_ends_upstream = true\n";
    const CLIENT: &str = "[[client]]\nname = 'ehr'\nissuer = 'https://ehr.example.org'\njwks_url = 'https://ehr.example.org/jwks'\n";

    #[test]
    fn a_safe_configuration_has_no_problems() {
        assert_eq!(problems(&format!("{SAFE}{CLIENT}")), [""; 0]);
        assert_eq!(problems(""), [""; 0]);
    }

    /// SC-24, R-002, R-027, R-102: each unsafe setting is named, and all of them at once.
    #[test]
    fn production_refuses_what_is_unsafe_and_says_what() {
        let said = problems("profile = 'production'").join("\n");
        for word in ["`client`", "`base_url`", "`tls_ends_upstream`"] {
            assert!(said.contains(word), "{said}");
        }
        let check = |more: &str, word: &str| {
            let said = problems(&format!("{SAFE}{CLIENT}{more}"));
            assert_eq!(said.len(), 1, "{more}: {said:?}");
            assert!(
                said[0].contains(word) && said[0].contains("help: "),
                "{more}: {said:?}"
            );
            let development = problems(&format!("{CLIENT}{more}"));
            assert_eq!(development, [""; 0], "{more}: fit for development");
        };
        check("replay = 'test'", "replay");
        check("cors_origins = ['http://ehr.example.org']", "cors_origins");
        check(
            "fhir_bases = ['http://127.0.0.1:8000/fhir']\nfhir_loopback = true",
            "fhir_bases",
        );
        let plain = SAFE.replace("https://cds", "http://cds");
        assert!(problems(&format!("{plain}{CLIENT}"))[0].contains("base_url"));
    }

    /// SC-06, SC-28: TLS here does as well as a proxy; the admin listener beyond this machine is a decision.
    #[test]
    fn production_may_speak_tls_itself() {
        let own = SAFE.replace("tls_ends_upstream = true\n", "");
        let tls = "[tls]\ncertificate = 'c.pem'\nkey = 'k.pem'\n";
        assert_eq!(problems(&format!("{own}{CLIENT}{tls}")), [""; 0]);
        assert_eq!(problems(&format!("{own}{CLIENT}")).len(), 1);
        let admin = "[admin]\nlisten = '0.0.0.0:9090'\n";
        assert_eq!(problems(&format!("{SAFE}{CLIENT}{admin}")).len(), 1);
        assert_eq!(
            problems(&format!("{SAFE}{CLIENT}{admin}remote = true\n")),
            [""; 0]
        );
    }

    #[test]
    fn what_no_profile_allows_is_named() {
        let check = |text: &str, word: &str| {
            let said = problems(text);
            assert_eq!(said.len(), 1, "{text}: {said:?}");
            assert!(said[0].contains(word), "{text}: {said:?}");
        };
        for (more, word) in [
            ("jwks_file = 'keys.json'", "jwks_file"),
            ("algorithms = []", "algorithms"),
            ("max_lifetime_seconds = 0", "max_lifetime_seconds"),
            ("max_lifetime_seconds = 86401", "max_lifetime_seconds"),
            ("leeway_seconds = 121", "leeway_seconds"),
            ("seen_tokens = 0", "seen_tokens"),
            ("burst = 0", "burst"),
            ("cors_origins = ['*']", "exact origins"),
            ("cors_origins = ['https://*.example.org']", "exact origins"),
            ("cors_origins = ['null']", "exact origins"),
            ("cors_origins = ['https://ehr.example.org/']", "no web page"),
            ("cors_origins = ['HTTPS://ehr.example.org']", "no web page"),
            ("cors_origins = ['https://ehr.example.org:443']", "no web page"),
            ("cors_origins = ['ehr.example.org']", "no web page"),
            ("fhir_bases = ['http://fhir.example.org']", "in the clear"),
            (
                "fhir_bases = ['http://fhir.example.org']\nfhir_loopback = true",
                "in the clear",
            ),
            ("fhir_bases = ['http://127.0.0.1:8000/fhir']", "fhir_loopback"),
            ("fhir_subject = ' '", "fhir_subject"),
            ("fhir_bases = ['https://u:p@fhir.example.org']", "not an address"),
            ("fhir_bases = ['fhir.example.org']", "not an address"),
            ("fhir_bases = ['file:///etc']", "not an address"),
        ] {
            check(&format!("{CLIENT}{more}"), word);
        }
        check(
            &format!("{CLIENT}{}", CLIENT.replace("'ehr'", "'other'")),
            "issuer",
        );
        check(
            &format!("{CLIENT}{}", CLIENT.replace("ehr.example.org'", "x.example.org'")),
            "name",
        );
        check("base_url = 'cds.example.org'", "base_url");
        check("base_url = 'https://cds.example.org/?a=b'", "base_url");
        check("discovery_needs_token = true", "discovery_needs_token");
        check("[limits]\nbody_seconds = 0", "body_seconds");
        check("[limits]\nbody_bytes = 0", "body_bytes");
        check("[limits]\nconnections = 0", "connections");
        check("[limits]\ncalls = 0", "calls");
        check("[tls]\nkey = 'k'", "tls.certificate");
        check("[tls]\ncertificate = 'c'", "tls.key");
        check("[tls]\nclient_ca = 'a'", "tls.client_ca");
        check("[tls]\nhandshake_seconds = 61", "handshake_seconds");
        check("[admin]\nlisten = '0.0.0.0:9090'", "admin.listen");
        check("[admin]\nlisten = '127.0.0.1:8080'", "admin.listen");
        check(&format!("{CLIENT}certificate_names = ['a']"), "certificate_names");
        check("[limits]\nanswer_millis = 499", "answer_millis");
        check("[limits]\nanswer_millis = 60001", "answer_millis");
        check("[limits]\nleave_seconds = 3601", "leave_seconds");
        check("[limits]\nrate_per_second = 1\nburst = 0", "burst");
        check("[limits]\nfailures_burst = 0", "failures_burst");
        check("[limits]\ndrain_seconds = 3601", "drain_seconds");
    }

    /// Plain http for keys: loopback only, and only when configured.
    #[test]
    fn keys_travel_in_the_clear_on_this_machine_only() {
        for (url, plain, ok) in [
            ("https://ehr.example.org/jwks", false, true),
            ("http://127.0.0.1:9000/jwks", true, true),
            ("http://127.9.9.9/jwks", true, true),
            ("http://[::1]:9000/jwks", true, true),
            ("http://localhost/jwks", true, true),
            ("http://127.0.0.1:9000/jwks", false, false),
            ("http://localhost/jwks", false, false),
            ("http://ehr.example.org/jwks", true, false),
            ("http://10.0.0.1/jwks", true, false),
            ("http://localhost.example.org/jwks", true, false),
            ("http://127.0.0.1@ehr.example.org/jwks", true, false),
            ("http://[::ffff:10.0.0.1]/jwks", true, false),
            ("http://0.0.0.0/jwks", true, false),
            ("file:///etc/passwd", true, false),
            ("/jwks", true, false),
            ("", true, false),
        ] {
            let client = CLIENT.replace("https://ehr.example.org/jwks", url);
            let said = problems(&format!("{client}jwks_plain_http = {plain}"));
            assert_eq!(said.is_empty(), ok, "{url} {plain}: {said:?}");
        }
        let none = CLIENT.replace("jwks_url", "jwks_file");
        assert_eq!(problems(&none), [""; 0]);
        let neither: String = CLIENT.lines().take(3).map(|l| format!("{l}\n")).collect();
        assert_eq!(problems(&neither).len(), 1);
    }
}
