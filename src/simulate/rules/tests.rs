//! Both directions: a good answer has no finding, and every rule has an answer that breaks it.

use super::{Exchange, Finding, Level, Rule, all, check, discovery, sandbox};
use serde_json::{Value, json};

const JSON: &str = "application/json";

fn order() -> Value {
    json!({ "resourceType": "ServiceRequest", "id": "o", "status": "draft", "intent": "order",
        "subject": { "reference": "Patient/p" }, "code": { "coding": [{ "code": "c", "system": "urn:s" }] },
        "extension": [{ "url": "urn:theirs", "valueBoolean": true }] })
}

fn request() -> Value {
    json!({ "hook": "order-select", "hookInstance": "x",
        "context": { "patientId": "p", "draftOrders": { "resourceType": "Bundle", "entry": [{ "resource": order() }] } } })
}

fn rated() -> Value {
    let mut order = order();
    let rating = json!({ "url": "http://fhir.org/argonaut/Extension/pama-rating",
        "valueCodeableConcept": { "coding": [{ "code": "appropriate" }] } });
    order["extension"].as_array_mut().unwrap().push(rating);
    order["reasonCode"] = json!([]);
    order
}

fn good() -> Value {
    let mut changed = rated();
    changed["code"]["coding"][0]["code"] = json!("d");
    let mut new = order();
    new.as_object_mut().unwrap().shift_remove("id");
    let uuid = |n: u8| format!("00000000-0000-5000-8000-0000000000{n:02}");
    json!({
        "cards": [{
            "uuid": uuid(1), "summary": "S", "detail": "D \\<b", "indicator": "warning",
            "source": { "label": "L", "url": "https://example.org", "icon": "https://example.org/i.png",
                "topic": { "code": "t", "system": "urn:t" } },
            "selectionBehavior": "at-most-one",
            "suggestions": [
                { "label": "A", "uuid": uuid(2), "isRecommended": true, "actionSelectionBehavior": "all",
                  "actions": [{ "type": "update", "description": "U", "resource": changed }] },
                { "label": "B", "uuid": uuid(3), "isRecommended": false,
                  "actions": [{ "type": "create", "description": "C", "resource": new },
                              { "type": "delete", "description": "X", "resourceId": "ServiceRequest/o" }] },
            ],
            "overrideReasons": [{ "code": "c", "system": "urn:s", "display": "D" }],
            "links": [{ "label": "L", "url": "https://example.org/l", "type": "absolute" },
                      { "label": "M", "url": "https://example.org/m", "type": "smart", "appContext": "c" }],
            "extension": { "org.example.thing": true },
        }],
        "systemActions": [{ "type": "update", "resource": rated() }],
        "extension": { "systemActions": [{ "type": "update", "resource": rated() }] },
    })
}

fn checked(status: u16, media_type: Option<&str>, body: &[u8]) -> Vec<Finding> {
    let request = request();
    check(Exchange {
        request: &request,
        status,
        media_type,
        body,
    })
}

fn ids(found: &[Finding]) -> Vec<(&'static str, Level)> {
    found.iter().map(|f| (f.id, f.level)).collect()
}

use Level::{Advice, Required};

