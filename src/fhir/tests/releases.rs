//! The releases of FHIR: R4, R4B and R5 are read, older orders are named in a note.

use super::*;
use crate::engine::case::PartialDate;

/// What a single order says once it was read.
fn read_order(order: Value) -> Outcome {
    read(&call(vec![order], full_prefetch(vec![condition(json!({}))])))
}

fn texts(concepts: &[crate::terminology::Concept]) -> Vec<&str> {
    concepts.iter().flat_map(|it| it.words()).collect()
}

#[test]
fn an_order_of_either_release_says_the_same() {
    let scan = json!({ "coding": [{ "system": SYSTEM, "code": "t9" }], "text": "Scan" });
    let why = json!({ "coding": [{ "system": SYSTEM, "code": "t1" }], "text": "target" });
    let inside = json!([{ "resourceType": "Condition", "id": "r", "code": { "text": "target inside" } }]);
    let beside = json!({ "reference": "Condition/c1" });
    let r4 = json!({
        "code": scan, "reasonCode": [why], "reasonReference": [{ "reference": "#r" }, beside],
        "orderDetail": [{ "text": "with care" }], "bodySite": [{ "text": "here" }],
        "supportingInfo": [{ "reference": "#r" }], "contained": inside
    });
    let r5 = json!({
        "code": { "concept": scan },
        "reason": [{ "concept": why }, { "reference": { "reference": "#r" } }, { "reference": beside }],
        "orderDetail": [{ "parameter": [{ "valueString": "with care" }] }], "bodySite": [{ "text": "here" }],
        "bodyStructure": { "reference": "BodyStructure/b" },
        "supportingInfo": [{ "reference": { "reference": "#r" } }], "contained": inside
    });
    let [r4, r5] = [r4, r5].map(|more| {
        let mut sent = order(json!({}));
        sent.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        read_order(sent)
    });
    assert_eq!(r4.case.orders, r5.case.orders);
    assert_eq!((r4.notes, r5.notes), (vec![], vec![]));
    let read = &r5.case.orders[0];
    assert_eq!(texts(std::slice::from_ref(&read.code)), ["Scan"]);
    assert_eq!(texts(&read.reasons), ["target"]);
    assert_eq!(texts(&read.details), ["with care"]);
    assert_eq!(texts(&read.supporting), ["target inside"]);
    assert_eq!(read.reason_references.len(), 2);
    assert_eq!(
        read.reason_references[1],
        ReasonReference::InChart(ResourceRef::new("Condition/c1"))
    );
}

#[test]
fn further_shapes_of_r5_orders() {
    let inside =
        json!([{ "resourceType": "ActivityDefinition", "id": "a", "code": { "text": "Scan inside" } }]);
    let cases = [
        (
            json!({ "code": { "concept": { "text": "Scan" } } }),
            vec!["Scan"],
            vec![],
        ),
        (
            json!({ "code": { "reference": { "reference": "#a" } }, "contained": inside }),
            vec!["Scan inside"],
            vec![],
        ),
        (
            json!({ "code": { "concept": { "text": "Scan" } },
                "reason": [{ "reference": { "reference": "Condition/c9", "display": "shown" } }] }),
            vec!["Scan"],
            vec!["shown"],
        ),
        (
            json!({ "code": { "concept": { "text": "Scan" } }, "reason": ["bare target"] }),
            vec!["Scan"],
            vec!["bare target"],
        ),
    ];
    for (more, code, reasons) in cases {
        let done = read_order(order(more.clone()));
        let read = &done.case.orders[0];
        assert_eq!(texts(std::slice::from_ref(&read.code)), code, "{more}");
        assert_eq!(texts(&read.reasons), reasons, "{more}");
    }
}

/// R-035.
#[test]
fn an_order_that_mixes_releases_is_not_read() {
    for mixed in [
        json!({ "reason": [{ "concept": { "text": "target" } }] }), // beside code.text
        json!({ "code": { "concept": { "text": "Scan" } }, "reasonCode": [{ "text": "target" }] }),
        json!({ "code": { "concept": { "text": "Scan" }, "coding": [{ "code": "1" }] } }),
    ] {
        let done = read_order(order(mixed.clone()));
        assert_eq!(done.kinds(), [NoteKind::MixedReleases], "{mixed}");
        assert!(done.case.orders[0].code.is_empty() && done.case.orders[0].selected);
    }
}

