//! With which rights we ask: only with a grant that is whole, ours and not over, and only what its scopes cover.

use super::ehr::Ehr;
use super::{Ours, QUERIES, fixture, query, record, settings, short, with_access, without};
use apposite::service::FhirAccess;
use serde_json::{Value, json};

/// A call that cannot be judged without the server, and may be with it.
fn call() -> Value {
    without(fixture("presumed-no-reason"), &["conditions"])
}

/// What happens with this change to the grant.
async fn granted(change: Value) -> (String, Vec<String>) {
    let whole = fixture("presumed-no-reason");
    let ehr = Ehr::start(record(&whole)).await;
    let mut settings = settings(&ehr.base());
    settings.subject = Some("apposite".to_owned());
    let ours = Ours::with(FhirAccess::new(settings).unwrap()).await;
    let mut call = with_access(call(), &ehr.base());
    for (name, value) in change.as_object().unwrap() {
        if value == "(absent)" {
            call["fhirAuthorization"]
                .as_object_mut()
                .unwrap()
                .shift_remove(name);
        } else {
            call["fhirAuthorization"][name] = value.clone();
        }
    }
    let answer = ours.call(&call).await;
    (short(&answer), ehr.queries())
}

/// R-055, R-056, SC-08, SC-09: a grant that cannot be used is not; the call goes on with what was sent.
#[tokio::test]
async fn a_grant_that_is_over_or_not_ours_is_not_used() {
    let (answer, queries) = granted(json!({})).await;
    assert_eq!((answer.as_str(), queries.len()), ("info UNA_NONCONTRAST", 1));
    let refused = [
        json!({ "expires_in": 0 }),
        json!({ "expires_in": -1 }),
        json!({ "expires_in": "soon" }),
        json!({ "expires_in": "(absent)" }),
        json!({ "token_type": "mac" }),
        json!({ "token_type": "(absent)" }),
        json!({ "access_token": "" }),
        json!({ "access_token": 7 }),
        json!({ "access_token": "canary-access-token\r\nX-Evil: 1" }),
        json!({ "access_token": "(absent)" }),
        json!({ "scope": "(absent)" }),
        json!({ "subject": "(absent)" }),
        json!({ "subject": "another-service" }),
    ];
    for change in refused {
        let (answer, queries) = granted(change.clone()).await;
        assert_eq!(answer, "412 /prefetch/conditions", "{change}");
        assert_eq!(queries, [""; 0], "{change}");
    }
    // Whose data these are cannot be told (SC-21): silence, and nothing is asked.
    let (answer, queries) = granted(json!({ "patient": "pat-59" })).await;
    assert_eq!((answer.as_str(), queries.len()), ("", 0));
}

/// R-028: without a grant nothing is asked; R-027: nor without a server.
#[tokio::test]
async fn without_a_grant_nothing_is_asked() {
    let ehr = Ehr::start(record(&fixture("presumed-no-reason"))).await;
    let ours = Ours::asking(&ehr).await;
    let mut call = call();
    call["fhirServer"] = json!(ehr.base());
    assert_eq!(short(&ours.call(&call).await), "412 /prefetch/conditions");
    let mut call = with_access(call, &ehr.base());
    call.as_object_mut().unwrap().shift_remove("fhirServer");
    assert_eq!(short(&ours.call(&call).await), "400 /fhirServer");
    assert_eq!(ehr.connections(), 0);
}

/// R-057: what the scopes exclude is not asked for; what they limit is true and not complete.
#[tokio::test]
async fn only_what_the_scopes_cover_is_asked_for() {
    let whole = fixture("seed-noncontrast-ct");
    let every: Vec<&str> = QUERIES.iter().map(|(key, _)| *key).collect();
    let table = [
        ("patient/*.read", &every[..], "warning UNA_NONCONTRAST"),
        ("user/*.rs", &every[..], "warning UNA_NONCONTRAST"),
        ("launch openid fhirUser", &[], "info UNA_NONCONTRAST"),
        (
            "patient/Condition.read patient/Procedure.rs",
            &["conditions", "procedures"],
            "info UNA_NONCONTRAST",
        ),
        (
            "patient/Patient.r patient/Condition.r",
            &["patient"],
            "info UNA_NONCONTRAST",
        ),
        ("patient/*.s", &every[1..], "info UNA_NONCONTRAST"),
        (
            "patient/*.write patient/Condition.cud",
            &[],
            "info UNA_NONCONTRAST",
        ),
    ];
    for (scope, keys, expected) in table {
        let ehr = Ehr::start(record(&whole)).await;
        let ours = Ours::asking(&ehr).await;
        let mut call = with_access(without(whole.clone(), &every), &ehr.base());
        call["fhirAuthorization"]["scope"] = json!(scope);
        let answer = ours.call(&call).await;
        let mut queries: Vec<&str> = keys.iter().map(|key| query(key)).collect();
        queries.sort_unstable();
        assert_eq!(ehr.queries(), queries, "{scope}");
        assert_eq!(short(&answer), expected, "{scope}");
    }
}

/// P2: a scope for a part of the diagnoses may show the tumour, and can never show that there is none.
#[tokio::test]
async fn a_partial_scope_never_stands_for_the_whole() {
    let scope = "patient/Condition.rs?category=problem-list-item patient/Patient.rs";
    for name in ["presumed-no-reason", "no-tumour"] {
        let mut call = without(fixture(name), &["conditions"]);
        // No reason on the order: only the diagnoses could tell.
        let order = &mut call["context"]["draftOrders"]["entry"][0]["resource"];
        order.as_object_mut().unwrap().shift_remove("reasonCode");
        let ehr = Ehr::start(record(&fixture(name))).await;
        let ours = Ours::asking(&ehr).await;
        let mut call = with_access(call, &ehr.base());
        call["fhirAuthorization"]["scope"] = json!(scope);
        let answer = ours.call(&call).await;
        assert_eq!(ehr.queries(), [query("conditions")], "{name}");
        assert_eq!(short(&answer), "412 /prefetch/conditions", "{name}");
    }
}
