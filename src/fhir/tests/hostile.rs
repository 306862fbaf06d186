//! Data nobody should send: it costs itself only, and never the call.

use super::*;
use crate::fhir::kind::Kind;
use fhirbolt::element::Element;
use fhirbolt::serde::{DeserializationConfig, DeserializationMode};
use proptest::prelude::*;

#[test]
fn an_odd_entry_costs_only_itself() {
    let odd: Vec<Value> = vec![
        json!(null),
        json!(7),
        json!("text"),
        json!([]),
        json!({}),
        json!({ "resourceType": 5, "code": { "text": "target" } }),
        json!({ "resourceType": "Condition", "code": [] }),
        json!({ "resourceType": "Condition", "code": { "coding": [{}], "text": "" } }),
        json!({ "resourceType": "Condition", "id": "x1", "code": { "coding": {}, "text": ["target"] } }),
        json!({ "resourceType": "Condition", "id": "x2", "code": "target as bare words" }),
        json!({ "resourceType": "Condition", "id": "x3", "code": { "text": "target" }, "subject": "Patient/p1" }),
        json!({ "resourceType": "Condition", "id": "x4", "code": { "text": "target" }, "contained": [],
            "meta": null, "identifier": [[[]]], "extension": [{ "url": [] }], "recordedDate": 2026 }),
        json!({ "resourceType": "Condition", "id": ["x5"], "code": { "text": "target" }, "note": "just words" }),
    ];
    let mut all = odd;
    all.push(condition(json!({})));
    let done = read(&call(vec![order(json!({}))], full_prefetch(all)));
    let ids: Vec<_> = done
        .case
        .chart
        .conditions
        .iter()
        .map(|it| it.resource.to_string())
        .collect();
    assert_eq!(
        ids,
        [
            "Condition/x1",
            "Condition/x2",
            "Condition/x3",
            "Condition/x4",
            "Condition/x5",
            "Condition/c1"
        ]
    );
    assert_eq!(
        done.case.chart.conditions[1].code.text.as_deref(),
        Some("target as bare words")
    );
    assert_eq!(done.case.chart.undelivered, []);
}

