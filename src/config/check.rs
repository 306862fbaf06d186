//! What is contradictory, unusable or unsafe in a configuration; all of it at once (SC-24).
//!
//! Pure: it reads no files and asks no server. The production profile has no way round a finding.

mod client;

use super::{Client, Config, Profile};
use client::one_client;
use reqwest::Url;
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

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
pub(super) struct Findings(Vec<Problem>);

impl Findings {
    pub(super) fn add(&mut self, setting: impl Into<String>, message: impl Into<String>, help: &str) {
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
        super::store::check(&self.store, &mut found);
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
    fhir(config, found);
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

fn fhir(config: &Config, found: &mut Findings) {
    let f = &config.fhir;
    if !(50..=5000).contains(&f.deadline_millis) || f.deadline_millis >= config.limits.answer_millis {
        found.add(
            "fhir.deadline_millis",
            "not between 50 and 5,000, or not less than `limits.answer_millis`",
            "leave it out to use the default",
        );
    }
    let sizes = [
        ("fhir.pages", f.pages, 1..=100),
        ("fhir.page_bytes", f.page_bytes, 1024..=64 << 20),
        ("fhir.call_bytes", f.call_bytes, 1024..=256 << 20),
        ("fhir.requests", f.requests, 1..=10_000),
    ];
    for (name, value, within) in sizes {
        if !within.contains(&value) {
            let (least, most) = within.into_inner();
            found.add(
                name,
                format!("not between {least} and {most}"),
                "leave it out to use the default",
            );
        }
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
    let admin = &config.admin;
    if admin.operator_token_sha256.is_some() && admin.operator_token_file.is_some() {
        found.add(
            "admin.operator_token_file",
            "there is `operator_token_sha256` too",
            "set one of them",
        );
    }
    let digest = admin.operator_token_sha256.as_deref().unwrap_or_default();
    let is_digest = digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit());
    if admin.operator_token_sha256.is_some() && !is_digest {
        found.add(
            "admin.operator_token_sha256",
            "not 64 hexadecimal digits",
            "write what `printf %s TOKEN | sha256sum` prints, of a token of 32 or more random characters",
        );
    }
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
mod tests;
