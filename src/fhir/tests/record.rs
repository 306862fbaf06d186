//! What is read of each kind of resource in the record.

use super::*;
use crate::engine::case::{Comparator, MedicationKind, ObservedValue, PartialDate};

/// A call whose tumour is possible, with `resources` under `key`.
fn chart_of(key: &str, resources: Vec<Value>) -> crate::engine::case::Chart {
    let mut prefetch = full_prefetch(vec![condition(json!({}))]);
    prefetch[key] = bundle(resources);
    read(&call(vec![order(json!({}))], prefetch)).case.chart
}

fn day(text: &str) -> Option<PartialDate> {
    PartialDate::parse(text)
}

#[test]
fn a_condition() {
    let chart = chart_of(
        "conditions",
        vec![condition(json!({
            "clinicalStatus": { "coding": [{ "code": "Active" }] },
            "verificationStatus": { "text": "Confirmed" },
            "bodySite": [{ "text": "there" }], "onsetPeriod": { "start": "2024-05" }, "recordedDate": "2026-01-20",
            "_recordedDate": { "extension": [{ "url": "u", "valueString": "x" }] },
            "stage": [{ "summary": { "text": "II" } }, {}], "evidence": [{ "code": [{ "text": "seen" }] }],
            "note": [{ "text": "a note" }], "onsetAge": { "value": 50 }
        }))],
    );
    let read = &chart.conditions[0];
    assert_eq!(read.resource.as_str(), "Condition/c1");
    assert_eq!(read.clinical_status.as_deref(), Some("active"));
    assert_eq!(read.verification.as_deref(), Some("confirmed"));
    assert_eq!((read.onset, read.recorded), (day("2024-05"), day("2026-01-20")));
    let stages: Vec<_> = read
        .stages
        .iter()
        .filter_map(|stage| stage.text.as_deref())
        .collect();
    assert_eq!(stages, ["II", "seen"]);
    assert_eq!(
        (read.body_sites.len(), read.notes.as_slice()),
        (1, ["a note".to_owned()].as_slice())
    );
}

#[test]
fn an_onset_in_words_or_as_an_age() {
    let onset = |onset: Value| {
        let mut prefetch = full_prefetch(vec![condition(onset)]);
        prefetch["patient"]["birthDate"] = json!("1968-03");
        read(&call(vec![order(json!({}))], prefetch))
    };
    let cases = [
        (
            json!({ "onsetAge": { "value": 57, "code": "a" } }),
            day("2025"),
            false,
        ),
        (json!({ "onsetString": "spring of 2019" }), day("2019"), false),
        (json!({ "onsetString": "long ago" }), None, true),
        (json!({ "onsetDateTime": "yesterday" }), None, true),
        (json!({}), None, false),
    ];
    for (sent, expected, noted) in cases {
        let done = onset(sent.clone());
        assert_eq!(done.case.chart.conditions[0].onset, expected, "{sent}");
        assert_eq!(done.kinds().contains(&NoteKind::Untold), noted, "{sent}");
    }
    let chart = chart_of(
        "procedures",
        vec![
            json!({ "resourceType": "Procedure", "id": "1", "code": { "text": "target" }, "performedString": "in 2019" }),
            json!({ "resourceType": "Procedure", "id": "2", "code": { "text": "target" },
                "performedAge": { "value": "50", "unit": "years" } }),
        ],
    );
    let dates: Vec<_> = chart.procedures.iter().map(|it| it.performed).collect();
    assert_eq!(dates, [day("2019"), day("2018")]);
}

#[test]
fn a_procedure() {
    let chart = chart_of(
        "procedures",
        vec![
            json!({
                "resourceType": "Procedure", "id": "p", "status": "completed", "code": { "text": "Target taken out" },
                "performedPeriod": { "start": "2025-02-03T10:00:00Z", "end": "2025-02-04" }, "reasonCode": [{ "text": "why" }]
            }),
            json!({ "resourceType": "Procedure", "id": "dull", "code": { "text": "Other" } }),
        ],
    );
    assert_eq!(chart.procedures.len(), 1);
    let read = &chart.procedures[0];
    assert_eq!(
        (read.status.as_deref(), read.performed),
        (Some("completed"), day("2025-02-03"))
    );
    assert_eq!(read.reasons.len(), 1);
}

