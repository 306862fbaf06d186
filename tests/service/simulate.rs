//! The simulated EHR: its rules on every answer of ours, and the command as people start it, against our service and
//! against others that answer badly.

use super::cli::{apposite, fails, output};
use super::fixtures::{TODAY, fixtures};
use super::support::app::PATIENCE;
use apposite::cli::wiring;
use apposite::config::Config;
use apposite::service::Decide as _;
use apposite::service::{Settings, serve};
use apposite::simulate::rules::{self, Exchange, Finding};
use reqwest::Client;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// The answers to every fixture in a dialect, judged by the rules.
async fn judged(dialect: &str, check: impl Fn(Exchange<'_>) -> Vec<Finding>) -> (usize, Vec<String>) {
    let config = Config::parse(&format!("dialect = '{dialect}'"), Path::new(".")).unwrap();
    let decide = wiring::decide_configured(&config).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://{}/cds-services/{}",
        listener.local_addr().unwrap(),
        decide.about().services[0].id
    );
    let settings = Settings {
        today: || TODAY,
        ..Settings::development()
    };
    let serving = tokio::spawn(serve(listener, decide, settings, std::future::pending()));
    let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let (mut cards, mut wrong) = (0, Vec::new());
    for (name, body) in fixtures() {
        let request: Value = serde_json::from_slice(&body).unwrap_or_default();
        let call = client
            .post(&url)
            .header("content-type", "application/json")
            .body(body);
        let response = call.send().await.unwrap();
        let status = response.status().as_u16();
        let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        let body = response.bytes().await.unwrap();
        cards += serde_json::from_slice::<Value>(&body).unwrap()["cards"]
            .as_array()
            .map_or(0, Vec::len);
        let exchange = Exchange {
            request: &request,
            status,
            media_type: Some(&media_type),
            body: &body,
        };
        let found = check(exchange).into_iter();
        wrong.extend(found.map(|f| format!("{name}: {} {} {} ({})", f.id, f.place, f.what, f.rule)));
    }
    serving.abort();
    (cards, wrong)
}

/// P-07, P-19: everything we say, to every client we know of, and advice counts too.
#[tokio::test]
async fn every_answer_keeps_every_rule_in_every_dialect() {
    for dialect in apposite::dialect::names() {
        let (cards, wrong) = judged(dialect, rules::check).await;
        assert!(cards > 30, "{dialect}: {cards}");
        assert!(wrong.is_empty(), "{dialect}:\n{}", wrong.join("\n"));
    }
}

/// What the page of the public sandbox sends, and whatever else it could send, gets an answer it can show.
#[tokio::test]
async fn the_page_of_the_sandbox_can_use_every_answer() {
    let (cards, wrong) = judged("public-sandbox", rules::sandbox::check).await;
    assert!(cards > 30, "{cards}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The rules can fail: without the dialect the page would throw.
    let (_, wrong) = judged("generic-3.0", rules::sandbox::check).await;
    assert!(wrong.len() > 30, "{wrong:?}");
}

fn said(out: &Output) -> String {
    let (out, told) = (
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr),
    );
    format!("{out}{told}")
}

