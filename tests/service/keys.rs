//! Key servers of clients, from the outside: rotation, and every way in which they can fail (SC-14, R-115).

use super::gather::ehr::{Ehr, Reply as Said};
use super::support::app::{App, PATIENCE};
use super::support::idp::{KeyServer, Reply};
use super::support::signer::Signer;
use apposite::config::Client;
use apposite::service::{Callers, Limits, Settings};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn issuer(name: &str) -> String {
    format!("https://{name}.example.org")
}

fn client(name: &str, url: String) -> Client {
    Client {
        jwks_url: Some(url),
        jwks_plain_http: true,
        ..Client::new(name, &issuer(name))
    }
}

/// Failed attempts are what these tests are about, so they are not counted.
fn patient() -> Limits {
    Limits {
        failures: None,
        ..Limits::default()
    }
}

/// A service for these clients that lets this time pass between two fetches.
async fn open(clients: &[Client], pause: Duration) -> App {
    App::configured(|address| {
        let bases = [format!("http://{address}")];
        Settings {
            callers: Callers::registered_asking(clients, &bases, false, pause).unwrap(),
            limits: patient(),
            ..Settings::development()
        }
    })
    .await
}

/// A call with a fresh token of this client, signed by this key.
async fn call(app: &App, name: &str, signer: &Signer) -> u16 {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let now = jiff::Timestamp::now().as_second();
    let aud = app.url("/cds-services/silent");
    let claims =
        json!({ "iss": issuer(name), "aud": aud, "exp": now + 300, "iat": now, "jti": format!("{number}") });
    let token = signer.sign("ES384", &signer.header("ES384").to_string(), &claims.to_string());
    let call = app.call("silent").bearer_auth(token);
    call.send().await.unwrap().status().as_u16()
}

/// R-115, SC-14: a client changes its key, and the new one works once the pause between fetches is over, without
/// anybody at our side; the old one then does not.
#[tokio::test]
async fn a_rotated_key_works_and_the_old_one_no_more() {
    let (old, new) = (Signer::p384("old"), Signer::p384("new"));
    let keys = KeyServer::start(&[old.jwk()]).await;
    let app = open(&[client("ehr", keys.url.clone())], Duration::from_millis(100)).await;
    assert_eq!(call(&app, "ehr", &old).await, 200);
    assert_eq!(call(&app, "ehr", &new).await, 401, "nobody has heard of it yet");
    keys.replies(Reply::keys(&[new.jwk()]));
    let rotated = async { while call(&app, "ehr", &new).await != 200 {} };
    tokio::time::timeout(PATIENCE, rotated).await.unwrap();
    assert_eq!(call(&app, "ehr", &old).await, 401);
    // Both at once, as a careful client publishes them.
    keys.replies(Reply::keys(&[new.jwk(), old.jwk()]));
    let both = async { while call(&app, "ehr", &old).await != 200 {} };
    tokio::time::timeout(PATIENCE, both).await.unwrap();
    assert_eq!(call(&app, "ehr", &new).await, 200);
}

/// SC-14: thirty keys that nobody knows cause a handful of fetches at most, however they come: one after the other, at
/// once, before any key is known or after.
#[tokio::test]
async fn thirty_unknown_keys_cause_a_handful_of_fetches() {
    let known = Signer::p384("key");
    let keys = KeyServer::start(&[known.jwk()]).await;
    let clients = [client("ehr", keys.url.clone())];
    let app = App::configured(|address| Settings {
        callers: Callers::registered(&clients, &[format!("http://{address}")], false).unwrap(),
        limits: patient(),
        ..Settings::development()
    })
    .await;
    let strangers: Vec<Signer> = (0..30).map(|n| Signer::p384(&format!("k{n}"))).collect();
    let at_once = strangers.iter().map(|stranger| call(&app, "ehr", stranger));
    for status in futures_util::future::join_all(at_once).await {
        assert_eq!(status, 401);
    }
    assert_eq!(call(&app, "ehr", &known).await, 200);
    for stranger in &strangers {
        assert_eq!(call(&app, "ehr", stranger).await, 401);
    }
    assert!((1..=3).contains(&keys.calls()), "{}", keys.calls());
    assert_eq!(call(&app, "ehr", &known).await, 200);
}

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

