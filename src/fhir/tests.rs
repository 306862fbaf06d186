//! Reading calls: stages, delivery, references, identity, hostile data.

mod hostile;
mod record;
mod releases;
mod servers;

use super::reading::MAX_TEXT;
use super::*;
use crate::cds_hooks::{FaultKind, HookRequest};
use crate::engine::case::{Identity, ReasonReference, Source};
use jiff::civil::{Date, date};
use serde_json::{Value, json};

/// Everything with this system or word matters.
const SYSTEM: &str = "http://example.org/codes";

/// A toy interest: codes of [`SYSTEM`] that begin with `t`, words that hold "target"; orders that say "scan".
struct Toy;

impl Interest for Toy {
    fn order_matters(&self, order: &DraftOrder) -> bool {
        order
            .code
            .words()
            .any(|words| words.to_lowercase().contains("scan"))
    }

    fn condition_code(&self, system: &str, code: &str) -> bool {
        self.code(system, code)
    }

    fn condition_words(&self, words: &str) -> bool {
        self.words(words)
    }

    fn tumour_possible(&self, orders: &[DraftOrder], conditions: &[Condition]) -> bool {
        let by_reason = orders
            .iter()
            .flat_map(|order| &order.reasons)
            .flat_map(|reason| reason.words());
        !conditions.is_empty() || by_reason.into_iter().any(|words| words.contains("target"))
    }

    fn code(&self, system: &str, code: &str) -> bool {
        system == SYSTEM && code.starts_with('t')
    }

    fn words(&self, words: &str) -> bool {
        words.to_lowercase().contains("target")
    }
}

const TODAY: Date = date(2026, 6, 15);

fn bundle(resources: Vec<Value>) -> Value {
    let entries: Vec<_> = resources
        .into_iter()
        .map(|resource| json!({ "resource": resource }))
        .collect();
    json!({ "resourceType": "Bundle", "type": "searchset", "entry": entries })
}

fn order(more: Value) -> Value {
    let mut order = json!({
        "resourceType": "ServiceRequest", "id": "o1", "status": "draft", "intent": "order",
        "code": { "text": "Scan of something" }, "subject": { "reference": "Patient/p1" }
    });
    order
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    order
}

fn condition(more: Value) -> Value {
    let mut condition = json!({
        "resourceType": "Condition", "id": "c1", "subject": { "reference": "Patient/p1" },
        "code": { "coding": [{ "system": SYSTEM, "code": "t1" }] }
    });
    condition
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    condition
}

/// A call with these draft orders and prefetched answers.
fn call(orders: Vec<Value>, prefetch: Value) -> Value {
    json!({
        "hook": "order-sign", "hookInstance": "6f0d7f0e-54a5-4f0b-9c4e-2a3f1f6f8b21",
        "context": { "userId": "Practitioner/1", "patientId": "p1", "draftOrders": bundle(orders) },
        "prefetch": prefetch
    })
}

fn full_prefetch(conditions: Vec<Value>) -> Value {
    json!({
        "patient": { "resourceType": "Patient", "id": "p1", "birthDate": "1968-03" },
        "conditions": bundle(conditions), "procedures": null, "medications": null,
        "observations": null, "allergies": null, "imaging": null
    })
}

/// What became of a call, free of the borrowed originals.
struct Outcome {
    case: Case,
    notes: Vec<Note>,
    originals: Vec<Value>,
}

impl Outcome {
    fn kinds(&self) -> Vec<NoteKind> {
        self.notes.iter().map(|note| note.kind).collect()
    }
}

fn read(call: &Value) -> Outcome {
    read_text(&serde_json::to_string(call).unwrap())
}

fn read_text(body: &str) -> Outcome {
    let request = HookRequest::parse(body.as_bytes()).unwrap();
    let translated = translate(&request, &Toy, TODAY).unwrap();
    let ids = translated
        .case
        .orders
        .iter()
        .filter_map(|order| order.id.as_ref());
    let originals = ids.filter_map(|id| translated.originals.get(id)).collect();
    Outcome {
        case: translated.case,
        notes: translated.notes,
        originals,
    }
}

#[test]
fn an_order_that_does_not_matter_costs_no_reading() {
    let drug = json!({ "code": { "text": "Blood count" } });
    let done = read(&call(
        vec![order(drug)],
        full_prefetch(vec![condition(json!({}))]),
    ));
    assert_eq!(done.case.orders.len(), 1);
    assert!(done.case.chart.conditions.is_empty() && done.case.chart.undelivered.is_empty());
    assert_eq!(done.case.chart.patient.identity, Identity::Agrees);
    assert_eq!(done.case.today, TODAY);
}