#[test]
fn broken_escapes_repeated_members_and_depth_cost_only_their_entry() {
    let text = |conditions: &str| {
        let whole =
            serde_json::to_string(&call(vec![order(json!({}))], full_prefetch(vec![json!("MARK")]))).unwrap();
        whole.replace(r#"{"resource":"MARK"}"#, conditions)
    };
    let good = format!(r#"{{"resource":{}}}"#, condition(json!({})));
    let deep = format!("{}1{}", "[".repeat(400), "]".repeat(400));
    let oddities = [
        r#"{"resource":{"resourceType":"Condition","code":{"text":"target \ud800"}}}"#.to_owned(),
        r#"{"fullUrl":"\udfff","resource":{"resourceType":"Condition","code":{"text":"other"}}}"#.to_owned(),
        format!(r#"{{"resource":{{"resourceType":"Condition","code":{deep}}}}}"#),
        format!(r#"{{"resource":{{"resourceType":"Condition","code":{{"text":"target"}},"note":{deep}}}}}"#),
        r#"{"resource":{"resourceType":"Condition","code":{"text":"x","text":"y"},"code":1e999999}}"#
            .to_owned(),
        r#"{"resource":{"resourceType":"Condition","code":{"$serde_json::private::Number":"x"}}}"#.to_owned(),
    ];
    for odd in oddities {
        for body in [text(&format!("{odd},{good}")), text(&format!("{good},{odd}"))] {
            let done = read_text(&body);
            let ids: Vec<_> = done
                .case
                .chart
                .conditions
                .iter()
                .map(|it| it.resource.to_string())
                .collect();
            assert_eq!(
                ids,
                ["Condition/c1"],
                "{}",
                odd.chars().take(90).collect::<String>()
            );
        }
    }
}

/// SC-22.
#[test]
fn size_is_limited_and_the_source_then_counts_as_unknown() {
    let many: Vec<_> = (0..MAX_ENTRIES + 1)
        .map(|_| json!({ "resourceType": "Condition" }))
        .collect();
    let done = read(&call(vec![order(json!({}))], full_prefetch(many)));
    assert_eq!(done.case.chart.undelivered, [Source::Conditions]);

    let many: Vec<_> = (0..MAX_RESOURCES + 5)
        .map(|at| condition(json!({ "id": at.to_string() })))
        .collect();
    let done = read(&call(vec![order(json!({}))], full_prefetch(many)));
    assert_eq!(done.case.chart.conditions.len(), MAX_RESOURCES);
    assert!(done.case.chart.undelivered.contains(&Source::Conditions));
    assert!(done.kinds().contains(&NoteKind::TooManyResources) && done.notes.len() <= 100);
}

#[test]
fn odd_draft_orders_cost_only_themselves() {
    let odd = vec![
        json!(null),
        json!(1),
        json!({ "resourceType": [] }),
        json!({ "resourceType": "ServiceRequest" }),
    ];
    let odder = order(json!({
        "id": "o2", "code": [{ "text": "Scan" }], "reasonCode": { "text": "target" }, "category": {},
        "reasonReference": "Condition/c1", "bodySite": [null, [], {}], "note": null, "contained": [],
        "supportingInfo": [{}], "intent": ["order"], "status": 5
    }));
    let done = read(&call(
        [odd, vec![odder, order(json!({}))]].concat(),
        full_prefetch(vec![condition(json!({}))]),
    ));
    assert_eq!(done.case.orders.len(), 3);
    let read = &done.case.orders[1];
    assert_eq!(read.code.text.as_deref(), Some("Scan"));
    assert_eq!(read.reasons[0].text.as_deref(), Some("target"));
    assert_eq!(
        read.reason_references,
        [ReasonReference::InChart(ResourceRef::new("Condition/c1"))]
    );
    assert_eq!(
        (read.intent.as_deref(), read.status.as_deref()),
        (Some("order"), None)
    );
    let mut no_bundle = call(vec![], full_prefetch(vec![]));
    for drafts in [
        json!({}),
        json!({ "resourceType": "Bundle", "entry": 7 }),
        json!({ "resourceType": "Patient" }),
    ] {
        no_bundle["context"]["draftOrders"] = drafts;
        assert!(read_text(&no_bundle.to_string()).case.orders.is_empty());
    }
}

#[test]
fn notes_never_quote_the_request() {
    let secret = "CANARY9";
    let odd = json!({
        "resourceType": "Condition", "id": secret, "code": { "text": "target CANARY9" }, secret: { secret: 1 },
        "note": [{ secret: secret, "text": 5 }], "subject": { "reference": "Patient/CANARY9" }, "stage": secret
    });
    let mut prefetch = full_prefetch(vec![odd]);
    prefetch[format!("observations{secret}")] = json!(secret);
    let done = read(&call(vec![order(json!({ "id": secret, secret: 7 }))], prefetch));
    assert!(!done.notes.is_empty());
    for note in &done.notes {
        assert!(!format!("{note:?} {}", note.text()).contains(secret), "{note:?}");
    }
}

/// Any JSON value, biased towards names that mean something.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z#/: ]{0,8}".prop_map(Value::from),
        prop::sample::select(vec![
            "target",
            "scan",
            SYSTEM,
            "t1",
            "Condition/c1",
            "#r",
            "Bundle",
            "2026-13"
        ])
        .prop_map(Value::from),
    ];
    let name = prop::sample::select(vec![
        "resourceType",
        "id",
        "code",
        "coding",
        "system",
        "text",
        "entry",
        "resource",
        "contained",
        "extension",
        "url",
        "_id",
        "value",
        "reference",
        "note",
        "odd",
        "_text",
        "valueQuantity",
        "issue",
        "severity",
    ]);
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..5).prop_map(|all| Value::Object(
                all.into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect()
            )),
        ]
    })
}