#[test]
fn medicines_of_every_kind_and_by_reference() {
    let target = json!({ "coding": [{ "system": SYSTEM, "code": "t7" }] });
    let chart = chart_of(
        "medications",
        vec![
            json!({ "resourceType": "MedicationRequest", "id": "1", "status": "active", "intent": "order",
            "medicationCodeableConcept": target, "authoredOn": "2026-05-01", "doNotPerform": true }),
            json!({ "resourceType": "MedicationStatement", "id": "2", "medicationCodeableConcept": target,
            "effectivePeriod": { "start": "2025", "end": "2026-01" } }),
            json!({ "resourceType": "MedicationAdministration", "id": "3", "effectiveDateTime": "2026-03-03",
            "medicationReference": { "reference": "#m" },
            "contained": [{ "resourceType": "Medication", "id": "m", "code": target }] }),
            json!({ "resourceType": "MedicationDispense", "id": "4", "whenHandedOver": "2026-04-04",
            "medicationReference": { "reference": "Medication/m9" } }),
            json!({ "resourceType": "MedicationRequest", "id": "5",
            "medicationReference": { "reference": "Medication/m8" } }),
            json!({ "resourceType": "Medication", "id": "m9", "code": target }),
            json!({ "resourceType": "Medication", "id": "m8", "code": { "text": "Other" } }),
        ],
    );
    let read: Vec<_> = chart
        .medications
        .iter()
        .map(|it| (it.kind, it.start, it.code.codings.len()))
        .collect();
    assert_eq!(
        read,
        [
            (MedicationKind::Request, day("2026-05-01"), 1),
            (MedicationKind::Statement, day("2025"), 1),
            (MedicationKind::Administration, day("2026-03-03"), 1),
            (MedicationKind::Dispense, day("2026-04-04"), 1),
        ]
    );
    assert!(chart.medications[0].do_not_perform);
    assert_eq!(chart.medications[1].end, day("2026-01"));
}

#[test]
fn observations_with_every_sort_of_value() {
    let observation = |at: usize, value: Value| {
        let mut observation = json!({
            "resourceType": "Observation", "id": at.to_string(), "status": "final",
            "code": { "text": "target value" }, "effectiveDateTime": "2026-06-01"
        });
        observation
            .as_object_mut()
            .unwrap()
            .extend(value.as_object().unwrap().clone());
        observation
    };
    let number = |value, comparator, unit: Option<&str>| {
        Some(ObservedValue::Quantity {
            value,
            comparator,
            unit: unit.map(str::to_owned),
        })
    };
    let cases = [
        (
            json!({ "valueQuantity": { "value": 58.50, "unit": "mL" } }),
            number(58.5, None, Some("mL")),
        ),
        (
            json!({ "valueQuantity": { "value": 15, "comparator": "<", "code": "%" } }),
            number(15.0, Some(Comparator::Below), Some("%")),
        ),
        (
            json!({ "valueQuantity": { "value": 15, "comparator": "~" } }),
            None,
        ),
        (
            json!({ "valueQuantity": { "value": " 15.5 " } }),
            number(15.5, None, None),
        ),
        (json!({ "valueQuantity": { "value": "1,200" } }), None),
        (json!({ "valueQuantity": { "value": "<15" } }), None),
        (json!({ "valueInteger": "7" }), number(7.0, None, None)),
        (json!({ "valueInteger": "7.5" }), None),
        (
            json!({ "valueQuantity": { "value": 1e300 } }),
            number(1e300, None, None),
        ),
        (
            json!({ "valueString": ">60" }),
            number(60.0, Some(Comparator::Above), None),
        ),
        (
            json!({ "valueString": "G2" }),
            Some(ObservedValue::Text("G2".into())),
        ),
        (json!({ "valueInteger": 7 }), number(7.0, None, None)),
        (json!({ "valueInteger": 99999999999_i64 }), None),
        (json!({ "dataAbsentReason": { "text": "not done" } }), None),
        (json!({ "component": [{ "valueInteger": 1 }] }), None),
    ];
    let sent = cases
        .iter()
        .enumerate()
        .map(|(at, (value, _))| observation(at, value.clone()))
        .collect();
    let chart = chart_of("observations", sent);
    for (read, (sent, expected)) in chart.observations.iter().zip(&cases) {
        assert_eq!(&read.value, expected, "{sent}");
    }
    assert_eq!(chart.observations.len(), cases.len());

    let coded = json!({
        "valueCodeableConcept": { "text": "positive" }, "interpretation": [{ "coding": [{ "code": "H" }] }],
        "referenceRange": [{ "low": { "value": 1 } }, { "high": { "value": 100.5 } }]
    });
    let read = chart_of("observations", vec![observation(1, coded)]).observations;
    assert!(
        matches!(&read[0].value, Some(ObservedValue::Coded(it)) if it.text.as_deref() == Some("positive"))
    );
    assert_eq!(
        (read[0].high, read[0].interpretations.len(), read[0].date),
        (Some(100.5), 1, day("2026-06-01"))
    );
}