#[test]
fn conditions_that_do_not_matter_end_the_reading() {
    let mut prefetch = full_prefetch(vec![condition(json!({ "code": { "text": "Something else" } }))]);
    prefetch["procedures"] = bundle(vec![
        json!({ "resourceType": "Procedure", "code": { "text": "target" } }),
    ]);
    let done = read(&call(vec![order(json!({}))], prefetch));
    assert!(done.case.chart.conditions.is_empty() && done.case.chart.procedures.is_empty());
    assert_eq!(done.notes, []);
}

#[test]
fn what_an_order_says_is_read_and_the_original_kept() {
    let odd = json!({
        "code": { "coding": [{}, { "system": SYSTEM, "code": "77", "display": "Scan" }] },
        "bodySite": { "text": "here" }, "orderDetail": [{ "text": "with care" }],
        "reasonCode": [{ "coding": [{ "system": SYSTEM, "code": "t1" }], "text": "target, new" }],
        "note": [{ "text": "soon" }, {}], "doNotPerform": true, "x-vendor": { "kept": 1.50 }
    });
    let sent = order(odd);
    let done = read(&call(vec![sent.clone()], full_prefetch(vec![])));
    let read = &done.case.orders[0];
    assert_eq!(
        read.id.as_ref().map(ResourceRef::as_str),
        Some("ServiceRequest/o1")
    );
    assert!(
        read.selected && read.do_not_perform,
        "every order is selected in order-sign"
    );
    assert_eq!(
        (read.status.as_deref(), read.intent.as_deref()),
        (Some("draft"), Some("order"))
    );
    assert_eq!((read.code.codings.len(), read.subject), (1, Identity::Agrees));
    assert_eq!(
        (read.details.len(), read.body_sites.len(), read.reasons.len()),
        (1, 1, 1)
    );
    assert_eq!(read.notes, ["soon"]);
    assert_eq!(done.originals, [sent], "P-07: unknown members survive");
    assert!(
        done.kinds().contains(&NoteKind::Repaired(Defect::Wrapped)),
        "{:?}",
        done.notes
    );
}

#[test]
fn order_select_asks_about_the_selected_orders_only() {
    let orders = ["o1", "o2", "o3"].map(|id| order(json!({ "id": id })));
    let mut call = call(orders.to_vec(), full_prefetch(vec![]));
    call["hook"] = json!("order-select");
    for (selections, expected) in [
        (json!(["ServiceRequest/o2"]), [false, true, false]),
        (json!(["o1", "ServiceRequest/o3"]), [true, false, true]), // P-06
        (json!(["MedicationRequest/o1", "o9", ""]), [false, false, false]),
        (json!([]), [false, false, false]),
    ] {
        call["context"]["selections"] = selections;
        let selected: Vec<_> = read(&call)
            .case
            .orders
            .iter()
            .map(|order| order.selected)
            .collect();
        assert_eq!(selected, expected);
    }
}

#[test]
fn a_reason_is_resolved_wherever_it_was_sent() {
    let reason =
        |reference: &str| json!({ "reasonReference": [{ "reference": reference, "display": "shown" }] });
    let in_chart = ReasonReference::InChart(ResourceRef::new("Condition/c1"));
    let dull = condition(json!({ "code": { "text": "Something else" } }));
    for reference in [
        "Condition/c1",
        "https://ehr.example.org/fhir/Condition/c1",
        "Condition/c1/_history/2",
        "c1",
    ] {
        let done = read(&call(
            vec![order(reason(reference))],
            full_prefetch(vec![dull.clone()]),
        ));
        assert_eq!(
            done.case.orders[0].reason_references,
            std::slice::from_ref(&in_chart),
            "{reference}"
        );
        assert_eq!(
            done.case.orders[0].reasons,
            [],
            "what was sent needs no words shown for it"
        );
        assert_eq!(
            done.case.chart.conditions.len(),
            1,
            "a reason is read even if it is of no interest"
        );
    }
    let mut by_url = call(
        vec![order(reason("urn:uuid:7"))],
        full_prefetch(vec![dull.clone()]),
    );
    by_url["prefetch"]["conditions"]["entry"][0]["fullUrl"] = json!("urn:uuid:7");
    assert_eq!(
        read(&by_url).case.orders[0].reason_references,
        std::slice::from_ref(&in_chart)
    );

    let bundled = call(vec![order(reason("Condition/c1")), dull], full_prefetch(vec![]));
    assert_eq!(read(&bundled).case.orders[0].reason_references, [in_chart]);

    let absent = read(&call(vec![order(reason("Condition/c9"))], full_prefetch(vec![])));
    let unread = ReasonReference::Unread(ResourceRef::new("Condition/c9"));
    assert_eq!(absent.case.orders[0].reason_references, [unread]);
    assert_eq!(absent.case.orders[0].reasons[0].text.as_deref(), Some("shown"));
}