fn lines(out: &Output) -> Vec<Value> {
    let text = String::from_utf8(out.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// One command, nothing set up: a signed call, a card in words, and all rules kept.
#[test]
fn the_whole_exchange_is_one_command() {
    let out = output(&["simulate"]);
    let text = said(&out);
    assert_eq!(out.status.code(), Some(0), "{text}");
    for part in [
        "/jwks.json",
        "order-sign",
        "conditions",
        "[warning]",
        "(1) ",
        "(recommended)",
        "update ServiceRequest/",
        "may be set aside",
        "rules kept",
        "1 call, 1 card: all is well",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains('\u{1b}'), "no colours where nobody sees them");
    assert!(!text.contains("**"), "{text}");
    assert!(text.lines().all(|l| l.chars().count() <= 160), "{text}");
}

/// What is not sent along is asked for with the token handed out, and the cards are the same.
#[test]
fn the_service_reads_what_was_not_sent() {
    let cards = |prefetch: &str| {
        let out = output(&["simulate", "--json", "--prefetch", prefetch, "--page", "1"]);
        let lines = lines(&out);
        assert_eq!(out.status.code(), Some(0), "{lines:?}");
        let call = lines.iter().find(|l| l["event"] == "call").unwrap().clone();
        let read = call["read"].as_array().unwrap().clone();
        assert!(read.iter().all(|r| r["status"] == 200), "{read:?}");
        let details: Vec<_> = call["answer"]["cards"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["detail"].clone())
            .collect();
        (details, read.len())
    };
    let (all, none) = (cards("all"), cards("none"));
    assert_eq!(all.1, 0);
    assert!(none.1 >= 5, "{}", none.1);
    assert_eq!(all.0, none.0, "R-034");
    assert!(!all.0.is_empty());
    let some = cards("some");
    assert!(some.1 > 0 && some.1 < none.1, "{}", some.1);
}

/// Every example to both hooks, for a person and for the page of the sandbox.
#[test]
fn every_example_is_played() {
    for reader in ["spec", "sandbox"] {
        let out = output(&[
            "simulate",
            "--all",
            "--json",
            "--as",
            reader,
            "--feedback",
            "override",
        ]);
        let lines = lines(&out);
        let of = |event: &str| lines.iter().filter(|l| l["event"] == event).count();
        let end = lines.last().unwrap();
        assert!(of("call") > 40 && of("discovery") == 1, "{end}");
        assert_eq!(
            of("feedback"),
            usize::try_from(end["cards"].as_u64().unwrap()).unwrap(),
            "{end}"
        );
        assert_eq!(end["broken"], 0, "{lines:?}");
        assert_eq!(out.status.code(), Some(0), "{end}");
    }
}

#[test]
fn what_goes_wrong_is_told_and_shows_in_the_exit_code() {
    fails(
        &["simulate", "no-such-example"],
        1,
        &["no example has this name", "seed-noncontrast-ct"],
    );
    fails(&["simulate", "--all", "x"], 2, &["cannot be used"]);
    fails(&["simulate", "--prefetch", "most"], 2, &["possible values"]);
    fails(
        &["simulate", "--url", "127.0.0.1:1"],
        1,
        &["no address of a service"],
    );
    fails(
        &["simulate", "--url", "http://127.0.0.1:1"],
        1,
        &["no connection"],
    );
    fails(
        &["simulate", "--listen", "0.0.0.0:0"],
        1,
        &["open to other machines"],
    );
    // Nobody tells the service where to read, and the order does not say why: 412 (P-01).
    let refused = [
        "simulate",
        "--no-fhir",
        "--prefetch",
        "none",
        "order-select/presumed-no-reason",
    ];
    let out = output(&refused);
    assert_eq!(out.status.code(), Some(1), "{}", said(&out));
    assert!(
        said(&out).contains("412") && said(&out).contains("1 call refused"),
        "{}",
        said(&out)
    );
}

/// A key kept in a file is the same at the next start, and nobody else's to read.
#[test]
fn a_key_can_be_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let file = std::env::temp_dir().join(format!("apposite-simulate-{}.pem", std::process::id()));
    let _ = std::fs::remove_file(&file);
    let name = file.to_str().unwrap();
    let keys = || said(&output(&["simulate", "--key", name, "--print-keys"]));
    let first = keys();
    assert!(
        first.contains("\"P-384\"") && !first.contains("PRIVATE"),
        "{first}"
    );
    assert_eq!(keys(), first);
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    std::fs::write(&file, "no key").unwrap();
    fails(&["simulate", "--key", name], 1, &["holds no private key"]);
    std::fs::remove_file(&file).unwrap();
}

/// Somebody else's service: what it answers, by the begin of the request line; and what it was asked.
async fn other(answers: Vec<(&'static str, u16, String)>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (answers, seen) = (answers.clone(), Arc::clone(&seen));
            tokio::spawn(async move {
                let mut said = Vec::new();
                let mut piece = vec![0; 1 << 16];
                let whole = |said: &[u8]| {
                    let text = String::from_utf8_lossy(said).to_lowercase();
                    let (head, body) = text.split_once("\r\n\r\n")?;
                    let length = head
                        .split("content-length: ")
                        .nth(1)
                        .map_or("0", |l| l.lines().next().unwrap());
                    (body.len() >= length.parse::<usize>().unwrap()).then_some(())
                };
                while whole(&said).is_none() {
                    match stream.read(&mut piece).await {
                        Ok(0) | Err(_) => return,
                        Ok(read) => said.extend_from_slice(&piece[..read]),
                    }
                }
                let said = String::from_utf8(said).unwrap();
                let (_, status, body) = answers
                    .iter()
                    .find(|(begin, ..)| said.starts_with(begin))
                    .unwrap();
                seen.lock().unwrap().push(said.clone());
                let answer = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                // Whoever has seen enough hangs up.
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (address, asked)
}

/// Any service can be tried, and its faults are told by rule.
#[tokio::test(flavor = "multi_thread")]
async fn another_service_is_judged() {
    let discovery = json!({ "services": [{ "hook": "order-select", "id": "other", "title": "T", "description": "D",
        "prefetch": { "who": "Patient/{{context.patientId}}" } }] });
    let card = json!({ "uuid": "00000000-0000-5000-8000-000000000001", "summary": "\u{1b}[31mred", "indicator": "loud",
        "source": { "label": "L" }, "suggestions": [{ "label": "A", "uuid": "00000000-0000-5000-8000-000000000002" }] });
    let answers = vec![
        ("GET /base/cds-services ", 200, discovery.to_string()),
        (
            "POST /base/cds-services/other ",
            200,
            json!({ "cards": [card] }).to_string(),
        ),
        ("POST /base/cds-services/other/feedback ", 500, "{}".to_owned()),
    ];
    let (address, asked) = other(answers).await;
    let url = format!("http://{address}/base/cds-services");
    let run = |arguments: Vec<String>| {
        tokio::task::spawn_blocking(move || {
            apposite(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
                .output()
                .unwrap()
        })
    };
    let words = |more: &[&str]| {
        let first = ["simulate", "--url", &url, "--issuer", "https://ehr.example.org"];
        first
            .iter()
            .chain(more)
            .map(|w| (*w).to_owned())
            .collect::<Vec<_>>()
    };
    let out = run(words(&["--feedback", "accept"])).await.unwrap();
    let text = said(&out);
    assert_eq!(out.status.code(), Some(1), "{text}");
    for part in [
        "broken R-066",
        "broken R-071",
        "advice SC-01",
        "/cards/0/indicator",
        "accepted → 500, refused",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(
        !text.contains('\u{1b}'),
        "a card must not drive the terminal: {text:?}"
    );
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 3);
    for (request, audience) in asked.iter().zip(["", "/other", "/other/feedback"]) {
        let token = request
            .split("authorization: Bearer ")
            .nth(1)
            .unwrap()
            .lines()
            .next()
            .unwrap();
        let mut claims = jsonwebtoken::dangerous::insecure_decode::<Value>(token)
            .unwrap()
            .claims;
        assert_eq!(claims["aud"], format!("{url}{audience}"), "R-106");
        assert_eq!(claims["iss"], "https://ehr.example.org", "R-105");
        assert_eq!(
            claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
            300
        );
        assert!(claims["jti"].take().is_string(), "R-108");
    }
    let call: Value = serde_json::from_str(asked[1].split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(
        call["prefetch"]["who"]["resourceType"], "Patient",
        "its own templates are filled"
    );
    assert_eq!(call["fhirAuthorization"]["token_type"], "Bearer");
    let out = run(words(&["--no-auth", "order-sign/revoked"])).await.unwrap();
    assert!(
        said(&out).contains("no service for `order-sign` is listed"),
        "{}",
        said(&out)
    );
    assert_eq!(out.status.code(), Some(1));
}

/// Who is not registered is not let in, and is told so.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_refused_by_our_service() {
    let run = |arguments: &'static [&'static str]| tokio::task::spawn_blocking(move || output(arguments));
    let out = run(&[
        "simulate",
        "--key-set-url",
        "https://elsewhere.example.org/jwks.json",
    ])
    .await
    .unwrap();
    let text = said(&out);
    assert_eq!(out.status.code(), Some(1), "{text}");
    assert!(
        text.contains("401") && text.contains("login"),
        "SC-13: a foreign `jku` opens nothing: {text}"
    );
}