/// Every fault of a key server, by name.
fn faults(set: &str, elsewhere: &str) -> Vec<(&'static str, Said)> {
    let bytes = |text: String| text.into_bytes();
    let json = |body: &str| Said::of(200, "application/json", body.as_bytes());
    let length = set.len();
    let redirect = |status: u16| {
        Said::Bytes(bytes(format!(
            "HTTP/1.1 {status} Go\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )))
    };
    vec![
        ("hung", Said::Stall(Vec::new())),
        ("hung in the head", Said::Stall(bytes(HEAD.to_owned()))),
        (
            "hung in the body",
            Said::Stall(bytes(format!(
                "{HEAD}Content-Length: {length}\r\n\r\n{}",
                &set[..20]
            ))),
        ),
        ("reset", Said::Reset(Vec::new())),
        (
            "reset in the body",
            Said::Reset(bytes(format!(
                "{HEAD}Content-Length: {length}\r\n\r\n{}",
                &set[..20]
            ))),
        ),
        (
            "cut short",
            Said::Bytes(bytes(format!("{HEAD}Content-Length: 9000\r\n\r\n{set}"))),
        ),
        ("cut JSON", json(&set[..set.len() - 2])),
        (
            "no HTTP",
            Said::Bytes(bytes("SSH-2.0-garbage\r\n\r\n".to_owned())),
        ),
        ("garbage", Said::of(200, "application/json", &[0xff, 0xfe, 0, 1])),
        ("nothing", json("")),
        ("null", json("null")),
        ("a list", json("[]")),
        ("no keys", json("{}")),
        ("keys of another kind", json(r#"{"keys":{}}"#)),
        (
            "huge, declared",
            Said::Stall(bytes(format!("{HEAD}Content-Length: 60000000\r\n\r\n"))),
        ),
        (
            "huge, undeclared",
            Said::Endless(bytes(format!("{HEAD}\r\n")), vec![b' '; 1 << 16]),
        ),
        ("301", redirect(301)),
        ("302", redirect(302)),
        ("307", redirect(307)),
        ("404", Said::of(404, "application/json", set.as_bytes())),
        ("500", Said::of(500, "application/json", set.as_bytes())),
    ]
}

/// SC-13, SC-14, R-115: whatever a key server does, its own client is not let in, everybody else is served, and nobody
/// is asked in its place.
#[tokio::test]
async fn a_key_server_that_fails_costs_its_own_client_only() {
    let signer = Signer::p384("key");
    let good = KeyServer::start(&[signer.jwk()]).await;
    let trap = KeyServer::start(&[signer.jwk()]).await;
    let set = json!({ "keys": [signer.jwk()] }).to_string();
    let (mut clients, mut servers) = (vec![client("good", good.url.clone())], Vec::new());
    for (at, (what, said)) in faults(&set, &trap.url).into_iter().enumerate() {
        let server = Ehr::start(BTreeMap::from([("jwks".to_owned(), said)])).await;
        clients.push(client(&format!("bad-{at}"), format!("{}/jwks", server.base())));
        servers.push((what, format!("bad-{at}"), server));
    }
    let app = open(&clients, Duration::from_secs(3600)).await;
    // All at once: the hung ones are waited for together.
    let calls = servers.iter().map(|(what, name, server)| {
        let (app, signer) = (&app, &signer);
        async move {
            assert_eq!(call(app, name, signer).await, 401, "{what}");
            assert!(server.connections() > 0, "{what}");
        }
    });
    let meanwhile = async {
        for _ in 0..20 {
            assert_eq!(call(&app, "good", &signer).await, 200);
        }
    };
    let both = async { futures_util::future::join(futures_util::future::join_all(calls), meanwhile).await };
    tokio::time::timeout(PATIENCE, both).await.unwrap();
    assert_eq!(trap.calls(), 0, "redirects are not followed");
}