#[test]
fn a_contained_reason_is_read_with_the_order_unless_refuted() {
    let mut with = json!({
        "reasonReference": [{ "reference": "#r" }],
        "contained": [{ "resourceType": "Condition", "id": "r", "code": { "text": "target" } }]
    });
    for stage in [vec![], vec![condition(json!({}))]] {
        let done = read(&call(vec![order(with.clone())], full_prefetch(stage)));
        let [ReasonReference::Contained(at, concept)] = done.case.orders[0].reason_references.as_slice()
        else {
            panic!("{:?}", done.case.orders[0].reason_references);
        };
        assert_eq!(
            (at.as_str(), concept.text.as_deref()),
            ("ServiceRequest/o1#r", Some("target"))
        );
    }
    with["contained"][0]["verificationStatus"] = json!({ "coding": [{ "code": "refuted" }] });
    let done = read(&call(vec![order(with)], full_prefetch(vec![])));
    assert!(matches!(
        done.case.orders[0].reason_references[0],
        ReasonReference::Unread(_)
    ));
}

#[test]
fn supporting_information_is_read_when_it_was_sent() {
    let info = json!({ "supportingInfo": [
        { "reference": "Observation/ob1" }, { "reference": "#s" }, { "reference": "Observation/none" }
    ], "contained": [{ "resourceType": "Observation", "id": "s", "code": { "text": "inside" } }] });
    let mut prefetch = full_prefetch(vec![condition(json!({}))]);
    prefetch["observations"] = bundle(vec![json!({
        "resourceType": "Observation", "id": "ob1", "status": "final", "code": { "text": "beside" }
    })]);
    let done = read(&call(vec![order(info)], prefetch));
    let details: Vec<_> = done.case.orders[0]
        .supporting
        .iter()
        .filter_map(|it| it.text.as_deref())
        .collect();
    assert_eq!(details, ["inside", "beside"]);
}

#[test]
fn resources_of_another_patient_are_left_out() {
    let theirs = json!({ "id": "c2", "subject": { "reference": "Patient/p2" } });
    let unnamed = json!({ "id": "c3", "subject": null });
    let all = vec![condition(json!({})), condition(theirs), condition(unnamed)];
    let mut sent = call(
        vec![order(json!({ "subject": { "reference": "Patient/p2" } }))],
        full_prefetch(all),
    );
    let done = read(&sent);
    let ids: Vec<_> = done
        .case
        .chart
        .conditions
        .iter()
        .map(|it| it.resource.to_string())
        .collect();
    assert_eq!(ids, ["Condition/c1", "Condition/c3"], "SC-21");
    assert!(done.kinds().contains(&NoteKind::SomebodyElse));
    assert_eq!(done.case.orders[0].subject, Identity::Differs);

    sent["prefetch"]["patient"]["id"] = json!("p2");
    assert_eq!(
        read(&sent).case.chart.patient.identity,
        Identity::Differs,
        "SC-21"
    );
    sent["prefetch"]["patient"] = json!({ "resourceType": "Patient" });
    assert_eq!(read(&sent).case.chart.patient.identity, Identity::NotStated);
    sent["prefetch"]["patient"] = bundle(vec![
        json!({ "resourceType": "Patient", "id": "p2", "birthDate": "1990" }),
        json!({ "resourceType": "Patient", "id": "p1", "deceasedDateTime": "2026" }),
    ]);
    let patient = read(&sent).case.chart.patient;
    assert!(patient.identity == Identity::Agrees && patient.deceased && patient.birth_date.is_none());
}

#[test]
fn absent_failed_and_partial_answers_are_not_delivered() {
    let good = || json!({ "entry": [], "resourceType": "Bundle" });
    let outcome =
        |severity: &str| json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": severity }] });
    let with_next =
        |relation: &str| json!({ "resourceType": "Bundle", "link": [{ "relation": relation, "url": "u" }] });
    let answers = [
        (good(), true),
        (json!({ "resourceType": "Bundle" }), true),
        (Value::Null, true),                                       // R-040
        (json!({ "resourceType": "Procedure", "id": "x" }), true), // R-045
        (outcome("error"), false),                                 // R-041
        (outcome("warning"), false),
        (bundle(vec![outcome("error")]), false),
        (bundle(vec![outcome("fatal")]), false),
        (bundle(vec![outcome("warning")]), true), // R-041
        (with_next("next"), false),               // R-042
        (with_next("self"), true),
        (json!({ "resourceType": "Patient", "id": "p1" }), false),
        (json!({ "resourceType": "Questionnaire" }), false),
        (json!({}), false),
        (json!("none"), false),
        (json!([]), false),
        (json!(3), false),
        (json!({ "resourceType": "Bundle", "entry": {} }), false),
    ];
    for (answer, delivered) in answers {
        let mut prefetch = full_prefetch(vec![condition(json!({}))]);
        prefetch["procedures"] = answer.clone();
        let undelivered = read(&call(vec![order(json!({}))], prefetch))
            .case
            .chart
            .undelivered;
        let expected: &[Source] = if delivered { &[] } else { &[Source::Procedures] };
        assert_eq!(undelivered, expected, "{answer}");
    }
    let nothing = read(&call(vec![order(json!({}))], json!({})))
        .case
        .chart
        .undelivered;
    assert_eq!(nothing, Source::ALL, "R-039: an absent key is unknown, not none");
}

