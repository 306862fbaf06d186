//! Configuration from the outside: the commands, what goes before what, and what is refused at the start (SC-24).

use crate::cli::{Serving, apposite, fails, output};
use crate::support::idp::KeyServer;
use crate::support::raw::{Raw, head};
use crate::support::signer::Signer;
use serde_json::json;
use std::io::Read as _;
use std::path::PathBuf;

/// A file of its own for one test.
fn file(name: &str, text: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("apposite-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}.toml"));
    std::fs::write(&path, text).unwrap();
    path
}

const PRODUCTION: &str = "profile = 'production'\nbase_url = 'https://cds.example.org'\ntls_ends_upstream = true\n\
                          listen = '127.0.0.1:0'\n[[client]]\nname = 'ehr'\nissuer = 'https://ehr.example.org'\n\
                          jwks_url = 'https://ehr.example.org/jwks'\n";

/// The reference in `deploy/` is what the program writes: `INSTA_UPDATE` has no say here, run
/// `apposite config example > deploy/config.example.toml`.
#[test]
fn the_example_in_the_repository_is_current_and_sound() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/config.example.toml");
    let written = output(&["config", "example"]);
    assert_eq!(
        String::from_utf8(written.stdout).unwrap(),
        std::fs::read_to_string(path).unwrap()
    );
    let said = String::from_utf8(output(&["config", "check", path]).stdout).unwrap();
    assert_eq!(said, "fit for the production profile; one client is registered\n");
}