#[test]
fn orders_of_older_releases_are_named_and_left_out() {
    let code = json!({ "text": "Scan" });
    let cases = [
        (
            json!({ "resourceType": "DiagnosticOrder", "item": [{ "code": code }] }),
            "DSTU2",
        ),
        (
            json!({ "resourceType": "ProcedureRequest", "code": code }),
            "DSTU2",
        ),
        (
            json!({ "resourceType": "ProcedureRequest", "code": code, "intent": "order" }),
            "STU3",
        ),
        (
            json!({ "resourceType": "ReferralRequest", "intent": "order" }),
            "STU3",
        ),
        (json!({ "resourceType": "MedicationOrder" }), "DSTU2"),
    ];
    for (sent, release) in cases {
        let done = read_order(sent.clone());
        assert!(done.case.orders.is_empty(), "{sent}");
        assert_eq!(done.kinds(), [NoteKind::OlderRelease(release)], "{sent}");
        let text = done.notes[0].text();
        assert!(text.contains(release) && text.contains("not supported"), "{text}");
    }
    let others = [
        json!({ "resourceType": "MedicationRequest", "id": "m" }),
        order(json!({})),
    ];
    let done = read(&call(others.to_vec(), full_prefetch(vec![])));
    assert_eq!((done.case.orders.len(), done.notes), (1, vec![]));
}

#[test]
fn the_record_of_an_r5_server_is_read() {
    let target = json!({ "coding": [{ "system": SYSTEM, "code": "t7" }] });
    let mut prefetch = full_prefetch(vec![condition(json!({
        "evidence": [{ "concept": { "text": "seen" } }], "participant": [{ "actor": { "reference": "Practitioner/1" } }]
    }))]);
    prefetch["procedures"] = bundle(vec![
        json!({ "resourceType": "Procedure", "id": "1", "code": target, "occurrenceDateTime": "2025-02-03",
            "reason": [{ "concept": { "text": "why" } }] }),
        json!({ "resourceType": "Procedure", "id": "2", "code": target, "occurrenceAge": { "value": 50, "code": "a" } }),
    ]);
    prefetch["medications"] = bundle(vec![
        json!({ "resourceType": "MedicationRequest", "id": "1", "medication": { "concept": target }, "authoredOn": "2026-05" }),
        json!({ "resourceType": "MedicationStatement", "id": "2",
            "medication": { "reference": { "reference": "Medication/m" } } }),
        json!({ "resourceType": "MedicationAdministration", "id": "3", "occurenceDateTime": "2026-03",
            "medication": { "reference": { "reference": "#m", "display": "target drug" } } }),
        json!({ "resourceType": "Medication", "id": "m", "code": target }),
    ]);
    prefetch["imaging"] = bundle(vec![json!({
        "resourceType": "ImagingStudy", "id": "i", "started": "2026-02-02", "modality": [{ "coding": [{ "code": "X" }] }],
        "procedure": [{ "concept": { "coding": [{ "system": SYSTEM, "code": "t5" }] } }]
    })]);
    prefetch["allergies"] = bundle(vec![json!({
        "resourceType": "AllergyIntolerance", "id": "a", "code": target,
        "reaction": [{ "manifestation": [{ "concept": { "text": "rash" } }] }]
    })]);
    let done = read(&call(vec![order(json!({}))], prefetch));
    let chart = &done.case.chart;
    let day = PartialDate::parse;
    assert_eq!(texts(&chart.conditions[0].stages), ["seen"]);
    assert_eq!(chart.procedures[0].performed, day("2025-02-03"));
    assert_eq!(texts(&chart.procedures[0].reasons), ["why"]);
    assert_eq!(chart.procedures[1].performed, day("2018"));
    let medicines: Vec<_> = chart
        .medications
        .iter()
        .map(|it| (it.start, it.code.codings.len()))
        .collect();
    assert_eq!(medicines, [(day("2026-05"), 1), (None, 1), (day("2026-03"), 0)]);
    assert_eq!(
        texts(std::slice::from_ref(&chart.medications[2].code)),
        ["target drug"]
    );
    assert_eq!(chart.imaging[0].codes.len(), 2);
    assert_eq!(texts(&chart.allergies[0].manifestations), ["rash"]);
    assert_eq!(done.notes, []);
}

