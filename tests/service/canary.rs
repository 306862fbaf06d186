//! Nothing of a request leaves the service but in the answer to it: not in logs, however much is logged, not in numbers,
//! errors or panics (SC-07, SC-16, SC-23, SC-28, R-058, R-118). What is read from FHIR servers has its own in `gather::canary`.
//!
//! The test runs itself as a process of its own, since logging is set for a whole process.

use super::fixtures::{TODAY, fixtures};
use super::support::app::{App, PATIENCE};
use super::support::idp::KeyServer;
use super::support::signer::Signer;
use apposite::cli::wiring;
use apposite::config::Client;
use apposite::service::{Callers, Entrances, Settings, serve};
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
    let settings = Settings {
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
    ] {
        let response = http
            .post(format!("{base}{path}"))
            .body(CANARY)
            .send()
            .await
            .unwrap();
        assert!(!response.text().await.unwrap().contains(CANARY));
    }
    // Read by the process outside.
    println!(
        "{}",
        http.get(metrics).send().await.unwrap().text().await.unwrap()
    );
    let app = App::start().await;
    assert_eq!(app.call("panic").body(CANARY).send().await.unwrap().status(), 500);
}