/// A member of the good answer, what to put there (nothing: take it out), and the rule that this breaks.
fn broken() -> Vec<(&'static str, Option<Value>, (&'static str, Level))> {
    let to = |value: Value| Some(value);
    vec![
        ("/cards/0/uuid", to(json!(7)), ("R-063", Required)),
        (
            "/cards/0/uuid",
            to(json!("00000000-0000-5000-8000-000000000002")),
            ("R-063", Required),
        ),
        ("/cards/0/uuid", to(json!("ABC")), ("R-063", Advice)),
        (
            "/cards/0/uuid",
            to(json!("urn:uuid:00000000-0000-5000-8000-000000000009")),
            ("R-063", Advice),
        ),
        ("/cards/0/summary", None, ("R-064", Required)),
        (
            "/cards/0/summary",
            to(json!("x".repeat(140))),
            ("R-064", Required),
        ),
        (
            "/cards/0/summary",
            to(json!("😀".repeat(70))),
            ("R-064", Required),
        ),
        ("/cards/0/summary", to(json!("a\nb")), ("R-064", Required)),
        ("/cards/0/detail", to(json!(["x"])), ("R-065", Required)),
        ("/cards/0/detail", to(json!("a<b>c")), ("R-065", Advice)),
        ("/cards/0/detail", to(json!("a<!-- c")), ("R-065", Advice)),
        ("/cards/0/detail", to(json!("a\u{202e}b")), ("SC-01", Advice)),
        (
            "/cards/0/suggestions/0/label",
            to(json!("a\u{1b}b")),
            ("SC-01", Advice),
        ),
        ("/cards/0/indicator", to(json!("hard-stop")), ("R-066", Required)),
        ("/cards/0/source/label", None, ("R-067", Required)),
        ("/cards/0/source/url", to(json!("/more")), ("R-068", Required)),
        (
            "/cards/0/source/icon",
            to(json!("data:image/png;base64,x")),
            ("R-068", Required),
        ),
        ("/cards/0/source/topic/system", None, ("R-070", Required)),
        ("/cards/0/selectionBehavior", None, ("R-071", Required)),
        (
            "/cards/0/selectionBehavior",
            to(json!("all")),
            ("R-072", Required),
        ),
        (
            "/cards/0/suggestions/1/isRecommended",
            to(json!(true)),
            ("R-073", Required),
        ),
        (
            "/cards/0/suggestions/1/isRecommended",
            to(json!("no")),
            ("R-073", Required),
        ),
        (
            "/cards/0/suggestions/1/label",
            to(json!(" ")),
            ("R-074", Required),
        ),
        (
            "/cards/0/suggestions/0/actionSelectionBehavior",
            to(json!("some")),
            ("R-076", Required),
        ),
        (
            "/cards/0/suggestions/0/actions/0/type",
            to(json!("upsert")),
            ("R-077", Required),
        ),
        ("/systemActions/0/type", None, ("R-077", Required)),
        (
            "/cards/0/suggestions/0/actions/0/description",
            None,
            ("R-078", Required),
        ),
        (
            "/cards/0/suggestions/1/actions/0/resource",
            None,
            ("R-079", Required),
        ),
        (
            "/cards/0/suggestions/1/actions/0/resource/subject/reference",
            to(json!("Patient/q")),
            ("R-079", Advice),
        ),
        (
            "/cards/0/suggestions/1/actions/0/resource/status",
            to(json!("active")),
            ("R-079", Advice),
        ),
        (
            "/cards/0/suggestions/0/actions/0/resource/id",
            None,
            ("R-080", Required),
        ),
        (
            "/cards/0/suggestions/0/actions/0/resource/intent",
            None,
            ("P-07", Required),
        ),
        (
            "/cards/0/suggestions/0/actions/0/resource/extension",
            None,
            ("P-07", Required),
        ),
        (
            "/systemActions/0/resource/subject/reference",
            to(json!("Patient/q")),
            ("P-07", Required),
        ),
        (
            "/cards/0/suggestions/1/actions/1/resourceId",
            None,
            ("R-081", Required),
        ),
        (
            "/cards/0/suggestions/1/actions/1/resourceId",
            to(json!("https://e.org/ServiceRequest/o")),
            ("R-081", Advice),
        ),
        ("/cards/0/overrideReasons/0/display", None, ("R-082", Required)),
        (
            "/cards/0/links/0/url",
            to(json!("more.html")),
            ("R-084", Required),
        ),
        (
            "/cards/0/links/0/url",
            to(json!("javascript:alert(1)")),
            ("R-084", Required),
        ),
        ("/cards/0/links/0/type", to(json!("page")), ("R-084", Required)),
        (
            "/cards/0/links/1/type",
            to(json!("absolute")),
            ("R-085", Required),
        ),
        (
            "/systemActions",
            to(json!({ "type": "update" })),
            ("R-087", Required),
        ),
        ("/extension/systemActions/0", to(json!("x")), ("R-087", Required)),
        ("/cards", None, ("R-061", Required)),
        ("/cards/0", to(json!("x")), ("R-061", Required)),
        (
            "/cards/0/source/topic/display",
            to(json!("")),
            ("R-005", Required),
        ),
        ("/systemActions", to(json!([])), ("R-005", Required)),
        ("/cards/0/extension/ours", to(json!(1)), ("R-032", Advice)),
    ]
}