/// Every place in a value, as JSON pointers.
fn places(value: &Value, at: String, all: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members
                .iter()
                .for_each(|(name, value)| places(value, format!("{at}/{name}"), all));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, value)| places(value, format!("{at}/{index}"), all));
        }
        _ => {}
    }
    all.push(at);
}

fn rich_call() -> Value {
    let mut prefetch = full_prefetch(vec![condition(json!({
        "clinicalStatus": { "coding": [{ "code": "active" }] }, "onsetDateTime": "2024", "note": [{ "text": "n" }],
        "stage": [{ "summary": { "text": "II" } }], "bodySite": [{ "coding": [{ "system": SYSTEM, "code": "b" }] }]
    }))]);
    prefetch["observations"] = bundle(vec![json!({
        "resourceType": "Observation", "id": "ob1", "status": "final", "code": { "text": "target" },
        "valueQuantity": { "value": 5.5, "unit": "x" }, "referenceRange": [{ "high": { "value": 9 } }]
    })]);
    prefetch["medications"] = bundle(vec![json!({
        "resourceType": "MedicationRequest", "id": "m", "medicationReference": { "reference": "#q" },
        "contained": [{ "resourceType": "Medication", "id": "q", "code": { "text": "target" } }]
    })]);
    let order = order(json!({
        "reasonReference": [{ "reference": "Condition/c1" }, { "reference": "#r" }],
        "contained": [{ "resourceType": "Condition", "id": "r", "code": { "text": "target" } }],
        "extension": [{ "url": "u", "valueDecimal": 1.50 }], "note": [{ "text": "n" }]
    }));
    call(vec![order], prefetch)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// P2, P6: whatever is put in whatever place, reading neither panics nor fails, and is the same each time.
    #[test]
    fn any_change_anywhere_is_survived(changes in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 1..4)) {
        let mut call = rich_call();
        for (at, value) in changes {
            let mut all = Vec::new();
            for part in ["/context/draftOrders", "/prefetch"] {
                places(call.pointer(part).unwrap_or(&Value::Null), part.to_owned(), &mut all);
            }
            let all: Vec<_> = all.into_iter().filter(|at| at != "/context/draftOrders" && at != "/prefetch").collect();
            if all.is_empty() { break; }
            if let Some(place) = call.pointer_mut(at.get::<String>(&all)) { *place = value; }
        }
        let (once, again) = (read(&call), read(&call));
        prop_assert_eq!(&once.case, &again.case);
        prop_assert_eq!(&once.notes, &again.notes);
    }

    /// Whatever is put in whatever place, the element read is the one fhirbolt reads in its strict mode, as R4 or as R5,
    /// from the JSON once it is repaired and holds the asked-for members only.
    #[test]
    fn what_is_read_is_what_fhirbolt_reads(
        sample in prop::sample::select(samples()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 0..6),
    ) {
        let (kind, schema, mut resource) = sample;
        for (at, value) in changes {
            let mut all = Vec::new();
            places(&resource, String::new(), &mut all);
            if let Some(place) = resource.pointer_mut(at.get::<String>(&all)) { *place = value; }
        }
        let Ok(read) = reading::read(&resource.to_string(), schema) else { return Ok(()) };
        if read.node().text_of("resourceType") == Some(kind) && !orders::mixes_releases(read.node()) {
            let repaired = match read.problems.as_slice() {
                [] => asked_for(&resource, schema),
                _ => as_json(&read.element),
            };
            prop_assert!(
                reads_as::<R4>(&repaired, &read.element) || reads_as::<R5>(&repaired, &read.element),
                "{:?} from {}", read, resource
            );
        }
    }
}

