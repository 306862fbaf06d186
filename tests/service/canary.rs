//! Nothing of a request leaves the service but in the answer to it: not in logs, however much is logged, not in numbers,
//! errors or panics (SC-07, SC-16, SC-23, SC-28, R-058, R-118). What is read from FHIR servers has its own in `gather::canary`.
//!
//! The test runs itself as a process of its own, since logging is set for a whole process.

use super::fixtures::{TODAY, fixtures};
use super::support::app::{App, PATIENCE};
use super::support::database::Folder;
use super::support::idp::KeyServer;
use super::support::signer::Signer;
use apposite::cli::wiring;
use apposite::config::Client;
use apposite::service::{Callers, Entrances, Settings, serve};
use apposite::store::Store;
use serde_json::{Value, json};
use std::process::Command;
use tokio::net::TcpListener;

const INNER: &str = "APPOSITE_TEST_CANARY_CALLS";

/// What stands in every text of a request.
const CANARY: &str = "canary-8e1f";

/// SC-07, SC-23, SC-28, R-058, R-118: everything there is to say is said by one process, and the canary is not in it.
#[test]
fn nothing_of_a_request_is_logged_counted_or_told() {
    if std::env::var_os(INNER).is_some() {
        return inner();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "canary::nothing_of_a_request_is_logged_counted_or_told",
            "--nocapture",
        ])
        .env(INNER, "1")
        .env("APPOSITE_LOG", "trace")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
    for word in [
        "\"exchange\"",
        "caller not let in",
        "a defect: the code panicked",
        "cds_calls_total",
        "\"level\":\"TRACE\"",
    ] {
        assert!(
            said.contains(word),
            "the log was on, and the numbers are in it: {word}"
        );
    }
    let leak = said
        .lines()
        .find(|line| line.contains(CANARY) || line.contains(super::support::fake::SECRET));
    assert_eq!(leak, None);
}

/// Puts the canary into every text of a value: behind it, or in its place.
fn mark(value: &mut Value, replace: bool) {
    match value {
        Value::String(text) if replace => *text = CANARY.to_owned(),
        Value::String(text) => text.push_str(CANARY),
        Value::Array(items) => items.iter_mut().for_each(|item| mark(item, replace)),
        Value::Object(members) => members.values_mut().for_each(|value| mark(value, replace)),
        _ => {}
    }
}

/// A call with canaries in the texts of some of its parts.
fn marked(body: &[u8], parts: &[&str], replace: bool) -> Option<String> {
    let mut call: Value = serde_json::from_slice(body).ok()?;
    for part in parts {
        if let Some(part) = call.pointer_mut(part) {
            mark(part, replace);
        }
    }
    Some(call.to_string())
}

/// Marks what people read only, so that codes still lead to cards.
fn words_marked(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(words_marked),
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match value {
                    Value::String(text)
                        if ["text", "display", "family", "value"].contains(&name.as_str()) =>
                    {
                        text.push_str(CANARY);
                    }
                    other => words_marked(other),
                }
            }
        }
        _ => {}
    }
}

/// SC-19, SC-20: no byte of the store has the canary, or the name of a person or order of any fixture. Codes of orders
/// that came with several patients are kept on purpose, and looked at by themselves.
fn nothing_is_kept(folder: &Folder) {
    let file = rusqlite::Connection::open(folder.0.join("apposite.db")).unwrap();
    let count = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert!(count("SELECT COUNT(*) FROM audit_decision") > 100);
    assert!(count("SELECT COUNT(*) FROM feedback") == 2);
    let longest = count("SELECT COALESCE(MAX(LENGTH(code)), 0) FROM unmapped_code");
    assert!(longest <= 20, "only what looks like a code");
    file.execute_batch("DELETE FROM unmapped_code; PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
    let mut names: Vec<String> = vec![CANARY.to_owned()];
    for (_, body) in fixtures() {
        let Ok(call) = serde_json::from_slice::<Value>(&body) else {
            continue;
        };
        let context = &call["context"];
        let orders = context["draftOrders"]["entry"].as_array().into_iter().flatten();
        let people = [&context["patientId"], &context["userId"], &context["encounterId"]];
        let ids = orders.map(|entry| &entry["resource"]["id"]).chain(people);
        names.extend(ids.filter_map(|id| id.as_str().map(str::to_owned)));
    }
    // Shorter ones are in any file by chance.
    names.retain(|name| name.len() >= 6 && !"https://ehr.example.org".contains(name.as_str()));
    assert!(names.len() > 50, "{}", names.len());
    for entry in std::fs::read_dir(&folder.0).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let found = names.iter().find(|name| text.contains(name.as_str()));
        assert_eq!(found, None, "in {}", path.display());
    }
}

