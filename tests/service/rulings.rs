//! Rulings where the texts are soft, one named test each. Others stand where their matter is: 405 and media types in
//! `http`, slow clients in `limits`, what is asked for in `gather`, tokens in `auth`, plain `http` in `config`.

use super::fixtures::{TODAY, list};
use super::support::app::{App, issue};
use super::support::raw::{Raw, head};
use apposite::cli::wiring;
use apposite::service::ImagingService;
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

static SERVICE: LazyLock<ImagingService> = LazyLock::new(|| wiring::service(None, None).unwrap());

/// The order states no reason: only the diagnoses tell of the tumour.
const PRESUMED: &str = include_str!("../../fixtures/hooks/order-select/presumed-no-reason.json");
/// The order names the tumour.
const SEED: &str = include_str!("../../fixtures/hooks/order-select/seed-noncontrast-ct.json");

/// A change to a call, by name.
type Change<'a> = (&'static str, &'a dyn Fn(&mut Value));

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The response to a call, as JSON text.
fn said(call: &Value) -> String {
    let judged = SERVICE.judge(call.to_string().as_bytes(), TODAY).unwrap();
    serde_json::to_string(&judged.response).unwrap()
}

fn cards(call: &Value) -> Vec<Value> {
    list(&read(&said(call))["cards"]).to_vec()
}

fn order(call: &mut Value) -> &mut Value {
    &mut call["context"]["draftOrders"]["entry"][0]["resource"]
}

#[test]
fn a_condition_that_is_refuted_mistaken_or_somebody_elses_is_no_basis() {
    assert_eq!(cards(&read(PRESUMED)).len(), 1);
    let status = |code: &str| json!({ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": code }] });
    for (member, value) in [
        ("verificationStatus", status("refuted")),
        ("verificationStatus", status("entered-in-error")),
        ("subject", json!({ "reference": "Patient/pat-59" })),
    ] {
        let mut call = read(PRESUMED);
        let condition = &mut call["prefetch"]["conditions"]["entry"][0]["resource"];
        assert!(condition.get(member).is_some());
        condition[member] = value.clone();
        // What else tells of it, in the rest of the record, is taken out: this is about the diagnosis.
        for key in [
            "procedures",
            "medications",
            "observations",
            "imaging",
            "imagingReports",
        ] {
            call["prefetch"][key] = Value::Null;
        }
        assert_eq!(cards(&call), [json!(null); 0], "{member}: {value}");
    }
}

#[test]
fn an_order_not_to_perform_or_not_selected_gets_no_card() {
    let mut not = read(SEED);
    order(&mut not)["doNotPerform"] = json!(true);
    assert_eq!(cards(&not), [json!(null); 0]);
    // The same order, and another one that is selected in its place.
    let mut unselected = read(SEED);
    let mut other = order(&mut unselected).clone();
    other["id"] = json!("draft-2");
    other["code"] = json!({ "text": "Chest X-ray" });
    other["reasonCode"] = json!([{ "text": "Cough" }]);
    let entries = unselected["context"]["draftOrders"]["entry"]
        .as_array_mut()
        .unwrap();
    entries.push(json!({ "resource": other }));
    unselected["context"]["selections"] = json!(["ServiceRequest/draft-2"]);
    assert_eq!(cards(&unselected), [json!(null); 0]);
    unselected["context"]["selections"] = json!(["ServiceRequest/draft-1"]);
    assert_eq!(cards(&unselected).len(), 1);
}

/// P-01: 412 only if an order of ours is selected, does not settle what it is about, and the diagnoses were not delivered,
/// or only in part. `null` and an empty list are answers.
#[test]
fn data_are_missed_only_where_they_are_needed() {
    let outcome = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "exception" }] });
    let found = read(PRESUMED)["prefetch"]["conditions"].clone();
    let next = json!([{ "relation": "next", "url": "https://ehr.example.org/fhir/r4?page=2" }]);
    let mut first_page = found.clone();
    first_page["link"] = next.clone();
    let nothing = json!({ "resourceType": "Bundle", "type": "searchset", "total": 0 });
    let mut empty_page = nothing.clone();
    empty_page["link"] = next;
    let unrelated = include_str!("../../fixtures/hooks/order-select/renal-colic.json");
    // What was delivered; then for an order that states no reason, one that does, and one of something else:
    // is there an answer, and does it hold cards?
    let table = [
        ("all", Some(found), "cards cards silent"),
        ("null", Some(Value::Null), "silent cards silent"),
        ("none", Some(nothing), "silent cards silent"),
        ("absent", None, "412 cards silent"),
        ("an OperationOutcome", Some(outcome), "412 cards silent"),
        // What an order is about is not presumed from a part: the other pages may hold another tumour.
        ("a page with the tumour", Some(first_page), "412 cards silent"),
        ("a page without", Some(empty_page), "412 cards silent"),
    ];
    for (what, conditions, expected) in table {
        let told = [PRESUMED, SEED, unrelated].map(|call| {
            let mut call = read(call);
            let prefetch = call["prefetch"].as_object_mut().unwrap();
            prefetch.shift_remove("conditions");
            prefetch.extend(conditions.clone().map(|value| ("conditions".to_owned(), value)));
            let judged = SERVICE.judge(call.to_string().as_bytes(), TODAY).unwrap();
            match (judged.consultation.unavailable, judged.response.cards.is_empty()) {
                (Some(_), true) => "412",
                (Some(_), false) => panic!("{what}: cards beside a 412"),
                (None, true) => "silent",
                (None, false) => "cards",
            }
        });
        assert_eq!(told.join(" "), expected, "{what}");
    }
}

