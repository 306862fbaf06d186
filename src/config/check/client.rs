//! What is wrong or unsafe in the settings of one client.

use super::{Findings, address, is_loopback, place, rate};
use crate::config::{Client, Profile, Replay};
use reqwest::Url;

/// The longest life of a token that can be configured: one day.
const LONGEST_LIFE: u32 = 24 * 60 * 60;

/// The most that clocks may differ: beyond it, an expired token would be good for too long.
const WIDEST_LEEWAY: u32 = 120;

pub(super) fn one_client(client: &Client, profile: Profile, found: &mut Findings) {
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
    let servers = client.fhir_bases.iter().chain(&client.jwks_url);
    if client.authorities.is_some() && !servers.into_iter().any(|url| url.starts_with("https://")) {
        found.add(
            place(client, "authorities"),
            "no server of this client shows a certificate",
            "leave it out, or write `jwks_url` and `fhir_bases` with https",
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