fn changed(mut value: Value, place: &str, to: Option<Value>) -> Value {
    let (above, key) = place.rsplit_once('/').unwrap();
    match (value.pointer_mut(above).unwrap(), to) {
        (Value::Array(list), Some(new)) => list[key.parse::<usize>().unwrap()] = new,
        (Value::Object(members), Some(new)) => {
            members.insert(key.to_owned(), new);
        }
        (Value::Object(members), None) => {
            members.shift_remove(key).unwrap();
        }
        (other, _) => panic!("{place}: {other}"),
    }
    value
}

#[test]
fn a_good_answer_has_no_finding() {
    let mut answer = good();
    // R-009 is about every use of the member, so that the good answer shows it only where it is tested.
    assert_eq!(
        ids(&checked(200, Some(JSON), answer.to_string().as_bytes())),
        [("R-009", Advice)]
    );
    let first = &mut answer["cards"][0]["suggestions"][0];
    first
        .as_object_mut()
        .unwrap()
        .shift_remove("actionSelectionBehavior");
    assert_eq!(
        checked(
            200,
            Some("application/json; charset=utf-8"),
            answer.to_string().as_bytes()
        ),
        []
    );
    assert_eq!(checked(200, Some(JSON), br#"{"cards":[]}"#), [], "R-007");
    let outcome =
        br#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"processing"}]}"#;
    assert_eq!(checked(412, Some("application/fhir+json"), outcome), [], "R-089");
}

#[test]
fn every_broken_answer_is_found() {
    for (place, to, rule) in broken() {
        let body = changed(good(), place, to.clone()).to_string();
        let found = ids(&checked(200, Some(JSON), body.as_bytes()));
        assert!(found.contains(&rule), "{place} {to:?}: {found:?}");
        // What breaks one rule of the highest level is not found by half of the others too.
        assert!(found.len() <= 4, "{place}: {found:?}");
    }
    let table: [(u16, Option<&str>, &str, &str); 9] = [
        (200, Some(JSON), "{", "R-001"),
        (200, Some(JSON), "", "R-001"),
        (200, None, "{\"cards\":[]}", "P-19"),
        (200, Some("text/html"), "{\"cards\":[]}", "P-19"),
        (200, Some("application/fhir+json"), "{\"cards\":[]}", "P-19"),
        (204, Some(JSON), "", "R-061"),
        (302, Some(JSON), "{}", "R-061"),
        (412, Some(JSON), "{}", "R-091"),
        (
            500,
            Some(JSON),
            r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error"}]}"#,
            "R-091",
        ),
    ];
    for (status, media_type, body, rule) in table {
        let found = checked(status, media_type, body.as_bytes());
        assert!(found.iter().any(|f| f.id == rule), "{status} {body}: {found:?}");
    }
}

/// A rule that nothing breaks could as well say nothing.
#[test]
fn every_rule_has_an_answer_that_breaks_it() {
    let mut tried: Vec<_> = broken().into_iter().map(|(_, _, rule)| rule).collect();
    tried.extend([
        ("R-001", Required),
        ("P-19", Required),
        ("R-091", Advice),
        ("R-009", Advice),
    ]);
    for Rule { id, level, .. } in all() {
        assert!(tried.contains(&(id, *level)), "{id} {level:?}");
    }
}

#[test]
fn odd_bodies_are_no_trouble() {
    let cards = json!([1, null, [], { "suggestions": 1, "links": {}, "source": [] }, { "suggestions": [null, { "actions": [0] }] }]);
    for body in [
        json!(null),
        json!([]),
        json!(7),
        json!({ "cards": 1 }),
        json!({ "cards": cards }),
    ] {
        checked(200, Some(JSON), body.to_string().as_bytes());
        let _ = discovery::check(200, Some(JSON), body.to_string().as_bytes());
    }
}

#[test]
fn a_discovery_document_is_checked() {
    let good = json!({ "services": [{ "hook": "order-select", "id": "s", "title": "T", "description": "D",
        "version": "3.0.0", "prefetch": { "patient": "Patient/{{context.patientId}}" } }] });
    let found = |value: &Value| ids(&discovery::check(200, Some(JSON), value.to_string().as_bytes()));
    assert_eq!(found(&good), []);
    let again = json!([good["services"][0], good["services"][0]]);
    let table = [
        ("/services", None, "R-012"),
        ("/services/0/hook", None, "R-014"),
        ("/services/0/id", Some(json!("a/b")), "R-015"),
        ("/services/0/description", None, "R-016"),
        ("/services/0/title", None, "R-017"),
        ("/services/0/prefetch/patient", Some(json!(7)), "R-018"),
        ("/services/0/version", Some(json!("STU3")), "R-020"),
        ("/services", Some(again), "R-022"),
        (
            "/services/0/prefetch/patient",
            Some(json!("Patient/{{patientId}}")),
            "R-047",
        ),
        (
            "/services/0/prefetch/patient",
            Some(json!("Patient/{{context.patientId")),
            "R-047",
        ),
    ];
    for (place, to, rule) in &table {
        let found = found(&changed(good.clone(), place, to.clone()));
        assert!(found.iter().any(|(id, _)| id == rule), "{place}: {found:?}");
    }
    let html = discovery::check(200, Some("text/html"), good.to_string().as_bytes());
    assert_eq!(ids(&html).first().map(|f| f.0), Some("R-011"));
    for Rule { id, .. } in discovery::RULES {
        assert!(
            *id == "R-011" || table.iter().any(|(_, _, rule)| rule == id),
            "{id}"
        );
    }
}

#[test]
fn the_page_of_the_sandbox_is_kept_in_mind() {
    let mut good = good();
    good["cards"][0]["suggestions"].as_array_mut().unwrap().pop();
    let found = |value: &Value, status| {
        let (request, body) = (request(), value.to_string());
        let exchange = Exchange {
            request: &request,
            status,
            media_type: Some(JSON),
            body: body.as_bytes(),
        };
        ids(&sandbox::check(exchange))
    };
    assert_eq!(found(&good, 200), []);
    let order = "/cards/0/suggestions/0/actions/0/resource";
    let table = [
        ("/cards/0/uuid".to_owned(), None, "sandbox-uuid"),
        (
            "/cards/0/suggestions/0/actions/0/type".to_owned(),
            Some(json!("create")),
            "sandbox-update",
        ),
        (format!("{order}/id"), Some(json!("other")), "sandbox-update"),
        (format!("{order}/extension"), Some(json!([])), "sandbox-order"),
        (format!("{order}/code/coding"), Some(json!([])), "sandbox-order"),
        (format!("{order}/reasonCode"), None, "sandbox-order"),
        ("/extension".to_owned(), None, "sandbox-actions"),
        (
            "/extension/systemActions/0/resource/id".to_owned(),
            Some(json!("other")),
            "sandbox-actions",
        ),
    ];
    for (place, to, rule) in &table {
        let broken = changed(good.clone(), place, to.clone());
        let got = found(&broken, 200);
        assert!(got.iter().any(|(id, _)| id == rule), "{place}: {got:?}");
        assert_eq!(found(&broken, 400), [], "nothing is shown");
    }
    for Rule { id, .. } in sandbox::RULES {
        assert!(table.iter().any(|(_, _, rule)| rule == id), "{id}");
    }
}
