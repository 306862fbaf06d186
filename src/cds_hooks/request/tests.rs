//! What a call may look like and what is refused (R-024 to R-031, R-039, R-040, P-02, P-06).

use super::*;
use crate::cds_hooks::Prefetched;
use serde_json::{Value, json};

fn good() -> Value {
    json!({
        "hook": "order-select",
        "hookInstance": "6f0d7f0e-54a5-4f0b-9c4e-2a3f1f6f8b21",
        "context": {
            "userId": "Practitioner/1", "patientId": "p1", "selections": ["ServiceRequest/o1", "o2"],
            "draftOrders": { "resourceType": "Bundle", "entry": [] }
        },
        "prefetch": { "patient": { "resourceType": "Patient" }, "conditions": null }
    })
}

fn fault(body: &[u8]) -> (FaultKind, String) {
    let fault = HookRequest::parse(body).expect_err("the body should be refused");
    (fault.kind, fault.pointer)
}

/// The good call with one change made to the value at `pointer`'s parent.
fn changed(pointer: &str, value: Option<Value>) -> Vec<u8> {
    let mut body = good();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let object = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => drop(object.insert(name.to_owned(), value)),
        None => drop(object.shift_remove(name)),
    }
    serde_json::to_vec(&body).unwrap()
}

/// R-025.
#[test]
fn a_call_is_read_with_its_fhir_parts_left_as_text() {
    let body = serde_json::to_vec(&good()).unwrap();
    let request = HookRequest::parse(&body).unwrap();
    assert_eq!(request.hook, Hook::OrderSelect);
    assert_eq!(
        request.hook_instance.to_string(),
        "6f0d7f0e-54a5-4f0b-9c4e-2a3f1f6f8b21"
    );
    assert_eq!(request.context.patient_id, "p1");
    assert_eq!(request.context.selections, ["ServiceRequest/o1", "o2"]);
    assert_eq!(
        request.context.draft_orders.get(),
        r#"{"resourceType":"Bundle","entry":[]}"#
    );
    assert!(
        matches!(request.prefetch.get("conditions"), Some(Prefetched::Null)),
        "R-040"
    );
    assert!(matches!(
        request.prefetch.get("patient"),
        Some(Prefetched::Value(_))
    ));
    assert!(
        request.prefetch.get("procedures").is_none(),
        "R-039: absent is not null"
    );
    let keys: Vec<_> = request.prefetch.iter().map(|(key, _)| key.to_owned()).collect();
    assert_eq!(keys, ["patient", "conditions"]);
    assert!(request.require_hook(&[Hook::OrderSelect]).is_ok());
    assert_eq!(
        request.require_hook(&[Hook::OrderSign]).unwrap_err().kind,
        FaultKind::NotSupported
    );
}

#[test]
fn what_the_specification_allows_and_clients_send_is_accepted() {
    let cases = [
        ("/hookInstance", json!("6F0D7F0E-54A5-4F0B-9C4E-2A3F1F6F8B21")), // R-026
        (
            "/hookInstance",
            json!("urn:uuid:6f0d7f0e-54a5-4f0b-9c4e-2a3f1f6f8b21"),
        ), // R-026
        ("/fhirServer", Value::Null),                                     // P-06
        ("/fhirAuthorization", Value::Null),
        ("/context/encounterId", Value::Null),
        ("/context/encounterId", json!("")),
        ("/prefetch", Value::Null),
        ("/extension", json!({"com.example": [1, {"deep": true}]})), // R-031
        ("/user", json!("Practitioner/1")),
        ("/context/extension", json!("odd")),
        ("/context/selections", json!([])),
        ("/prefetch/unknown-key", json!(17)), // R-030
        ("/prefetch/conditions", json!("odd")),
    ];
    for (pointer, value) in cases {
        let body = changed(pointer, Some(value));
        assert!(HookRequest::parse(&body).is_ok(), "{pointer}");
    }
    let sign = changed("/hook", Some(json!("order-sign")));
    assert!(
        HookRequest::parse(&sign).unwrap().context.selections.is_empty(),
        "order-sign has no selections"
    );
}

