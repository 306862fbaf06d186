//! What is asked for: whatever is missing and could change the answer, once, and nothing else.

use super::ehr::{Ehr, Reply};
use super::{Ours, QUERIES, TOKEN, fixture, query, record, short, with_access, without};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::net::TcpListener;

const ALL: [&str; 10] = [
    "patient",
    "conditions",
    "procedures",
    "medications",
    "medicationStatements",
    "medicationAdministrations",
    "observations",
    "allergies",
    "imaging",
    "imagingReports",
];

/// Asks about a call; the answer, and what the FHIR server was asked.
async fn asked(call: Value, replies: BTreeMap<String, Reply>) -> ((u16, String), Vec<String>) {
    let ehr = Ehr::start(replies).await;
    let ours = Ours::asking(&ehr).await;
    let answer = ours.call(&with_access(call, &ehr.base())).await;
    for asked in ehr.asked() {
        // the token goes with each request.
        assert_eq!(
            asked.authorization.as_deref(),
            Some(format!("Bearer {TOKEN}").as_str())
        );
    }
    (answer, ehr.queries())
}

/// whatever key is missing, it is asked for, and the same data give the same bytes.
#[tokio::test]
async fn a_missing_key_is_asked_for_and_gives_the_same_answer_as_prefetch() {
    for name in [
        "seed-noncontrast-ct",
        "presumed-no-reason",
        "iodine-allergy",
        "pacemaker-mri",
    ] {
        let whole = fixture(name);
        let (expected, queries) = asked(whole.clone(), record(&whole)).await;
        assert_eq!(expected.0, 200);
        assert_eq!(queries, [""; 0], "{name}: nothing was missing");
        for key in ALL {
            let (answer, queries) = asked(without(whole.clone(), &[key]), record(&whole)).await;
            assert_eq!(answer, expected, "{name} without {key}");
            assert_eq!(queries, [query(key)], "{name} without {key}");
        }
        let (answer, mut queries) = asked(without(whole.clone(), &ALL), record(&whole)).await;
        assert_eq!(answer, expected, "{name} without anything");
        queries.sort();
        let mut every: Vec<_> = QUERIES.iter().map(|(_, query)| *query).collect();
        every.sort_unstable();
        assert_eq!(queries, every, "{name}: each once");
    }
}

/// `null`, an OperationOutcome and odd values are answers, and are not asked for again.
#[tokio::test]
async fn what_was_answered_is_not_asked_again() {
    let whole = fixture("seed-noncontrast-ct");
    let outcome = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "exception" }] });
    let bare = json!({ "resourceType": "Bundle", "type": "searchset", "total": 0 });
    for key in ALL {
        for value in [
            json!(null),
            outcome.clone(),
            json!("odd"),
            json!([]),
            bare.clone(),
        ] {
            let mut call = whole.clone();
            call["prefetch"][key] = value.clone();
            let unaided = Ours::with(Default::default()).await.call(&call).await;
            let (answer, queries) = asked(call, record(&whole)).await;
            assert_eq!(queries, [""; 0], "{key}: {value}");
            assert_eq!(answer, unaided, "{key}: {value}");
        }
    }
}

/// Results may come under several keys; any of them stands for the main one, and its further pages are read too.
#[tokio::test]
async fn results_under_a_key_of_their_own_are_not_asked_for_again() {
    let whole = fixture("seed-noncontrast-ct");
    let mut call = without(whole.clone(), &["observations"]);
    call["prefetch"]["observationsKidney"] = whole["prefetch"]["observations"].clone();
    let (answer, queries) = asked(call.clone(), record(&whole)).await;
    assert_eq!(queries, [""; 0]);
    let expected = answer;

    let mut first = json!({ "resourceType": "Bundle", "type": "searchset" });
    first["link"] = json!([{ "relation": "next", "url": "Observation?page=2" }]);
    call["prefetch"]["observationsKidney"] = first;
    let second = (
        "Observation?page=2".to_owned(),
        Reply::json(&whole["prefetch"]["observations"]),
    );
    let (answer, queries) = asked(call, BTreeMap::from([second])).await;
    assert_eq!(
        (answer, queries),
        (expected, vec!["Observation?page=2".to_owned()])
    );
}

/// an order that is not ours, or that ended for good, costs the EHR nothing.
#[tokio::test]
async fn nothing_is_asked_where_nothing_could_change_the_answer() {
    let rest = [
        "procedures",
        "medications",
        "medicationStatements",
        "medicationAdministrations",
        "observations",
        "allergies",
        "imaging",
        "imagingReports",
    ];
    // The order itself is about something else, whatever the record holds.
    let colic = fixture("renal-colic");
    let mut drug = fixture("seed-noncontrast-ct");
    drug["context"]["draftOrders"]["entry"][0]["resource"] = json!({ "resourceType": "MedicationRequest", "id": "draft-1",
        "status": "draft", "intent": "order", "subject": { "reference": "Patient/pat-58" } });
    drug["context"]["selections"] = json!(["MedicationRequest/draft-1"]);
    // Another patient, a child, no tumour.
    let mut stranger = fixture("seed-noncontrast-ct");
    stranger["prefetch"]["patient"]["id"] = json!("pat-59");
    let cases = [
        ("renal colic", without(colic, &ALL)),
        ("a drug", without(drug, &ALL)),
        ("another patient", without(stranger, &rest)),
        ("a child", without(fixture("child"), &rest)),
        ("no tumour", without(fixture("no-tumour"), &rest)),
    ];
    for (name, call) in cases {
        let (answer, queries) = asked(call, record(&fixture("seed-noncontrast-ct"))).await;
        assert_eq!(short(&answer), "", "{name}");
        assert_eq!(queries, [""; 0], "{name}");
    }
}