/// Resources of several kinds and both releases; of R5, without the details that a change may turn into those of R4.
fn samples() -> Vec<(&'static str, &'static schema::Type, Value)> {
    let call = rich_call();
    let at = |place: &str| call.pointer(place).unwrap().clone();
    let r5 = order(json!({
        "code": { "concept": { "coding": [{ "system": SYSTEM, "code": "t9" }], "text": "Scan" } }, "doNotPerform": true,
        "reason": [{ "concept": { "text": "target" } }, { "reference": { "reference": "Condition/c1" } }]
    }));
    vec![
        (
            "ServiceRequest",
            schema::order(),
            at("/context/draftOrders/entry/0/resource"),
        ),
        ("ServiceRequest", schema::order(), r5),
        (
            "Condition",
            schema::of(Kind::Condition),
            at("/prefetch/conditions/entry/0/resource"),
        ),
        (
            "Observation",
            schema::of(Kind::Observation),
            at("/prefetch/observations/entry/0/resource"),
        ),
        (
            "Observation",
            schema::of(Kind::Observation),
            json!({ "resourceType": "Observation", "valueInteger": -3 }),
        ),
    ]
}

const R4: fhirbolt::FhirRelease = fhirbolt::FhirReleases::R4;
const R5: fhirbolt::FhirRelease = fhirbolt::FhirReleases::R5;

/// Whether fhirbolt reads this element in its strict mode.
fn reads_as<const R: fhirbolt::FhirRelease>(resource: &Value, element: &Element<R4>) -> bool {
    let strict = DeserializationConfig {
        mode: DeserializationMode::Strict,
    };
    let theirs = fhirbolt::json::from_json_value::<Element<R>>(resource.clone(), Some(strict));
    theirs.is_ok_and(|theirs| is_same(element, &theirs))
}

/// Whether two elements are the same but for the release in their names.
fn is_same<const A: fhirbolt::FhirRelease, const B: fhirbolt::FhirRelease>(
    one: &Element<A>,
    other: &Element<B>,
) -> bool {
    use fhirbolt::element::Value::{Element, Primitive, Sequence};
    one.len() == other.len()
        && one.iter().all(|(name, value)| match (value, other.get(name)) {
            (Element(one), Some(Element(other))) => is_same(one, other),
            (Sequence(one), Some(Sequence(other))) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
            }
            (Primitive(one), Some(Primitive(other))) => one == other,
            _ => false,
        })
}

/// The JSON of an element, the type of a resource first.
fn as_json(element: &Element<R4>) -> Value {
    use fhirbolt::element::Primitive;
    use fhirbolt::element::Value::{Element, Primitive as Plain, Sequence};
    if let Some(Plain(primitive)) = element.get("value") {
        return match primitive {
            Primitive::Bool(truth) => json!(truth),
            Primitive::Integer(number) => json!(number),
            Primitive::Integer64(number) => json!(number),
            Primitive::Decimal(digits) => serde_json::from_str(digits).unwrap(),
            Primitive::String(text) => json!(text),
        };
    }
    let member = |(name, value): (&String, &fhirbolt::element::Value<R4>)| {
        let value = match value {
            Element(element) => as_json(element),
            Sequence(elements) => elements.iter().map(as_json).collect(),
            Plain(Primitive::String(text)) => json!(text),
            Plain(other) => panic!("{other:?} without an element around it"),
        };
        (name.clone(), value)
    };
    let mut members: Vec<_> = element.iter().map(member).collect();
    members.sort_by_key(|(name, _)| name != "resourceType");
    Value::Object(members.into_iter().collect())
}