/// P-07, R-080: every member, foreign extensions, and the digits of a number.
#[test]
fn an_update_keeps_every_member_and_the_precision_of_every_decimal() {
    let kept = [
        r#""extension":[{"url":"https://ehr.example.org/own","valueDecimal":1.50},{"url":"urn:x","valueString":"é\u00e9"}]"#,
        r#""quantityQuantity":{"value":1.50,"unit":"mg","_value":{"id":"q"}}"#,
        r#""unknownMember":{"deep":[1.0,-0.0,1e-10,123456789012345678901234567890.10]}"#,
        r#""_priority":{"extension":[{"url":"urn:y","valueDecimal":0.10}]}"#,
    ];
    let text = SEED.replacen(
        r#""priority": "routine","#,
        &format!(r#""priority": "routine", {},"#, kept.join(",")),
        1,
    );
    assert_ne!(text, SEED);
    let judged = SERVICE.judge(text.as_bytes(), TODAY).unwrap();
    let response = serde_json::to_value(&judged.response).unwrap();
    let mut updates = 0;
    for suggestion in list(&response["cards"][0]["suggestions"]) {
        for action in list(&suggestion["actions"])
            .iter()
            .filter(|a| a["type"] == "update")
        {
            let written = action["resource"].to_string();
            for member in kept {
                let member = member.replace(r"\u00e9", "é");
                assert!(written.contains(&member), "{member} in {written}");
            }
            updates += 1;
        }
    }
    assert!(updates >= 2, "{updates}");
}

/// P-07: repeated on its own answer, an update has one set of our extensions; that it changes nothing else is shown on all
/// fixtures. R-079: what is created is a draft for the same patient, with an id of its own.
#[test]
fn what_is_created_is_a_draft_for_the_same_patient() {
    let call = read(SEED);
    let response = read(&said(&call));
    let mut created = 0;
    for suggestion in list(&response["cards"][0]["suggestions"]) {
        for action in list(&suggestion["actions"])
            .iter()
            .filter(|a| a["type"] == "create")
        {
            let resource = &action["resource"];
            assert_eq!(resource["status"], "draft");
            assert_eq!(resource["subject"], json!({ "reference": "Patient/pat-58" }));
            assert_ne!(resource["id"], "draft-1");
            assert_eq!(resource["intent"], "order");
            created += 1;
        }
    }
    assert!(created > 0);
}

/// Every `uuid` in a response, in order, and the rest of it.
fn uuids(response: &str) -> (Vec<String>, Value) {
    fn walk(value: &mut Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members.iter_mut() {
                    if name == "uuid" || (name == "id" && value.as_str().is_some_and(|v| v.len() == 36)) {
                        found.push(value.take().as_str().unwrap().to_owned());
                    } else {
                        walk(value, found);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let (mut value, mut found) = (read(response), Vec::new());
    walk(&mut value, &mut found);
    (found, value)
}

/// P-20: the same `hookInstance` gets the same ids, in whatever case it is written; another one gets others, and the same
/// words.
#[test]
fn the_same_facts_give_the_same_words_and_a_new_hook_instance_new_ids() {
    let call = read(SEED);
    let first = said(&call);
    assert_eq!(said(&call), first);
    let mut upper = call.clone();
    upper["hookInstance"] = json!(call["hookInstance"].as_str().unwrap().to_uppercase());
    assert_eq!(said(&upper), first);
    let mut other = call.clone();
    other["hookInstance"] = json!("00000000-0000-4000-8000-000000000001");
    let ((ids, words), (new_ids, new_words)) = (uuids(&first), uuids(&said(&other)));
    assert_eq!(words, new_words);
    assert!(ids.len() == new_ids.len() && ids.len() >= 4, "{ids:?}");
    assert!(ids.iter().all(|id| !new_ids.contains(id)), "{ids:?} {new_ids:?}");
}

/// P-06: what the public sandbox and others send, although they should not, changes nothing.
#[test]
fn what_is_odd_and_harmless_is_accepted() {
    let expected = said(&read(SEED));
    let odd = |change: &dyn Fn(&mut Value)| {
        let mut call = read(SEED);
        change(&mut call);
        said(&call)
    };
    let changes: [Change<'_>; 6] = [
        ("a Bundle without a type", &|call| {
            call["context"]["draftOrders"]
                .as_object_mut()
                .unwrap()
                .shift_remove("type");
            call["prefetch"]["conditions"]
                .as_object_mut()
                .unwrap()
                .shift_remove("type");
        }),
        ("a bare id among the selections", &|call| {
            call["context"]["selections"] = json!(["draft-1"])
        }),
        ("unknown members", &|call| {
            call["extension"] = json!({ "com.example": { "a": [] } });
            call["fhirVersion"] = json!("4.0.1");
            call["context"]["com.example"] = json!([{}]);
        }),
        ("null for what is optional", &|call| {
            call["fhirServer"] = Value::Null;
            call["fhirAuthorization"] = Value::Null;
            call["context"]["encounterId"] = Value::Null;
        }),
        ("a key nobody asked for", &|call| {
            call["prefetch"]["somethingElse"] = json!({ "resourceType": "Basic" })
        }),
        ("a search answered by a bare resource", &|call| {
            let only = call["prefetch"]["procedures"]["entry"][0]["resource"].clone();
            assert_eq!(list(&call["prefetch"]["procedures"]["entry"]).len(), 1);
            call["prefetch"]["procedures"] = only;
        }),
    ];
    for (what, change) in changes {
        assert_eq!(odd(change), expected, "{what}");
    }
    // Nothing chosen yet: codings and reasons without anything in them.
    let mut empty = read(SEED);
    order(&mut empty)["code"] = json!({ "coding": [{}] });
    order(&mut empty)["reasonCode"] = json!([]);
    assert_eq!(said(&empty), r#"{"cards":[]}"#);
}

/// SC-21: call, grant, chart and order name their patient; where one of them is somebody else, there is no card.
#[test]
fn a_patient_that_differs_anywhere_gets_no_card() {
    let stranger = json!({ "reference": "Patient/pat-59" });
    let changes: [Change<'_>; 4] = [
        ("call", &|call| call["context"]["patientId"] = json!("pat-59")),
        ("grant", &|call| {
            call["fhirServer"] = json!("https://ehr.example.org/fhir/r4");
            call["fhirAuthorization"] = json!({ "access_token": "t", "token_type": "Bearer", "expires_in": 300,
                "scope": "patient/*.read", "subject": "s", "patient": "pat-59" });
        }),
        ("chart", &|call| {
            call["prefetch"]["patient"]["id"] = json!("pat-59")
        }),
        ("order", &|call| order(call)["subject"] = stranger.clone()),
    ];
    for (place, change) in changes {
        let mut call = read(SEED);
        change(&mut call);
        assert_eq!(said(&call), r#"{"cards":[]}"#, "{place}");
    }
}

/// An order that says two things is no order (P-02).
#[tokio::test]
async fn an_order_with_a_repeated_member_is_refused() {
    for (from, to) in [
        (r#""intent": "order","#, r#""intent": "order", "intent": "plan","#),
        (r#""text": "CT"#, r#""text": "MRI", "text": "CT"#),
    ] {
        let text = SEED.replacen(from, to, 1);
        assert_ne!(text, SEED, "{from}");
        let fault = SERVICE.judge(text.as_bytes(), TODAY).unwrap_err();
        assert_eq!(fault.pointer, "/context/draftOrders/entry/0/resource");
    }
}

/// SC-22: a megabyte is read.
#[tokio::test]
async fn a_body_of_a_megabyte_is_accepted() {
    let app = App::start().await;
    let response = app.call("echo").body(vec![b' '; 1_000_000]).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.text().await.unwrap().contains(r#""bytes":1000000"#));
}

/// SC-22, P-02: forty megabytes are refused when they are announced, not when they have come.
#[tokio::test]
async fn an_announced_body_of_forty_megabytes_is_refused_at_once() {
    let app = App::start().await;
    for sent in ["", "{\"hook\":"] {
        let started = Instant::now();
        let mut raw = Raw::connect(app.address).await;
        raw.send(head("echo", "Content-Length: 40000000\r\n") + sent)
            .await;
        let said = raw.until("}]}").await;
        assert!(
            said.starts_with("HTTP/1.1 413 ") && said.contains("too-long"),
            "{said}"
        );
        // The time for a body is ten seconds.
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "{:?}",
            started.elapsed()
        );
    }
    // Who sends all of it first gets to read the refusal all the same.
    let response = app
        .call("echo")
        .body(vec![b' '; 40_000_000])
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(issue(response).await["code"], "too-long");
}

/// P-19, SC-22: nor is anything else that is refused waited for.
#[tokio::test]
async fn no_refusal_waits_for_the_rest_of_a_body() {
    let app = App::start().await;
    for (request, status) in [
        (head("nobody", "Content-Length: 1000\r\n"), 404),
        (
            head("echo", "Content-Length: 1000\r\nContent-Encoding: gzip\r\n"),
            415,
        ),
        (
            head("echo", "Content-Length: 1000\r\n").replace("application/json", "text/plain"),
            415,
        ),
    ] {
        let started = Instant::now();
        let mut raw = Raw::connect(app.address).await;
        raw.send(request).await;
        let said = raw.until("}]}").await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{said}");
        assert!(started.elapsed() < Duration::from_secs(5), "{status}");
    }
}
