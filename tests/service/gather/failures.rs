//! Each way in which a FHIR server can fail: an answer in time, and never a judgement that data would not support (P2).

use super::ehr::{Ehr, Reply};
use super::{Ours, fixture, query, settings, short, with_access, without};
use apposite::service::FhirAccess;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n";

/// Every fault, by name. `late` is true for those that only the deadline ends.
fn faults() -> Vec<(&'static str, bool, Reply)> {
    let fhir = |body: &str| Reply::of(200, "application/fhir+json", body.as_bytes());
    let bundle = r#"{"resourceType":"Bundle","type":"searchset","entry":[]}"#;
    let bytes = |text: &str| text.as_bytes().to_vec();
    let status = |status| Reply::of(status, "application/fhir+json", bundle.as_bytes());
    let media = |media| Reply::of(200, media, bundle.as_bytes());
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let redirect = |status: u16| {
        Reply::Bytes(bytes(&format!(
            "HTTP/1.1 {status} Go\r\nLocation: /fhir/elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )))
    };
    vec![
        ("silent", true, Reply::Stall(Vec::new())),
        ("half a head", true, Reply::Stall(bytes(HEAD))),
        (
            "half a body",
            true,
            Reply::Stall(bytes(&format!(
                "{HEAD}Content-Length: 900\r\n\r\n{{\"resourceType\""
            ))),
        ),
        ("reset at once", false, Reply::Reset(Vec::new())),
        (
            "reset in the body",
            false,
            Reply::Reset(bytes(&format!("{HEAD}Content-Length: 900\r\n\r\n{bundle}"))),
        ),
        (
            "cut short",
            false,
            Reply::Bytes(bytes(&format!("{HEAD}Content-Length: 900\r\n\r\n{bundle}"))),
        ),
        (
            "cut JSON",
            false,
            Reply::Bytes(bytes(&format!("{HEAD}\r\n{}", &bundle[..40]))),
        ),
        ("no HTTP", false, Reply::Bytes(bytes("SSH-2.0-garbage\r\n\r\n"))),
        (
            "garbage",
            false,
            Reply::of(200, "application/fhir+json", &[0xff, 0xfe, 0, 1, 2]),
        ),
        ("nothing", false, fhir("")),
        ("null", false, fhir("null")),
        ("a list", false, fhir("[]")),
        ("an object", false, fhir("{}")),
        ("a byte order mark", false, fhir(&format!("\u{feff}{bundle}"))),
        ("deep", false, fhir(&deep)),
        (
            "deep in a Bundle",
            false,
            fhir(&format!(r#"{{"resourceType":"Bundle","entry":[{deep}]}}"#)),
        ),
        (
            "another resource",
            false,
            fhir(r#"{"resourceType":"Practitioner","id":"pat-58"}"#),
        ),
        (
            "an outcome",
            false,
            fhir(r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception"}]}"#),
        ),
        (
            "an outcome within",
            false,
            fhir(
                r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"OperationOutcome",
                "issue":[{"severity":"error","code":"exception"}]},"search":{"mode":"outcome"}}]}"#,
            ),
        ),
        ("a web page", false, media("text/html")),
        ("XML", false, media("application/fhir+xml")),
        ("no media type", false, media("")),
        (
            "compressed",
            false,
            Reply::Bytes(bytes(&format!(
                "{HEAD}Content-Encoding: gzip\r\nContent-Length: 55\r\n\r\n{bundle}"
            ))),
        ),
        (
            "huge, declared",
            false,
            Reply::Stall(bytes(&format!("{HEAD}Content-Length: 60000000\r\n\r\n"))),
        ),
        (
            "huge, undeclared",
            false,
            Reply::Endless(bytes(&format!("{HEAD}\r\n")), vec![b' '; 1 << 16]),
        ),
        ("301", false, redirect(301)),
        ("302", false, redirect(302)),
        ("307", false, redirect(307)),
        ("308", false, redirect(308)),
        ("201", false, status(201)),
        ("401", false, status(401)),
        ("403", false, status(403)),
        ("404", false, status(404)),
        ("429", false, status(429)),
        ("500", false, status(500)),
        ("503", false, status(503)),
    ]
}

/// Our service with caps and a deadline that a test can wait for.
async fn ours(ehr: &Ehr, late: bool) -> Ours {
    let mut settings = settings(&ehr.base());
    settings.page_bytes = 1 << 20;
    if late {
        settings.deadline = Duration::from_millis(300);
    }
    Ours::with(FhirAccess::new(settings).unwrap()).await
}

/// R-038, P-01, R-059, R-089, SC-10: a needed read that fails, however, is answered with 412, in time.
#[tokio::test]
async fn a_needed_read_that_fails_ends_in_412_in_time() {
    let call = without(fixture("presumed-no-reason"), &["conditions"]);
    for (name, late, reply) in faults() {
        let ehr = Ehr::start(BTreeMap::from([(query("conditions").to_owned(), reply)])).await;
        let ours = ours(&ehr, late).await;
        let started = Instant::now();
        let answer = ours.call(&with_access(call.clone(), &ehr.base())).await;
        assert_eq!(short(&answer), "412 /prefetch/conditions", "{name}");
        assert!(!ehr.queries().iter().any(|q| q.contains("elsewhere")), "{name}");
        assert_ne!(ehr.asked(), [], "{name}");
        // Much more than the deadline, much less than hanging: the machine that runs this may be busy.
        assert!(started.elapsed() < Duration::from_secs(5), "{name}");
    }
}

/// P2: a source that could not be had is as good as one nobody asked for, and what is missing is said.
#[tokio::test]
async fn a_failed_read_gives_the_answer_of_missing_data() {
    let whole = fixture("seed-noncontrast-ct");
    let alone = Ours::with(FhirAccess::none()).await;
    for key in [
        "patient",
        "conditions",
        "procedures",
        "imaging",
        "observations",
        "allergies",
    ] {
        let call = without(whole.clone(), &[key]);
        let expected = alone.call(&call).await;
        for (name, late, reply) in faults() {
            // Waiting for each of them once is enough.
            if late && key != "procedures" {
                continue;
            }
            let ehr = Ehr::start(BTreeMap::from([(query(key).to_owned(), reply)])).await;
            let ours = ours(&ehr, late).await;
            let answer = ours.call(&with_access(call.clone(), &ehr.base())).await;
            assert_eq!(answer, expected, "{key}: {name}");
        }
    }
}

/// P2: an additional key that failed may hide something, one that was declined is as good as one never offered.
#[tokio::test]
async fn an_additional_key_that_fails_makes_the_card_quieter() {
    let whole = fixture("seed-noncontrast-ct");
    let key = "medicationStatements";
    for (name, late, reply) in faults() {
        let ehr = Ehr::start(BTreeMap::from([(query(key).to_owned(), reply)])).await;
        let ours = ours(&ehr, late).await;
        let call = without(whole.clone(), &[key]);
        let answer = ours.call(&with_access(call, &ehr.base())).await;
        let declined = ["403", "404"].contains(&name);
        let expected = if declined {
            "warning UNA_NONCONTRAST"
        } else {
            "info UNA_NONCONTRAST"
        };
        assert_eq!(short(&answer), expected, "{name}");
    }
}

/// One slow query does not cost the others: what came in time counts.
#[tokio::test]
async fn what_came_in_time_is_used() {
    let whole = fixture("seed-noncontrast-ct");
    let alone = Ours::with(FhirAccess::none()).await;
    let expected = alone.call(&without(whole.clone(), &["allergies"])).await;
    let mut replies = super::record(&whole);
    replies.insert(query("allergies").to_owned(), Reply::Stall(Vec::new()));
    let ehr = Ehr::start(replies).await;
    let ours = ours(&ehr, true).await;
    let call = without(whole, &["procedures", "allergies", "imaging"]);
    assert_eq!(ours.call(&with_access(call, &ehr.base())).await, expected);
}

/// A reset connection is tried once more while there is time; a server that keeps failing is not.
#[tokio::test]
async fn a_reset_connection_is_tried_once_more() {
    let whole = fixture("presumed-no-reason");
    let call = without(whole.clone(), &["conditions"]);
    let expected = Ours::with(FhirAccess::none()).await.call(&whole).await;
    let mut replies = super::record(&whole);
    let Reply::Bytes(good) = replies.remove(query("conditions")).unwrap() else {
        panic!("bytes");
    };
    for (reply, asked, succeeds) in [
        (Reply::Second(good), 2, true),
        (Reply::Reset(Vec::new()), 2, false),
    ] {
        replies.insert(query("conditions").to_owned(), reply);
        let ehr = Ehr::start(replies.clone()).await;
        let ours = ours(&ehr, false).await;
        let answer = ours.call(&with_access(call.clone(), &ehr.base())).await;
        assert_eq!(answer == expected, succeeds, "{answer:?}");
        assert_eq!(ehr.asked().len(), asked);
    }
}

/// A server that keeps failing is left alone for a while, and asked again afterwards.
#[tokio::test]
async fn a_server_that_keeps_failing_is_left_alone() {
    let call = without(fixture("presumed-no-reason"), &["conditions"]);
    let reset = BTreeMap::from([(query("conditions").to_owned(), Reply::Reset(Vec::new()))]);
    for (rest, calls) in [(Duration::from_secs(3_600), 5), (Duration::ZERO, 8)] {
        let ehr = Ehr::start(reset.clone()).await;
        let mut settings = settings(&ehr.base());
        settings.rest = rest;
        let ours = Ours::with(FhirAccess::new(settings).unwrap()).await;
        for _ in 0..8 {
            let answer = ours.call(&with_access(call.clone(), &ehr.base())).await;
            assert_eq!(short(&answer), "412 /prefetch/conditions");
        }
        // Each call tries twice.
        assert_eq!(ehr.asked().len(), 2 * calls, "{rest:?}");
    }
}

/// A server gets no more requests at once than it may: while one waits, the next is not sent.
#[tokio::test]
async fn a_server_is_not_asked_more_at_once_than_it_may() {
    let whole = fixture("seed-noncontrast-ct");
    let keys = ["procedures", "imaging", "allergies"];
    for (requests, asked) in [(1, 1), (2, 2), (64, 3)] {
        let stall = |key: &&str| (query(key).to_owned(), Reply::Stall(Vec::new()));
        let ehr = Ehr::start(keys.iter().map(stall).collect()).await;
        let mut settings = settings(&ehr.base());
        settings.requests = requests;
        settings.deadline = Duration::from_millis(300);
        let ours = Ours::with(FhirAccess::new(settings).unwrap()).await;
        let call = without(whole.clone(), &keys);
        let answer = ours.call(&with_access(call, &ehr.base())).await;
        assert_eq!(short(&answer), "info UNA_NONCONTRAST");
        assert_eq!(ehr.asked().len(), asked);
    }
}

/// R-060, SC-08: the token may end with the answer, so nothing is asked afterwards: what waited its turn is dropped, and
/// what was under way is broken off.
#[tokio::test]
async fn nothing_is_asked_after_the_answer() {
    let whole = fixture("seed-noncontrast-ct");
    let keys = ["procedures", "imaging", "allergies"];
    let stall = |key: &&str| (query(key).to_owned(), Reply::Stall(Vec::new()));
    let ehr = Ehr::start(keys.iter().map(stall).collect()).await;
    let mut settings = settings(&ehr.base());
    settings.requests = 1;
    settings.deadline = Duration::from_millis(200);
    let ours = Ours::with(FhirAccess::new(settings).unwrap()).await;
    let answer = ours.call(&with_access(without(whole, &keys), &ehr.base())).await;
    assert_eq!(answer.0, 200);
    let (asked, connections) = (ehr.asked().len(), ehr.connections());
    assert_eq!(asked, 1);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!((ehr.asked().len(), ehr.connections()), (asked, connections));
}

/// R-038: where nobody listens, the answer is 412 too.
#[tokio::test]
async fn a_server_that_is_not_there_ends_in_412() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/fhir", listener.local_addr().unwrap());
    drop(listener);
    let ours = Ours::with(FhirAccess::new(settings(&base)).unwrap()).await;
    let call = without(fixture("presumed-no-reason"), &["conditions"]);
    let answer = ours.call(&with_access(call, &base)).await;
    assert_eq!(short(&answer), "412 /prefetch/conditions");
}

/// SC-21: what the server says about another patient is not used.
#[tokio::test]
async fn the_record_of_somebody_else_is_not_used() {
    let whole = fixture("presumed-no-reason");
    let mut strangers = whole["prefetch"]["conditions"].clone();
    for entry in strangers["entry"].as_array_mut().unwrap() {
        entry["resource"]["subject"] = json!({ "reference": "Patient/pat-59" });
    }
    let patient = json!({ "resourceType": "Patient", "id": "pat-59", "birthDate": "1968-03-02" });
    for (key, reply, expected) in [
        ("conditions", Reply::json(&strangers), ""),
        ("patient", Reply::json(&patient), "info UNA_NONCONTRAST"),
    ] {
        let ehr = Ehr::start(BTreeMap::from([(query(key).to_owned(), reply)])).await;
        let ours = ours(&ehr, false).await;
        let call = without(whole.clone(), &[key]);
        let answer = ours.call(&with_access(call, &ehr.base())).await;
        assert_eq!(short(&answer), expected, "{key}");
    }
}