#[test]
fn additional_keys_of_a_source_add_to_its_main_key() {
    let undelivered = |more: Value| {
        let mut prefetch = full_prefetch(vec![condition(json!({}))]);
        prefetch
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        read(&call(vec![order(json!({}))], prefetch))
            .case
            .chart
            .undelivered
    };
    let failed = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error" }] });
    assert_eq!(undelivered(json!({ "medicationStatements": null })), []);
    assert_eq!(
        undelivered(json!({ "medicationStatements": failed })),
        [Source::Medications]
    );
    assert_eq!(
        undelivered(json!({ "observationsKidney": failed })),
        [Source::Observations]
    );
    assert_eq!(undelivered(json!({ "unheardOf": failed })), [], "R-030");
    let mut prefetch = full_prefetch(vec![condition(json!({}))]);
    let members = prefetch.as_object_mut().unwrap();
    members.shift_remove("medications");
    members.shift_remove("observations");
    members.insert("medicationStatements".into(), Value::Null);
    members.insert("observationsKidney".into(), Value::Null);
    let undelivered = read(&call(vec![order(json!({}))], prefetch))
        .case
        .chart
        .undelivered;
    assert_eq!(undelivered, [Source::Medications]);
}

#[test]
fn orders_are_limited_and_selected_ones_kept() {
    let orders: Vec<_> = (0..60)
        .map(|at| order(json!({ "id": format!("o{at}") })))
        .collect();
    let mut call = call(orders, full_prefetch(vec![]));
    call["hook"] = json!("order-select");
    call["context"]["selections"] = json!(["o59", "o58"]);
    let done = read(&call);
    assert_eq!(done.case.orders.len(), MAX_ORDERS);
    assert_eq!(done.case.orders.iter().filter(|order| order.selected).count(), 2);
    assert!(done.kinds().contains(&NoteKind::TooManyOrders));
}

#[test]
fn two_orders_with_one_id_cannot_be_replaced() {
    let done = read(&call(
        vec![order(json!({})), order(json!({}))],
        full_prefetch(vec![]),
    ));
    assert_eq!((done.case.orders.len(), done.originals.len()), (2, 0));
    assert_eq!(done.kinds(), [NoteKind::RepeatedId]);
    let nameless = read(&call(vec![order(json!({ "id": null }))], full_prefetch(vec![])));
    assert_eq!(nameless.case.orders[0].id, None);
}

#[test]
fn calls_of_the_public_sandbox_and_of_the_crd_client_are_read() {
    let sandbox = |name: &str| {
        let path = format!("{}/fixtures/ehr/sandbox/{name}.json", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    };
    let ct = read_text(&sandbox("order-select-ct-abdomen-noncontrast"));
    assert!(ct.case.orders[0].selected && ct.case.orders[0].subject == Identity::Agrees);
    assert_eq!(ct.case.orders[0].reasons.len(), 1);
    let empty = read_text(&sandbox("order-select-empty"));
    assert!(
        empty.case.orders[0].code.is_empty() && empty.case.orders[0].reasons.is_empty(),
        "P-06"
    );
    assert!(
        read_text(&sandbox("order-select-drug-invalid-r4"))
            .case
            .orders
            .is_empty()
    );
    let crd = read_text(&sandbox("order-sign-imaging-crd-request-generator"));
    assert!(matches!(
        crd.case.orders[0].reason_references[0],
        ReasonReference::Unread(_)
    ));

    let body = sandbox("order-select-no-draft-orders");
    let fault = HookRequest::parse(body.as_bytes()).unwrap_err();
    assert_eq!(
        (fault.kind, fault.pointer.as_str()),
        (FaultKind::Required, "/context/draftOrders")
    );

    let example = include_str!("../../fixtures/hooks/order-select/spec-example.json");
    let done = read_text(example);
    assert_eq!(
        done.case
            .orders
            .iter()
            .map(|order| order.selected)
            .collect::<Vec<_>>(),
        [true, false]
    );
}