#[test]
fn extensions_beside_a_value_and_reasons_for_its_absence_say_nothing() {
    let absent = json!({ "extension": [{ "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
        "valueCode": "unknown" }] });
    let reason = json!({ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
        "code": "unknown" }] });
    let mut prefetch = full_prefetch(vec![condition(
        json!({ "_recordedDate": absent, "_onsetDateTime": absent }),
    )]);
    prefetch["patient"] =
        json!({ "resourceType": "Patient", "id": "p1", "_birthDate": absent, "deceasedBoolean": "true" });
    let sent =
        order(json!({ "_status": absent, "status": null, "reasonCode": [reason], "doNotPerform": "false" }));
    let done = read(&call(vec![sent], prefetch));
    let (order, chart) = (&done.case.orders[0], &done.case.chart);
    assert_eq!(
        (order.status.as_deref(), order.reasons.len(), order.do_not_perform),
        (None, 0, false)
    );
    assert_eq!(
        (chart.conditions[0].recorded, chart.conditions[0].onset),
        (None, None)
    );
    assert!(chart.patient.deceased && chart.patient.birth_date.is_none());
    let forbidden = read_order(super::order(json!({ "doNotPerform": "true" })));
    assert!(forbidden.case.orders[0].do_not_perform);
    assert!(forbidden.kinds().contains(&NoteKind::Repaired(Defect::Spelt)));
}

#[test]
fn a_code_is_known_under_every_name_of_its_system() {
    let knowledge = crate::knowledge::Knowledge::embedded().unwrap();
    let sent = |coding: Value| {
        let tumour = condition(json!({ "code": { "coding": [coding] } }));
        let code = json!({ "text": "CT abdomen without contrast" });
        let body = call(vec![order(json!({ "code": code }))], full_prefetch(vec![tumour])).to_string();
        let request = HookRequest::parse(body.as_bytes()).unwrap();
        translate(&request, &knowledge, TODAY)
            .unwrap()
            .case
            .chart
            .conditions
            .len()
    };
    for system in [
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://hl7.org/fhir/sid/icd-10-cm|2026",
        " http://hl7.org/fhir/sid/icd-10-cm ",
        "urn:oid:2.16.840.1.113883.6.90",
        "2.16.840.1.113883.6.90",
    ] {
        assert_eq!(sent(json!({ "system": system, "code": "C25.4" })), 1, "{system}");
    }
    assert_eq!(sent(json!({ "code": "C25.4" })), 0, "a code alone means nothing");
    assert_eq!(
        sent(json!({ "system": "http://example.org/own", "code": "C25.4" })),
        0
    );
}

#[test]
fn explain_says_why_an_older_order_is_not_judged() {
    let knowledge = crate::knowledge::Knowledge::embedded().unwrap();
    let service = crate::service::ImagingService::new(knowledge).unwrap();
    for (body, release) in [
        (
            include_str!("../../../fixtures/ehr/releases/order-select-stu3.json"),
            "STU3",
        ),
        (
            include_str!("../../../fixtures/ehr/releases/order-select-dstu2.json"),
            "DSTU2",
        ),
    ] {
        let explained = service
            .explain_json(&crate::service::Caller::default(), body.as_bytes(), TODAY)
            .unwrap();
        assert_eq!(explained["response"]["cards"], json!([]), "{release}");
        assert_eq!(
            explained["notes"][0]["place"],
            "/context/draftOrders/entry/0/resource"
        );
        let text = service
            .explain_text(&crate::service::Caller::default(), body.as_bytes(), TODAY)
            .unwrap();
        for told in [explained["notes"][0]["text"].as_str().unwrap(), &text] {
            assert!(
                told.contains(&format!("FHIR {release}, which is not supported")),
                "{told}"
            );
        }
    }
}