#[tokio::main(flavor = "current_thread")]
async fn inner() {
    apposite::service::telemetry::start();
    let signer = Signer::p384("key");
    let keys = KeyServer::start(&[signer.jwk()]).await;
    let client = Client {
        jwks_url: Some(keys.url.clone()),
        jwks_plain_http: true,
        ..Client::new("ehr", "https://ehr.example.org")
    };
    let (calls, admin) = (
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
    );
    let base = format!("http://{}", calls.local_addr().unwrap());
    let metrics = format!("http://{}/metrics", admin.local_addr().unwrap());
    let folder = Folder::new();
    let store = Store::open(folder.store()).await.unwrap().unwrap();
    let settings = Settings {
        store: Some(store.clone()),
        callers: Callers::registered(&[client], std::slice::from_ref(&base), false).unwrap(),
        today: || TODAY,
        ..Settings::development()
    };
    let entrances = Entrances {
        calls,
        tls: None,
        admin: Some(admin),
    };
    tokio::spawn(serve(
        entrances,
        wiring::decide(None, None).unwrap(),
        settings,
        std::future::pending(),
    ));
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .unwrap();
    let url = format!("{base}/cds-services/pnet-imaging");
    let (mut refused, mut cards, mut number) = (0, 0, 0);
    for (_, body) in fixtures() {
        let mut words = serde_json::from_slice::<Value>(&body).unwrap_or_default();
        words_marked(&mut words);
        let texts = [
            Some(words.to_string()),
            marked(&body, &["/prefetch"], true),
            marked(
                &body,
                &[
                    "/context/draftOrders",
                    "/fhirServer",
                    "/fhirAuthorization",
                    "/extension",
                ],
                false,
            ),
            marked(&body, &["/context"], true),
            marked(&body, &[""], true),
        ];
        for text in texts.into_iter().flatten() {
            number += 1;
            let now = jiff::Timestamp::now().as_second();
            let claims = json!({ "iss": "https://ehr.example.org", "aud": url, "exp": now + 300, "iat": now,
                "jti": format!("{CANARY}-{number}"), "sub": CANARY });
            let mut token = signer.sign("ES384", &signer.header("ES384").to_string(), &claims.to_string());
            if number % 40 == 0 {
                token.push_str(CANARY);
            }
            let call = http
                .post(&url)
                .bearer_auth(token)
                .header("content-type", "application/json");
            let call = call
                .header("x-request-id", format!("<{CANARY}>"))
                .header("origin", format!("https://{CANARY}.example"));
            let response = call.body(text).send().await.unwrap();
            let status = response.status();
            assert!(!format!("{:?}", response.headers()).contains(CANARY), "{status}");
            let said = response.text().await.unwrap();
            if status == 200 {
                cards += serde_json::from_str::<Value>(&said).unwrap()["cards"]
                    .as_array()
                    .unwrap()
                    .len();
            } else {
                refused += 1;
                assert!(!said.contains(CANARY), "SC-23: {said}");
            }
        }
    }
    assert!(refused > 80 && cards > 40, "{refused} {cards}");
    for path in [
        format!("/cds-services/{CANARY}"),
        format!("/{CANARY}?{CANARY}"),
        format!("/cds-services/{CANARY}/feedback"),
        "/cds-services/pnet-imaging/feedback".to_owned(),
    ] {
        let response = http
            .post(format!("{base}{path}"))
            .body(CANARY)
            .send()
            .await
            .unwrap();
        assert!(!response.text().await.unwrap().contains(CANARY));
    }
    let told = json!({ "feedback": [{ "card": CANARY, "outcome": "overridden", "outcomeTimestamp": "2026-06-15T10:00:00Z",
        "overrideReason": { "reason": { "code": CANARY, "system": CANARY, "display": CANARY }, "userComment": CANARY } },
        { "card": CANARY, "outcome": "accepted", "outcomeTimestamp": "2026-06-15T10:00:00Z",
          "acceptedSuggestions": [{ "id": CANARY }] }] });
    let now = jiff::Timestamp::now().as_second();
    let claims =
        json!({ "iss": "https://ehr.example.org", "aud": url, "exp": now + 300, "iat": now, "jti": "told" });
    let token = signer.sign("ES384", &signer.header("ES384").to_string(), &claims.to_string());
    let feedback = http.post(format!("{url}/feedback")).bearer_auth(token);
    assert_eq!(feedback.json(&told).send().await.unwrap().status(), 200);
    store.close().await;
    nothing_is_kept(&folder);
    // Read by the process outside.
    println!(
        "{}",
        http.get(metrics).send().await.unwrap().text().await.unwrap()
    );
    let app = App::start().await;
    assert_eq!(app.call("panic").body(CANARY).send().await.unwrap().status(), 500);
}
