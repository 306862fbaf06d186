//! Data nobody should send: it costs itself only, and never the call.

use super::*;
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

    /// Whatever is repaired is then accepted by fhirbolt in its strict mode, and needs no second repair.
    #[test]
    fn what_is_sanitised_is_sound(mut changes in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 1..6)) {
        let mut resource = rich_call()["context"]["draftOrders"]["entry"][0]["resource"].clone();
        for (at, value) in changes.drain(..) {
            let mut all = Vec::new();
            places(&resource, String::new(), &mut all);
            if let Some(place) = resource.pointer_mut(at.get::<String>(&all)) { *place = value; }
        }
        sanitise(&mut resource, R4);
        if !resource.is_null() {
            let again = sanitise(&mut resource.clone(), R4);
            prop_assert_eq!(again, vec![], "{}", resource);
            let strict = fhirbolt::serde::DeserializationConfig { mode: fhirbolt::serde::DeserializationMode::Strict };
            let element = fhirbolt::json::from_json_value::<fhirbolt::element::Element<R4>>(resource.clone(), Some(strict));
            prop_assert!(element.is_ok(), "{}: {:?}", resource, element.err());
        }
    }
}