/// the diagnoses first; the rest only if they leave the tumour possible.
#[tokio::test]
async fn the_rest_of_the_record_is_asked_for_only_if_the_diagnoses_call_for_it() {
    let mut call = fixture("presumed-no-reason");
    let healthy = record(&fixture("no-tumour"));
    let (answer, queries) = asked(without(call.clone(), &ALL), healthy).await;
    assert_eq!(
        short(&answer),
        "",
        "an answer of the server without the tumour is an answer"
    );
    assert_eq!(queries, [query("conditions")]);

    // An order whose reason is a diagnosis that was not sent.
    call["context"]["draftOrders"]["entry"][0]["resource"]["reasonReference"] =
        json!([{ "reference": "Condition/cond-9" }]);
    let (expected, _) = asked(call.clone(), record(&call)).await;
    let (answer, queries) = asked(without(call.clone(), &["conditions"]), record(&call)).await;
    assert_eq!(answer, expected);
    assert_eq!(queries, [query("conditions")]);
    assert_eq!(short(&answer), "warning UNA_NONCONTRAST");
}

/// The two entries of the conditions as two pages; the second holds the one at `second`.
fn pages(base: &str, next: &str, second: usize) -> (Value, Value) {
    let whole = fixture("presumed-no-reason")["prefetch"]["conditions"].clone();
    let page =
        |at: usize| json!({ "resourceType": "Bundle", "type": "searchset", "entry": [whole["entry"][at]] });
    let mut first = page(1 - second);
    first["link"] = json!([{ "relation": "self", "url": format!("{base}/Condition?patient=pat-58") },
        { "relation": "next", "url": next }]);
    (first, page(second))
}

/// P-14: further pages are read, of what the EHR sent and of what we asked for.
#[tokio::test]
async fn a_diagnosis_on_the_second_page_is_found() {
    let whole = fixture("presumed-no-reason");
    let expected = Ours::with(Default::default()).await.call(&whole).await;
    for relative in [false, true] {
        for prefetched in [false, true] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let base = format!("http://{}/fhir", listener.local_addr().unwrap());
            let next = if relative {
                "?page=2".to_owned()
            } else {
                format!("{base}?page=2")
            };
            let (first, second) = pages(&base, &next, 0);
            let mut replies = record(&whole);
            replies.insert(query("conditions").to_owned(), Reply::json(&first));
            let target = if relative { "?page=2" } else { "/fhir?page=2" };
            replies.insert(target.to_owned(), Reply::json(&second));
            let ehr = Ehr::on(listener, replies);
            let ours = Ours::asking(&ehr).await;
            let mut call = without(whole.clone(), &["conditions"]);
            if prefetched {
                call["prefetch"]["conditions"] = first;
            }
            let answer = ours.call(&with_access(call, &base)).await;
            assert_eq!(answer, expected, "relative {relative}, prefetched {prefetched}");
            assert_eq!(ehr.asked().len(), 2 - usize::from(prefetched));
            let token = format!("Bearer {TOKEN}");
            assert!(
                ehr.asked()
                    .iter()
                    .all(|a| a.authorization.as_ref() == Some(&token))
            );
        }
    }
}

/// P-14, SC-10: a `next` link that leads elsewhere is not followed, and the answer counts as not complete.
#[tokio::test]
async fn a_next_link_that_leads_elsewhere_is_not_followed() {
    let trap = Ehr::start(BTreeMap::new()).await;
    let port = trap.address.port();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let home = listener.local_addr().unwrap();
    let ehr = Ehr::on(listener, BTreeMap::new());
    let ours = Ours::asking(&ehr).await;
    let links = [
        format!("http://127.0.0.1:{port}/fhir?page=2"),
        format!("//127.0.0.1:{port}/fhir?page=2"),
        format!("http://{home}@127.0.0.1:{port}/fhir?page=2"),
        format!("http://user@{home}/fhir?page=2"),
        format!("http://localhost:{}/fhir?page=2", home.port()),
        format!("https://{home}/fhir?page=2"),
        format!("http://{home}/?page=2"),
        format!("http://{home}/fhirx?page=2"),
        format!("http://{home}/fhir/../admin?page=2"),
        format!("http://{home}/fhir/%2e%2e/admin?page=2"),
        "/admin?page=2".to_owned(),
        "../admin".to_owned(),
        "file:///etc/passwd".to_owned(),
        "javascript:alert(1)".to_owned(),
        String::new(),
        "http://[".to_owned(),
    ];
    for next in links {
        let (first, _) = pages(&ehr.base(), &next, 0);
        let mut call = fixture("presumed-no-reason");
        call["prefetch"]["conditions"] = first;
        let answer = ours.call(&with_access(call, &ehr.base())).await;
        assert_eq!(short(&answer), "412 /prefetch/conditions", "{next}");
    }
    assert_eq!((trap.connections(), ehr.connections()), (0, 0));
}

/// P-14, SC-10: a server whose pages never end is left after ten of them, and nothing is judged on what was read by
/// then.
#[tokio::test]
async fn pages_without_end_are_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/fhir", listener.local_addr().unwrap());
    let (again, _) = pages(&base, &format!("{base}/{}", query("conditions")), 0);
    let ehr = Ehr::on(
        listener,
        BTreeMap::from([(query("conditions").to_owned(), Reply::json(&again))]),
    );
    let ours = Ours::asking(&ehr).await;
    let call = without(fixture("presumed-no-reason"), &["conditions"]);
    let answer = ours.call(&with_access(call, &base)).await;
    assert_eq!(short(&answer), "412 /prefetch/conditions");
    assert_eq!(ehr.asked().len(), 10);
}