#[test]
fn allergies_and_imaging() {
    let chart = chart_of(
        "allergies",
        vec![json!({
            "resourceType": "AllergyIntolerance", "id": "a", "patient": { "reference": "Patient/p1" },
            "verificationStatus": { "coding": [{ "code": "confirmed" }] },
            "reaction": [{ "substance": { "text": "target dye" }, "manifestation": [{ "text": "rash" }], "severity": "severe" }]
        })],
    );
    let read = &chart.allergies[0];
    assert!(read.severe && read.substances.len() == 1 && read.manifestations.len() == 1);

    let chart = chart_of(
        "imaging",
        vec![
            json!({ "resourceType": "ImagingStudy", "id": "i", "status": "available", "started": "2026-02-02T08:00:00Z",
            "description": "Target seen", "modality": [{ "system": "m", "code": "X" }],
            "procedureCode": [{ "coding": [{ "system": SYSTEM, "code": "t5" }] }] }),
            json!({ "resourceType": "DiagnosticReport", "id": "d", "status": "final", "code": { "text": "target report" },
            "issued": "2026-02-03T08:00:00Z" }),
            json!({ "resourceType": "ServiceRequest", "id": "s", "status": "completed", "code": { "text": "target scan" },
            "authoredOn": "2025-12-12" }),
            json!({ "resourceType": "ServiceRequest", "id": "o1", "status": "draft", "code": { "text": "target scan" } }),
        ],
    );
    let read: Vec<_> = chart.imaging.iter().map(|it| (it.codes.len(), it.date)).collect();
    assert_eq!(
        read,
        [
            (3, day("2026-02-02")),
            (1, day("2026-02-03")),
            (1, day("2025-12-12"))
        ],
        "no draft among them"
    );
}

#[test]
fn resources_are_sorted_by_their_type_and_read_once() {
    let procedure = json!({ "resourceType": "Procedure", "id": "p", "code": { "text": "target" } });
    let mut prefetch = full_prefetch(vec![condition(json!({})), procedure.clone()]);
    prefetch["procedures"] = bundle(vec![
        condition(json!({ "id": "c2" })),
        procedure,
        condition(json!({})),
    ]);
    prefetch["imaging"] = json!({ "resourceType": "ImagingStudy", "id": "i", "description": "target" });
    let chart = read(&call(vec![order(json!({}))], prefetch)).case.chart;
    let counts = (
        chart.conditions.len(),
        chart.procedures.len(),
        chart.imaging.len(),
    );
    assert_eq!(counts, (2, 1, 1), "R-045: a bare resource is an answer too");
    assert_eq!(chart.undelivered, []);
}

#[test]
fn a_diagnosis_that_has_abated_is_not_active() {
    let status = |more: Value| {
        chart_of("conditions", vec![condition(more)]).conditions[0]
            .clinical_status
            .clone()
    };
    let active = json!({ "coding": [{ "code": "active" }] });
    assert_eq!(
        status(json!({ "clinicalStatus": active })).as_deref(),
        Some("active")
    );
    assert_eq!(
        status(json!({ "abatementDateTime": "2024" })).as_deref(),
        Some("inactive"),
        "con-4"
    );
    assert_eq!(
        status(json!({ "clinicalStatus": active, "abatementString": "2024" })).as_deref(),
        Some("inactive")
    );
    let recurred = json!({ "coding": [{ "code": "recurrence" }] });
    assert_eq!(
        status(json!({ "clinicalStatus": recurred, "abatementDateTime": "2024" })).as_deref(),
        Some("recurrence")
    );
}