/// The asked-for members of a resource, the type first: fhirbolt reads in order and must know it.
fn asked_for(value: &Value, of: &schema::Type) -> Value {
    use schema::Form;
    match value {
        Value::Array(items) => items.iter().map(|item| asked_for(item, of)).collect(),
        Value::Object(sent) => {
            let kept = of.members.iter().filter_map(|(name, rule)| {
                let value = sent.get(*name)?;
                let value = match rule.form {
                    Form::Complex(of) | Form::TextOr(of) => asked_for(value, of),
                    Form::Resource => asked_for(value, schema::contained()),
                    _ => value.clone(),
                };
                Some(((*name).to_owned(), value))
            });
            let mut kept: Vec<_> = kept.collect();
            kept.sort_by_key(|(name, _)| name != "resourceType");
            Value::Object(kept.into_iter().collect())
        }
        other => other.clone(),
    }
}

#[test]
fn an_order_that_is_no_sound_json_is_refused_and_a_resource_is_noted() {
    let whole =
        |order: Value, condition: Value| call(vec![order], full_prefetch(vec![condition])).to_string();
    let fault = |body: &str| {
        let request = HookRequest::parse(body.as_bytes()).unwrap();
        translate(&request, &Toy, TODAY).map(|_| ()).unwrap_err()
    };
    let half = |text: String| text.replace("MARK", r"\ud800");
    for place in [
        json!({ "code": { "text": "Scan MARK" } }),
        json!({ "extension": [{ "url": "u", "valueString": "MARK" }] }), // not read, but it would have to go back
        json!({ "reasonCode": [{ "text": "MARK" }] }),
        json!({ "resourceType": "MARK" }),
    ] {
        let fault = fault(&half(whole(order(place.clone()), condition(json!({})))));
        let place = "/context/draftOrders/entry/0/resource";
        assert_eq!(
            (fault.kind, fault.pointer.as_str()),
            (FaultKind::Structure, place),
            "P-02"
        );
        assert!(fault.message.starts_with(&format!("{place} is not sound JSON")));
    }
    // A member twice, read or not, at the top or within: two readers could read two orders.
    for (from, to) in [
        (r#""status":"draft""#, r#""status":"draft","status":"revoked""#),
        (r#""code":{"#, r#""code":{"text":"Other","#),
        (r#""intent""#, r#""extension":[{"url":"u","url":"v"}],"intent""#),
    ] {
        let body = whole(
            order(json!({ "status": "draft", "code": { "text": "Scan" } })),
            condition(json!({})),
        );
        assert!(body.contains(from), "{from} in {body}");
        let fault = fault(&body.replacen(from, to, 1));
        assert_eq!(fault.kind, FaultKind::Structure, "P-02");
    }
    let sound = whole(
        order(json!({ "code": { "text": "Scan MARK" } })),
        condition(json!({})),
    );
    let pair = read_text(&sound.replace("MARK", r"\ud83d\ude00"));
    assert_eq!(pair.case.orders[0].code.text.as_deref(), Some("Scan \u{1F600}"));
    let chart = read_text(&half(whole(
        order(json!({})),
        condition(json!({ "code": { "text": "target MARK" } })),
    )));
    assert_eq!(chart.kinds(), [NoteKind::Unreadable]);
    assert_eq!(chart.notes[0].place, "/prefetch/conditions/entry/0/resource");
}

/// Law P2: what could not be read takes warnings away; it is never taken for "none".
#[test]
fn what_cannot_be_read_is_told_and_not_taken_for_none() {
    let procedures = |answer: Value| {
        let mut prefetch = full_prefetch(vec![condition(json!({}))]);
        prefetch["procedures"] = answer;
        read(&call(vec![order(json!({}))], prefetch))
    };
    let procedure = |more: Value| {
        let mut all = condition(more);
        all["resourceType"] = json!("Procedure");
        all["code"] = json!({ "text": "target" });
        all
    };
    let told = |answer: Value, partly: bool, read: usize| {
        let done = procedures(answer.clone());
        let chart = &done.case.chart;
        let expect: &[Source] = if partly { &[Source::Procedures] } else { &[] };
        assert_eq!(chart.partly_read, expect, "{answer}");
        assert_eq!(
            (chart.undelivered.as_slice(), chart.procedures.len()),
            (&[][..], read),
            "{answer}"
        );
        assert_eq!(done.notes.is_empty(), !partly, "{answer}");
    };
    let with_total = |total: Value, entries: Vec<Value>| {
        let mut all = bundle(entries);
        all["total"] = total;
        all
    };
    told(bundle(vec![procedure(json!({}))]), false, 1);
    told(with_total(json!(1), vec![procedure(json!({}))]), false, 1);
    told(with_total(json!("5"), vec![]), false, 0);
    told(with_total(json!(5), vec![]), true, 0);
    told(
        json!({ "resourceType": "Bundle", "entry": [{ "fullUrl": "urn:x" }] }),
        true,
        0,
    );
    told(bundle(vec![json!(null), procedure(json!({}))]), true, 1);
    // FHIR: a resource with a modifier that is not understood must not be processed.
    let modified =
        json!({ "modifierExtension": [{ "url": "http://example.org/not-really", "valueBoolean": true }] });
    told(bundle(vec![procedure(modified.clone())]), true, 0);
    // One page of notes is read, a book is not.
    let note = |signs: usize| json!({ "note": [{ "text": "a".repeat(signs) }] });
    told(bundle(vec![procedure(note(8_000))]), false, 1);
    told(bundle(vec![procedure(note(MAX_TEXT))]), true, 0);
    let many = (0..40).map(|at| {
        let mut one = procedure(note(8_000));
        one["id"] = json!(format!("p{at}"));
        one
    });
    let done = procedures(bundle(many.collect()));
    assert_eq!(
        done.case.chart.procedures.len(),
        32,
        "the text of a call has a limit, too"
    );
    assert!(done.case.chart.partly_read.contains(&Source::Procedures));

    // An order with such a modifier, or with a book in it, is not judged, and the call goes on.
    for more in [modified, note(MAX_TEXT)] {
        let done = read(&call(
            vec![order(more)],
            full_prefetch(vec![condition(json!({}))]),
        ));
        assert_eq!(done.case.orders[0].code, crate::terminology::Concept::default());
        assert!(done.kinds().contains(&NoteKind::Partial));
    }
}

#[test]
fn a_member_told_twice_in_the_record_is_not_believed() {
    let twice = json!({ "code": { "text": "target" } });
    let body = serde_json::to_string(&call(
        vec![order(json!({}))],
        full_prefetch(vec![condition(twice)]),
    ))
    .unwrap();
    let from = r#""code":{"text":"target"}"#;
    assert!(body.contains(from));
    let done = read_text(&body.replace(
        from,
        r#""code":{"text":"target"},"code":{"text":"target, refuted"}"#,
    ));
    assert_eq!(done.case.chart.conditions.len(), 0);
    assert_eq!(done.case.chart.partly_read, [Source::Conditions]);
}

#[test]
fn a_medicine_that_was_not_sent_is_unknown_unless_its_words_are_there() {
    let asked = |reference: Value, medication: Option<Value>| {
        let request = json!({
            "resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order",
            "subject": { "reference": "Patient/p1" }, "medicationReference": reference
        });
        let mut prefetch = full_prefetch(vec![condition(json!({}))]);
        prefetch["medications"] = bundle([request].into_iter().chain(medication).collect());
        read(&call(vec![order(json!({}))], prefetch)).case.chart
    };
    let statin = || json!({ "resourceType": "Medication", "id": "a", "code": { "text": "a statin" } });
    let bare = || json!({ "reference": "Medication/a" });
    assert_eq!(asked(bare(), None).partly_read, [Source::Medications]);
    assert_eq!(asked(bare(), Some(statin())).partly_read, []);
    assert_eq!(
        asked(
            json!({ "reference": "Medication/a", "display": "a statin" }),
            None
        )
        .partly_read,
        []
    );
}
