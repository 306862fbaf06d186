//! Each problem of a configuration, by what is told of it.

use super::*;
use std::path::Path;

fn problems(text: &str) -> Vec<String> {
    let config = Config::parse(text, Path::new("")).unwrap();
    config.problems().iter().map(ToString::to_string).collect()
}

const SAFE: &str = "profile = 'production'\nbase_url = 'https://cds.example.org'\ntls_ends_upstream = true\n";
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
    let keys_in_a_file = CLIENT.replace("jwks_url = 'https:", "jwks_file = 'https:");
    check(
        &format!("{keys_in_a_file}authorities = 'hospital.pem'"),
        "authorities",
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

#[test]
fn reading_from_fhir_servers_stays_within_reason() {
    for (setting, value) in [
        ("deadline_millis", 49),
        ("deadline_millis", 2000),
        ("deadline_millis", 5001),
        ("pages", 0),
        ("page_bytes", 1),
        ("call_bytes", 300 << 20),
        ("requests", 0),
    ] {
        let said = problems(&format!("[fhir]\n{setting} = {value}\n"));
        assert!(
            said.len() == 1 && said[0].contains(setting),
            "{setting} = {value}: {said:?}"
        );
    }
    assert_eq!(
        problems("[fhir]\ndeadline_millis = 1999\npages = 1\nrequests = 1\n"),
        [""; 0]
    );
}