#[test]
fn options_go_before_the_environment_and_that_before_the_file() {
    let path = file(
        "order",
        "listen = '127.0.0.1:1'\nbase_url = 'https://file.example'\n",
    );
    let path = path.to_str().unwrap();
    let printed = |more: &[&str], environment: &[(&str, &str)]| {
        let mut command = apposite(&[&["config", "print", path], more].concat());
        let out = command.envs(environment.iter().copied()).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    let said = printed(&[], &[]);
    assert!(
        said.contains("127.0.0.1:1\"") && said.contains("file.example"),
        "{said}"
    );
    assert!(
        said.contains("profile = \"development\"") && said.contains("body_bytes = 4194304"),
        "{said}"
    );
    let environment = [
        ("APPOSITE_LISTEN", "127.0.0.1:2"),
        ("APPOSITE_PROFILE", "production"),
    ];
    let said = printed(&[], &environment);
    assert!(
        said.contains("127.0.0.1:2\"") && said.contains("profile = \"production\""),
        "{said}"
    );
    assert!(printed(&["--listen", "127.0.0.1:3"], &environment).contains("127.0.0.1:3\""));
    let said = printed(&[], &[("APPOSITE_BASE_URL", "https://env.example")]);
    assert!(said.contains("https://env.example"), "{said}");
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_the_place() {
    let misspelt = file("misspelt", "profile = 'development'\nlisten_on = '127.0.0.1:0'\n");
    let misspelt = misspelt.to_str().unwrap();
    for command in [
        &["config", "check"][..],
        &["config", "print"],
        &["serve", "--config"],
    ] {
        fails(
            &[command, &[misspelt]].concat(),
            1,
            &[misspelt, "line 2", "listen_on", "help: "],
        );
        fails(
            &[command, &["no/such/file"]].concat(),
            1,
            &["`no/such/file`: does not exist", "help: "],
        );
    }
}

/// SC-24, SC-17.
#[test]
fn production_does_not_start_with_what_is_unsafe_and_says_all_of_it() {
    fails(
        &["serve", "--profile", "production"],
        1,
        &["3 problems", "`client`", "`base_url`", "`tls_ends_upstream`"],
    );
    for (name, more, word) in [
        ("replay", "replay = 'test'\n", "replay"),
        ("wildcard", "cors_origins = ['*']\n", "any web page"),
        ("none", "algorithms = ['none']\n", "none"),
        ("hmac", "algorithms = ['HS256']\n", "HS256"),
    ] {
        let path = file(name, &format!("{PRODUCTION}{more}"));
        fails(
            &["serve", "--config", path.to_str().unwrap()],
            1,
            &[word, "help: "],
        );
        fails(&["config", "check", path.to_str().unwrap()], 1, &[word, "help: "]);
    }
    let keys = PRODUCTION.replace("https://ehr.example.org/jwks", "http://ehr.example.org/jwks");
    let path = file("keys", &format!("{keys}jwks_plain_http = true\n"));
    fails(
        &["serve", "--config", path.to_str().unwrap()],
        1,
        &["jwks_url", "this machine only"],
    );
}

#[test]
fn a_file_of_keys_is_looked_at_before_the_start() {
    let client = "[[client]]\nname = 'ehr'\nissuer = 'x'\njwks_file = ";
    for (name, keys, word) in [
        ("missing", "no-such.json", "cannot be read"),
        ("no-keys", "no-keys.toml", "JWK Set"),
    ] {
        let path = file(name, &format!("{client}'{keys}'\n"));
        for command in [&["config", "check"][..], &["serve", "--config"]] {
            fails(
                &[command, &[path.to_str().unwrap()]].concat(),
                1,
                &["`ehr`", keys, word, "help: "],
            );
        }
    }
}

/// SC-10, R-027: a FHIR server that may not be asked is told before the start, with the setting that would permit it.
#[test]
fn fhir_servers_are_looked_at_before_the_start() {
    for (name, base, words) in [
        ("private", "https://10.1.2.3/fhir", &["`fhir_private`"][..]),
        ("here", "https://127.0.0.1:8443/fhir", &["`fhir_loopback`"]),
        ("plain", "http://127.0.0.1:8000/fhir", &["`fhir_loopback = true`"]),
        ("escaped", "https://fhir.example.org/%2e%2e/r4", &["base URL"]),
    ] {
        let client = "[[client]]\nname = 'ehr'\nissuer = 'x'\njwks_url = 'https://ehr.example.org/jwks'";
        let path = file(
            &format!("fhir-{name}"),
            &format!("{client}\nfhir_bases = ['{base}']\n"),
        );
        for command in [&["config", "check"][..], &["serve", "--config"]] {
            let said = [words, &["ehr", base, "help: "]].concat();
            fails(&[command, &[path.to_str().unwrap()]].concat(), 1, &said);
        }
    }
}

/// The knowledge built in is a draft: production refuses it, with no way round.
#[test]
fn production_does_not_start_with_knowledge_that_is_not_approved() {
    let path = file("draft", PRODUCTION);
    let path = path.to_str().unwrap();
    for more in [&[][..], &["--allow-remote"]] {
        let arguments = [&["serve", "--config", path], more].concat();
        fails(
            &arguments,
            1,
            &["not approved", "error[K019]", "`draft`", "help: "],
        );
    }
}

/// R-002, SC-06.
#[test]
fn beyond_this_machine_only_signed_and_encrypted() {
    let clients = PRODUCTION.split_once("[[client]]").unwrap().1;
    let plain = file("plain", &format!("listen = '0.0.0.0:0'\n[[client]]{clients}"));
    fails(
        &["serve", "--config", plain.to_str().unwrap()],
        1,
        &["not encrypted", "tls_ends_upstream"],
    );
}

/// R-118, P-03, SC-07, SC-16: with a registered client the program checks who calls, also in development; its log has
/// causes and no tokens.
#[tokio::test(flavor = "multi_thread")]
async fn the_program_lets_in_who_is_registered_and_logs_no_token() {
    let signer = Signer::rsa("key");
    let keys = KeyServer::start(&[signer.jwk()]).await;
    let client = format!(
        "[[client]]\nname = 'ehr'\nissuer = 'https://ehr.example.org'\njwks_url = '{}'\njwks_plain_http = true\n",
        keys.url
    );
    let path = file("serving", &client);
    let path = path.to_str().unwrap().to_owned();
    let mut serving = tokio::task::block_in_place(|| Serving::with(&["--config", &path], "trace"));
    assert!(
        serving.banner.contains("one client is registered"),
        "{}",
        serving.banner
    );
    let id = serving.service_id();
    let now = jiff::Timestamp::now().as_second();
    let token = |aud: &str, jti: &str| {
        let claims = json!({
            "iss": "https://ehr.example.org", "aud": aud, "exp": now + 300, "iat": now, "jti": jti, "sub": "canary-sub",
        });
        signer.sign("RS384", &signer.header("RS384").to_string(), &claims.to_string())
    };
    let body = include_str!("../../fixtures/hooks/order-select/seed-noncontrast-ct.json");
    let service = |host: &str| format!("http://{host}:{}/cds-services/{id}", serving.address.port());
    let (here, named) = (service("127.0.0.1"), service("localhost"));
    let good = token(&here, "canary-jti");
    let mut tokens = Vec::new();
    for (token, status) in [
        (good.clone(), 200),
        (good, 401),
        (token(&named, "canary-two"), 200),
        (token("https://elsewhere.example", "canary-three"), 401),
        ("canary.canary.canary".to_owned(), 401),
    ] {
        let more = format!(
            "Authorization: Bearer {token}\r\nContent-Length: {}\r\nConnection: close\r\n",
            body.len()
        );
        let mut raw = Raw::connect(serving.address).await;
        raw.send(head(&id, &more) + body).await;
        let said = raw.until_closed().await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{said}");
        tokens.push(token);
    }
    serving.signal("TERM");
    let mut log = String::new();
    serving
        .child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .unwrap();
    for cause in ["replayed", "\"aud\"", "token-malformed"] {
        assert!(log.contains(cause), "{cause}: {log}");
    }
    assert!(!log.contains("canary"), "{log}");
    for part in tokens.iter().flat_map(|t| t.split('.')).filter(|p| p.len() > 10) {
        assert!(!log.contains(part), "{log}");
    }
}