/// R-025, R-026, R-027, R-029, P-02.
#[test]
fn a_fault_names_its_kind_and_place() {
    use FaultKind::{NotSupported, Required, Value as Bad};
    let cases = [
        ("/hook", None, Required),
        ("/hook", Some(Value::Null), Required),
        ("/hook", Some(json!(7)), Bad),
        ("/hook", Some(json!("patient-view")), NotSupported),
        ("/hook", Some(json!("Order-Select")), NotSupported),
        ("/hookInstance", None, Required),
        ("/hookInstance", Some(json!("not-a-uuid")), Bad),
        ("/hookInstance", Some(json!("")), Bad),
        ("/context", None, Required),
        ("/context", Some(json!(5)), Bad),
        ("/context", Some(json!("x")), Bad),
        ("/context", Some(json!([])), Bad),
        ("/context/userId", None, Required),
        ("/context/patientId", None, Required),
        ("/context/patientId", Some(json!({"id": "p1"})), Bad),
        ("/context/patientId", Some(json!(" ")), Bad),
        ("/context/encounterId", Some(json!(3)), Bad),
        ("/context/draftOrders", None, Required),
        ("/context/draftOrders", Some(Value::Null), Required),
        ("/context/draftOrders", Some(json!([])), Bad),
        ("/context/draftOrders", Some(json!("Bundle")), Bad),
        ("/context/selections", None, Required),
        ("/context/selections", Some(json!("ServiceRequest/o1")), Bad),
        ("/prefetch", Some(json!([])), Bad),
        ("/prefetch", Some(json!(1.5)), Bad),
        ("/fhirServer", Some(json!(false)), Bad),
        ("/fhirAuthorization", Some(json!("token")), Bad),
    ];
    for (pointer, value, kind) in cases {
        let body = changed(pointer, value.clone());
        assert_eq!(fault(&body), (kind, pointer.to_owned()), "{value:?}");
    }
    let body = changed("/context/selections", Some(json!(["o1", 2])));
    assert_eq!(fault(&body), (Bad, "/context/selections/1".to_owned()));
    let body = changed("/fhirAuthorization", Some(json!({"access_token": "t"})));
    assert_eq!(fault(&body), (Required, "/fhirServer".to_owned()), "R-027");
}

/// R-004, P-02.
#[test]
fn what_is_not_strict_json_is_refused() {
    let good = String::from_utf8(serde_json::to_vec(&good()).unwrap()).unwrap();
    let edit = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1).into_bytes()
    };
    let mut not_utf8 = edit("Practitioner/1", "Practitioner/X");
    let at = not_utf8.iter().position(|b| *b == b'X').unwrap();
    not_utf8[at] = 0xFF;
    let bodies = [
        edit("{", "// note\n{"),
        edit(r#""hook":"#, r#"/* note */"hook":"#),
        edit(r#""entry":[]"#, r#""entry":[1,]"#),
        edit(r#""entry":[]"#, r#""entry":[{"a":1,}]"#),
        edit(r#""entry":[]"#, r#""entry":[NaN]"#),
        edit(r#""entry":[]"#, r#""entry":['x']"#),
        edit(r#""entry":[]"#, r#""entry":[01]"#),
        edit("{", "\u{feff}{"),
        [good.as_bytes(), b" x"].concat(),
        [good.as_bytes(), good.as_bytes()].concat(),
        good.as_bytes()[..good.len() - 1].to_vec(),
        not_utf8,
        b"".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"17".to_vec(),
        b"\"hook\"".to_vec(),
        "[".repeat(100_000).into_bytes(),
    ];
    for body in bodies {
        let text = String::from_utf8_lossy(&body)
            .chars()
            .take(60)
            .collect::<String>();
        assert_eq!(fault(&body), (FaultKind::Structure, String::new()), "{text}");
    }
}

#[test]
fn a_body_that_says_two_things_is_refused() {
    let good = String::from_utf8(serde_json::to_vec(&good()).unwrap()).unwrap();
    for (member, pointer) in [
        (r#""hook":"order-sign","#, "/hook"),
        (r#""context":{},"#, "/context"),
        (r#""prefetch":{},"#, "/prefetch"),
    ] {
        let body = good.replacen('{', &format!("{{{member}"), 1);
        assert_eq!(fault(body.as_bytes()), (FaultKind::Structure, pointer.to_owned()));
    }
    let body = good.replace(r#""userId""#, r#""patientId":"p2","userId""#);
    assert_eq!(
        fault(body.as_bytes()),
        (FaultKind::Structure, "/context/patientId".to_owned())
    );
    let body = good.replace(r#""conditions":null"#, r#""conditions":null,"pati\u0065nt":null"#);
    assert_eq!(
        fault(body.as_bytes()),
        (FaultKind::Structure, "/prefetch".to_owned())
    );
}

/// SC-07, SC-23.
#[test]
fn faults_and_debug_output_quote_nothing_from_the_request() {
    let secret = "CANARY-7141";
    for pointer in [
        "/hook",
        "/hookInstance",
        "/context",
        "/prefetch",
        "/fhirAuthorization",
    ] {
        let body = changed(pointer, Some(json!(secret)));
        let fault = HookRequest::parse(&body).unwrap_err();
        assert!(!format!("{fault} {fault:?}").contains(secret), "{pointer}");
    }
    let mut body = good();
    body["fhirServer"] = json!("https://ehr.example.org");
    body["fhirAuthorization"] = json!({ "access_token": secret });
    body["context"]["patientId"] = json!(secret);
    let body = serde_json::to_vec(&body).unwrap();
    let request = HookRequest::parse(&body).unwrap();
    assert!(!format!("{request:?} {:?}", request.fhir_authorization).contains(secret));
}
